/** Orders at the same moment: capacity, quotas and shares hold exactly, whoever is first. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { aMarket, enforce, type Market } from './testing/market.ts'

let server: TestServer
before(async () => {
  server = await startTestServer()
})
after(() => server.stop())

const AT_ONCE = 12

const together = async (market: Market, more: (at: number) => object, count = AT_ONCE) => {
  const replies = await Promise.all(
    Array.from({ length: count }, (_, at) => market.consumer.caller.post('/services', market.body(more(at)))),
  )
  for (const { status, body } of replies) assert.ok(status === 201 || status === 400, JSON.stringify(body))
  return {
    placed: replies.filter(({ status }) => status === 201),
    refused: replies.filter(({ status }) => status === 400),
  }
}
const setTerms = async ({ serviceTypeId }: Market, agentId: string, body: object) =>
  assert.equal((await server.admin.put(`/agents/${agentId}/offerings/${serviceTypeId}/terms`, body)).status, 200)

test('an offering is never given away more often than there is of it', async () => {
  const market = await aMarket(server)
  const { agentId } = await market.offer('small')
  await setTerms(market, agentId, { capacityUnits: 7, unitsPerService: 2 })
  const { placed, refused } = await together(market, () => ({ agentId }))
  assert.equal(placed.length, 3)
  assert.match(refused[0]?.body.error, /CAPACITY \(1 of 7 units are free, 2 are needed\)/)
})

test('orders that name no agent fill all offerings to the last unit', async () => {
  const market = await aMarket(server)
  const agents = [await market.offer('one'), await market.offer('two'), await market.offer('three')]
  for (const { agentId } of agents) await setTerms(market, agentId, { capacityUnits: 3 })
  const { placed } = await together(market, (at) => (at % 2 === 0 ? {} : { agentTags: [] }))
  const byAgent = Map.groupBy(placed, ({ body }) => body.agentId)
  assert.deepEqual(
    [...byAgent.values()].map((orders) => orders.length),
    [3, 3, 3],
  )
})

test('a service that has ended makes room', async () => {
  const market = await aMarket(server)
  const { agentId } = await market.offer('reused')
  await setTerms(market, agentId, { capacityUnits: 1 })
  const first = await market.consumer.caller.post('/services', market.body())
  assert.equal(first.status, 201)
  assert.equal((await market.consumer.caller.post('/services', market.body())).status, 400)
  await server.platform.db.updateTable('services').set({ terminal: true }).where('id', '=', first.body.id).execute()
  assert.equal((await market.consumer.caller.post('/services', market.body())).status, 201)
})

test('a consumer never gets more services than its quota, of all kinds together and of one', async () => {
  const market = await aMarket(server)
  await market.offer('any')
  const path = `/participants/${market.consumer.id}/quotas`
  const limit = (maxServices: number) => [{ serviceTypeId: market.serviceTypeId, maxServices }]
  assert.equal((await server.admin.put(path, { serviceTypes: limit(4) })).status, 200)
  const first = await together(market, () => ({}))
  assert.equal(first.placed.length, 4)
  assert.match(first.refused[0]?.body.error, /QUOTA \(the consumer has 4 of at most 4 services of this type\)/)
  await server.admin.put(path, { maxServices: 6, serviceTypes: limit(100) })
  assert.equal((await together(market, () => ({}))).placed.length, 2)
})

test('a share that a policy limits holds for orders that come at once', async () => {
  const market = await aMarket(server)
  const [one, two] = [await market.offer('one'), await market.offer('two')]
  const params = { dimension: 'provider', share: 0.67, minUnits: 2 }
  await enforce(
    server,
    { kind: 'consumer', id: market.consumer.id },
    { constraints: [{ id: 'spread', type: 'concentration.max', params }] },
  )
  for (const { agentId } of [one, two])
    assert.equal((await market.consumer.caller.post('/services', market.body({ agentId }))).status, 201)
  // of two and one a further one would be three of four
  const more = await together(market, () => ({ agentId: one.agentId }), 6)
  assert.equal(more.placed.length, 1)
  assert.match(more.refused[0]?.body.error, /CONCENTRATION \(0.7500>0.67/)
  // four of six are two thirds
  assert.equal((await together(market, () => ({ agentId: two.agentId }), 6)).placed.length, 3)
})

test('orders at once under one policy are all placed, each with a decision of its own', async () => {
  const market = await aMarket(server)
  await market.offer('only')
  await enforce(server, { kind: 'consumer', id: market.consumer.id }, { constraints: [] })
  const { placed } = await together(market, () => ({}))
  assert.equal(new Set(placed.map(({ body }) => body.decisionId)).size, AT_ONCE)
})
