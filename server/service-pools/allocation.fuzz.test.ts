/** Pools against a model, on a real database: no value twice, what is freed comes back, exhausted exactly when it is. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { type Command, runCommand, SYSTEM } from '../platform/command.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { allocateServiceValue, releaseServiceValues } from './allocation.ts'
import { addressAt, offsetOf, readSubnet } from './subnet.ts'
import { aPoolWorld, created, createPool, insertService, type PoolWorld } from './testing/pool-world.ts'

let server: TestServer
let world: PoolWorld
before(async () => {
  server = await startTestServer()
  world = await aPoolWorld(server)
})
after(() => server.stop())

function command<T>(run: (c: Command) => Promise<T>): Promise<T> {
  return runCommand(server.platform, SYSTEM, run)
}

type Step =
  | { kind: 'order' }
  | { kind: 'refused' }
  | { kind: 'end'; which: number }
  | { kind: 'parallel'; count: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Step>({ kind: 'order' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'refused' }) },
  { weight: 3, arbitrary: fc.nat().map((which): Step => ({ kind: 'end', which })) },
  { weight: 1, arbitrary: fc.integer({ min: 2, max: 4 }).map((count): Step => ({ kind: 'parallel', count })) },
)

class Undo extends Error {}

/** Runs the steps, and holds each result against the values of which nobody has one yet. */
async function follow(steps: readonly Step[], poolType: string, all: readonly string[]): Promise<void> {
  const free = new Set(all)
  const held: { serviceId: string; value: string }[] = []
  const order = (undo = false) =>
    command(async (c) => {
      const serviceId = randomUUID()
      await insertService(c.tx, world, serviceId)
      const request = { poolSetId: world.setId, poolType, serviceId, propertyName: 'ip' }
      const taken = await allocateServiceValue(c, request)
      if (undo) throw new Undo()
      return { serviceId, taken }
    })
  const take = ({ serviceId, taken }: Awaited<ReturnType<typeof order>>) => {
    if ('error' in taken) {
      assert.match(taken.error, /no available/)
      return false
    }
    const value = String(taken.value)
    assert.ok(free.delete(value), `${value} was not free`)
    held.push({ serviceId, value })
    return true
  }
  for (const one of steps)
    switch (one.kind) {
      case 'order': {
        const any = free.size > 0
        assert.equal(take(await order()), any, `${free.size} are free`)
        break
      }
      case 'refused':
        await assert.rejects(order(true), Undo)
        break
      case 'parallel': {
        const wanted = Math.min(one.count, free.size)
        const results = await Promise.all(Array.from({ length: one.count }, () => order()))
        assert.equal(results.map(take).filter(Boolean).length, wanted)
        break
      }
      case 'end': {
        const [ended] = held.splice(one.which % Math.max(held.length, 1), 1)
        if (!ended) break
        await command((c) => releaseServiceValues(c, ended.serviceId))
        free.add(ended.value)
      }
    }
  // whatever happened before, exactly what is free can still be taken
  while (free.size > 0) assert.ok(take(await order()), `${[...free]} cannot be taken`)
  assert.equal(take(await order()), false)
}

const RUNS = { numRuns: 12, interruptAfterTimeLimit: 6_000 }

test('a list', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 4 }), fc.array(step, { maxLength: 12 }), async (size, steps) => {
      const type = randomUUID()
      const poolId = await createPool(server, world, { type })
      const names = Array.from({ length: size }, (_, index) => `v${index}`)
      for (const name of names)
        await created(server.admin, '/service-pool-values', { servicePoolId: poolId, name, value: name })
      await follow(steps, type, names)
    }),
    RUNS,
  )
})

test('a subnet', async () => {
  const config = fc.record({
    cidr: fc.constantFrom('10.0.0.0/29', '10.0.0.9/30', '192.0.2.1/32', '2001:db8::/125', 'fe80::ffff/128'),
    excludeFirst: fc.integer({ min: 0, max: 3 }),
    excludeLast: fc.integer({ min: 0, max: 3 }),
  })
  await fc.assert(
    fc.asyncProperty(config, fc.array(step, { maxLength: 12 }), async (generatorConfig, steps) => {
      const type = randomUUID()
      await createPool(server, world, { type, generatorConfig })
      const subnet = readSubnet(generatorConfig)
      const count = Math.max(0, Number(subnet.end - subnet.first))
      const all = Array.from({ length: count }, (_, index) => addressAt(subnet, subnet.first + BigInt(index)))
      await follow(steps, type, all)
    }),
    RUNS,
  )
})

test('an address and its offset belong together, in every subnet', () => {
  const cidr = fc.oneof(
    fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })),
    fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })),
  )
  fc.assert(
    fc.property(cidr, fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), ([address, prefix], any) => {
      const subnet = readSubnet({ cidr: `${address}/${prefix}` })
      const offset = any % subnet.end
      const text = addressAt(subnet, offset)
      assert.equal(offsetOf(subnet, text), offset, text)
      assert.ok((offsetOf(subnet, address) ?? subnet.end) < subnet.end)
    }),
    { numRuns: 2_000 },
  )
})
