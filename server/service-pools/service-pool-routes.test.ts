/** Pool sets, pools and values over HTTP against a real PostgreSQL. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { JsonObject } from '@fulcrum/schema'
import { runCommand, SYSTEM } from '../platform/command.ts'
import { type Caller, startTestServer, type TestServer } from '../testing/test-server.ts'
import { assertVector, readVectors, type Vector, vectorError } from '../testing/vectors.ts'
import { allocateServiceValue, releaseServiceValues } from './allocation.ts'
import { poolSetShape, poolShape } from './service-pool.ts'
import { aPoolWorld, created, createPool, insertService, type PoolWorld } from './testing/pool-world.ts'

let server: TestServer
let world: PoolWorld
let other: { id: string; caller: Caller }
let agent: Caller
before(async () => {
  server = await startTestServer()
  world = await aPoolWorld(server)
  other = await server.participant('other')
  const { body } = await server.admin.post('/tokens', { name: 'agent', role: 'agent', scopeId: world.agentId })
  agent = server.as(body.value)
})
after(() => server.stop())

async function eventsOf(
  entityId: string,
): Promise<{ type: string; properties: JsonObject | null; providerId?: string }[]> {
  return (await server.admin.get(`/events?entityId=${entityId}`)).body.items
}

/** Gives a value of the world's pool of this type to a new service. @returns the service's id */
async function hold(poolType: string): Promise<string> {
  const serviceId = randomUUID()
  await runCommand(server.platform, SYSTEM, async (c) => {
    await insertService(c.tx, world, serviceId)
    const taken = await allocateServiceValue(c, { poolSetId: world.setId, poolType, serviceId, propertyName: 'ip' })
    assert.ok('value' in taken, JSON.stringify(taken))
  })
  return serviceId
}

describe('pool sets', () => {
  test('a provider creates, reads, renames and deletes one, and each change is an event', async () => {
    const { id: providerId, caller } = world.provider
    const { status, body } = await caller.post('/service-pool-sets', { name: 'frankfurt', providerId })
    assert.equal(status, 201)
    assert.deepEqual([body.providerID, body.providerId, body.provider], [providerId, providerId, undefined])
    const read = (await caller.get(`/service-pool-sets/${body.id}`)).body
    assert.equal(read.provider.id, providerId)
    const renamed = await caller.patch(`/service-pool-sets/${body.id}`, { name: 'berlin', providerId: other.id })
    assert.deepEqual([renamed.status, renamed.body.name, renamed.body.providerID], [200, 'berlin', providerId])
    assert.equal((await caller.delete(`/service-pool-sets/${body.id}`)).status, 204)
    assert.equal((await caller.get(`/service-pool-sets/${body.id}`)).status, 404)
    const events = await eventsOf(body.id)
    assert.deepEqual(
      events.map(({ type, providerId: link }) => [type, link]),
      ['created', 'updated', 'deleted'].map((change) => [`service_pool_set.${change}`, providerId]),
    )
    assert.deepEqual(events[1]?.properties, {
      diff: [
        { op: 'test', path: '/name', value: 'frankfurt' },
        { op: 'replace', path: '/name', value: 'berlin' },
      ],
    })
  })

  test('a list shows a provider its own sets, whatever the filters', async () => {
    await created(other.caller, '/service-pool-sets', { name: 'theirs', providerId: other.id })
    const { body } = await world.provider.caller.get(
      `/service-pool-sets?name=theirs&name=pools&providerId=${world.provider.id}`,
    )
    assert.deepEqual([body.totalItems, body.items[0].id], [1, world.setId])
    assert.equal((await other.caller.get(`/service-pool-sets?providerId=${world.provider.id}`)).body.totalItems, 0)
  })

  test('a set with pools, or with an agent that draws from it, is not deleted', async () => {
    const providerId = world.provider.id
    const used = await server.admin.delete(`/service-pool-sets/${world.setId}`)
    assert.deepEqual([used.status, /1 dependent agent/.test(used.body.error)], [409, true])
    const setId = await created(server.admin, '/service-pool-sets', { name: 'full', providerId })
    const poolId = await createPool(server, { ...world, setId }, { type: 'in the way' })
    assert.equal((await server.admin.delete(`/service-pool-sets/${setId}`)).status, 409)
    assert.equal((await server.admin.delete(`/service-pools/${poolId}`)).status, 204)
    assert.equal((await server.admin.delete(`/service-pool-sets/${setId}`)).status, 204)
  })
})

describe('pools', () => {
  test('a provider creates, reads, changes and deletes one, and each change is an event', async () => {
    const { caller } = world.provider
    const { status, body } = await caller.post('/service-pools', {
      name: 'public',
      type: 'public',
      propertyType: 'string',
      generatorType: 'subnet',
      generatorConfig: { cidr: '10.0.0.0/24' },
      servicePoolSetId: world.setId,
    })
    assert.equal(status, 201)
    assert.deepEqual([body.servicePoolSetName, body.generatorConfig], [undefined, { cidr: '10.0.0.0/24' }])
    const change = { generatorConfig: { cidr: '10.0.0.0/25' }, type: 'ignored', generatorType: 'list' }
    const changed = await caller.patch(`/service-pools/${body.id}`, change)
    assert.equal(changed.status, 200)
    assert.deepEqual([changed.body.type, changed.body.generatorType], ['public', 'subnet'])
    assert.deepEqual((await caller.get(`/service-pools/${body.id}`)).body, changed.body)
    assert.match(changed.body.servicePoolSetName, /^pools /)
    assert.equal((await caller.delete(`/service-pools/${body.id}`)).status, 204)
    const events = await eventsOf(body.id)
    assert.deepEqual(
      events.map(({ type }) => type),
      ['service_pool.created', 'service_pool.updated', 'service_pool.deleted'],
    )
    assert.deepEqual(events[1]?.properties, {
      diff: [
        { op: 'test', path: '/generatorConfig/cidr', value: '10.0.0.0/24' },
        { op: 'replace', path: '/generatorConfig/cidr', value: '10.0.0.0/25' },
      ],
    })
  })

  test('a subnet without a readable block is refused when it is saved, also by a change', async () => {
    const pool = { name: 'x', propertyType: 'string', generatorType: 'subnet', servicePoolSetId: world.setId }
    const refused = await server.admin.post('/service-pools', { ...pool, type: 'broken' })
    assert.deepEqual([refused.status, refused.body.error], [400, 'invalid input: subnet pool missing generator config'])
    const id = await createPool(server, world, { type: 'whole', generatorConfig: { cidr: '10.2.0.0/24' } })
    const change = await server.admin.patch(`/service-pools/${id}`, { generatorConfig: { cidr: '10.2.0.0' } })
    assert.equal(change.status, 400)
    assert.equal(change.body.error, 'invalid input: invalid CIDR format: invalid CIDR address: 10.2.0.0')
    assert.deepEqual((await server.admin.get(`/service-pools/${id}`)).body.generatorConfig, { cidr: '10.2.0.0/24' })
  })

  test('renaming a pool does not make it search from the start', async () => {
    const id = await createPool(server, world, { type: 'renamed', generatorConfig: { cidr: '10.3.0.0/24' } })
    await hold('renamed')
    await server.admin.patch(`/service-pools/${id}`, { name: 'another name' })
    const row = await server.platform.db
      .selectFrom('service_pools')
      .select('next_offset')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    assert.equal(row.next_offset, '1')
  })

  test('a list filters by type, generator and set, and stays within the scope of its caller', async () => {
    await createPool(server, world, { type: 'listed' })
    const search = (caller: Caller, query: string) => caller.get(`/service-pools?${query}`)
    const both = 'type=listed&generatorType=list'
    assert.equal((await search(world.provider.caller, `${both}&servicePoolSetId=${world.setId}`)).body.totalItems, 1)
    assert.equal((await search(agent, both)).body.totalItems, 1)
    assert.equal((await search(other.caller, 'name=a&name=e')).body.totalItems, 0)
    assert.equal((await search(server.admin, 'type=Listed')).body.totalItems, 0)
    assert.equal((await search(server.admin, 'servicePoolSetId=x')).status, 400)
    assert.equal((await search(server.admin, 'allocated=true')).status, 400)
  })

  test('two providers may use one type, one provider may not; ten at once make one pool', async () => {
    const pool = { name: 'x', type: 'race', propertyType: 'string', generatorType: 'list' }
    const make = () => server.admin.post('/service-pools', { ...pool, servicePoolSetId: world.setId })
    const statuses = (await Promise.all(Array.from({ length: 10 }, make))).map(({ status }) => status)
    assert.equal(statuses.filter((status) => status === 201).length, 1)
    assert.ok(
      statuses.every((status) => [201, 400, 409].includes(status)),
      statuses.join(),
    )
    const setId = await created(server.admin, '/service-pool-sets', { name: 'x', providerId: other.id })
    assert.equal((await server.admin.post('/service-pools', { ...pool, servicePoolSetId: setId })).status, 201)
  })
})

describe('values', () => {
  test('a provider adds, reads and deletes one', async () => {
    const { caller } = world.provider
    const servicePoolId = await createPool(server, world, { type: 'values' })
    const { status, body } = await caller.post('/service-pool-values', { servicePoolId, name: 'a', value: { port: 1 } })
    assert.deepEqual([status, body.value, body.servicePool], [201, { port: 1 }, undefined])
    const read = (await caller.get(`/service-pool-values/${body.id}`)).body
    assert.deepEqual([read.servicePool.id, read.servicePool.servicePoolSetName], [servicePoolId, undefined])
    assert.equal((await caller.patch(`/service-pool-values/${body.id}`, { name: 'b' })).status, 405)
    assert.equal((await server.admin.delete(`/service-pools/${servicePoolId}`)).status, 409)
    assert.equal((await caller.delete(`/service-pool-values/${body.id}`)).status, 204)
    assert.equal((await server.admin.delete(`/service-pools/${servicePoolId}`)).status, 204)
    assert.deepEqual(
      (await eventsOf(body.id)).map(({ type, properties }) => [type, properties]),
      [
        ['service_pool_value.created', null],
        ['service_pool_value.deleted', null],
      ],
    )
  })

  for (const value of [false, 0, '', [], {}])
    test(`${JSON.stringify(value)} is a value`, async () => {
      const servicePoolId = await createPool(server, world, { type: `value ${JSON.stringify(value)}` })
      const reply = await server.admin.post('/service-pool-values', { servicePoolId, name: 'a', value })
      assert.deepEqual([reply.status, reply.body.value], [201, value])
    })

  test('a held value shows its service and is deleted only after its release; neither is an event', async () => {
    const servicePoolId = await createPool(server, world, { type: 'held' })
    const id = await created(server.admin, '/service-pool-values', { servicePoolId, name: 'a', value: 'a' })
    const serviceId = await hold('held')
    const held = (await world.provider.caller.get(`/service-pool-values?serviceId=${serviceId}`)).body.items[0]
    assert.deepEqual([held.id, held.service.id, held.propertyName], [id, serviceId, 'ip'])
    assert.match(held.allocatedAt, /Z$/)
    const refused = await server.admin.delete(`/service-pool-values/${id}`)
    assert.deepEqual([refused.status, refused.body.error], [409, 'conflict: cannot delete allocated pool value'])
    await runCommand(server.platform, SYSTEM, (c) => releaseServiceValues(c, serviceId))
    const free = (await server.admin.get(`/service-pool-values/${id}`)).body
    assert.deepEqual([free.serviceId, free.service, free.propertyName, free.allocatedAt], Array(4).fill(undefined))
    assert.equal((await server.admin.delete(`/service-pool-values/${id}`)).status, 204)
    assert.equal((await eventsOf(id)).length, 2)
  })
})

describe('who may do what', () => {
  test('another provider, an agent and a missing id', async () => {
    const poolId = await createPool(server, world, { type: 'guarded' })
    const valueId = await created(server.admin, '/service-pool-values', { servicePoolId: poolId, name: 'a', value: 1 })
    const pool = { name: 'x', type: 'foreign', propertyType: 'string', generatorType: 'list' }
    const attempts = (caller: Caller, set: string, inPool: string, value: string) => [
      caller.get(`/service-pool-sets/${set}`),
      caller.patch(`/service-pool-sets/${set}`, { name: 'mine' }),
      caller.delete(`/service-pool-sets/${set}`),
      caller.get(`/service-pools/${inPool}`),
      caller.post('/service-pools', { ...pool, servicePoolSetId: set }),
      caller.patch(`/service-pools/${inPool}`, { name: 'mine' }),
      caller.delete(`/service-pools/${inPool}`),
      caller.get(`/service-pool-values/${value}`),
      caller.post('/service-pool-values', { servicePoolId: inPool, name: 'x', value: 1 }),
      caller.delete(`/service-pool-values/${value}`),
    ]
    const statuses = async (caller: Caller, set: string, inPool: string, value: string) =>
      (await Promise.all(attempts(caller, set, inPool, value))).map(({ status }) => status)
    assert.deepEqual(await statuses(other.caller, world.setId, poolId, valueId), Array(10).fill(403))
    const none = randomUUID()
    assert.deepEqual(await statuses(server.admin, none, none, none), Array(10).fill(404))
    // an agent reads its provider's pools and values, not the sets, and writes nothing
    assert.deepEqual(
      await statuses(agent, world.setId, poolId, valueId),
      [403, 403, 403, 200, 403, 403, 403, 200, 403, 403],
    )
    const foreignSet = { name: 'x', providerId: world.provider.id }
    assert.equal((await other.caller.post('/service-pool-sets', foreignSet)).status, 403)
    assert.equal((await agent.post('/service-pool-sets', foreignSet)).status, 403)
    assert.equal((await server.admin.get(`/service-pools/${poolId}`)).body.name, 'addresses')
  })
})

describe('vectors', () => {
  for (const { name, given, expect } of readVectors('event-entity-shape').vectors)
    if (name === 'service pool set' || name === 'service pool')
      test(`an event compares a ${name} by the contract's members`, () => {
        const { participantId, ...members } = expect
        // members of the vector are those of the entity, but for the provider and the times
        const entity = { generatorConfig: null, ...members, providerId: participantId ?? members.providerId }
        const times = { createdAt: new Date(), updatedAt: new Date() }
        const shape = given.entity === 'ServicePool' ? poolShape : poolSetShape
        assert.deepEqual(shape({ ...entity, ...times } as never), expect) // the shapes' own types are asserted here
      })

  for (const vector of readVectors('entity-rules').vectors) {
    const { do: step } = vector.given
    if (isCommand(step) && step.cmd.startsWith('servicePool')) test(vector.name, () => entityRule(vector, step))
  }
})

type EntityCommand = JsonObject & { cmd: string }

function isCommand(step: unknown): step is EntityCommand {
  return step !== null && typeof step === 'object' && 'cmd' in step && typeof step.cmd === 'string'
}

async function entityRule(vector: Vector, step: EntityCommand): Promise<void> {
  const fresh = await aPoolWorld(server)
  const reply = await perform(step, fresh)
  const actual = reply.status >= 400 ? { error: vectorError(reply.status, reply.body) } : { ok: true }
  if (vector.quirk || !vector.expect.error) assertVector(vector, actual)
  // the text of a missing object is the same for all kinds here
  else assert.deepEqual([reply.status, reply.body.status], [404, 'Resource not found'])
}

async function perform({ cmd, set, provider, ...given }: EntityCommand, { provider: owner, setId }: PoolWorld) {
  const { admin } = server
  const none = randomUUID()
  switch (cmd) {
    case 'servicePool.create':
      return admin.post('/service-pools', {
        name: 'n',
        type: 't',
        propertyType: 'string',
        generatorType: 'list',
        servicePoolSetId: set === 'none' ? none : setId,
        ...given,
      })
    case 'servicePoolSet.create':
      return admin.post('/service-pool-sets', { providerId: provider === 'none' ? none : owner.id, ...given })
    case 'servicePoolSet.delete':
      return admin.delete(`/service-pool-sets/${setId}`)
    default:
      throw new Error(`command ${cmd} is not known`)
  }
}
