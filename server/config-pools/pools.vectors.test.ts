/** Pools of both kinds against the contract's vectors: what is given in which order, and which pools may stand beside each other. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, describe, test } from 'node:test'
import type { Json, JsonObject } from '@fulcrum/schema'
import { sql } from 'kysely'
import { byBytes } from '../events/index.ts'
import { type Command, runCommand, SYSTEM } from '../platform/command.ts'
import { allocateServiceValue, releaseServiceValues } from '../service-pools/index.ts'
import {
  aPoolWorld,
  created,
  insertAgentRow,
  insertService,
  type PoolWorld,
} from '../service-pools/testing/pool-world.ts'
import { type Reply, startTestServer, type TestServer } from '../testing/test-server.ts'
import { assertVector, isObject, readVectors, type Vector, vectorError } from '../testing/vectors.ts'
import { allocateConfigValue, releaseConfigValues } from './allocation.ts'

let server: TestServer
let worlds: { provA: PoolWorld; provB: PoolWorld }
before(async () => {
  server = await startTestServer()
  worlds = { provA: await aPoolWorld(server), provB: await aPoolWorld(server) }
})
after(() => server.stop())
// pools of another vector would be in the way
beforeEach(async () => {
  for (const table of ['service_pool_values', 'service_pools', 'config_pool_values', 'config_pools'])
    await sql`DELETE FROM ${sql.table(table)}`.execute(server.platform.db)
})

type Kind = 'service' | 'config'

const PATHS = {
  service: { pools: '/service-pools', values: '/service-pool-values', poolId: 'servicePoolId', holder: 'serviceId' },
  config: { pools: '/config-pools', values: '/config-pool-values', poolId: 'configPoolId', holder: 'agentId' },
} as const

/** Takes a value for a holder whose row is made when there is none yet. */
async function allocate(
  world: PoolWorld,
  { kind, poolType, holder, property }: { kind: Kind; poolType: string; holder: string; property: string },
): Promise<{ value: Json } | { error: string }> {
  return command(async (c) => {
    const row = kind === 'service' ? insertService : insertAgentRow
    const table = kind === 'service' ? 'services' : 'agents'
    const { rows } = await sql`SELECT FROM ${sql.table(table)} WHERE id = ${holder}`.execute(c.tx)
    if (rows.length === 0) await row(c.tx, world, holder)
    return kind === 'service'
      ? allocateServiceValue(c, { poolSetId: world.setId, poolType, serviceId: holder, propertyName: property })
      : allocateConfigValue(c, { poolType, providerId: world.provider.id, agentId: holder, propertyName: property })
  })
}

function command<T>(run: (c: Command) => Promise<T>): Promise<T> {
  return runCommand(server.platform, SYSTEM, run)
}

function outcome(reply: Reply): JsonObject {
  return reply.status >= 400 ? { error: vectorError(reply.status, reply.body) } : { ok: true }
}

function text(value: Json | undefined): string {
  assert.ok(typeof value === 'string')
  return value
}

function list(value: Json | undefined): JsonObject[] {
  assert.ok(Array.isArray(value))
  return value.map((entry) => (isObject(entry) ? entry : assert.fail('a step is an object')))
}

describe('allocation', () => {
  for (const vector of readVectors('pool-allocation').vectors)
    test(vector.name, async () => assertVector(ours(vector), await allocationOf(vector.given)))
})

async function allocationOf({ pool, steps }: JsonObject): Promise<JsonObject> {
  assert.ok(isObject(pool))
  const kind: Kind = pool.kind === 'config' ? 'config' : 'service'
  const paths = PATHS[kind]
  const world = worlds.provA
  const poolType = 'ip'
  const made = await server.admin.post(paths.pools, {
    name: 'pool',
    type: poolType,
    propertyType: 'json',
    generatorType: pool.generatorType,
    generatorConfig: pool.generatorConfig,
    ...(kind === 'service' ? { servicePoolSetId: world.setId } : { participantId: world.provider.id }),
  })
  // a configuration that upstream refuses when it is used is refused here when it is saved, in the same words
  if (made.status !== 201) return { results: list(steps).map(() => outcome(made)), final: [] }
  const poolId: string = made.body.id
  const holders = new Map<string, string>()
  const holderId = (name: string) => {
    const id = holders.get(name) ?? randomUUID()
    holders.set(name, id)
    return id
  }

  const perform = async (step: JsonObject): Promise<JsonObject> => {
    switch (step.op) {
      case 'add':
        return outcome(
          await server.admin.post(paths.values, { [paths.poolId]: poolId, name: step.name, value: step.value }),
        )
      case 'alloc':
        return taken(
          await allocate(world, {
            kind,
            poolType,
            holder: holderId(text(step.to)),
            property: text(step.property),
          }),
        )
      case 'release': {
        const release = kind === 'service' ? releaseServiceValues : releaseConfigValues
        await command((c) => release(c, holderId(text(step.of))))
        return { ok: true }
      }
      case 'delete': {
        const { body } = await server.admin.get(`${paths.values}?${paths.poolId}=${poolId}&name=${step.name}`)
        return outcome(await server.admin.delete(`${paths.values}/${body.items[0].id}`))
      }
      case 'deletePool':
        return outcome(await server.admin.delete(`${paths.pools}/${poolId}`))
      default:
        throw new Error(`step ${step.op} is not known`)
    }
  }
  const results: JsonObject[] = []
  for (const step of list(steps)) results.push(await perform(step))

  const { body } = await server.admin.get(`${paths.values}?${paths.poolId}=${poolId}&pageSize=100`)
  const names = new Map([...holders].map(([name, id]) => [id, name]))
  const final = body.items
    .map((row: { name: string; value: Json; propertyName?: string; [holder: string]: Json | undefined }) => ({
      name: row.name,
      value: row.value,
      to: names.get(String(row[paths.holder])) ?? null,
      property: row.propertyName ?? null,
    }))
    .toSorted((a: { name: string }, b: { name: string }) => byBytes(a.name, b.name))
  return { results, final }
}

function taken(result: { value: Json } | { error: string }): JsonObject {
  if ('value' in result) return { value: result.value }
  return { error: { kind: 'invalid_input', message: result.error.replace('failed to allocate from pool: ', '') } }
}

/** Texts of the request decoder, where upstream's domain speaks. */
const DECODER_TEXTS: Readonly<Record<string, string>> = {
  'pool value cannot be nil': 'value is required',
  'config pool value is required': 'value is required',
  'invalid input: unsupported pool generator type: random': 'generatorType: expected one of list, subnet, got string',
  'invalid input: unsupported config pool generator type: subnet':
    'invalid input: invalid generator type for config pool: subnet (must be list)',
}

/** The vector as this server answers: unclassified errors are 400, and what cannot be deleted because of something else is 409. */
function ours(vector: Vector): Vector {
  if (vector.quirk) return vector
  const steps = list(vector.given.steps)
  const results = list(vector.expect.results).map((result, index) => {
    if (!isObject(result.error)) return result
    const message = text(result.error.message)
    if (DECODER_TEXTS[message]) return { error: { kind: 'invalid_input', message: DECODER_TEXTS[message] } }
    if (text(steps[index]?.op).startsWith('delete'))
      return { error: { kind: 'conflict', message: message.replace('invalid input: ', 'conflict: ') } }
    if (result.error.kind === 'internal')
      return { error: { kind: 'invalid_input', message: `invalid input: ${message}` } }
    return result
  })
  return { ...vector, expect: { ...vector.expect, results } }
}

describe('which pools may stand beside each other, and which one is drawn from', () => {
  for (const vector of readVectors('pool-scope').vectors)
    test(vector.name, async () => assertVector(vector, { results: await scopeOf(list(vector.given.steps)) }))
})

async function scopeOf(steps: JsonObject[]): Promise<JsonObject[]> {
  const world = (name: string) => (name === 'provA' ? worlds.provA : worlds.provB)
  const sets = new Map<string, PoolWorld>()
  /** A set is named after its provider, as `provA-set1`. */
  const setOf = async (name: string) => {
    const owner = world(name.split('-')[0] ?? '')
    const known = sets.get(name)
    if (known) return known
    const setId = await created(server.admin, '/service-pool-sets', { name, providerId: owner.provider.id })
    const set = { ...owner, setId }
    sets.set(name, set)
    return set
  }
  const make = async (kind: Kind, step: JsonObject, owner: JsonObject): Promise<JsonObject> => {
    const pool = { name: 'p', type: step.type, propertyType: 'string', generatorType: 'list', ...owner }
    const reply = await server.admin.post(PATHS[kind].pools, pool)
    if (reply.status === 201) {
      const as = text(step.as)
      await created(server.admin, PATHS[kind].values, { [PATHS[kind].poolId]: reply.body.id, name: as, value: as })
    }
    return outcome(reply)
  }
  const pick = async (kind: Kind, step: JsonObject, from: PoolWorld): Promise<JsonObject> => {
    const poolType = text(step.type)
    const result = await allocate(from, { kind, poolType, holder: randomUUID(), property: 'p' })
    if ('value' in result) return { value: result.value }
    return { error: { kind: 'validation', errors: [{ path: 'p', message: `p: ${result.error}` }] } }
  }

  const results: JsonObject[] = []
  for (const step of steps)
    switch (step.op) {
      case 'createService':
        results.push(await make('service', step, { servicePoolSetId: (await setOf(text(step.set))).setId }))
        break
      case 'createConfig': {
        const participantId = step.participant === null ? null : world(text(step.participant)).provider.id
        results.push(await make('config', step, { participantId }))
        break
      }
      case 'pickService':
        results.push(await pick('service', step, await setOf(text(step.set))))
        break
      case 'pickConfig':
        results.push(await pick('config', step, world(text(step.provider))))
        break
      default:
        throw new Error(`step ${step.op} is not known`)
    }
  return results
}
