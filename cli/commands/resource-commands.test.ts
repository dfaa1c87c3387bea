import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AGENT, api, ended, fulcrum, id, job, sent, service, stamps, start } from '../command-harness.ts'

test('get prints tables, JSON, YAML and names, and filters by the names of related things', async () => {
  const [table, one, yaml, names] = await Promise.all([
    fulcrum('get', 'svc', '--filter', 'agent=pg-1', '--limit', '2'),
    fulcrum('get', 'service', 'twin', '-o', 'json'),
    fulcrum('get', 'sg', '-o', 'yaml'),
    fulcrum('get', 'service-type', '-o', 'name'),
  ])
  assert.match(table.out, /^NAME +TYPE +STATUS .*ID\ncrm +postgres +Started .*0192f0c1-0000-7000-8000-000000000010\n/)
  assert.match(table.err, /2 of 3 shown/)
  assert.equal(sent(`GET /services?agentId=${AGENT.id}`).length, 1)
  assert.equal(JSON.parse(one.out).id, id(12))
  assert.match(yaml.out, /^- id: .*\n {2}name: main\n/)
  assert.equal(names.out, 'postgres\n')
})

test('an unknown resource, filter, sort or format is refused before anything is sent', async () => {
  const refused = [
    ['get', 'nonsense'],
    ['get', 'jobs', '--filter', 'colour=red'],
    ['get', 'agents', '--sort', 'age'],
    ['get', 'agents', '-o', 'xml'],
  ]
  const results = await Promise.all(refused.map((args) => fulcrum(...args)))
  for (const { code, out } of results) assert.deepEqual([code, out], [2, ''])
  assert.deepEqual(api.requests, [])
})

test('a living service wins over an ended one of the same name, and two living ones are listed', async () => {
  assert.equal(JSON.parse((await fulcrum('get', 'svc', 'CRM', '-o', 'json')).out).id, id(10))
  api.objects.services?.push(service(13, 'twin', 'Stopped'))
  const [{ code, err }, part] = await Promise.all([fulcrum('get', 'svc', 'twin'), fulcrum('describe', 'svc', 'tw')])
  assert.deepEqual([code, part.code], [2, 5])
  assert.match(err, new RegExp(`${id(12)} .*Started`))
  assert.match(err, new RegExp(`${id(13)} .*Stopped`))
})

test('describe shows how to connect, what can be done, the last jobs and why, and no secret', async () => {
  api.objects.jobs = [job(30, id(10), 'update', 'Failed', { errorMessage: 'disk full' })]
  api.routes['GET /services/*/why'] = () => ({
    status: 200,
    body: {
      state: 'failed',
      summary: 'The disk is full.',
      since: stamps.createdAt,
      considered: [],
      possibleIf: ['more disk'],
    },
  })
  const { out, code } = await fulcrum('describe', 'service', 'crm')
  assert.equal(code, 0)
  assert.match(out, /\nConnect:\n {2}psql "host=db.example port=5432 dbname=crm user=crm"\n/)
  assert.match(out, /\n {2}fulcrum reveal crm password\n[\s\S]*\n {2}fulcrum psql crm\n/)
  assert.match(out, /Actions: +stop, update, delete/)
  assert.match(out, /password: «secret, use reveal»/)
  assert.match(out, /failed since .*The disk is full/)
  assert.match(out, /update +Failed +.*disk full/)
})

test('a list that the server does not have is not taken for an empty one', async () => {
  api.routes['GET /artifacts'] = () => ({ status: 404, body: { status: 'Resource not found' } })
  const { code, err } = await fulcrum('get', 'artifacts')
  assert.deepEqual([code, err], [5, 'Error: This server does not know artifacts.\n'])
})

test('describe says of an ended service nothing about connecting', async () => {
  const { out } = await fulcrum('describe', 'service', id(11))
  assert.match(out, /Status: +Deleted/)
  assert.doesNotMatch(out, /psql|reveal crm/)
})

test('delete without a terminal needs --yes, and ends a service through its lifecycle', async () => {
  assert.equal((await fulcrum('delete', 'crm')).code, 2)
  assert.deepEqual(api.requests, [])
  api.routes['DELETE /services/*'] = () => {
    api.objects.jobs = [job(70, id(10), 'delete', 'Completed')]
    return { status: 204 }
  }
  assert.equal((await fulcrum('delete', 'crm', '--yes', '-o', 'name')).out, 'crm\n')
  api.routes['DELETE /agents/*'] = () => ({ status: 409, body: { status: 'Conflict', error: 'agent has services' } })
  const { code, err } = await fulcrum('delete', 'agent', 'pg-1', '--yes')
  assert.deepEqual([code, err], [6, 'Error: agent has services\n'])
})

test('create takes names for ids, and a new token is shown once', async () => {
  api.routes['POST /tokens'] = (body) => ({
    status: 201,
    body: { id: id(80), ...body, ...stamps, value: 'new-secret' },
  })
  const { out, code } = await fulcrum(
    'create',
    'token',
    '--set',
    'name=t',
    '--set',
    'role=agent',
    '--set',
    'agent=pg-1',
  )
  assert.equal(code, 0)
  assert.match(out, /\nnew-secret\n$/)
  assert.deepEqual(sent('POST /tokens')[0]?.body, { name: 't', role: 'agent', scopeId: AGENT.id })
  assert.equal((await fulcrum('agent-token', 'pg-1', '--expires', '30d')).out, 'new-secret\n')
  const unknown = await fulcrum('create', 'group', '--set', 'colour=red')
  assert.equal(unknown.code, 2)
  assert.match(unknown.err, /Known: name, consumerId, consumer/)
})

test('the former dialect of an agent type is switched by a word that is no text, and shown in wide tables', async () => {
  const type = { id: id(90), name: 'kube', serviceTypeIds: [], ...stamps }
  api.routes['POST /agent-types'] = (body) => ({ status: 201, body: { ...type, ...body } })
  api.routes['PATCH /agent-types/*'] = (body) => ({ status: 200, body: { ...type, ...body } })
  const schema = 'configurationSchema={"properties":{"url":{"type":"string"}}}'
  const flags = ['--set', 'name=kube', '--set', schema, '--set', 'legacyDialect=true']
  const { out, err } = await fulcrum('create', 'agent-type', ...flags, '-o', 'wide')
  assert.match(out, /LEGACY DIALECT/, err)
  assert.equal(sent('POST /agent-types')[0]?.body?.legacyDialect, true)
  assert.equal((await fulcrum('patch', 'agent-type', id(90), '--set', 'legacyDialect=false')).code, 0)
  assert.deepEqual(sent(`PATCH /agent-types/${id(90)}`)[0]?.body, { legacyDialect: false })
})

test('create reads YAML from standard input, and violations are listed one per line', async () => {
  api.routes['POST /service-groups'] = (body) => ({ status: 201, body: { id: id(81), ...body, ...stamps } })
  const yaml = 'name: second\nconsumer: City\n'
  const made = await ended(start(['create', 'sg', '-f', '-', '-o', 'json']), yaml)
  assert.equal(JSON.parse(made.out).consumerId, id(5))
  api.routes['PATCH /services/*'] = () => ({
    status: 400,
    body: {
      status: 'Validation failed',
      valid: false,
      errors: [
        { path: 'storageGb', message: 'storageGb: value 0 is less than minimum 1' },
        { path: 'size', message: 'required property is missing' },
      ],
    },
  })
  const { code, err } = await fulcrum('update', 'crm', '--set', 'storageGb=0')
  assert.equal(code, 2)
  assert.match(
    err,
    /^Error: .*\n {2}storageGb: value 0 is less than minimum 1\n {2}size: required property is missing\n {2}Known/,
  )
})

test('events come oldest first, and following shows each new one once although pages move', async () => {
  const event = (n: number) => ({
    id: id(1000 + n),
    sequenceNumber: n,
    type: 'service.updated',
    initiatorType: 'user',
    initiatorId: id(1),
    properties: null,
    ...stamps,
  })
  api.objects.events = [1, 2, 3, 4].map(event)
  const numbers = (out: string) => out.split('\n').flatMap((line) => (line ? [JSON.parse(line).sequenceNumber] : []))
  const child = start(['events', '--follow', '--limit', '2', '-o', 'json'])
  assert.ok(child.stdout)
  const following = ended(child)
  let out = ''
  child.stdout.on('data', (data) => {
    out += data
    if (numbers(out).at(-1) === 4) for (let n = 5; n <= 250; n++) api.objects.events?.push(event(n))
    if (numbers(out).at(-1) === 250) child.kill('SIGINT')
  })
  assert.deepEqual(
    numbers((await following).out),
    [...Array(248).keys()].map((n) => n + 3),
  )
})

test('events can be narrowed to what they are about, and a server that cannot do that is not believed', async () => {
  const about = (n: number, entityId?: string) => ({
    id: id(1000 + n),
    sequenceNumber: n,
    type: 'service.updated',
    initiatorType: 'user',
    initiatorId: id(1),
    properties: null,
    ...(entityId !== undefined && { entityId }),
    ...stamps,
  })
  api.objects.events = [about(1, id(10)), about(2, id(12)), about(3, id(5))]
  const [service, entity, listed] = await Promise.all([
    fulcrum('events', '--service', 'crm'),
    fulcrum('events', '--entity', id(5), '-o', 'json'),
    fulcrum('get', 'events', '--filter', 'service=twin', '-o', 'json'),
  ])
  assert.match(service.out, new RegExp(`^NUMBER +TIME +TYPE +BY +ENTITY +PARTIES\\n1 .*${id(10)}\\n$`))
  assert.deepEqual(
    [entity, listed].map(({ out }) => JSON.parse(out).map((event: { sequenceNumber: number }) => event.sequenceNumber)),
    [[3], [2]],
  )
  api.routes['GET /events'] = () => ({ status: 200, body: { items: [about(1)], hasNext: false } })
  const old = await fulcrum('events', '--service', 'crm')
  assert.deepEqual([old.code, old.out], [2, ''])
  assert.match(old.err, /This server does not know what its events are about/)
})
