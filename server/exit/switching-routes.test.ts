/** Switchings over HTTP against a real PostgreSQL, on a clock that the test moves. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { aFederation, type TestFederation } from '../testing/federation.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
let federation: TestFederation
let now = new Date()
const later = (days: number) => {
  now = new Date(now.getTime() + days * 86_400_000)
}
const today = () => now.toISOString().slice(0, 10)

before(async () => {
  server = await startTestServer({}, () => now)
  federation = await aFederation(server)
  // months go by
  await server.platform.db
    .updateTable('tokens')
    .set({ expire_at: new Date('2100-01-01') })
    .execute()
})
after(() => server.stop())

async function aService(): Promise<string> {
  const id = await federation.order({}, await federation.group())
  await federation.complete(id)
  return id
}
const ask = (more: object = {}) =>
  federation.consumer.caller.post('/switchings', {
    consumerId: federation.consumer.id,
    providerId: federation.provider.id,
    destination: 'on-premises',
    ...more,
  })
const say = (id: string, by: 'consumer' | 'provider', entry: object) =>
  federation[by].caller.post(`/switchings/${id}/entries`, entry)

test('a customer leaves: notice, transition, retrieval, and the provider proves the erasure', async () => {
  const serviceId = await aService()
  const { status, body: asked } = await ask({ serviceIds: [serviceId], noticeMonths: 0, contractRef: 'C-1' })
  assert.equal(status, 201, JSON.stringify(asked))
  assert.deepEqual([asked.state, asked.requestedOn, asked.contractRef], ['notice', today(), 'C-1'])
  assert.equal(asked.clocks.noticeEndsOn, today())

  later(1)
  assert.equal((await federation.provider.caller.get(`/switchings/${asked.id}`)).body.state, 'transition')
  later(40)
  assert.deepEqual((await ask({ serviceIds: [serviceId] })).status, 409)
  assert.deepEqual((await federation.consumer.caller.get(`/switchings/${asked.id}`)).body.overdue, ['transition'])
  const completed = await say(asked.id, 'consumer', { kind: 'completion' })
  assert.deepEqual([completed.status, completed.body.state], [201, 'retrieval'])

  const erasure = { kind: 'erasure', proofSha256: 'ab'.repeat(32) }
  assert.equal((await say(asked.id, 'provider', erasure)).status, 409)
  later(31)
  const erased = await say(asked.id, 'provider', erasure)
  assert.deepEqual([erased.status, erased.body.state], [201, 'erased'])
  assert.deepEqual(
    erased.body.entries.map(({ kind, by }: { kind: string; by: string }) => [kind, by]),
    [
      ['completion', 'consumer'],
      ['erasure', 'provider'],
    ],
  )
  const { items } = (await federation.provider.caller.get('/events?sort=-sequenceNumber&pageSize=5')).body
  assert.ok(items.some(({ type }: { type: string }) => type === 'switching.erasure'))
  assert.equal((await ask({ serviceIds: [serviceId] })).status, 201, 'the old one has ended')
})

test('all services are meant when none is named, and each is left once', async () => {
  const [first, second] = [await aService(), await aService()]
  await server.platform.db.updateTable('switchings').set({ ended: true }).execute()
  const { body: asked } = await ask()
  assert.ok(asked.serviceIds.includes(first) && asked.serviceIds.includes(second))
  const again = await ask({ serviceIds: [second] })
  assert.equal(again.status, 409)
  assert.match(again.body.message ?? JSON.stringify(again.body), new RegExp(asked.id))
})

// seen failing without the lock on the services: both are answered 201
test('two customers of one service cannot leave it twice at the same time', async () => {
  const serviceId = await aService()
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask({ serviceIds: [serviceId] })))
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, ...Array.from({ length: 7 }, () => 409)])
})

test('what can be taken along is listed with its digest, and what stays without', async () => {
  const serviceId = await federation.order({}, await federation.group())
  await federation.complete(serviceId, { agentInstanceData: { host: 'rack 7' } })
  const content = new TextEncoder().encode('a dump')
  const artifactId = crypto.randomUUID()
  const upload = await fetch(
    `${server.url}/api/v1/artifacts/${artifactId}?serviceId=${serviceId}&kind=export&format=text`,
    {
      method: 'PUT',
      headers: { authorization: `Bearer ${federation.agent.caller.token}`, 'content-type': 'application/octet-stream' },
      body: content,
    },
  )
  assert.equal(upload.status, 200, await upload.text())
  const { body: asked } = await ask({ serviceIds: [serviceId] })
  const { assets } = (await federation.consumer.caller.get(`/switchings/${asked.id}`)).body
  const kinds = assets.map(({ kind, path, sha256 }: Record<string, string>) => [kind, path, sha256?.length ?? 0])
  assert.deepEqual(kinds.slice(0, 1), [['exportable-data', `/artifacts/${artifactId}`, 64]])
  assert.deepEqual(kinds.at(-1), ['excluded-internal', 'agentInstanceData', 0])
})

test('mistakes are told', async () => {
  const serviceId = await aService()
  const refused: [object, RegExp][] = [
    [{ destination: 'provider' }, /destinationProviderId/],
    [{ destination: 'provider', destinationProviderId: federation.provider.id }, /that is left/],
    [{ destinationProviderId: federation.consumer.id }, /destinationProviderId/],
    [{ requestedOn: '2024-02-30' }, /no such day/],
    [{ requestedOn: new Date(now.getTime() + 367 * 86_400_000).toISOString().slice(0, 10) }, /must be from/],
  ]
  for (const [more, says] of refused) {
    const { status, body } = await ask({ serviceIds: [serviceId], ...more })
    assert.equal(status, 400)
    assert.match(JSON.stringify(body), says)
  }
})
