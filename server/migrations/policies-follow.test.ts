/** Policies that speak of one service choose its target, and hold for the target from the cut-over on. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { aMovableWorld, type DrivenAgent, eventually, type MovableWorld } from './testing/movable-world.ts'

let server: TestServer
before(async () => {
  server = await startTestServer()
})
after(() => server.stop())

const ONLY = (...providers: string[]) => [{ id: 'who', type: 'participant.allow', params: { ids: providers } }]

const policyOf = (constraints: object[]) => ({
  name: 'who may have it',
  mode: 'enforce',
  trustedZone: { groups: ['EEA'] },
  onUnknown: 'deny',
  minAssurance: 'none',
  constraints,
})

/** Lets agents work until the migration is in one of these states. */
async function runTo(id: string, states: string[], ...agents: DrivenAgent[]) {
  return eventually(
    async () => {
      for (const agent of agents) await agent.work()
      return (await server.admin.get(`/migrations/${id}`)).body
    },
    ({ state }) => states.includes(state),
  )
}

const complianceOf = async ({ consumer }: MovableWorld, id: string, outcome: string) =>
  eventually(
    async () => (await consumer.caller.get(`/services/${id}/compliance`)).body,
    (told) => told.outcome === outcome,
  )
const placementOf = async ({ consumer }: MovableWorld, id: string) =>
  (await consumer.caller.get(`/services/${id}/placement`)).body
const policyNow = async ({ consumer }: MovableWorld, id: string) =>
  (await consumer.caller.get(`/sovereignty-policies/${id}`)).body

/** A service that only its own provider and the third of three may have, and what it was ordered with. */
async function demanding() {
  const world = await aMovableWorld(server)
  const third = await world.agent('third')
  const requirements = { constraints: ONLY(world.source.providerId, third.providerId), minAssurance: 'none' }
  const customerKey = { reference: 'hsm:7', country: 'DE' }
  const serviceId = await world.service('one', { requirements, customerKey })
  return { world, third, requirements, customerKey, serviceId, before: await placementOf(world, serviceId) }
}

describe('what a service was ordered with', () => {
  test('chooses its target, holds for it from the cut-over on, and comes back with a rollback', async () => {
    const { world, third, requirements, customerKey, serviceId, before } = await demanding()
    const { consumer, source, target } = world
    const refused = await consumer.caller.post('/migrations', { serviceId, agentId: target.id })
    assert.equal(refused.status, 400)
    assert.match(refused.body.error, /PARTICIPANT_NOT_ALLOWED/)
    const plan = await consumer.caller.post('/evacuations/plan', { serviceIds: [serviceId] })
    assert.equal(plan.body.items[0].targetAgentId, third.id, JSON.stringify(plan.body.items))

    const created = await consumer.caller.post('/migrations', { serviceId, cutOver: 'manual' })
    assert.equal(created.status, 201, JSON.stringify(created.body))
    assert.equal(created.body.targetAgentId, third.id)
    const ready = await runTo(created.body.id, ['ready', 'failed'], source, third)
    assert.equal(ready.state, 'ready', JSON.stringify(ready))
    assert.deepEqual((await policyNow(world, before.policyId)).scope, { kind: 'service', id: serviceId })

    await consumer.caller.post(`/migrations/${created.body.id}/cut-over`)
    const { targetServiceId } = await runTo(created.body.id, ['retaining', 'failed'], source, third)
    const kept = await placementOf(world, targetServiceId)
    assert.deepEqual([kept.requirements, kept.customerKey, kept.policyId], [requirements, customerKey, before.policyId])
    const moved = await policyNow(world, before.policyId)
    assert.deepEqual(
      moved.versions.map(({ scope }: { scope: { id: string } }) => scope.id),
      [targetServiceId, serviceId],
    )
    assert.deepEqual(moved.constraints, requirements.constraints)
    const own = (await consumer.caller.get('/sovereignty-policies')).body
    assert.equal(own.items.length, 1, 'nothing holds twice')

    const stricter = policyOf(ONLY(source.providerId))
    assert.equal((await consumer.caller.put(`/sovereignty-policies/${before.policyId}`, stricter)).status, 200)
    const told = await complianceOf(world, targetServiceId, 'deny')
    assert.deepEqual(told.failed, [`${before.policyId}/who:PARTICIPANT_NOT_ALLOWED`])
    await complianceOf(world, serviceId, 'allow')

    await consumer.caller.post(`/migrations/${created.body.id}/rollback`, { acceptWriteLoss: true })
    await runTo(created.body.id, ['rolled-back', 'failed'], source, third)
    const back = await policyNow(world, before.policyId)
    assert.deepEqual([back.version, back.scope.id], [4, serviceId])
    assert.deepEqual(back.constraints, stricter.constraints)
  })

  test('holds as it is now: what its policy does not say any more keeps nobody away', async () => {
    const { world, serviceId, before } = await demanding()
    const { consumer, source, target } = world
    const now = policyOf(ONLY(source.providerId, target.providerId))
    assert.equal((await consumer.caller.put(`/sovereignty-policies/${before.policyId}`, now)).status, 200)
    const created = await consumer.caller.post('/migrations', { serviceId, retrievalHours: 0 })
    assert.equal(created.body.targetAgentId, target.id, JSON.stringify(created.body))
    const done = await runTo(created.body.id, ['done', 'failed'], source, target)
    assert.equal(done.state, 'done', JSON.stringify(done))
    await complianceOf(world, done.targetServiceId, 'allow')
  })
})

describe('a policy that was set for a service', () => {
  test('refuses targets, its waivers let them pass and go on to hold after the cut-over', async () => {
    const world = await aMovableWorld(server)
    const { consumer, source, target } = world
    const serviceId = await world.service()
    const scope = { kind: 'service', id: serviceId }
    const { body: policy } = await consumer.caller.post('/sovereignty-policies', {
      ...policyOf(ONLY(source.providerId)),
      scope,
    })
    const toCome = { ...policyOf(ONLY(target.providerId)), effectiveFrom: new Date(Date.now() + 86_400_000) }
    assert.equal((await consumer.caller.put(`/sovereignty-policies/${policy.id}`, toCome)).status, 200)
    const refused = await consumer.caller.post('/migrations', { serviceId })
    assert.equal(refused.status, 400)
    assert.match(refused.body.error, /PARTICIPANT_NOT_ALLOWED/)
    // in words, not by the id of the policy
    assert.doesNotMatch(refused.body.error, /Denied/)
    const drill = await consumer.caller.post('/drills', { serviceIds: [serviceId] })
    assert.match(drill.body.refused[0].reason, /PARTICIPANT_NOT_ALLOWED/)

    const waiver = await consumer.caller.post('/sovereignty-waivers', {
      policyId: policy.id,
      constraintId: 'who',
      subjectId: target.providerId,
      reason: 'until the third is ready',
      validUntil: new Date(Date.now() + 86_400_000),
    })
    assert.equal(waiver.status, 201, JSON.stringify(waiver.body))
    const created = await consumer.caller.post('/migrations', { serviceId })
    assert.equal(created.status, 201, JSON.stringify(created.body))
    const { state, targetServiceId } = await runTo(created.body.id, ['retaining', 'failed'], source, target)
    assert.equal(state, 'retaining')
    await complianceOf(world, targetServiceId, 'allow_with_obligations')
    const { versions } = await policyNow(world, policy.id)
    assert.deepEqual(
      versions.map((one: { version: number; scope: { id: string }; effectiveFrom: string }) => [
        one.version,
        one.scope.id,
        Date.parse(one.effectiveFrom) > Date.now(),
      ]),
      [
        [4, targetServiceId, true],
        [3, targetServiceId, false],
        [2, serviceId, true],
        [1, serviceId, false],
      ],
    )
  })
})
