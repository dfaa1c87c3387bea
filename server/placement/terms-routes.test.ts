/** Terms of offerings and quotas over HTTP against a real PostgreSQL. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { offeringTerms } from './terms-store.ts'
import { aMarket } from './testing/market.ts'

let server: TestServer
before(async () => {
  server = await startTestServer()
})
after(() => server.stop())

const WHOLE = {
  monthlyPrice: { amount: 12.34, currency: 'EUR' },
  capacityUnits: 10,
  unitsPerService: 2,
  latencyMs: { 'eu-west': 12.5, 'eu-north': 30 },
  sku: 'db-small',
}

test('a provider says, changes and takes back what its offering costs, and everybody reads it', async () => {
  const market = await aMarket(server)
  const { agentId, provider, providerId } = await market.offer('seller')
  const path = `/agents/${agentId}/offerings/${market.serviceTypeId}/terms`
  const put = await provider.put(path, WHOLE)
  const { id: _, updatedAt, ...said } = put.body
  assert.deepEqual([put.status, said], [200, { agentId, serviceTypeId: market.serviceTypeId, providerId, ...WHOLE }])
  assert.deepEqual((await market.consumer.caller.get(path)).body, put.body)
  const { body: listed } = await market.consumer.caller.get(`/offering-terms?agentId=${agentId}&sku=db-small`)
  assert.deepEqual(listed.items, [put.body])
  assert.deepEqual(
    (await offeringTerms(server.platform.db, [{ agentId, serviceTypeId: market.serviceTypeId }]))[0]?.monthlyPrice,
    WHOLE.monthlyPrice,
  )
  assert.deepEqual(await offeringTerms(server.platform.db, []), [])
  assert.ok((await offeringTerms(server.platform.db, null)).length > 0)

  const { body: less } = await provider.put(path, { latencyMs: 5 })
  assert.deepEqual([less.latencyMs, less.unitsPerService, less.monthlyPrice], [5, 1, undefined])
  assert.equal((await market.consumer.caller.put(path, WHOLE)).status, 403)
  assert.equal((await market.consumer.caller.delete(path)).status, 403)
  assert.equal((await provider.delete(path)).status, 204)
  assert.equal((await provider.delete(path)).status, 404)
  assert.equal((await provider.get(path)).status, 404)
  for (const [type, times] of Object.entries({ 'offering_terms.updated': 2, 'offering_terms.deleted': 1 }))
    assert.equal((await provider.get(`/events?type=${type}`)).body.totalItems, times)
})

test('terms of what is not offered, and terms that are none, are refused', async () => {
  const market = await aMarket(server)
  const { agentId, provider } = await market.offer('seller')
  const of = (agent: string, type: string) => `/agents/${agent}/offerings/${type}/terms`
  assert.equal((await server.admin.put(of(randomUUID(), market.serviceTypeId), {})).status, 404)
  assert.equal((await server.admin.put(of(agentId, randomUUID()), {})).status, 404)
  for (const wrong of [
    { monthlyPrice: { amount: -1, currency: 'EUR' } },
    { monthlyPrice: { amount: 1, currency: 'euro' } },
    { capacityUnits: -1 },
    { capacityUnits: 1.5 },
    { unitsPerService: 0 },
    { latencyMs: -1 },
    { latencyMs: 'near' },
    { latencyMs: {} },
    { latencyMs: { a: 'b' } },
    { sku: '' },
  ])
    assert.equal((await provider.put(of(agentId, market.serviceTypeId), wrong)).status, 400, JSON.stringify(wrong))
})

test('an admin limits what a consumer may have, and the consumer reads it', async () => {
  const market = await aMarket(server)
  const path = `/participants/${market.consumer.id}/quotas`
  const { caller } = market.consumer
  assert.deepEqual((await caller.get(path)).body, { serviceTypes: [] })
  const limits = { maxServices: 5, serviceTypes: [{ serviceTypeId: market.serviceTypeId, maxServices: 2 }] }
  const put = await server.admin.put(path, limits)
  assert.deepEqual([put.status, put.body], [200, limits])
  assert.deepEqual((await caller.get(path)).body, limits)
  assert.equal((await caller.put(path, {})).status, 403)
  const stranger = await server.participant('stranger')
  assert.equal((await stranger.caller.get(path)).status, 403)
  assert.equal((await server.admin.get(`/participants/${randomUUID()}/quotas`)).status, 404)
  assert.equal((await server.admin.put(path, { maxServices: -1 })).status, 400)
  const [limit] = limits.serviceTypes
  assert.equal((await server.admin.put(path, { serviceTypes: [limit, limit] })).status, 400)
  const missing = { serviceTypes: [{ serviceTypeId: randomUUID(), maxServices: 1 }] }
  assert.equal((await server.admin.put(path, missing)).status, 404)
  assert.deepEqual((await caller.get(path)).body, limits)
  assert.deepEqual((await server.admin.put(path, {})).body, { serviceTypes: [] })
})
