/** The reports about leaving over HTTP, from rows of a real PostgreSQL. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { heldBy } from '../placement/index.ts'
import { aFederation, type TestFederation } from '../testing/federation.ts'
import { insertPublishedFacts } from '../testing/published-facts.ts'
import { insertMove } from '../testing/service-rows.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
let federation: TestFederation
let other: { id: string; agentId: string }
let serviceId: string

before(async () => {
  server = await startTestServer()
  federation = await aFederation(server)
  other = await anotherProvider()
  serviceId = await federation.order({}, await federation.group())
  await federation.complete(serviceId)
  await server.admin.put(`/services/${serviceId}/classification`, {
    criticality: 'critical',
    function: 'payments',
    contractRef: 'C-1',
    monthlySpend: { amount: 10, currency: 'EUR' },
  })
})
after(() => server.stop())

/** A second provider with an agent of the same type. */
async function anotherProvider() {
  const { id } = (await server.admin.post('/participants', { name: 'Garonne', status: 'Enabled' })).body
  const { agentTypeId } = federation
  const agent = await server.admin.post('/agents', { name: 'garonne', providerId: id, agentTypeId })
  assert.equal(agent.status, 201, JSON.stringify(agent.body))
  return { id, agentId: agent.body.id }
}

const planOf = async (query = '') =>
  (await federation.consumer.caller.get(`/participants/${federation.consumer.id}/exit-plan${query}`)).body

test('the exit plan names who else could take a service, and what keeps others out', async () => {
  const [item] = (await planOf()).items
  assert.deepEqual([item.serviceId, item.criticality, item.function], [serviceId, 'critical', 'payments'])
  assert.deepEqual(
    item.alternatives.map((one: { agentId: string; qualifies: boolean }) => [one.agentId, one.qualifies]),
    [[other.agentId, true]],
  )
  assert.ok(item.gaps.some((gap: string) => gap.includes('portability')))

  const policy = randomUUID()
  await server.platform.db
    .insertInto('sovereignty_policies')
    .values({
      id: policy,
      version: 1,
      name: 'in the EEA',
      scope_kind: 'consumer',
      scope_id: federation.consumer.id,
      consumer_id: federation.consumer.id,
      document: JSON.stringify({
        mode: 'enforce',
        trustedZone: { groups: ['EEA'] },
        onUnknown: 'deny',
        minAssurance: 'none',
        constraints: [{ id: 'seat', type: 'legal.headquarters.within' }],
      }),
      effective_from: new Date('2026-01-01'),
      withdrawn_at: null,
      created_at: new Date(),
    })
    .execute()
  const [refused] = (await planOf()).items[0].alternatives
  assert.deepEqual([refused.qualifies, refused.failed], [false, [`${policy}/seat:UNKNOWN_FACT`]])

  await insertPublishedFacts(
    server.platform.db,
    { participantId: other.id },
    {
      legal: {
        legalName: 'Garonne SAS',
        headquartersCountry: 'FR',
        registeredCountry: 'FR',
        mainEstablishmentCountry: 'FR',
      },
    },
    { at: new Date('2026-01-01') },
  )
  const [allowed] = (await planOf()).items[0].alternatives
  assert.deepEqual([allowed.qualifies, allowed.failed], [true, []])
})

test('a plan can be of one provider alone', async () => {
  assert.equal((await planOf(`?providerId=${federation.provider.id}`)).items.length, 1)
  assert.equal((await planOf(`?providerId=${other.id}`)).items.length, 0)
  const wrong = await federation.consumer.caller.get(
    `/participants/${federation.consumer.id}/exit-plan?providerId=none`,
  )
  assert.equal(wrong.status, 400)
})

test('the register has the service under its contract', async () => {
  const { body } = await federation.consumer.caller.get(`/participants/${federation.consumer.id}/dora-register`)
  const { templates } = body
  const rows = (code: string) => templates.find((one: { code: string }) => one.code === code).rows
  assert.equal(templates.length, 15)
  assert.deepEqual(rows('B_02.01'), [['C-1', 'standalone', '', 'EUR', '120']])
  assert.ok(rows('B_07.01')[0].includes('Garonne'))
})

test('everybody may read of a provider’s jurisdiction what it has published', async () => {
  const { status, body } = await federation.consumer.caller.get(`/participants/${other.id}/jurisdiction`)
  assert.equal(status, 200)
  assert.deepEqual([body.legalName, body.headquartersCountry], ['Garonne SAS', 'FR'])
  assert.equal(body.offerings[0].agentId, other.agentId)
  assert.ok(body.offerings[0].unknown.includes('/location/storage'))
  assert.equal((await server.admin.get(`/participants/${randomUUID()}/jurisdiction`)).status, 404)
})

test('after a move only the service that counts is in the plan, in the register and in what the consumer has', async () => {
  const { db } = server.platform
  const of = await aFederation(server)
  const groupId = await of.group()
  const [left, moved, notYet] = [await of.order({}, groupId), await of.order({}, groupId), await of.order({}, groupId)]
  const contract = { contractRef: 'C-of-the-one-that-was-left' }
  assert.equal((await server.admin.put(`/services/${left}/classification`, contract)).status, 200)
  const path = `/participants/${of.consumer.id}`
  const counted = async () => {
    const { body: plan } = await of.consumer.caller.get(`${path}/exit-plan`)
    const { body: register } = await of.consumer.caller.get(`${path}/dora-register`)
    const held = await heldBy(db, of.consumer.id)
    return {
      planned: plan.items.map((item: { serviceId: string }) => item.serviceId).toSorted(),
      registered: JSON.stringify(register.templates).includes(contract.contractRef),
      held: held.reduce((sum, { count }) => sum + count, 0),
    }
  }
  assert.deepEqual(await counted(), { planned: [left, moved, notYet].toSorted(), registered: true, held: 3 })
  await insertMove(db, left, moved)
  await insertMove(db, moved, notYet, 'target')
  assert.deepEqual(await counted(), { planned: [moved], registered: false, held: 1 })
})
