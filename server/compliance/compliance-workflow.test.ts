/** Compliance of running services on a real PostgreSQL: what makes them be judged again, what follows, and how fast. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { settleEvents } from '../events/index.ts'
import { blockedProviders } from '../sovereignty-policies/index.ts'
import { aFederation, type TestFederation } from '../testing/federation.ts'
import { insertMove } from '../testing/service-rows.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { reviewCompliance } from './compliance-workflow.ts'

const DAY_MS = 86_400_000
let server: TestServer
before(async () => {
  server = await startTestServer({ FULCRUM_SOVEREIGNTY_INTERVAL: '24h' })
})
after(() => server.stop())

/** Looks as if so many days had gone by; tokens stay good meanwhile. */
const review = (aheadDays = 0) =>
  reviewCompliance(
    { ...server.platform, now: () => new Date(Date.now() + aheadDays * DAY_MS) },
    new AbortController().signal,
  )
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString()

/** A federation whose provider is in Austria, and says so. */
async function austrian(facts: object = { location: { storage: ['AT'] }, legal: { governingLaw: ['AT'] } }) {
  const of = await aFederation(server)
  const { body } = await of.provider.caller.post('/sovereignty-profiles', { participantId: of.provider.id, facts })
  assert.equal((await of.provider.caller.post(`/sovereignty-profiles/${body.id}/publish`)).status, 200)
  const serviceId = await running(of)
  return { of, serviceId }
}

/** So many services more that are like this one. */
async function copies(serviceId: string, count: number): Promise<void> {
  await sql`
    INSERT INTO services (id, name, status, terminal, status_since, provider_id, consumer_id, group_id, agent_id,
                          service_type_id, created_at, updated_at)
    SELECT gen_random_uuid(), 'many ' || n, status, false, status_since, provider_id, consumer_id, group_id, agent_id,
           service_type_id, created_at, updated_at
    FROM services, generate_series(1, ${count}::integer) n WHERE id = ${serviceId}`.execute(server.platform.db)
}

async function running(of: TestFederation): Promise<string> {
  const serviceId = await of.order({}, await of.group())
  await of.complete(serviceId)
  return serviceId
}

const rules = (more: object = {}) => ({
  name: 'EEA',
  mode: 'enforce',
  trustedZone: { groups: ['EEA'] },
  onUnknown: 'deny',
  minAssurance: 'none',
  constraints: [{ id: 'law', type: 'legal.governingLaw.within' }],
  ...more,
})

async function setPolicy(of: TestFederation, more: object = {}): Promise<string> {
  const scope = { kind: 'consumer', id: of.consumer.id }
  const reply = await of.consumer.caller.post('/sovereignty-policies', { ...rules(more), scope })
  assert.equal(reply.status, 201, JSON.stringify(reply.body))
  return reply.body.id
}

async function publish(of: TestFederation, facts: object): Promise<void> {
  const { body } = await of.provider.caller.post('/sovereignty-profiles', { participantId: of.provider.id, facts })
  assert.equal((await of.provider.caller.post(`/sovereignty-profiles/${body.id}/publish`)).status, 200)
}

const compliance = async (of: TestFederation, id: string) =>
  (await of.consumer.caller.get(`/services/${id}/compliance`)).body

async function eventsOf(id: string, type: string) {
  await settleEvents(server.platform.db)
  const { rows } = await sql<{ properties: Record<string, unknown>; consumer_id: string; provider_id: string }>`
    SELECT properties, consumer_id, provider_id FROM events WHERE entity_id = ${id} AND type = ${type}
    ORDER BY sequence_number`.execute(server.platform.db)
  return rows
}

describe('a running service', () => {
  test('is judged when a policy is set, when a profile changes, and when the policy is withdrawn; each is told once', async () => {
    const { of, serviceId } = await austrian()
    await review()
    assert.equal((await compliance(of, serviceId)).outcome, 'allow')
    const policyId = await setPolicy(of)
    await review()
    assert.equal((await compliance(of, serviceId)).outcome, 'allow')
    await publish(of, { legal: { governingLaw: ['AT', 'US'] } })
    // several servers at once, and one that looks again
    await Promise.all([review(), review(), review()])
    await review()
    const broken = await compliance(of, serviceId)
    assert.deepEqual(broken.failed, [`${policyId}/law:GOVERNING_LAW_OUTSIDE_ZONE`])
    assert.deepEqual([broken.outcome, broken.action], ['deny', 'alert'])
    await of.consumer.caller.post(`/sovereignty-policies/${policyId}/withdraw`)
    await review()
    assert.equal((await compliance(of, serviceId)).outcome, 'allow')
    const told = await eventsOf(serviceId, 'service.compliance_changed')
    assert.deepEqual(
      told.map(({ properties }) => properties.outcome),
      ['deny', 'allow'],
    )
    assert.deepEqual([told[0]?.consumer_id, told[0]?.provider_id], [of.consumer.id, of.provider.id])
  })

  test('is judged when evidence is revoked, and when it ends by itself', async () => {
    const { of, serviceId } = await austrian()
    const bring = async (validUntil: string) => {
      const brought = await of.provider.caller.post('/sovereignty-evidences', {
        participantId: of.provider.id,
        kind: 'audit-report',
        assertsPaths: ['/legal'],
        validUntil,
      })
      assert.equal(brought.status, 201, JSON.stringify(brought.body))
      const attest = { level: 'auditor-attested', method: 'read it' }
      assert.equal((await server.admin.post(`/sovereignty-evidences/${brought.body.id}/attest`, attest)).status, 200)
      return brought.body.id
    }
    const first = await bring(inDays(400))
    const policyId = await setPolicy(of, { minAssurance: 'auditor-attested' })
    await review()
    assert.equal((await compliance(of, serviceId)).outcome, 'allow')
    await server.admin.post(`/sovereignty-evidences/${first}/revoke`, { reason: 'the auditor has withdrawn it' })
    await review()
    assert.deepEqual((await compliance(of, serviceId)).failed, [`${policyId}/law:EVIDENCE_REVOKED`])
    await bring(inDays(10))
    await review()
    assert.equal((await compliance(of, serviceId)).outcome, 'allow')
    await review(11)
    assert.equal((await compliance(of, serviceId)).outcome, 'deny')
  })

  test('is judged when a waiver is given, and when it ends', async () => {
    const { of, serviceId } = await austrian({ legal: { governingLaw: ['CH'] } })
    const policyId = await setPolicy(of)
    await review()
    assert.equal((await compliance(of, serviceId)).outcome, 'deny')
    const waiver = { policyId, constraintId: 'law', subjectId: of.provider.id, reason: 'moving', validUntil: inDays(3) }
    assert.equal((await of.consumer.caller.post('/sovereignty-waivers', waiver)).status, 201)
    await review()
    assert.equal((await compliance(of, serviceId)).outcome, 'allow_with_obligations')
    await review(4)
    assert.equal((await compliance(of, serviceId)).outcome, 'deny')
  })

  test('is told of by its policy in audit mode without any consequence', async () => {
    const { of, serviceId } = await austrian({ legal: { governingLaw: ['US'] } })
    const policyId = await setPolicy(of, { mode: 'audit', breach: { action: 'quarantine', graceDays: 0 } })
    await review()
    const found = await compliance(of, serviceId)
    assert.deepEqual([found.outcome, found.wouldFail], ['allow', [`${policyId}/law:GOVERNING_LAW_OUTSIDE_ZONE`]])
    assert.equal((await eventsOf(serviceId, 'service.compliance_changed')).length, 0)
  })

  test('that was ordered since is judged the next time, and answers at once before', async () => {
    const { of } = await austrian({ legal: { governingLaw: ['US'] } })
    await setPolicy(of, { mode: 'audit' })
    await review()
    const serviceId = await running(of)
    const before = await compliance(of, serviceId)
    assert.deepEqual([before.outcome, before.checkedAt, before.wouldFail.length], ['allow', undefined, 1])
    await review()
    assert.notEqual((await compliance(of, serviceId)).checkedAt, undefined)
  })

  test('shows its compliance to its provider and consumer, and to nobody else', async () => {
    const { of, serviceId } = await austrian()
    const stranger = await aFederation(server)
    const path = `/services/${serviceId}/compliance`
    assert.equal((await of.provider.caller.get(path)).status, 200)
    assert.equal((await stranger.consumer.caller.get(path)).status, 403)
    assert.equal((await of.agent.caller.get(path)).status, 403)
    assert.equal((await of.consumer.caller.get(`/services/${randomUUID()}/compliance`)).status, 404)
  })
})

describe('a breach', () => {
  test('blocks new orders at the provider for the scope of the policy, until the service complies', async () => {
    const { of } = await austrian({ legal: { governingLaw: ['US'] } })
    const { db } = server.platform
    const policyId = await setPolicy(of, { breach: { action: 'block-new', graceDays: 0 } })
    await review()
    const blocked = async (consumerId: string) => (await blockedProviders(db, { consumerId })).has(of.provider.id)
    assert.equal(await blocked(of.consumer.id), true)
    assert.equal(await blocked(randomUUID()), false)
    await of.consumer.caller.post(`/sovereignty-policies/${policyId}/withdraw`)
    await review()
    assert.equal(await blocked(of.consumer.id), false)
  })

  test('judges nothing that was left for another service or made by a drill, and blocks nobody because of it', async () => {
    const { of, serviceId } = await austrian({ legal: { governingLaw: ['US'] } })
    const { db } = server.platform
    const rehearsed = await running(of)
    await setPolicy(of, { breach: { action: 'block-new', graceDays: 0 } })
    await review()
    const blocked = async () => (await blockedProviders(db, { consumerId: of.consumer.id })).has(of.provider.id)
    assert.equal(await blocked(), true)
    // a service elsewhere has taken its place, and was rehearsed with a third one
    const elsewhere = await austrian()
    await insertMove(db, serviceId, elsewhere.serviceId)
    await insertMove(db, elsewhere.serviceId, rehearsed, 'scratch')
    assert.equal(await blocked(), false, 'at once')
    await review()
    const { rows } = await sql`
      SELECT FROM service_compliance WHERE service_id IN (${serviceId}, ${rehearsed})`.execute(db)
    assert.deepEqual([rows.length, await blocked()], [0, false])
    const scope = { kind: 'consumer', id: of.consumer.id }
    const { body } = await of.consumer.caller.post('/sovereignty-policies/test', { policy: { ...rules(), scope } })
    assert.equal(body.checked, 0)
  })

  test('puts the service into quarantine: it says why, takes no update, and can leave', async () => {
    const { of, serviceId } = await austrian()
    await setPolicy(of, { breach: { action: 'quarantine', graceDays: 0 } })
    await publish(of, { legal: { governingLaw: ['US'] } })
    await Promise.all([review(), review()])
    const why = (await of.consumer.caller.get(`/services/${serviceId}/why`)).body
    assert.equal(why.state, 'restricted')
    assert.match(why.summary, /law:GOVERNING_LAW_OUTSIDE_ZONE/)
    // what the agent reports does not end it
    await of.agent.caller.put(`/services/${serviceId}/conditions`, { conditions: [] })
    const forged = { conditions: [{ type: 'Quarantined', message: 'x' }] }
    assert.equal((await of.agent.caller.put(`/services/${serviceId}/conditions`, forged)).status, 400)
    const refused = await of.consumer.caller.patch(`/services/${serviceId}`, { properties: { size: 2 } })
    assert.deepEqual([refused.status, /quarantine/.test(refused.body.error)], [409, true])
    await publish(of, { legal: { governingLaw: ['AT'] } })
    await review()
    assert.equal((await of.consumer.caller.get(`/services/${serviceId}`)).body.conditions, undefined)
    await publish(of, { legal: { governingLaw: ['US'] } })
    await review()
    assert.equal((await of.consumer.caller.post(`/services/${serviceId}/stop`)).status, 200)
    await of.complete(serviceId)
    assert.equal((await of.consumer.caller.post(`/services/${serviceId}/start`)).status, 409)
    assert.equal((await of.consumer.caller.delete(`/services/${serviceId}`)).status, 204)
    await of.complete(serviceId)
    await review()
    const { rows } = await sql`SELECT FROM service_compliance WHERE service_id = ${serviceId}`.execute(
      server.platform.db,
    )
    assert.equal(rows.length, 0)
  })

  test('demands evacuation once, after the days of grace, and no more when the service complies again before', async () => {
    const { of, serviceId } = await austrian({ legal: { governingLaw: ['US'] } })
    const policyId = await setPolicy(of, { breach: { action: 'evacuate', graceDays: 30 } })
    await review()
    const due = () => eventsOf(serviceId, 'service.evacuation_due')
    assert.equal((await due()).length, 0)
    await review(29)
    assert.equal((await due()).length, 0)
    await Promise.all([review(31), review(31)])
    const [event, ...more] = await due()
    assert.deepEqual([event?.properties.policyIds, more.length], [[policyId], 0])
    await publish(of, { legal: { governingLaw: ['AT'] } })
    await review()
    assert.equal((await compliance(of, serviceId)).evacuateAt, undefined)
  })

  test('of concentration is that of what the consumer has together', async () => {
    const { of, serviceId } = await austrian()
    const constraints = [
      { id: 'spread', type: 'concentration.max', params: { dimension: 'provider', share: 0.5, minUnits: 2 } },
    ]
    await setPolicy(of, { constraints })
    await review()
    assert.equal((await compliance(of, serviceId)).outcome, 'allow')
    // an order would be refused: this is one from before the policy
    await copies(serviceId, 1)
    await publish(of, { legal: { governingLaw: ['AT'] } })
    await review()
    const { rows } = await sql<{ failed: string[] }>`
      SELECT failed FROM service_compliance JOIN services ON id = service_id WHERE consumer_id = ${of.consumer.id}`.execute(
      server.platform.db,
    )
    assert.deepEqual(
      rows.map(({ failed }) => /CONCENTRATION/.test(failed.join())),
      [true, true],
    )
  })
})

describe('trying a policy', () => {
  test('says which services it would refuse and why, and saves nothing', async () => {
    const { of, serviceId } = await austrian({ legal: { governingLaw: ['US'] } })
    const scope = { kind: 'consumer', id: of.consumer.id }
    const ask = (caller = of.consumer.caller, more: object = {}) =>
      caller.post('/sovereignty-policies/test', { policy: { ...rules(), scope, ...more } })
    const { status, body } = await ask()
    assert.deepEqual([status, body.checked, body.denied], [200, 1, 1])
    assert.deepEqual(
      [body.services[0].serviceId, body.services[0].failed],
      [serviceId, ['law:GOVERNING_LAW_OUTSIDE_ZONE']],
    )
    assert.equal((await ask(undefined, { mode: 'audit' })).body.denied, 1)
    assert.equal((await ask(undefined, { trustedZone: { countries: ['US'] } })).body.denied, 0)
    assert.equal((await ask(undefined, { constraints: [{ id: 'a', type: 'no.such' }] })).status, 400)
    assert.equal((await ask(undefined, { scope: { kind: 'platform' } })).status, 403)
    assert.equal((await ask(of.provider.caller)).status, 403)
    assert.equal((await ask(server.admin, { scope: { kind: 'platform' } })).status, 200)
    assert.equal(
      (await of.consumer.caller.get(`/sovereignty-policies?consumerId=${of.consumer.id}`)).body.totalItems,
      0,
    )
  })
})

test('10,000 services are judged within seconds, and looked at again within a moment when nothing has changed', async () => {
  const { of, serviceId } = await austrian({ legal: { governingLaw: ['US'] } })
  const { db } = server.platform
  await copies(serviceId, 10_000)
  await setPolicy(of, { name: 'all of them' })
  const begun = performance.now()
  const { judged } = await review()
  const tookMs = performance.now() - begun
  assert.ok(judged > 10_000, `${judged}`)
  // a machine that is busy with other things is no slow query
  assert.ok(tookMs < 60_000, `${tookMs} ms`)
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) AS count FROM service_compliance c JOIN services s ON s.id = c.service_id
    WHERE s.consumer_id = ${of.consumer.id} AND c.outcome = 'deny'`.execute(db)
  assert.equal(rows[0]?.count, 10_001)
  const again = await review()
  assert.equal(again.judged, 0)
})
