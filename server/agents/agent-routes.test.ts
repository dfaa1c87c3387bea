/** Agents over HTTP against a real PostgreSQL. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { JsonObject } from '@fulcrum/schema'
import { sql } from 'kysely'
import { runCommand, SYSTEM } from '../platform/command.ts'
import { aPoolWorld, created, insertService, type PoolWorld } from '../service-pools/testing/pool-world.ts'
import { type Caller, startTestServer, type TestServer } from '../testing/test-server.ts'
import { findAgentForReference } from './index.ts'

let server: TestServer
let world: PoolWorld
let other: PoolWorld
before(async () => {
  server = await startTestServer()
  world = await aPoolWorld(server)
  other = await aPoolWorld(server)
})
after(() => server.stop())

async function anAgent(body: JsonObject = {}): Promise<{ id: string; caller: Caller }> {
  const { provider, agentTypeId } = world
  const id = await created(server.admin, '/agents', { name: 'a', providerId: provider.id, agentTypeId, ...body })
  const { body: token } = await server.admin.post('/tokens', { name: 'a', role: 'agent', scopeId: id })
  return { id, caller: server.as(token.value) }
}

async function eventsOf(
  id: string,
): Promise<{ type: string; properties: { diff: { path: string }[] | null } | null }[]> {
  return (await server.admin.get(`/events?entityId=${id}&pageSize=100`)).body.items
}

async function typesOf(id: string): Promise<string[]> {
  return (await eventsOf(id)).map(({ type }) => type)
}

async function heartbeatOf(id: string): Promise<Date | null> {
  const { rows } = await sql<{ at: Date | null }>`SELECT last_status_update AS at FROM agents WHERE id = ${id}`.execute(
    server.platform.db,
  )
  return rows[0]?.at ?? null
}

describe('create, read, change, delete', () => {
  test('a provider makes one, and sees it with its provider and its type', async () => {
    const { provider, agentTypeId, setId, serviceTypeId } = world
    const body = { name: 'pg', providerId: provider.id, agentTypeId, tags: ['eu', 'eu'], servicePoolSetId: setId }
    const made = await provider.caller.post('/agents', { ...body, status: 'Connected', unknown: 1 })
    assert.equal(made.status, 201)
    const { id, createdAt, updatedAt, ...rest } = made.body
    assert.deepEqual(rest, { ...body, status: 'Disconnected' })
    const read = (await provider.caller.get(`/agents/${id}`)).body
    assert.equal(read.participant.id, provider.id)
    assert.deepEqual([read.agentType.id, read.agentType.serviceTypeIds], [agentTypeId, [serviceTypeId]])
    assert.ok(read.agentType.configurationSchema.properties.x)
    const listed = (await provider.caller.get('/agents?name=pg')).body.items
    assert.deepEqual(listed, [read])
    assert.deepEqual(await typesOf(id), ['agent.created'])
  })

  test('tags are null until they are set, and may be set to none', async () => {
    const { id } = await anAgent()
    assert.equal((await server.admin.get(`/agents/${id}`)).body.tags, null)
    assert.deepEqual((await server.admin.patch(`/agents/${id}`, { tags: [] })).body.tags, [])
  })

  test('a change is an event with what changed; type and provider never change', async () => {
    const { id } = await anAgent({ tags: ['old'] })
    const change = { name: 'b', tags: ['new'], agentTypeId: other.agentTypeId, providerId: other.provider.id }
    const { status, body } = await world.provider.caller.patch(`/agents/${id}`, change)
    assert.deepEqual([status, body.name, body.tags], [200, 'b', ['new']])
    assert.deepEqual([body.agentTypeId, body.providerId], [world.agentTypeId, world.provider.id])
    assert.deepEqual([body.participant.id, body.agentType.id], [world.provider.id, world.agentTypeId])
    const [, event] = await eventsOf(id)
    assert.deepEqual(
      event?.properties?.diff?.map(({ path }) => path),
      ['/name', '/name', '/tags/0', '/tags/0'],
    )
  })

  test('a pool set must exist and be of the same provider, also in a change', async () => {
    const { provider, agentTypeId } = world
    const body = { name: 'x', providerId: provider.id, agentTypeId }
    const foreign = await server.admin.post('/agents', { ...body, servicePoolSetId: other.setId })
    assert.equal(foreign.status, 400)
    const { id } = await anAgent()
    const change = (servicePoolSetId: string) => server.admin.patch(`/agents/${id}`, { servicePoolSetId })
    assert.equal((await change(other.setId)).status, 400)
    assert.equal((await change(randomUUID())).status, 404)
    assert.equal((await change(world.setId)).body.servicePoolSetId, world.setId)
    assert.equal(
      (await server.admin.patch(`/agents/${id}`, { servicePoolSetId: null })).body.servicePoolSetId,
      world.setId,
    )
  })

  test('a disabled participant gets no new agents', async () => {
    const { id: providerId } = await server.participant('to be disabled')
    await server.admin.patch(`/participants/${providerId}`, { status: 'Disabled' })
    const { status, body } = await server.admin.post('/agents', {
      name: 'x',
      providerId,
      agentTypeId: world.agentTypeId,
    })
    assert.deepEqual([status, /disabled/.test(body.error)], [400, true])
  })

  test('a list filters and sorts, and never leaves the scope of its caller', async () => {
    const { caller, id } = await anAgent({ name: 'listed one' })
    const foreign = { name: 'listed two', providerId: other.provider.id, agentTypeId: other.agentTypeId }
    await created(server.admin, '/agents', foreign)
    const names = async (as: Caller, query: string) =>
      (await as.get(`/agents?${query}`)).body.items.map(({ name }: { name: string }) => name)
    assert.deepEqual(await names(server.admin, 'name=listed&sort=-name'), ['listed two', 'listed one'])
    assert.deepEqual(await names(server.admin, `name=listed&agentTypeId=${world.agentTypeId}`), ['listed one'])
    assert.deepEqual(await names(server.admin, `name=listed&providerId=${other.provider.id}`), ['listed two'])
    for (const as of [caller, world.provider.caller]) {
      assert.deepEqual(await names(as, 'name=listed&name=two'), ['listed one'])
      assert.deepEqual(await names(as, `providerId=${other.provider.id}`), [])
    }
    await server.admin.patch(`/agents/${id}`, { status: 'Error' })
    assert.deepEqual(await names(server.admin, 'status=Error'), ['listed one'])
    for (const query of ['status=error', 'agentTypeId=x', 'tags=eu', 'sort=status'])
      assert.equal((await server.admin.get(`/agents?${query}`)).status, 400, query)
  })

  test('another provider, another role and a missing id', async () => {
    const { id, caller } = await anAgent()
    const body = { name: 'x', providerId: world.provider.id, agentTypeId: world.agentTypeId }
    const statuses = async (as: Caller, agentId: string) => {
      const replies = await Promise.all([
        as.get(`/agents/${agentId}`),
        as.patch(`/agents/${agentId}`, { name: 'mine' }),
        as.delete(`/agents/${agentId}`),
      ])
      return replies.map(({ status }) => status)
    }
    assert.deepEqual(await statuses(other.provider.caller, id), [403, 403, 403])
    assert.deepEqual(await statuses(caller, id), [200, 403, 403])
    assert.deepEqual(await statuses(server.admin, randomUUID()), [404, 404, 404])
    assert.equal((await other.provider.caller.post('/agents', body)).status, 403)
    assert.equal((await caller.post('/agents', body)).status, 403)
    for (const as of [server.admin, world.provider.caller]) {
      assert.equal((await as.get('/agents/me')).status, 403)
      assert.equal((await as.put('/agents/me/status', { status: 'Connected' })).status, 403)
    }
  })
})

describe('status', () => {
  test('an agent reads itself and reports; only a change of its status is an event', async () => {
    const { id, caller } = await anAgent()
    assert.equal(await heartbeatOf(id), null)
    const first = await caller.put('/agents/me/status', { status: 'Connected' })
    assert.deepEqual([first.status, first.body.id, first.body.status], [200, id, 'Connected'])
    assert.deepEqual([first.body.participant.id, first.body.agentType.id], [world.provider.id, world.agentTypeId])
    const heard = await heartbeatOf(id)
    assert.ok(heard)
    for (let beat = 0; beat < 3; beat++) {
      const again = await caller.put('/agents/me/status', { status: 'Connected' })
      assert.deepEqual([again.status, again.body], [200, first.body])
    }
    assert.ok(((await heartbeatOf(id))?.getTime() ?? 0) > heard.getTime())
    assert.deepEqual(await typesOf(id), ['agent.created', 'agent.updated'])
    assert.deepEqual((await caller.get('/agents/me')).body, first.body)
    assert.equal((await caller.put('/agents/me/status', { status: 'Error' })).body.status, 'Error')
    const paths = (await eventsOf(id))[2]?.properties?.diff?.map(({ path }) => path)
    assert.deepEqual(new Set(paths), new Set(['/status', '/lastStatusUpdate']))
    for (const status of [undefined, 'connected', 'Busy', 7])
      assert.equal((await caller.put('/agents/me/status', { status })).status, 400)
  })

  test('a disabled agent is locked out at once but for reading itself, until its provider enables it', async () => {
    const { id, caller } = await anAgent()
    await caller.put('/agents/me/status', { status: 'Connected' })
    const set = (status: string) => world.provider.caller.patch(`/agents/${id}`, { status })
    assert.equal((await set('Disabled')).body.status, 'Disabled')
    assert.equal((await caller.put('/agents/me/status', { status: 'Connected' })).status, 403)
    assert.equal((await caller.get('/agents/me')).body.status, 'Disabled')
    assert.equal((await set('New')).body.status, 'New')
    assert.equal((await caller.put('/agents/me/status', { status: 'Connected' })).body.status, 'Connected')
    assert.equal((await caller.put('/agents/me/status', { status: 'Disabled' })).body.status, 'Disabled')
    assert.equal((await caller.put('/agents/me/status', { status: 'Connected' })).status, 403)
  })

  // without FOR UPDATE in lockAgent a report that has read the old status writes it over Disabled
  test('no report that is under way enables an agent again', async () => {
    const { id, caller } = await anAgent()
    for (let round = 0; round < 5; round++) {
      await server.admin.patch(`/agents/${id}`, { status: 'Connected' })
      const reports = Array.from({ length: 12 }, (_, index) =>
        caller.put('/agents/me/status', { status: index % 2 === 0 ? 'Error' : 'Connected' }),
      )
      const disabling = server.admin.patch(`/agents/${id}`, { status: 'Disabled' })
      const replies = await Promise.all([...reports, disabling])
      assert.ok(replies.every(({ status }) => status === 200 || status === 403))
      assert.equal((await server.admin.get(`/agents/${id}`)).body.status, 'Disabled')
    }
  })
})

describe('deletion', () => {
  test('what belongs to the agent goes with it, its token at once', async () => {
    const { id, caller } = await anAgent()
    assert.equal((await caller.get('/agents/me')).status, 200)
    const count = async () => (await server.admin.get(`/tokens?agentId=${id}`)).body.totalItems
    assert.equal(await count(), 1)
    assert.equal((await world.provider.caller.delete(`/agents/${id}`)).status, 204)
    assert.equal((await caller.get('/agents/me')).status, 401)
    assert.equal(await count(), 0)
    assert.equal((await server.admin.get(`/agents/${id}`)).status, 404)
    assert.deepEqual(await typesOf(id), ['agent.created', 'agent.deleted'])
  })

  test('live services are in the way; for ended ones the agent is only hidden', async () => {
    const { id } = await anAgent()
    const serviceId = randomUUID()
    const { db } = server.platform
    await db.transaction().execute((tx) => insertService(tx, { ...world, agentId: id }, serviceId))
    const refused = await server.admin.delete(`/agents/${id}`)
    assert.deepEqual([refused.status, /1 dependent service/.test(refused.body.error)], [409, true])
    await sql`UPDATE services SET terminal = true WHERE id = ${serviceId}`.execute(db)
    assert.equal((await server.admin.delete(`/agents/${id}`)).status, 204)
    assert.equal((await server.admin.get(`/agents/${id}`)).status, 404)
    assert.equal((await server.admin.patch(`/agents/${id}`, { name: 'x' })).status, 404)
    assert.equal((await server.admin.delete(`/agents/${id}`)).status, 404)
    assert.equal(
      (await server.admin.get('/agents?pageSize=100')).body.items.some((row: { id: string }) => row.id === id),
      false,
    )
    const service = (await server.admin.get(`/services/${serviceId}`)).body
    assert.deepEqual([service.agentId, service.agent], [id, undefined])
    const token = await server.admin.post('/tokens', { name: 'x', role: 'agent', scopeId: id })
    assert.equal(token.status, 400)
  })

  // without FOR KEY SHARE in findAgentForReference the agent goes, and the order breaks on its foreign key
  test('waits for an order that refers to the agent, and is then refused', async () => {
    const { id } = await anAgent()
    let deletion: ReturnType<Caller['delete']> | undefined
    await runCommand(server.platform, SYSTEM, async ({ tx }) => {
      assert.equal((await findAgentForReference(tx, id))?.id, id)
      deletion = server.admin.delete(`/agents/${id}`)
      const waits = sql`SELECT FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0`
      for (
        const end = performance.now() + 10_000;
        (await waits.execute(server.platform.db)).rows.length === 0;
        await sleep(5)
      )
        assert.ok(performance.now() < end, 'the deletion never waited')
      await insertService(tx, { ...world, agentId: id }, randomUUID())
    })
    assert.equal((await deletion)?.status, 409)
    assert.equal((await server.admin.get(`/agents/${id}`)).status, 200)
    const none = await server.platform.db.transaction().execute((tx) => findAgentForReference(tx, randomUUID()))
    assert.equal(none, null)
  })
})
