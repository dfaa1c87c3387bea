/**
 * Whatever dies at whatever moment: a migration ends right. The driver is struck down before statements of every
 * transaction, two servers drive at once, and a server is replaced by another one on the way.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { KyselyPlugin } from 'kysely'
import { sql } from 'kysely'
import type { Platform } from '../platform/context.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { advanceMigration } from './migration-workflow.ts'
import { aMovableWorld, assertOnePrimary, aVaultCopy, holdDriver, type MovableWorld } from './testing/movable-world.ts'

let server: TestServer
let giveBack: () => Promise<void>
before(async () => {
  server = await startTestServer()
  giveBack = await holdDriver(server.database)
})
after(async () => {
  await giveBack()
  await server.stop()
})

class Crash extends Error {}

/** The process dies before its n-th statement. */
function crashingAt(n: number): { plugin: KyselyPlugin; crashed: () => boolean } {
  let count = 0
  let crashed = false
  return {
    crashed: () => crashed,
    plugin: {
      transformQuery: ({ node }) => {
        if (++count < n) return node
        crashed = true
        throw new Crash()
      },
      transformResult: async ({ result }) => result,
    },
  }
}

/** Every statement of a step would take minutes in all: of each step some, of many steps all. */
const STRIDE = 7
let offset = 0

/** One step, after dying before several of its statements. @returns whether it moved, and how often it died */
async function stepThroughCrashes(id: string): Promise<{ moved: boolean; crashes: number }> {
  let crashes = 0
  for (let n = 1 + (offset++ % STRIDE); ; n += STRIDE) {
    const { plugin, crashed } = crashingAt(n)
    const dying: Platform = { ...server.platform, db: server.platform.db.withPlugin(plugin) }
    try {
      const moved = await advanceMigration(dying, id)
      if (!crashed()) return { moved, crashes }
    } catch (error) {
      if (!(error instanceof Crash)) throw error
    }
    crashes++
  }
}

async function runThroughCrashes(id: string, sourceId: string, { source, target }: MovableWorld) {
  let crashes = 0
  for (let turns = 0; turns < 60; turns++) {
    const step = await stepThroughCrashes(id)
    crashes += step.crashes
    const worked = step.moved ? 0 : (await source.work()) + (await target.work())
    await assertOnePrimary(server, sourceId)
    const { body } = await server.admin.get(`/migrations/${id}`)
    if (body.endedAt || (!step.moved && worked === 0)) return { migration: body, crashes }
  }
  throw new Error('it does not come to an end')
}

const actionsOf = (world: MovableWorld, id: string) =>
  [...world.source.done, ...world.target.done].filter(({ serviceId }) => serviceId === id).map(({ action }) => action)

async function servicesOfGroup({ groupId }: MovableWorld): Promise<number> {
  return (await server.admin.get(`/services?groupId=${groupId}`)).body.totalItems
}

describe('a driver that dies within every step', () => {
  test('moves a live service all the same: every job once, one target', async () => {
    const world = await aMovableWorld(server)
    const serviceId = await world.service('rows')
    const { body } = await world.consumer.caller.post('/migrations', {
      serviceId,
      agentId: world.target.id,
      retrievalHours: 0,
    })
    const { migration, crashes } = await runThroughCrashes(body.id, serviceId, world)
    assert.equal(migration.state, 'done', JSON.stringify(migration))
    assert.ok(crashes > 30, `${crashes} crashes`)
    assert.equal(await servicesOfGroup(world), 2)
    assert.deepEqual(actionsOf(world, serviceId), ['create', 'export', 'quiesce', 'export', 'delete'])
    assert.deepEqual(actionsOf(world, migration.targetServiceId), ['create', 'import', 'import'])
    assert.equal(world.target.rows.get(migration.targetServiceId), 'rows')
  })

  test('moves a service from the vault all the same, and stops the source when it comes back', async () => {
    const world = await aMovableWorld(server)
    const serviceId = await world.service('rows of the copy')
    await aVaultCopy(server, world.source, serviceId)
    world.source.mood = { ignore: () => true }
    const { body } = await world.consumer.caller.post('/migrations', {
      serviceId,
      agentId: world.target.id,
      from: 'vault',
      retrievalHours: 0,
    })
    const { migration } = await runThroughCrashes(body.id, serviceId, world)
    assert.deepEqual([migration.state, migration.fence], ['retaining', 'pending'], JSON.stringify(migration))
    assert.match(migration.waiting.summary, /first job/)
    world.source.mood = {}
    const { body: first } = await world.source.caller.get('/jobs/pending')
    assert.deepEqual(
      first.map(({ action, priority }: { action: string; priority: number }) => [action, priority]),
      [['quiesce', 1_000]],
    )
    const ended = await runThroughCrashes(body.id, serviceId, world)
    assert.deepEqual([ended.migration.state, ended.migration.fence], ['done', 'done'])
    assert.equal(world.source.writable.has(serviceId), false)
    assert.equal(world.target.rows.get(migration.targetServiceId), 'rows of the copy')
    assert.ok(migration.rpoSeconds > 0)
  })

  test('goes back all the same when it is cancelled, at every step', async () => {
    for (let stop = 1; stop <= 14; stop += 3) {
      const world = await aMovableWorld(server)
      const serviceId = await world.service('rows')
      const { body } = await world.consumer.caller.post('/migrations', { serviceId, agentId: world.target.id })
      for (let turn = 0; turn < stop; turn++)
        if (!(await advanceMigration(server.platform, body.id)))
          (await world.source.work()) + (await world.target.work())
      const asked = await world.consumer.caller.post(`/migrations/${body.id}/cancel`)
      assert.equal(asked.status, 200, JSON.stringify(asked.body))
      const { migration } = await runThroughCrashes(body.id, serviceId, world)
      assert.equal(migration.state, 'cancelled', `after ${stop}: ${JSON.stringify(migration)}`)
      const source = (await world.consumer.caller.get(`/services/${serviceId}`)).body
      assert.deepEqual([source.status, source.replacedBy], ['Started', undefined], `after ${stop}`)
      assert.equal(world.source.writable.has(serviceId), true)
      assert.equal((await world.consumer.caller.patch(`/services/${serviceId}`, { name: 'free again' })).status, 200)
      if (migration.targetServiceId) {
        const target = (await world.consumer.caller.get(`/services/${migration.targetServiceId}`)).body
        assert.ok(['Deleted', 'New', 'Failed'].includes(target.status), target.status)
      }
    }
  })
})

test('two servers that drive at the same time do every step once', async () => {
  const second = await startTestServer({ FULCRUM_DB_DSN: server.database })
  try {
    const world = await aMovableWorld(server)
    const serviceId = await world.service('rows')
    const wish = { serviceId, agentId: world.target.id, retrievalHours: 0 }
    // one of two at once is refused
    const both = await Promise.all([0, 1].map(() => world.consumer.caller.post('/migrations', wish)))
    assert.deepEqual(both.map(({ status }) => status).toSorted(), [201, 409])
    const id = both.find(({ status }) => status === 201)?.body.id
    assert.match(both.find(({ status }) => status === 409)?.body.error, new RegExp(id))
    for (let turns = 0; turns < 80; turns++) {
      const platforms = [server.platform, second.platform, server.platform, second.platform]
      const moved = await Promise.all(platforms.map((platform) => advanceMigration(platform, id)))
      if (!moved.includes(true)) await Promise.all([world.source.work(), world.target.work()])
      if ((await server.admin.get(`/migrations/${id}`)).body.endedAt) break
    }
    const done = (await server.admin.get(`/migrations/${id}`)).body
    assert.equal(done.state, 'done', JSON.stringify(done))
    assert.deepEqual(actionsOf(world, serviceId), ['create', 'export', 'quiesce', 'export', 'delete'])
    assert.deepEqual(actionsOf(world, done.targetServiceId), ['create', 'import', 'import'])
    const { rows } = await sql<{ count: number }>`
      SELECT count(*) AS count FROM event_inbox WHERE entity_id = ${id} AND type = 'migration.cut_over'
        AND consumer_id IS NOT NULL
      UNION ALL SELECT count(*) FROM events WHERE entity_id = ${id} AND type = 'migration.cut_over'
        AND consumer_id IS NOT NULL`.execute(server.platform.db)
    assert.equal(
      rows.reduce((sum, { count }) => sum + Number(count), 0),
      1,
    )
  } finally {
    await second.stop()
  }
})
