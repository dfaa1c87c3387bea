import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { AGENT, api, ended, fulcrum, id, root, sent, stamps, start, TYPE } from '../command-harness.ts'

const checks = [
  { code: 'FORMAT', ok: true },
  { code: 'CHAIN', ok: false, detail: 'the chain does not end at a configured anchor' },
]
const credential = (more: object = {}) => ({
  id: id(70),
  participantId: id(5),
  state: 'pending',
  checks: [],
  types: ['VerifiableCredential', 'gx:LabelCredential'],
  criteria: [],
  evidenceIds: [],
  attempts: 0,
  ...stamps,
  ...more,
})
const verified = {
  state: 'verified',
  labelLevel: 'L2',
  checks: [{ code: 'FORMAT', ok: true }],
  nextCheckAt: '2036-01-01T00:00:00Z',
}
const failed = { state: 'failed', reason: 'CHAIN', detail: 'no anchor', checks }

test('import sends a file, or standard input, or an address, for what it is about', async () => {
  api.routes['POST /credentials'] = () => ({ status: 201, body: credential() })
  const file = join(root, 'label.jwt')
  await writeFile(file, 'a.b.c\n')
  const about = ['--participant', 'City']
  const done = await fulcrum('credential', 'import', file, ...about, '--agent', 'pg-1', '--service-type', 'postgres')
  assert.equal(done.code, 0, done.err)
  assert.match(done.out, /state: +pending/)
  assert.match(done.err, /fulcrum credential show/)
  await ended(start(['credential', 'import', '-', ...about]), 'd.e.f')
  await fulcrum('credential', 'import', 'https://cloud.example/label.vp', ...about)
  assert.deepEqual(
    sent('POST /credentials').map(({ body }) => body),
    [
      { participantId: id(5), agentId: AGENT.id, serviceTypeId: TYPE.id, jwt: 'a.b.c' },
      { participantId: id(5), jwt: 'd.e.f' },
      { participantId: id(5), url: 'https://cloud.example/label.vp' },
    ],
  )
})

test('import with --wait says by its exit code whether the credential holds', async () => {
  api.routes['POST /credentials'] = () => ({ status: 201, body: credential() })
  const run = () => fulcrum('credential', 'import', 'https://cloud.example/x', '--participant', 'City', '--wait')
  let looks = 0
  api.routes['GET /credentials/*'] = () => ({ status: 200, body: credential(looks++ === 0 ? {} : verified) })
  const good = await run()
  assert.equal(good.code, 0, good.err)
  assert.match(good.out, /state: +verified[\s\S]*label: +L2/)
  assert.equal(looks, 2)
  api.routes['GET /credentials/*'] = () => ({ status: 200, body: credential(failed) })
  const bad = await run()
  assert.notEqual(bad.code, 0)
  assert.match(bad.err, /has failed: CHAIN/)
  assert.match(bad.out, /> +CHAIN +FAILED/)
})

test('import gives up waiting in time', async () => {
  api.routes['POST /credentials'] = () => ({ status: 201, body: credential() })
  api.routes['GET /credentials/*'] = () => ({ status: 200, body: credential() })
  const args = ['credential', 'import', 'https://cloud.example/x', '--participant', 'City', '--wait', '--timeout', '1s']
  const late = await fulcrum(...args)
  assert.notEqual(late.code, 0)
  assert.match(late.err, /still pending after 1 s/)
})

test('show lists the checks and marks the one that failed', async () => {
  api.objects.credentials = [credential(failed)]
  const { out, code } = await fulcrum('credential', 'show', id(70))
  assert.equal(code, 0)
  assert.match(out, / {3,}FORMAT +passed +-\n> +CHAIN +FAILED +the chain does not end at a configured anchor/)
  assert.match(out, /reason: +CHAIN/)
  assert.deepEqual(JSON.parse((await fulcrum('credential', 'show', id(70), '-o', 'json')).out), credential(failed))
})

test('list shows what there is, by participant and state', async () => {
  api.objects.credentials = [credential(verified), credential({ ...failed, id: id(71) })]
  const all = await fulcrum('credential', 'list')
  assert.match(all.out, /^ID +TYPE +LABEL +STATE +REASON/)
  assert.match(all.out, /gx:LabelCredential +L2 +verified +-/)
  const some = await fulcrum('credential', 'list', '--participant', 'City', '--state', 'failed')
  assert.match(some.out, new RegExp(id(71)))
  assert.ok(!some.out.includes(id(70)))
})

test('recheck waits until the check has taken place', async () => {
  const due = { state: 'verified', nextCheckAt: stamps.updatedAt }
  api.routes['POST /credentials/*/recheck'] = () => ({ status: 200, body: credential(due) })
  let looks = 0
  api.routes['GET /credentials/*'] = () => ({ status: 200, body: credential(looks++ === 0 ? due : verified) })
  const done = await fulcrum('credential', 'recheck', id(70), '--wait')
  assert.equal(done.code, 0, done.err)
  assert.equal(looks, 2)
})

test('export gives descriptions, and only the signed ones when asked for them', async () => {
  const described = { type: 'gx:LegalPerson', document: { id: 'x' } }
  api.routes[`GET /participants/*/gaia-x-description`] = () => ({
    status: 200,
    body: { did: 'did:web:c.example', credentials: [{ ...described, jwt: 'a.b.c' }] },
  })
  api.routes['GET /gaia-x-description'] = () => ({ status: 200, body: { credentials: [described] } })
  const provider = await fulcrum('credential', 'export', '--participant', 'City', '--jwt')
  assert.equal(provider.out, 'a.b.c\n')
  const platform = await fulcrum('credential', 'export')
  assert.deepEqual(JSON.parse(platform.out), { credentials: [described] })
  assert.match(platform.err, /not signed/)
})
