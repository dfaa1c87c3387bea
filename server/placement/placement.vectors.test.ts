/** Every worked example of the rules over HTTP: the same decision and the same codes as the rules give by themselves. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { PlacementCandidate } from '@fulcrum/contract'
import { decide, ZONE_GROUPS } from '@fulcrum/sovereignty'
import { sql } from 'kysely'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { aMarket, enforce } from './testing/market.ts'
import { type PolicyVector, PROFILES, VECTORS } from './vectors-for-tests.ts'

let server: TestServer
let clock = new Date()
before(async () => {
  server = await startTestServer({ FULCRUM_SOVEREIGNTY_COMPLIANCE: 'off' }, () => clock)
})
after(() => server.stop())

/** What the example stands in, with ids of the database in the place of its names. */
async function aWorld(vector: PolicyVector) {
  const market = await aMarket(server)
  const offer = await market.offer(vector.profile, { profile: profileOf(vector.profile) })
  const providers = new Map([[vector.profile, offer.providerId]])
  for (const { provider = '' } of vector.context.current ?? []) {
    const known = providers.get(provider) ?? (await server.participant(provider)).id
    providers.set(provider, known)
    await aService(market, known, offer.agentId)
  }
  const policies = new Map<string, string>()
  for (const policy of vector.policies) {
    const scope =
      policy.scope.kind === 'platform' ? policy.scope : { kind: 'consumer' as const, id: market.consumer.id }
    policies.set(policy.id, await enforce(server, scope, { ...policy, id: randomUUID() }))
  }
  for (const { policyId, constraintId, subjectId, approvedBy, validFrom, validUntil } of vector.context.waivers ?? [])
    await sql`
      INSERT INTO sovereignty_waivers (id, policy_id, constraint_id, subject_id, reason, approved_by, valid_from, valid_until, created_at)
      VALUES (${randomUUID()}, ${policies.get(policyId)}, ${constraintId}, ${providers.get(subjectId)}, 'test', ${approvedBy},
              ${new Date(validFrom)}, ${new Date(validUntil)}, now())`.execute(server.platform.db)
  // some examples lie further ahead than a token is good for
  await sql`UPDATE tokens SET expire_at = '2100-01-01'`.execute(server.platform.db)
  const named = (code: string) => [...policies].reduce((text, [name, id]) => text.replace(id, name), code)
  return { market, offer, named, end: () => withdraw([...policies.values()]) }
}

function profileOf(name: string) {
  const profile = PROFILES[name]
  assert.ok(profile)
  return profile
}

async function aService(market: Awaited<ReturnType<typeof aMarket>>, providerId: string, agentId: string) {
  await sql`
    INSERT INTO services (id, name, status, terminal, status_since, provider_id, consumer_id, group_id, agent_id,
                          service_type_id, created_at, updated_at)
    VALUES (${randomUUID()}, 'service', 'New', false, now(), ${providerId}, ${market.consumer.id}, ${market.groupId}, ${agentId},
            ${market.serviceTypeId}, now(), now())`.execute(server.platform.db)
}

async function withdraw(ids: string[]) {
  await sql`DELETE FROM sovereignty_policies WHERE id = ANY (${ids}::uuid[])`.execute(server.platform.db)
}

const told = (candidate: PlacementCandidate, named: (code: string) => string) => ({
  outcome: candidate.outcome,
  failed: candidate.failed.map((one) => named(`${one.policyId}/${one.constraintId}:${one.code}`)),
  warnings: candidate.warnings.map(named),
  obligations: candidate.obligations,
  waived: candidate.waived.map(named),
  wouldFail: candidate.wouldFail.map(named),
  advisories: candidate.advisories,
})

for (const vector of VECTORS)
  test(`${vector.id}: ${vector.title}`, async () => {
    const { market, offer, named, end } = await aWorld(vector)
    clock = new Date(vector.at)
    const customerKey = { reference: 'hsm://own/1', country: 'DE' }
    const dry = await market.consumer.caller.post('/placements', { ...market.body(), customerKey })
    assert.equal(dry.status, 201, JSON.stringify(dry.body))
    const [candidate] = dry.body.candidates
    assert.deepEqual(told(candidate, named), vector.expected)

    const byName = await market.consumer.caller.post('/services', market.body({ agentId: offer.agentId, customerKey }))
    const byTags = await market.consumer.caller.post('/services', market.body({ customerKey }))
    for (const { status, body } of [byName, byTags])
      if (vector.expected.outcome === 'deny') {
        assert.equal(status, 400, JSON.stringify(body))
        assert.deepEqual(told(body.placement.candidates[0], named), vector.expected)
        for (const code of vector.expected.failed) assert.ok(body.error.includes(code.split(':')[1]), body.error)
      } else {
        assert.equal(status, 201, JSON.stringify(body))
        const { body: placement } = await market.consumer.caller.get(`/services/${body.id}/placement`)
        assert.deepEqual(placement.obligations, vector.expected.obligations)
      }
    clock = new Date()
    await end()
  })

test('all worked examples are here', () => {
  const ids = VECTORS.map(({ id }) => id).toSorted()
  assert.deepEqual(
    ids,
    Array.from({ length: 34 }, (_, at) => `P${String(at + 1).padStart(2, '0')}`),
  )
  const decided = VECTORS.map((vector) =>
    decide(profileOf(vector.profile), vector.policies, { at: vector.at, groups: ZONE_GROUPS, ...vector.context }),
  )
  for (const [at, { findings: _, explanation: _text, ...decision }] of decided.entries())
    assert.deepEqual(decision, VECTORS[at]?.expected, VECTORS[at]?.id)
})
