/** Drills over HTTP: the way into a scratch service, and what is left of it. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { offeringProfiles } from '../sovereignty-profiles/index.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { aMovableWorld, assertOnePrimary, aVaultCopy, type DrivenAgent, eventually } from './testing/movable-world.ts'

let server: TestServer
before(async () => {
  server = await startTestServer()
})
after(() => server.stop())

async function runToEnd(id: string, ...agents: DrivenAgent[]) {
  return eventually(
    async () => {
      for (const agent of agents) await agent.work()
      return (await server.admin.get(`/drills/${id}`)).body
    },
    ({ outcome }) => outcome !== 'running',
  )
}

test('a drill leaves the source as it was, no scratch service, and evidence that policies count', async () => {
  const { consumer, source, target, service, serviceTypeId, providers } = await aMovableWorld(server)
  const serviceId = await service('rows of the drill')
  const { body, status } = await consumer.caller.post('/drills', { serviceIds: [serviceId] })
  assert.equal(status, 201, JSON.stringify(body))
  assert.deepEqual(body.refused, [])
  const done = await runToEnd(body.items[0].id, source, target)
  assert.deepEqual([done.outcome, done.verification], ['passed', 'verified'], JSON.stringify(done, null, 1))
  assert.ok(done.rtoSeconds > 0 && done.sizeBytes > 0)
  assert.equal((await consumer.caller.get(`/services/${done.scratchServiceId}`)).body.status, 'Deleted')
  assert.equal(await assertOnePrimary(server, serviceId), serviceId)
  assert.equal(source.writable.has(serviceId), true)

  assert.equal(done.evidenceIds.length, 2)
  const [offering] = await offeringProfiles(server.platform.db, [{ agentId: source.id, serviceTypeId }], new Date())
  assert.ok(offering?.profile.portability?.exportTestedAt)
  assert.equal(offering?.profile.evidences?.[0]?.kind, 'measurement')

  const policy = (await server.admin.post('/sovereignty-policies', {
    name: 'only where leaving was rehearsed',
    scope: { kind: 'consumer', id: consumer.id },
    mode: 'enforce',
    trustedZone: { groups: ['EEA'] },
    onUnknown: 'deny',
    minAssurance: 'credential-verified',
    constraints: [{ id: 'tested', type: 'portability.exportTested', params: { maxAgeDays: 30 } }],
    breach: { action: 'alert', graceDays: 0 },
  })) as { status: number; body: unknown }
  if (policy.status === 201) {
    const order = (agentId: string) =>
      consumer.caller.post('/services', { name: 'x', groupId: done_group, serviceTypeId, agentId, properties: {} })
    const done_group = (await consumer.caller.get(`/services/${serviceId}`)).body.groupId
    assert.equal((await order(source.id)).status, 201)
    assert.equal((await order(target.id)).status, 400, 'nothing was exported from there yet')
  }
  const seen = await providers[1]?.caller.get(`/drills/${done.id}`)
  assert.equal(seen?.status, 200, 'the provider of the scratch service may see it')
})

test('a drill of a vault copy needs no source', async () => {
  const { consumer, source, target, service } = await aMovableWorld(server)
  const serviceId = await service('from the vault')
  await aVaultCopy(server, source, serviceId)
  const { body } = await consumer.caller.post('/drills', { serviceIds: [serviceId], from: 'vault' })
  const done = await runToEnd(body.items[0].id, target)
  assert.deepEqual([done.outcome, done.from], ['passed', 'vault'], JSON.stringify(done))
})

test('contents that differ fail the drill, and leave no evidence and no scratch service', async () => {
  const { consumer, source, target, service } = await aMovableWorld(server)
  const serviceId = await service()
  target.mood = { digest: () => 'something else' }
  const { body } = await consumer.caller.post('/drills', { serviceIds: [serviceId] })
  const done = await runToEnd(body.items[0].id, source, target)
  assert.deepEqual([done.outcome, done.verification, done.evidenceIds], ['failed', 'mismatch', []])
  assert.match(done.failure.reason, /differ/)
  assert.equal((await consumer.caller.get(`/services/${done.scratchServiceId}`)).body.status, 'Deleted')
})

test('without a digest a drill proves nothing; one that is cancelled ends', async () => {
  const { consumer, source, target, service } = await aMovableWorld(server)
  const serviceId = await service()
  source.mood = { digest: () => undefined }
  const first = (await consumer.caller.post('/drills', { serviceIds: [serviceId] })).body.items[0]
  const again = (await consumer.caller.post('/drills', { serviceIds: [serviceId] })).body
  assert.match(again.refused[0].reason, /is part of drill/)
  const done = await runToEnd(first.id, source, target)
  assert.deepEqual([done.outcome, done.evidenceIds], ['unverified', []])
  const second = (await consumer.caller.post('/drills', { serviceIds: [serviceId] })).body.items[0]
  assert.equal((await consumer.caller.post(`/drills/${second.id}/cancel`)).status, 200)
  assert.equal((await runToEnd(second.id, source, target)).outcome, 'cancelled')
  assert.equal((await consumer.caller.post(`/drills/${second.id}/cancel`)).status, 409)
})
