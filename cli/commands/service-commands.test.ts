import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { AGENT, api, ended, fulcrum, id, job, root, sent, service, start, TYPE } from '../command-harness.ts'

test('order resolves names, types properties, waits for the job and says how to connect', async () => {
  api.routes['POST /services'] = (body) => {
    const ordered = { ...service(40, String(body.name), 'New') }
    api.objects.services?.push(ordered)
    api.objects.jobs = [job(41, ordered.id, 'create', 'Pending')]
    setTimeout(() => {
      api.objects.jobs = [job(41, ordered.id, 'create', 'Completed')]
      ordered.status = 'Started'
    }, 300)
    return { status: 201, body: ordered }
  }
  const { code, out, err } = await fulcrum(
    ...['order', 'postgres', '--name', 'erp', '--agent', 'pg-1', '--set', 'storageGb=20', '--set', 'size=Small'],
  )
  assert.equal(code, 0, err)
  assert.deepEqual(sent('POST /services')[0]?.body, {
    groupId: id(6),
    serviceTypeId: TYPE.id,
    name: 'erp',
    agentId: AGENT.id,
    properties: { storageGb: 20, size: 'db-s' },
  })
  assert.match(err, /create erp: job .* waits for its agent since 2026-11-24T[\s\S]*create of erp is done: Started/)
  assert.match(out, /erp +postgres +Started[\s\S]*Connect: psql "host=db.example/)
})

test('order refuses unknown properties and wrong types before anything is sent, and a dry run sends nothing', async () => {
  const order = ['order', 'postgres', '--name', 'erp']
  const [wrong, tiny, dry] = await Promise.all([
    fulcrum(...order, '--set', 'storage=20', '--set', 'size=Small'),
    fulcrum(...order, '--set', 'size=Tiny'),
    fulcrum(...order, '--set', 'size=Large', '--dry-run', '-o', 'json'),
  ])
  assert.equal(wrong.code, 2)
  assert.match(wrong.err, /storage: is not a property[\s\S]*storageGb {2}integer, required, Storage/)
  assert.match(wrong.err, /size {2}string, option pg_size: Small \| Large \| Huge, required/)
  assert.equal(tiny.code, 2)
  assert.match(tiny.err, /Small \(db-s\)/)
  assert.equal(JSON.parse(dry.out).properties.size, 'db-l')
  assert.deepEqual(sent('POST'), [])
})

test('a failed job ends with 7 and the reason', async () => {
  api.routes['POST /services/*/stop'] = () => {
    api.objects.jobs = [job(50, id(10), 'stop', 'Failed', { errorMessage: 'the disk is gone' })]
    return { status: 200, body: service(10, 'crm', 'Started') }
  }
  const { code, err } = await fulcrum('stop', 'crm')
  assert.equal(code, 7)
  assert.match(err, /Error: stop of crm failed: the disk is gone/)
})

test('an action that the state does not allow is refused with those it does, and not sent', async () => {
  const { code, err } = await fulcrum('start', 'crm')
  assert.equal(code, 6)
  assert.match(err, /crm is Started: start is not possible now\.\n {2}Possible: stop, update, delete/)
  assert.deepEqual(sent('POST'), [])
})

test('a service with a job under way refuses with 6, although the API says 400', async () => {
  const refusal = { status: 'Invalid request', error: 'invalid input: service has an active job' }
  api.routes['POST /services/*/stop'] = () => ({ status: 400, body: refusal })
  const { code, err } = await fulcrum('stop', 'crm')
  assert.deepEqual([code, err], [6, 'Error: service has an active job\n'])
})

test('waiting ends with 8 after the time-out and with 130 on Ctrl-C, and says that the order goes on', async () => {
  api.objects.jobs = [job(60, id(10), 'update', 'Pending')]
  const late = await fulcrum('watch', 'crm', '--timeout', '1s')
  assert.equal(late.code, 8)
  assert.match(late.err, /Not done after 1s. The order goes on.\n {2}Watch it with: fulcrum watch crm/)

  const child = start(['watch', 'crm'])
  assert.ok(child.stderr)
  const interrupted = ended(child)
  await once(child.stderr, 'data')
  child.kill('SIGINT')
  const { code, err } = await interrupted
  assert.equal(code, 130)
  assert.match(err, /Stopped waiting. The order goes on/)
})

test('a wait survives a server that is away for a moment', async () => {
  api.objects.jobs = [job(60, id(10), 'update', 'Pending')]
  let calls = 0
  api.routes[`GET /jobs/${id(60)}`] = () =>
    ++calls < 3 ? { status: 503, body: {} } : { status: 200, body: job(60, id(10), 'update', 'Completed') }
  assert.equal((await fulcrum('watch', 'crm')).code, 0)
})

test('reveal prints one bare value for scripts', async () => {
  api.routes['POST /services/*/reveal'] = () => ({ status: 200, body: { secrets: { password: 'p w' } } })
  const [bare, all, other] = await Promise.all([
    fulcrum('reveal', 'crm', 'password'),
    fulcrum('reveal', 'crm'),
    fulcrum('reveal', 'crm', 'other'),
  ])
  assert.equal(bare.out, 'p w\n')
  assert.match(all.out, /password +p w/)
  assert.equal(other.code, 5)
})

test('psql gets the password in its own environment, and nobody has it in arguments', async () => {
  api.routes['POST /services/*/reveal'] = () => ({ status: 200, body: { secrets: { password: 'pw-in-clear' } } })
  // What any user of the machine can see of the two processes, then what psql alone knows.
  const script =
    '#!/bin/sh\nps -o args= -p $$ -p $PPID >&2\nprintf "%s\\n" "$PGPASSWORD" "$FULCRUM_TOKEN" "$@"\nexit 3\n'
  await writeFile(join(root, 'psql'), script, { mode: 0o755 })
  const { out, err, code } = await ended(
    start(['psql', 'crm', '--', '-c', 'select 1'], { PATH: `${root}:${process.env.PATH}` }),
  )
  assert.equal(out, 'pw-in-clear\n\n-d\nhost=db.example port=5432 dbname=crm user=crm\n-c\nselect 1\n')
  assert.match(err, /fulcrum\.js psql crm[\s\S]*psql -d host=db/)
  assert.doesNotMatch(err, /pw-in-clear/)
  assert.equal(code, 3)
})
