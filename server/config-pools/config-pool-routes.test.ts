/** Config pools and their values over HTTP against a real PostgreSQL. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { Json, JsonObject } from '@fulcrum/schema'
import { runCommand, SYSTEM } from '../platform/command.ts'
import { aPoolWorld, created, insertAgentRow, type PoolWorld } from '../service-pools/testing/pool-world.ts'
import { type Caller, startTestServer, type TestServer } from '../testing/test-server.ts'
import { assertVector, isObject, readVectors, vectorError } from '../testing/vectors.ts'
import { allocateConfigValue, releaseConfigValues } from './allocation.ts'
import { configPoolShape } from './config-pool.ts'

let server: TestServer
let world: PoolWorld
let owner: { id: string; caller: Caller }
let other: { id: string; caller: Caller }
let agent: Caller
before(async () => {
  server = await startTestServer()
  world = await aPoolWorld(server)
  owner = world.provider
  other = await server.participant('other')
  const { body } = await server.admin.post('/tokens', { name: 'agent', role: 'agent', scopeId: world.agentId })
  agent = server.as(body.value)
})
after(() => server.stop())

function pool(type: string, more: JsonObject = {}): JsonObject {
  return { name: 'ports', type, propertyType: 'integer', generatorType: 'list', ...more }
}

async function eventsOf(entityId: string): Promise<{ type: string; properties: Json }[]> {
  return (await server.admin.get(`/events?entityId=${entityId}`)).body.items
}

describe('pools', () => {
  test('a participant creates, reads, changes and deletes its own, and each change is an event', async () => {
    const { status, body } = await owner.caller.post('/config-pools', pool('own', { participantId: owner.id }))
    assert.deepEqual([status, body.participantId, body.participant], [201, owner.id, undefined])
    const change = { name: 'doors', generatorConfig: { from: 'a list' }, type: 'ignored', participantId: other.id }
    const changed = await owner.caller.patch(`/config-pools/${body.id}`, change)
    assert.deepEqual([changed.status, changed.body.name, changed.body.type], [200, 'doors', 'own'])
    assert.deepEqual([changed.body.participant.id, changed.body.generatorConfig], [owner.id, { from: 'a list' }])
    assert.deepEqual((await owner.caller.get(`/config-pools/${body.id}`)).body, changed.body)
    assert.equal((await owner.caller.delete(`/config-pools/${body.id}`)).status, 204)
    assert.equal((await owner.caller.get(`/config-pools/${body.id}`)).status, 404)
    assert.deepEqual(
      await eventsOf(body.id).then((events) => events.map(({ type, properties }) => [type, properties])),
      [
        ['config_pool.created', null],
        [
          'config_pool.updated',
          {
            diff: [
              { op: 'add', path: '/generatorConfig', value: { from: 'a list' } },
              { op: 'test', path: '/name', value: 'ports' },
              { op: 'replace', path: '/name', value: 'doors' },
            ],
          },
        ],
        ['config_pool.deleted', null],
      ],
    )
  })

  test('only administrators see and make global pools', async () => {
    assert.equal((await owner.caller.post('/config-pools', pool('global'))).status, 403)
    const id = await created(server.admin, '/config-pools', pool('global'))
    const valueId = await created(server.admin, '/config-pool-values', { configPoolId: id, name: 'v', value: 1 })
    for (const path of [`/config-pools/${id}`, `/config-pool-values/${valueId}`])
      assert.equal((await owner.caller.get(path)).status, 403)
    assert.equal((await owner.caller.get('/config-pools?type=global')).body.totalItems, 0)
    assert.equal((await owner.caller.get(`/config-pool-values?configPoolId=${id}`)).body.totalItems, 0)
    assert.equal((await server.admin.get('/config-pools?type=global&generatorType=list')).body.totalItems, 1)
    assert.equal('participantId' in (await server.admin.get(`/config-pools/${id}`)).body, false)
  })

  // without the lock on the table both look, see nothing, and stand beside each other
  test('of a global and a participant pool of one type, made at once, one is refused', async () => {
    for (let round = 0; round < 5; round++) {
      const type = `race ${round}`
      const replies = await Promise.all(
        [{}, { participantId: owner.id }, { participantId: owner.id }, {}].map((scope) =>
          server.admin.post('/config-pools', pool(type, scope)),
        ),
      )
      assert.deepEqual(replies.map(({ status }) => status).toSorted(), [201, 400, 400, 400])
    }
  })

  test('a list filters, and stays within the scope of its caller', async () => {
    await created(other.caller, '/config-pools', pool('theirs', { participantId: other.id }))
    await created(owner.caller, '/config-pools', pool('mine', { participantId: owner.id }))
    const types = async (as: Caller, query: string) =>
      (await as.get(`/config-pools?${query}`)).body.items.map(({ type }: { type: string }) => type)
    assert.deepEqual(await types(owner.caller, 'name=ports&name=o&type=theirs&type=mine'), ['mine'])
    assert.deepEqual(await types(owner.caller, `participantId=${other.id}`), [])
    assert.deepEqual(await types(server.admin, `participantId=${other.id}`), ['theirs'])
    assert.deepEqual(await types(server.admin, 'type=theirs&type=mine&sort=-type'), ['theirs', 'mine'])
    for (const query of ['participantId=x', 'servicePoolSetId=1', 'sort=participantId'])
      assert.equal((await server.admin.get(`/config-pools?${query}`)).status, 400, query)
  })
})

describe('values', () => {
  test('a participant adds, reads and deletes one of its own', async () => {
    const configPoolId = await created(owner.caller, '/config-pools', pool('values', { participantId: owner.id }))
    const made = await owner.caller.post('/config-pool-values', { configPoolId, name: 'a', value: 7001 })
    assert.deepEqual([made.status, made.body.value, made.body.configPool], [201, 7001, undefined])
    const path = `/config-pool-values/${made.body.id}`
    const read = (await owner.caller.get(path)).body
    assert.deepEqual([read.configPool.id, read.configPool.participant], [configPoolId, undefined])
    assert.equal((await owner.caller.patch(path, { name: 'b' })).status, 405)
    const kept = await owner.caller.delete(`/config-pools/${configPoolId}`)
    assert.equal(kept.status, 409)
    assert.equal(kept.body.error, `conflict: cannot delete config pool ${configPoolId}: 1 dependent value(s) exist`)
    assert.equal((await owner.caller.delete(path)).status, 204)
    assert.deepEqual(
      (await eventsOf(made.body.id)).map(({ type }) => type),
      ['config_pool_value.created', 'config_pool_value.deleted'],
    )
  })

  test('a held value shows its agent without its configuration, and is deleted only after its release', async () => {
    const configPoolId = await created(owner.caller, '/config-pools', pool('held', { participantId: owner.id }))
    const id = await created(owner.caller, '/config-pool-values', { configPoolId, name: 'a', value: 1 })
    const agentId = randomUUID()
    await runCommand(server.platform, SYSTEM, async (c) => {
      await insertAgentRow(c.tx, world, agentId)
      const request = { poolType: 'held', providerId: owner.id, agentId, propertyName: 'port' }
      assert.deepEqual(await allocateConfigValue(c, request), { value: 1 })
    })
    const held = (await owner.caller.get(`/config-pool-values?agentId=${agentId}`)).body.items[0]
    assert.deepEqual([held.id, held.agent.id, held.propertyName], [id, agentId, 'port'])
    assert.equal('configuration' in held.agent, false)
    const refused = await owner.caller.delete(`/config-pool-values/${id}`)
    assert.deepEqual([refused.status, refused.body.error], [409, 'conflict: cannot delete allocated pool value'])
    await runCommand(server.platform, SYSTEM, (c) => releaseConfigValues(c, agentId))
    assert.equal('agentId' in (await owner.caller.get(`/config-pool-values/${id}`)).body, false)
    assert.equal((await owner.caller.delete(`/config-pool-values/${id}`)).status, 204)
  })
})

test('another participant, an agent and a missing id', async () => {
  const poolId = await created(owner.caller, '/config-pools', pool('guarded', { participantId: owner.id }))
  const valueId = await created(owner.caller, '/config-pool-values', { configPoolId: poolId, name: 'a', value: 1 })
  const statuses = async (caller: Caller, inPool: string, value: string) => {
    const replies = await Promise.all([
      caller.get(`/config-pools/${inPool}`),
      caller.patch(`/config-pools/${inPool}`, { name: 'mine' }),
      caller.delete(`/config-pools/${inPool}`),
      caller.get(`/config-pool-values/${value}`),
      caller.post('/config-pool-values', { configPoolId: inPool, name: 'x', value: 1 }),
      caller.delete(`/config-pool-values/${value}`),
    ])
    return replies.map(({ status }) => status)
  }
  const none = randomUUID()
  assert.deepEqual(await statuses(other.caller, poolId, valueId), Array(6).fill(403))
  assert.deepEqual(await statuses(agent, poolId, valueId), Array(6).fill(403))
  assert.deepEqual(await statuses(server.admin, none, none), Array(6).fill(404))
  assert.equal((await other.caller.post('/config-pools', pool('x', { participantId: owner.id }))).status, 403)
  assert.equal((await agent.get('/config-pools')).status, 403)
  assert.equal((await agent.get('/config-pool-values')).status, 403)
  const absent = await server.admin.post('/config-pool-values', { name: 'x', value: 1 })
  assert.equal(absent.status, 400)
})

describe('vectors', () => {
  test("an event compares a pool by the contract's members", () => {
    const vector = readVectors('event-entity-shape').vectors.find(({ name }) => name === 'config pool')
    const shape = configPoolShape({
      id: 'd2cc0b2a-bc28-54b0-be8d-ff9399681751',
      name: 'ports',
      type: 'port',
      propertyType: 'integer',
      generatorConfig: null,
      participantId: null,
      createdAt: new Date(),
      updatedAt: new Date(),
    })
    assert.deepEqual(shape, vector?.expect)
  })

  for (const vector of readVectors('entity-rules').vectors) {
    const step = vector.given.do
    if (!isObject(step) || step.cmd !== 'configPool.create') continue
    test(vector.name, async () => {
      const { cmd: _create, participant, ...given } = step
      const scope = { participantId: participant === 'none' ? randomUUID() : owner.id }
      const reply = await server.admin.post('/config-pools', { ...pool(randomUUID()), ...scope, ...given })
      assertVector(vector, reply.status >= 400 ? { error: vectorError(reply.status, reply.body) } : { ok: true })
    })
  }
})
