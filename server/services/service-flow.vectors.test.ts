/** Whole lives of services as the contract's vectors tell them, over HTTP against a real PostgreSQL. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Json, JsonObject } from '@fulcrum/schema'
import { sql } from 'kysely'
import { type Caller, type Reply, startTestServer, type TestServer } from '../testing/test-server.ts'
import { assertVector, isObject, readVectors, type Vector, vectorError } from '../testing/vectors.ts'

let server: TestServer
before(async () => {
  server = await startTestServer()
})
after(() => server.stop())

type World = { agent: Caller; consumer: Caller; agentId: string; groupId: string; typeId: string; poolId: string }
type Step = JsonObject & { op: string }

let serial = 0
let failedHasTime = false

/** A provider with one agent and a pool of two addresses, a consumer with one group, one service type. */
async function aWorld({ propertySchema, lifecycle }: JsonObject): Promise<World> {
  const unique = `flow ${serial++}`
  const { admin } = server
  const created = async (path: string, body: unknown) => {
    const reply = await admin.post(path, body)
    assert.equal(reply.status, 201, JSON.stringify(reply.body))
    return reply.body
  }
  const provider = await server.participant(`${unique} prov`)
  const consumer = await server.participant(`${unique} cons`)
  const type = await created('/service-types', { name: unique, propertySchema, lifecycleSchema: lifecycle })
  const kind = await created('/agent-types', {
    name: unique,
    serviceTypeIds: [type.id],
    configurationSchema: { properties: { x: { type: 'string' } } },
  })
  const set = await created('/service-pool-sets', { name: unique, providerId: provider.id })
  const pool = await created('/service-pools', {
    name: unique,
    type: 'ip',
    propertyType: 'string',
    generatorType: 'list',
    servicePoolSetId: set.id,
  })
  for (const value of ['10.0.0.1', '10.0.0.2'])
    await created('/service-pool-values', { servicePoolId: pool.id, name: value, value })
  const agent = await created('/agents', {
    name: unique,
    providerId: provider.id,
    agentTypeId: kind.id,
    servicePoolSetId: set.id,
  })
  const token = await created('/tokens', { name: unique, role: 'agent', scopeId: agent.id })
  const group = await created('/service-groups', { name: unique, consumerId: consumer.id })
  return {
    agent: server.as(token.value),
    consumer: consumer.caller,
    agentId: agent.id,
    groupId: group.id,
    typeId: type.id,
    poolId: pool.id,
  }
}

async function run(world: World, steps: Step[]): Promise<Json[]> {
  const ids = new Map<string, string>()
  const results: Json[] = []
  let seen = await lastEvent()
  for (const step of steps) {
    const name = typeof step.svc === 'string' ? step.svc : 's1'
    const reply = await perform(world, step, name, ids)
    const secrets = await count('vault_secrets')
    results.push({
      ...(reply.status >= 400 && { error: vectorError(reply.status, reply.body) }),
      ...(await view(ids.get(name), name)),
      poolHeld: await poolHeld(world.poolId),
      secrets,
      events: await eventsSince(seen),
    })
    seen = await lastEvent()
  }
  return results
}

async function perform(world: World, step: Step, name: string, ids: Map<string, string>): Promise<Reply> {
  const id = ids.get(name) ?? ''
  switch (step.op) {
    case 'create': {
      const reply = await world.consumer.post('/services', {
        groupId: world.groupId,
        serviceTypeId: world.typeId,
        agentId: world.agentId,
        name: step.name ?? name,
        properties: step.properties,
      })
      if (reply.status === 201) ids.set(name, reply.body.id)
      return reply
    }
    case 'update':
      return world.consumer.patch(`/services/${id}`, { name: step.name, properties: step.properties })
    case 'action':
      return world.consumer.post(`/services/${id}/${step.action}`)
    case 'claim':
      return world.agent.post(`/jobs/${await newestJobId(id)}/claim`)
    case 'complete':
      return world.agent.post(`/jobs/${await newestJobId(id)}/complete`, {
        agentInstanceId: step.agentInstanceId,
        agentInstanceData: step.agentInstanceData,
        properties: step.properties,
      })
    case 'fail':
      return world.agent.post(`/jobs/${await newestJobId(id)}/fail`, { errorMessage: step.errorMessage })
    default:
      throw new Error(`step ${step.op} is not known`)
  }
}

async function newestJobId(serviceId: string): Promise<string> {
  return (await server.admin.get(`/jobs?serviceId=${serviceId}&sort=-createdAt&pageSize=1`)).body.items[0].id
}

async function view(id: string | undefined, name: string): Promise<JsonObject> {
  if (id === undefined) return { service: null }
  const service = (await server.admin.get(`/services/${id}`)).body
  const job = (await server.admin.get(`/jobs?serviceId=${id}&sort=-createdAt&pageSize=1`)).body.items[0]
  return {
    service: {
      ...(service.name !== name && { name: service.name }),
      status: service.status,
      properties: veiled(service.properties),
      ...(service.agentInstanceId !== undefined && { agentInstanceId: service.agentInstanceId }),
      ...(service.agentInstanceData && { agentInstanceData: service.agentInstanceData }),
    },
    job: {
      action: job.action,
      params: veiled(job.params ?? null),
      status: job.status,
      ...(job.errorMessage !== undefined && { errorMessage: job.errorMessage }),
      ...(job.claimedAt && { claimedAt: 'set' }),
      // a failed job has its time, too (Q-FAILED-NOT-PURGED): looked at by that vector alone
      ...(job.completedAt && (job.status !== 'Failed' || failedHasTime) && { completedAt: 'set' }),
    },
  }
}

function veiled(value: Json): Json {
  return JSON.parse(JSON.stringify(value).replaceAll(/vault:\/\/[0-9a-f-]{36}/g, 'vault://*'))
}

async function poolHeld(poolId: string): Promise<string[]> {
  const { items } = (await server.admin.get(`/service-pool-values?servicePoolId=${poolId}&sort=name`)).body
  return items.flatMap((item: { serviceId?: string; value: string }) => (item.serviceId ? [item.value] : []))
}

async function count(table: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`SELECT count(*) AS n FROM ${sql.table(table)}`.execute(server.platform.db)
  return rows[0]?.n ?? 0
}

async function lastEvent(): Promise<number> {
  return (await server.admin.get('/events?sort=-sequenceNumber&pageSize=1')).body.items[0]?.sequenceNumber ?? 0
}

type EventView = {
  sequenceNumber: number
  type: string
  properties: { diff: { op: string; path: string }[] | null } | null
}

async function eventsSince(last: number): Promise<JsonObject[]> {
  const items: EventView[] = (await server.admin.get('/events?sort=-sequenceNumber&pageSize=20')).body.items
  return items
    .filter(({ sequenceNumber }) => sequenceNumber > last)
    .toReversed()
    .map(({ type, properties }) => ({
      type,
      ...(properties && { diff: properties.diff?.map(({ op, path }) => `${op} ${path}`) ?? null }),
    }))
}

/** Members that a step of the vector does not speak of are not compared; an absent error must be absent. */
function likeVector(vector: Vector, steps: Json[]): JsonObject {
  const wanted = vector.expect.steps
  assert.ok(Array.isArray(wanted))
  return {
    steps: steps.map((step, index) => {
      const form = wanted[index]
      if (!isObject(step) || !isObject(form) || vector.quirk?.follow === 'replace') return step
      return Object.fromEntries(Object.entries(step).filter(([key]) => key in form || key === 'error'))
    }),
  }
}

/** These have tests of their own below or elsewhere: the room `schema` refuses the definition, or the worker is looked at. */
const ELSEWHERE = new Set(['Q-NO-CREATE-ACTION', 'Q-ACTION-50', 'Q-TIMEOUT-NO-TRANSITION', 'Q-TIMEOUT-AGE'])

/**
 * Vectors without a mark of their own that show what another mark replaces: the text to find and what stands there in ours.
 * Q-AGENT-PROPS-NOT-IN-DIFF: the diff tells what the agent changed, too. Q-RETRY-PARAMS: `create` asked for again has its params.
 */
const OURS: Readonly<Record<string, readonly [string, string]>> = {
  'agent may change a property without authorizers': [
    '"diff":["test /status","replace /status"]',
    '"diff":["test /properties/cpu","replace /properties/cpu","test /status","replace /status"]',
  ],
  'state authorizer sees the state before the transition': [
    '"diff":["test /status","replace /status"]',
    '"diff":["add /properties/a","test /status","replace /status"]',
  ],
  'multi step action: one job, one step': ['"params":null', '"params":{"cpu":1}'],
}

function asOurs(vector: Vector): Vector {
  const [theirs, ours] = OURS[vector.name] ?? []
  if (theirs === undefined || ours === undefined) return vector
  const text = JSON.stringify(vector.expect)
  // in the last place where it stands: the steps before are as upstream's
  const at = vector.name.startsWith('multi') ? null : text.lastIndexOf(theirs)
  const changed =
    at === null ? text.replaceAll(theirs, ours) : text.slice(0, at) + ours + text.slice(at + theirs.length)
  assert.notEqual(changed, text, 'the vector no longer shows what this entry replaces')
  return { ...vector, expect: JSON.parse(changed) }
}

for (const vector of readVectors('service-flow').vectors.map(asOurs)) {
  if (vector.quirk && ELSEWHERE.has(vector.quirk.id)) continue
  test(vector.name, async () => {
    failedHasTime = vector.quirk?.id === 'Q-FAILED-NOT-PURGED'
    await sql`DELETE FROM vault_secrets`.execute(server.platform.db)
    const world = await aWorld(vector.given)
    const steps = vector.given.steps
    assert.ok(Array.isArray(steps))
    assertVector(vector, likeVector(vector, await run(world, steps as Step[]))) // every step of these vectors has an op
  })
}

test('a service type without a create action cannot be ordered', async () => {
  const vector = readVectors('service-flow').vectors.find(({ quirk }) => quirk?.id === 'Q-NO-CREATE-ACTION')
  assert.ok(vector)
  const world = await aWorld(vector.given)
  const { consumer, groupId, typeId, agentId } = world
  const reply = await consumer.post('/services', { groupId, serviceTypeId: typeId, agentId, name: 'x' })
  assert.equal(reply.status, 400)
  assert.match(reply.body.error, /no action create/)
})
