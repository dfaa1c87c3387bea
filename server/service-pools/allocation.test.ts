/** Allocation against a real PostgreSQL: what races, what waits, what comes back. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Json } from '@fulcrum/schema'
import { sql } from 'kysely'
import { type Command, runCommand, SYSTEM } from '../platform/command.ts'
import { connect, type Db } from '../platform/db.ts'
import { parseDsn } from '../platform/dsn.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { allocateServiceValue, releaseServiceValues } from './allocation.ts'
import { aPoolWorld, created, createPool, insertService, type PoolWorld } from './testing/pool-world.ts'

const PARALLEL = 32
const BOUND_MS = 10_000

let server: TestServer
/** Enough connections that all orders of a race are inside their transactions at the same time. */
let db: Db
before(async () => {
  server = await startTestServer()
  db = connect({ ...parseDsn(server.database), max: PARALLEL + 2 })
})
after(async () => {
  await db.destroy()
  await server.stop()
})

type Taken = { value: Json } | { error: string }

/** Runs an order: a service's row and one value. `hold` runs inside the transaction, behind the allocation. */
function order(
  world: PoolWorld,
  { serviceId = randomUUID(), ready, hold }: { serviceId?: string; ready?: Promise<void>; hold?: Hold } = {},
): Promise<Taken> {
  return command(async (c) => {
    await insertService(c.tx, world, serviceId)
    await ready
    const taken = await allocateServiceValue(c, {
      poolSetId: world.setId,
      poolType: 'ip',
      serviceId,
      propertyName: 'ip',
    })
    await hold?.(taken)
    return taken
  })
}
type Hold = (taken: Taken) => Promise<void>

function command<T>(run: (c: Command) => Promise<T>): Promise<T> {
  return runCommand({ db, signals: server.platform.signals, now: () => new Date() }, SYSTEM, run)
}

/** All orders are inside their transactions before the first of them allocates. */
async function race(world: PoolWorld, count: number): Promise<Taken[]> {
  const barrier = Promise.withResolvers<void>()
  const orders = Array.from({ length: count }, () => order(world, { ready: barrier.promise }))
  try {
    await until('all orders are open', async () => (await activity('idle in transaction')) === count)
  } finally {
    barrier.resolve()
  }
  return Promise.all(orders)
}

async function activity(state: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND state = ${state}`.execute(db)
  return rows[0]?.n ?? 0
}

async function someoneWaits(): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0 LIMIT 1`.execute(db)
  return rows.length > 0
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + BOUND_MS; !(await holds()); await sleep(5))
    assert.ok(performance.now() < end, `never happened: ${what}`)
}

async function addValues(poolId: string, names: readonly string[]): Promise<void> {
  for (const name of names)
    await created(server.admin, '/service-pool-values', { servicePoolId: poolId, name, value: name })
}

function values(taken: readonly Taken[]): Json[] {
  return taken.flatMap((one) => ('value' in one ? [one.value] : []))
}

const NO_VALUES = 'failed to allocate from pool: invalid input: no available values in pool'
const EXHAUSTED = 'failed to allocate from pool: invalid input: subnet exhausted: no available IPs in pool'

describe('lists', () => {
  // without FOR UPDATE in takeListValue most orders get the value with the lowest name, and each overwrites its holder
  test(`${PARALLEL} orders at once get ${PARALLEL} different values, and one more gets none`, async () => {
    const world = await aPoolWorld(server)
    const names = Array.from({ length: PARALLEL }, (_, index) => `v${String(index).padStart(2, '0')}`)
    await addValues(await createPool(server, world, {}), names)
    const taken = await race(world, PARALLEL)
    assert.deepEqual(values(taken).toSorted(), names)
    assert.deepEqual(await order(world), { error: NO_VALUES })
  })

  test('more orders than values: each value goes once, the others are refused', async () => {
    const world = await aPoolWorld(server)
    await addValues(await createPool(server, world, {}), ['a', 'b', 'c'])
    const taken = await race(world, PARALLEL)
    assert.deepEqual(values(taken).toSorted(), ['a', 'b', 'c'])
    assert.equal(taken.filter((one) => 'error' in one && one.error === NO_VALUES).length, PARALLEL - 3)
  })

  // without the second look in takeListValue the other order is refused although its value comes free a moment later
  test('the last value, held by an order that is rolled back, goes to the one that waits for it', async () => {
    const world = await aPoolWorld(server)
    await addValues(await createPool(server, world, {}), ['last'])
    const [first, second] = await twoForTheLast(world, 'roll back')
    assert.deepEqual(first, 'rolled back')
    assert.deepEqual(second, { value: 'last' })
  })

  test('the last value, held by an order that is committed, is gone for the one that waits for it', async () => {
    const world = await aPoolWorld(server)
    await addValues(await createPool(server, world, {}), ['last'])
    const [first, second] = await twoForTheLast(world, 'commit')
    assert.deepEqual(first, { value: 'last' })
    assert.deepEqual(second, { error: NO_VALUES })
  })

  test('a released value is given again', async () => {
    const world = await aPoolWorld(server)
    await addValues(await createPool(server, world, {}), ['one'])
    const serviceId = randomUUID()
    assert.deepEqual(await order(world, { serviceId }), { value: 'one' })
    assert.deepEqual(await order(world), { error: NO_VALUES })
    await command((c) => releaseServiceValues(c, serviceId))
    assert.deepEqual(await order(world), { value: 'one' })
  })
})

/** One order holds the pool's last value while another asks; then the first ends in the given way. */
async function twoForTheLast(world: PoolWorld, end: 'commit' | 'roll back'): Promise<[Taken | string, Taken]> {
  const held = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  const first = order(world, {
    hold: async () => {
      held.resolve()
      await go.promise
      if (end === 'roll back') throw new Error('rolled back')
    },
  }).catch((error: Error) => error.message)
  await held.promise
  const second = order(world)
  try {
    await until('the second order waits', someoneWaits)
  } finally {
    go.resolve()
  }
  return Promise.all([first, second])
}

describe('subnets', () => {
  // without FOR UPDATE in lockPoolForSearch the orders compute the same address and all but one break on the unique index
  test(`${PARALLEL} orders at once get the ${PARALLEL} lowest addresses`, async () => {
    const world = await aPoolWorld(server)
    await createPool(server, world, { generatorConfig: { cidr: '10.9.0.0/24', excludeFirst: 2 } })
    const taken = values(await race(world, PARALLEL))
    assert.deepEqual(new Set(taken), new Set(Array.from({ length: PARALLEL }, (_, index) => `10.9.0.${index + 2}`)))
    assert.equal(taken.length, PARALLEL)
  })

  test('a block is given to its last address, then it is exhausted', async () => {
    const world = await aPoolWorld(server)
    await createPool(server, world, { generatorConfig: { cidr: '10.9.1.0/29', excludeFirst: 1, excludeLast: 1 } })
    const taken = await race(world, 8)
    assert.equal(new Set(values(taken)).size, 6)
    assert.deepEqual(
      taken.flatMap((one) => ('error' in one ? [one.error] : [])),
      [EXHAUSTED, EXHAUSTED],
    )
  })

  test('a refused order gives its address back', async () => {
    const world = await aPoolWorld(server)
    await createPool(server, world, { generatorConfig: { cidr: '10.9.2.4/32' } })
    await assert.rejects(
      order(world, {
        hold: async (taken) => {
          assert.deepEqual(taken, { value: '10.9.2.4' })
          throw new Error('refused after all')
        },
      }),
      /refused after all/,
    )
    assert.deepEqual(await order(world), { value: '10.9.2.4' })
  })

  test('an IPv6 /64 gives addresses, and its provider sees them', async () => {
    const world = await aPoolWorld(server)
    const poolId = await createPool(server, world, { generatorConfig: { cidr: '2001:db8:7::/64', excludeFirst: 1 } })
    const serviceId = randomUUID()
    assert.deepEqual(await order(world, { serviceId }), { value: '2001:db8:7::1' })
    assert.deepEqual(await order(world), { value: '2001:db8:7::2' })
    const { body } = await world.provider.caller.get(`/service-pool-values?servicePoolId=${poolId}&sort=name`)
    assert.deepEqual([body.totalItems, body.items[0].value], [2, '2001:db8:7::1'])
    assert.deepEqual([body.items[0].serviceId, body.items[0].service.id], [serviceId, serviceId])
    assert.equal(body.items[0].propertyName, 'ip')
  })

  test('the search goes on where it ended, and an address below that comes free by its deletion is found', async () => {
    const world = await aPoolWorld(server)
    const poolId = await createPool(server, world, { generatorConfig: { cidr: '2001:db8:8::/64' } })
    // so far along that a search from the start would not end within this test
    await sql`UPDATE service_pools SET next_offset = ${String(2n ** 62n)}::numeric WHERE id = ${poolId}`.execute(db)
    const value = '2001:db8:8:0:4000::'
    const serviceId = randomUUID()
    assert.deepEqual(await order(world, { serviceId }), { value })
    await command((c) => releaseServiceValues(c, serviceId))
    const { body } = await server.admin.get(`/service-pool-values?servicePoolId=${poolId}`)
    assert.equal((await server.admin.delete(`/service-pool-values/${body.items[0].id}`)).status, 204)
    assert.deepEqual(await order(world), { value })
    assert.deepEqual(await order(world), { value: '2001:db8:8:0:4000::1' })
  })

  test('hand-made values count as taken, however many stand in a row', async () => {
    const world = await aPoolWorld(server)
    const poolId = await createPool(server, world, { generatorConfig: { cidr: '10.9.3.0/24' } })
    await sql`
      INSERT INTO service_pool_values (id, name, value, service_pool_id, provider_id, created_at, updated_at)
      SELECT gen_random_uuid(), 'reserved', to_jsonb('10.9.3.' || i), ${poolId}, ${world.provider.id}, now(), now()
      FROM generate_series(0, 199) i`.execute(db)
    assert.deepEqual(await order(world), { value: '10.9.3.200' })
  })

  test('a released address outside the block, or excluded by now, is not given', async () => {
    const world = await aPoolWorld(server)
    const poolId = await createPool(server, world, { generatorConfig: { cidr: '10.9.4.0/30' } })
    const services = [randomUUID(), randomUUID()]
    for (const serviceId of services) await order(world, { serviceId })
    for (const serviceId of services) await command((c) => releaseServiceValues(c, serviceId))
    await server.admin.patch(`/service-pools/${poolId}`, { generatorConfig: { cidr: '10.9.4.0/30', excludeFirst: 1 } })
    assert.deepEqual(await order(world), { value: '10.9.4.1' })
    await server.admin.patch(`/service-pools/${poolId}`, { generatorConfig: { cidr: '10.9.5.0/30' } })
    assert.deepEqual(await order(world), { value: '10.9.5.0' })
  })

  // reading the configuration before the lock instead of under it gives an address of the old block
  test('an order that waits for a change of the block draws from the new one', async () => {
    const world = await aPoolWorld(server)
    const poolId = await createPool(server, world, { generatorConfig: { cidr: '10.9.6.0/30' } })
    const waiting = await db.transaction().execute(async (tx) => {
      await sql`
        UPDATE service_pools SET generator_config = '{"cidr": "10.9.7.0/30"}', next_offset = 0 WHERE id = ${poolId}`.execute(
        tx,
      )
      const second = order(world)
      await until('the order waits', someoneWaits)
      return { second }
    })
    assert.deepEqual(await waiting.second, { value: '10.9.7.0' })
  })
})

describe('without a pool', () => {
  test('the contract names what is missing', async () => {
    const world = await aPoolWorld(server)
    const ask = (poolSetId: string | null, poolType: string) =>
      command((c) => allocateServiceValue(c, { poolSetId, poolType, serviceId: randomUUID(), propertyName: 'ip' }))
    assert.deepEqual(await ask(null, 'ip'), { error: 'agent does not have a pool set configured' })
    assert.deepEqual(await ask(world.setId, 'ip'), { error: "no pool found with type 'ip' in pool set" })
    await createPool(server, world, { type: 'ip' })
    assert.deepEqual(await ask(world.setId, 'IP'), { error: "no pool found with type 'IP' in pool set" })
  })
})
