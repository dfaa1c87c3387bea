/** What goes wrong on the way: the source stays, or becomes again, what it was, and nothing of it is deleted. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { advanceMigration } from './migration-workflow.ts'
import { aMovableWorld, assertOnePrimary, eventually, holdDriver, type MovableWorld } from './testing/movable-world.ts'

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

const read = async (id: string) => (await server.admin.get(`/migrations/${id}`)).body

/** Goes on until nothing moves and no agent has anything to do. */
async function settle(id: string, { source, target }: MovableWorld) {
  for (let turns = 0; turns < 200; turns++) {
    if (await advanceMigration(server.platform, id)) continue
    if ((await source.work()) + (await target.work()) === 0) return read(id)
  }
  throw new Error('it does not come to rest')
}

async function begin(world: MovableWorld, wish: object = {}): Promise<{ id: string; serviceId: string }> {
  const serviceId = await world.service('rows')
  const { status, body } = await world.consumer.caller.post('/migrations', {
    serviceId,
    agentId: world.target.id,
    retrievalHours: 1,
    ...wish,
  })
  assert.equal(status, 201, JSON.stringify(body))
  return { id: body.id, serviceId }
}

async function assertSourceUntouched(world: MovableWorld, serviceId: string, id: string): Promise<void> {
  assert.equal(await assertOnePrimary(server, serviceId), serviceId)
  const { body } = await world.consumer.caller.get(`/services/${serviceId}`)
  assert.deepEqual([body.status, body.replacedBy], ['Started', undefined])
  assert.equal(world.source.writable.has(serviceId), true, 'it takes writes')
  assert.equal(world.source.rows.get(serviceId), 'rows')
  assert.equal(
    world.source.done.some(({ action, serviceId: of }) => action === 'delete' && of === serviceId),
    false,
  )
  assert.ok((await read(id)).actions.includes('cancel'))
}

/** At whom, which action, and the how-manieth of it. */
const STEPS = [
  ['source', 'export', 1, 'exporting'],
  ['target', 'create', 1, 'creating'],
  ['target', 'import', 1, 'importing'],
  ['source', 'quiesce', 1, 'quiescing'],
  ['source', 'export', 2, 'final-exporting'],
  ['target', 'import', 2, 'final-importing'],
] as const

for (const [side, action, nth, step] of STEPS)
  test(`a job that fails in ${step} leaves the source the primary and writable; a retry brings it home`, async () => {
    const world = await aMovableWorld(server)
    const { id, serviceId } = await begin(world)
    let seen = 0
    world[side].mood = {
      fail: (asked) => (asked === action && ++seen === nth ? 'the disk is full' : undefined),
    }
    const failed = await settle(id, world)
    assert.deepEqual([failed.state, failed.failure?.step], ['failed', step], JSON.stringify(failed))
    assert.match(failed.failure.reason, /the disk is full/)
    assert.ok(failed.failure.helps.length > 0)
    await assertSourceUntouched(world, serviceId, id)
    // what failed holds nothing: its owner may work with it
    assert.equal((await world.consumer.caller.patch(`/services/${serviceId}`, { name: 'mine' })).status, 200)

    world[side].mood = {}
    assert.equal((await world.consumer.caller.post(`/migrations/${id}/retry`)).status, 200)
    const done = await settle(id, world)
    assert.deepEqual([done.state, done.verification], ['retaining', 'verified'], JSON.stringify(done))
    assert.equal(await assertOnePrimary(server, serviceId), done.targetServiceId)
    assert.equal(world.target.rows.get(done.targetServiceId), 'rows')
  })

test('contents that differ are never cut over to, and the source is never deleted', async () => {
  const world = await aMovableWorld(server)
  const { id, serviceId } = await begin(world)
  world.target.mood = { digest: () => 'not what was exported' }
  const failed = await settle(id, world)
  assert.deepEqual([failed.state, failed.verification, failed.failure.step], ['failed', 'mismatch', 'verifying'])
  await assertSourceUntouched(world, serviceId, id)
  // only in the last round
  let seen = 0
  world.target.mood = { digest: (digest) => (++seen === 2 ? 'not what was exported' : digest) }
  await world.consumer.caller.post(`/migrations/${id}/retry`)
  const again = await settle(id, world)
  assert.deepEqual([again.state, again.failure.step], ['failed', 'final-verifying'])
  await assertSourceUntouched(world, serviceId, id)
  await world.consumer.caller.post(`/migrations/${id}/cancel`)
  assert.equal((await settle(id, world)).state, 'cancelled')
})

test('without a digest it says unverified, and the source is kept until somebody deletes it', async () => {
  const world = await aMovableWorld(server)
  world.source.mood = { digest: () => undefined }
  const { id, serviceId } = await begin(world, { retrievalHours: 0 })
  const kept = await settle(id, world)
  assert.deepEqual([kept.state, kept.verification, kept.retainUntil], ['retaining', 'unverified', undefined])
  assert.match(kept.waiting.summary, /until somebody deletes it/)
  const resume = await world.consumer.caller.post(`/services/${serviceId}/resume`)
  assert.equal(resume.status, 409, 'a second primary')
  assert.match(resume.body.error, new RegExp(id))
  assert.equal((await world.consumer.caller.delete(`/services/${serviceId}`)).status, 204)
  assert.equal((await settle(id, world)).state, 'done')
})

test('a rollback after the cut-over needs the word that writes are lost, and makes the source count again', async () => {
  const world = await aMovableWorld(server)
  const { id, serviceId } = await begin(world)
  const moved = await settle(id, world)
  assert.equal(moved.state, 'retaining')
  const refused = await world.consumer.caller.post(`/migrations/${id}/rollback`, {})
  assert.equal(refused.status, 409)
  assert.match(refused.body.error, /loses nothing, or say acceptWriteLoss/)
  const asked = await world.consumer.caller.post(`/migrations/${id}/rollback`, { acceptWriteLoss: true })
  assert.equal(asked.status, 200, JSON.stringify(asked.body))
  const back = await settle(id, world)
  assert.equal(back.state, 'rolled-back', JSON.stringify(back))
  assert.equal(await assertOnePrimary(server, serviceId), serviceId)
  assert.equal(world.source.writable.has(serviceId), true)
  assert.equal(world.target.rows.has(moved.targetServiceId), false)
  const { body } = await world.consumer.caller.get(`/services/${serviceId}`)
  assert.equal(body.replacedBy, undefined)
})

test('what would break a migration is refused with its name, and a pause starts no further step', async () => {
  const world = await aMovableWorld(server)
  const { id, serviceId } = await begin(world, { cutOver: 'manual' })
  for (const action of ['quiesce', 'export', 'delete']) {
    const reply = await world.consumer.caller.post(`/services/${serviceId}/${action}`)
    assert.equal(reply.status, 409)
    assert.match(reply.body.error, new RegExp(`source of migration ${id}`))
  }
  assert.equal((await world.consumer.caller.patch(`/services/${serviceId}`, { properties: { size: 9 } })).status, 409)
  await world.consumer.caller.post(`/migrations/${id}/pause`)
  const paused = await settle(id, world)
  assert.deepEqual([paused.state, paused.paused], ['queued', true])
  await world.consumer.caller.post(`/migrations/${id}/resume`)
  const ready = await settle(id, world)
  assert.equal(ready.state, 'ready')
  assert.match(ready.waiting.summary, /word of a person/)
  const target = await world.consumer.caller.delete(`/services/${ready.targetServiceId}`)
  assert.equal(target.status, 409)
  assert.equal((await world.consumer.caller.post(`/migrations/${id}/cut-over`)).status, 200)
  assert.equal((await settle(id, world)).state, 'retaining')
})

test('a type without quiescing is refused without the word, and says what was lost with it', async () => {
  const world = await aMovableWorld(server, {
    exportAction: 'export',
    importAction: 'import',
    exportFormats: ['rows'],
    importFormats: ['rows'],
  })
  const serviceId = await world.service('rows')
  const wish = { serviceId, agentId: world.target.id }
  const refused = await world.consumer.caller.post('/migrations', wish)
  assert.equal(refused.status, 400)
  assert.match(refused.body.error, /acceptWriteLoss/)
  const { body } = await world.consumer.caller.post('/migrations', { ...wish, acceptWriteLoss: true })
  const moved = await settle(body.id, world)
  assert.deepEqual([moved.state, moved.fence], ['retaining', 'impossible'])
  assert.ok(moved.rpoSeconds > 0)
})

test('an agent of another provider is chosen, and of the source’s provider none', async () => {
  const world = await aMovableWorld(server)
  const serviceId = await world.service('rows')
  const { body, status } = await world.consumer.caller.post('/migrations', { serviceId })
  assert.equal(status, 201, JSON.stringify(body))
  assert.equal(body.targetAgentId, world.target.id)
  await eventually(
    () => read(body.id),
    ({ state }) => state === 'queued',
  )
  const again = await world.consumer.caller.post('/migrations', { serviceId, agentId: world.source.id })
  assert.ok([400, 409].includes(again.status))
})
