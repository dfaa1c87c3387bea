/** Evacuations over HTTP: planned from real data, run with agents that do what they are asked. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { aMovableWorld, aVaultCopy, type DrivenAgent, eventually } from '../migrations/testing/movable-world.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
before(async () => {
  server = await startTestServer()
})
after(() => server.stop())

async function runToEnd(id: string, ...agents: DrivenAgent[]) {
  return eventually(
    async () => {
      for (const agent of agents) await agent.work()
      return (await server.admin.get(`/evacuations/${id}`)).body
    },
    ({ state }) => state !== 'running' && state !== 'cancelling',
    30_000,
  )
}

test('all services of a consumer leave a provider, two at a time, and the report says what was measured', async () => {
  const { consumer, providers, source, target, service } = await aMovableWorld(server)
  const ids = [await service('1'), await service('2'), await service('3')]
  await consumer.caller.put(`/services/${ids[2]}/classification`, { criticality: 'critical', rtoTargetSeconds: 3_600 })

  const request = { providerId: source.providerId, retrievalHours: 720 }
  const plan = await consumer.caller.post('/evacuations/plan', request)
  assert.equal(plan.status, 200, JSON.stringify(plan.body))
  assert.deepEqual([plan.body.totals.services, plan.body.totals.feasible], [3, 3])
  assert.equal(plan.body.items[0].serviceId, ids[2], 'the critical one is first')
  assert.equal(plan.body.items[0].targetAgentId, target.id)
  assert.ok(plan.body.assumptions.some(({ what }: { what: string }) => what.startsWith('export throughput')))
  assert.equal((await server.admin.get('/evacuations')).body.totalItems, 0, 'a plan does nothing')

  const started = await consumer.caller.post('/evacuations', request)
  assert.equal(started.status, 201, JSON.stringify(started.body))
  const provider = providers[0]
  assert.equal((await provider?.caller.get(`/evacuations/${started.body.id}`))?.status, 403)
  const done = await runToEnd(started.body.id, source, target)
  assert.equal(done.state, 'done', JSON.stringify(done, null, 1))
  assert.deepEqual([done.progress.moved, done.progress.services], [3, 3])
  for (const item of done.items) {
    assert.ok(item.measuredRtoSeconds > 0)
    assert.equal(item.measuredRpoSeconds, 0)
    assert.equal(target.rows.get(item.targetServiceId), `${ids.indexOf(item.serviceId) + 1}`)
  }
  assert.equal(done.items[0].measuredRtoMet, true)
  assert.equal((await consumer.caller.post(`/evacuations/${done.id}/pause`)).status, 409)
})

test('what nobody can take is named with its reason, and the rest leaves', async () => {
  const { source, target, service, consumer } = await aMovableWorld(server)
  const serviceId = await service()
  const plan = await consumer.caller.post('/evacuations/plan', { serviceIds: [serviceId], targetAgentIds: [source.id] })
  assert.equal(plan.body.items[0].reason, 'NO_ELIGIBLE_TARGET')
  assert.match(plan.body.items[0].detail, /offers its type/)
  const started = (await consumer.caller.post('/evacuations', { serviceIds: [serviceId], targetAgentIds: [source.id] }))
    .body
  const done = await runToEnd(started.id, source, target)
  assert.deepEqual([done.state, done.items[0].state], ['done', 'infeasible'])
})

test('a cancelled evacuation leaves services where they are, and a paused one begins nothing', async () => {
  const { source, target, service, consumer } = await aMovableWorld(server)
  const ids = [await service('1'), await service('2')]
  const { id } = (await consumer.caller.post('/evacuations', { serviceIds: ids, exportsAtOnce: 1, cutOver: 'manual' }))
    .body
  assert.equal((await consumer.caller.post(`/evacuations/${id}/pause`)).body.paused, true)
  assert.equal((await consumer.caller.post(`/evacuations/${id}/resume`)).body.paused, false)
  await eventually(
    async () => {
      await target.work()
      return (await consumer.caller.get(`/evacuations/${id}`)).body
    },
    ({ items }) => items.some(({ migrationState }: { migrationState: string }) => migrationState === 'ready'),
  )
  assert.equal((await consumer.caller.post(`/evacuations/${id}/cancel`)).status, 200)
  const done = await runToEnd(id, source, target)
  assert.equal(done.state, 'cancelled')
  for (const serviceId of ids) {
    const left = (await consumer.caller.get(`/services/${serviceId}`)).body
    assert.deepEqual([left.status, left.replacedBy], ['Started', undefined])
  }
})

test('a live export that fails falls back to the vault copy', async () => {
  const { source, target, service, consumer } = await aMovableWorld(server)
  const serviceId = await service('kept')
  await aVaultCopy(server, source, serviceId)
  source.mood = { fail: (action) => (action === 'export' ? 'the disk is gone' : undefined) }
  source.rows.set(serviceId, 'kept, and something new')
  const { id } = (await consumer.caller.post('/evacuations', { serviceIds: [serviceId] })).body
  const done = await runToEnd(id, source, target)
  const [item] = done.items
  assert.deepEqual(
    [done.state, item.state, item.fellBackToVault],
    ['done', 'moved', true],
    JSON.stringify(done, null, 1),
  )
  assert.equal(target.rows.get(item.targetServiceId), 'kept')
  assert.ok(item.measuredRpoSeconds > 0)
})

test('strangers and unknown ids are refused', async () => {
  const { source, service, consumer } = await aMovableWorld(server)
  const other = await aMovableWorld(server)
  const serviceId = await service()
  assert.equal((await other.consumer.caller.post('/evacuations/plan', { serviceIds: [serviceId] })).status, 403)
  assert.equal((await consumer.caller.post('/evacuations/plan', {})).status, 400)
  const nobody = '00000000-0000-4000-8000-000000000000'
  assert.equal((await consumer.caller.post('/evacuations/plan', { providerId: nobody })).status, 404)
  assert.equal((await source.caller.post('/evacuations/plan', { serviceIds: [serviceId] })).status, 403)
})
