/** What plans are made from: how large services are, and what their consumers have elsewhere. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { aMovableWorld, aVaultCopy } from '../migrations/testing/movable-world.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
before(async () => {
  server = await startTestServer()
})
after(() => server.stop())

test('a size is that of the newest copy, else what a metric says last, else assumed', async () => {
  const { consumer, source, service } = await aMovableWorld(server)
  const serviceId = await service('twelve bytes')
  const sizeNow = async () => {
    const { body } = await consumer.caller.post('/evacuations/plan', { serviceIds: [serviceId] })
    const told = body.assumptions.find(({ what }: { what: string }) => what.startsWith('size of'))
    return [body.items[0].sizeBytes, told?.value, told?.because]
  }
  const never = 'it was never exported: a vault copy or a drill would make it known'
  assert.deepEqual(await sizeNow(), [undefined, '1 GiB', never])

  const typeName = 'movable.size_bytes'
  for (const name of [typeName, 'movable.sizeXbytes'])
    assert.equal((await server.admin.post('/metric-types', { name, entityType: 'Service' })).status, 201)
  const report = async (value: number, name = typeName) => {
    const { status, body } = await source.caller.post('/metric-entries', {
      serviceId,
      resourceId: serviceId,
      typeName: name,
      value,
    })
    assert.equal(status, 201, JSON.stringify(body))
  }
  await report(2_000_000_000)
  await report(3_000_000_000.4)
  await report(7, 'movable.sizeXbytes')
  assert.deepEqual(await sizeNow(), [3_000_000_000, '3000000000 bytes', `its metric ${typeName} says so, and ${never}`])

  await aVaultCopy(server, source, serviceId)
  assert.deepEqual(await sizeNow(), ['twelve bytes'.length, undefined, undefined])
})

test('a policy that limits shares counts what the consumer has, and what the plan has moved already', async () => {
  const { consumer, target, service, agent } = await aMovableWorld(server)
  const third = await agent('third')
  const scope = { kind: 'consumer', id: consumer.id }
  const ids = [await service('1'), await service('2')]
  const reply = await consumer.caller.post('/sovereignty-policies', {
    name: 'not more than half',
    scope,
    mode: 'enforce',
    trustedZone: { groups: ['EEA'] },
    onUnknown: 'deny',
    minAssurance: 'none',
    constraints: [{ id: 'half', type: 'concentration.max', params: { dimension: 'provider', share: 0.5 } }],
  })
  assert.equal(reply.status, 201, JSON.stringify(reply.body))
  const { body: both } = await consumer.caller.post('/evacuations/plan', { serviceIds: ids })
  assert.deepEqual(
    both.items.map((item: { targetAgentId: string }) => item.targetAgentId).toSorted(),
    [target.id, third.id].toSorted(),
    JSON.stringify(both.items),
  )
  const { body: one } = await consumer.caller.post('/evacuations/plan', {
    serviceIds: ids,
    targetAgentIds: [target.id],
  })
  assert.deepEqual(
    one.items.map(({ feasible, reason }: { feasible: boolean; reason?: string }) => [feasible, reason]),
    [
      [true, undefined],
      [false, 'NO_ELIGIBLE_TARGET'],
    ],
  )
  // the move itself is decided in the same way
  const moved = await consumer.caller.post('/migrations', { serviceId: ids[0], agentId: target.id })
  assert.equal(moved.status, 201, JSON.stringify(moved.body))
})

test('nothing is assumed of agents and services that are not in the plan', async () => {
  const { consumer, source, target, service, agent } = await aMovableWorld(server)
  await agent('bystander')
  const serviceId = await service()
  const toldOf = async (more: object) => {
    const { body } = await consumer.caller.post('/evacuations/plan', { serviceIds: [serviceId], ...more })
    return [
      body.items.length,
      ...body.assumptions.map(({ what }: { what: string }) => what.replace(/movable \S+ \S+ /, '')),
    ]
  }
  const name = (await consumer.caller.get(`/services/${serviceId}`)).body.name
  assert.deepEqual(await toldOf({ targetAgentIds: [target.id] }), [
    1,
    ...['export throughput of source', 'import throughput of target', `size of ${name}`],
  ])
  const elsewhere = { type: 'provider-cut-off', providerIds: [target.providerId], graceHours: 1 }
  assert.deepEqual(await toldOf({ scenario: elsewhere }), [0], `${source.id} is not hit`)
})
