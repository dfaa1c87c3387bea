/** Concentration over HTTP against a real PostgreSQL. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type Caller, startTestServer, type TestServer } from '../testing/test-server.ts'
import { insertAgent, insertGroup, insertService, insertServiceType, publishProfile } from './testing/portfolio.ts'

let server: TestServer
let provider: { id: string; caller: Caller }
let sister: { id: string; caller: Caller }
let spare: { id: string; caller: Caller }
let consumer: { id: string; caller: Caller }
let other: { id: string; caller: Caller }
let groupId: string

before(async () => {
  server = await startTestServer()
  const { db } = server.platform
  provider = await server.participant('provider')
  sister = await server.participant('sister')
  spare = await server.participant('spare')
  consumer = await server.participant('consumer')
  other = await server.participant('other')
  const typeId = await insertServiceType(db, 'vm')
  const [first, second] = [
    await insertAgent(db, provider.id, 'first', [typeId]),
    await insertAgent(db, sister.id, 'second', [typeId]),
  ]
  await insertAgent(db, spare.id, 'third', [typeId])
  const owned = {
    id: '',
    control: { owners: [{ name: 'Parent Inc.', country: 'US', votingPct: 100 }] },
    location: { storage: ['DE'], processing: ['DE'] },
    supplyChain: { components: [] },
  }
  await publishProfile(db, { providerId: provider.id }, owned)
  await publishProfile(db, { providerId: sister.id }, owned)
  groupId = await insertGroup(db, consumer.id)
  for (const [agentId, providerId] of [
    [first, provider.id],
    [first, provider.id],
    [second, sister.id],
  ] as const) {
    const id = await insertService(db, { agentId, providerId, consumerId: consumer.id, serviceTypeId: typeId, groupId })
    const said = { criticality: 'critical', monthlySpend: { amount: 100, currency: 'EUR' } }
    assert.equal((await consumer.caller.put(`/services/${id}/classification`, said)).status, 200)
  }
  const theirs = await insertGroup(db, other.id)
  const shared = { providerId: provider.id, consumerId: other.id, agentId: first, serviceTypeId: typeId }
  await insertService(db, { ...shared, groupId: theirs })
})
after(() => server.stop())

type Measure = { dimension: string; weight: string; hhi: number; shares: { key: string }[] }

test('a consumer sees how much of its own hangs on few, and who could take it', async () => {
  const { status, body } = await consumer.caller.get('/concentration')
  assert.equal(status, 200)
  assert.deepEqual([body.services, body.unknownSpend], [3, 0])
  assert.equal(
    body.summary,
    'Of 3 services: 100 % on one provider (provider + sister), 100 % under control from one country (US), 100 % in one country (DE).',
  )
  const hhi = body.measures.map(({ dimension, weight, hhi: index }: Measure) => [dimension, weight, index])
  assert.deepEqual(hhi, [
    ...['provider-group', 'controller-country', 'location-country'].flatMap((dimension) =>
      ['spend', 'count', 'criticality'].map((weight) => [dimension, weight, 10_000]),
    ),
    // no part of these providers is critical
    ...['spend', 'count', 'criticality'].map((weight) => ['critical-supplier', weight, 0]),
  ])
  const [group] = body.groups
  assert.deepEqual(group.providers.map(({ name }: { name: string }) => name).toSorted(), ['provider', 'sister'])
  assert.match(group.because[0], /Parent Inc\. \(US\) holds 100 % of the votes/)
  const [fails] = body.largestFails
  assert.deepEqual(
    [
      fails.servicesLost,
      fails.criticalLost,
      fails.spend,
      fails.takers[0].offerings.map((one: { providerName: string }) => one.providerName),
    ],
    [3, 3, [{ currency: 'EUR', lost: 300, remaining: 0 }], ['spare']],
  )
})

test('an admin sees all services, or those of one consumer', async () => {
  assert.equal((await server.admin.get('/concentration')).body.services, 4)
  assert.equal((await server.admin.get(`/concentration?consumerId=${other.id}`)).body.services, 1)
  assert.equal((await server.admin.get(`/concentration?groupId=${groupId}`)).body.services, 3)
})

test('a provider sees nothing of the services at its agents', async () => {
  assert.equal((await provider.caller.get('/concentration')).body.services, 0)
  assert.equal((await provider.caller.get(`/concentration?consumerId=${consumer.id}`)).status, 403)
  assert.equal((await other.caller.get(`/concentration?groupId=${groupId}`)).status, 403)
})

test('ids that nothing has are 404, and what is no parameter 400', async () => {
  assert.equal((await server.admin.get(`/concentration?consumerId=${randomUUID()}`)).status, 404)
  assert.equal((await server.admin.get(`/concentration?groupId=${randomUUID()}`)).status, 404)
  for (const query of ['consumerId=me', 'at=yesterday', 'weight=spend'])
    assert.equal((await server.admin.get(`/concentration?${query}`)).status, 400, query)
})

test('before anything was published nothing was known', async () => {
  const { body } = await consumer.caller.get('/concentration?at=2026-01-01T00:00:00Z')
  const control = body.measures.find(
    ({ dimension, weight }: Measure) => dimension === 'controller-country' && weight === 'count',
  )
  assert.deepEqual([control.unknownShare, control.shares[0].key, body.groups], [1, 'unknown', []])
})
