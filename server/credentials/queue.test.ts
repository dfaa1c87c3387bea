/** The queue of credentials: shared by servers, kept over restarts, and empty of fetches where nobody is believed. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import { type Caller, startTestServer, type TestServer, testDatabase } from '../testing/test-server.ts'
import { claimDue, lockClaimed, releaseClaim } from './credential-store.ts'
import { startTestIssuers, type TestIssuers } from './testing/issuer.ts'

let issuers: TestIssuers
/** It believes nobody, so that what is handed in stays where it is. */
let quiet: TestServer
let provider: { id: string; caller: Caller }

before(async () => {
  issuers = await startTestIssuers()
  quiet = await startTestServer()
})
after(async () => {
  await quiet?.stop()
  await issuers?.stop()
})
beforeEach(async () => {
  await quiet.platform.db.deleteFrom('credentials').execute()
  provider = await quiet.participant(randomUUID())
  issuers.provider.alsoKnownAs = [`urn:uuid:${provider.id}`]
  await issuers.provider.publish()
})

async function handIn(): Promise<string> {
  const jwt = await issuers.sign(issuers.offering(issuers.provider), issuers.provider)
  const { status, body } = await provider.caller.post('/credentials', { participantId: provider.id, jwt })
  assert.equal(status, 201)
  return body.id
}

async function until(admin: Caller, id: string, holds: (credential: { state: string }) => boolean) {
  const end = Date.now() + 20_000
  for (;;) {
    const { body } = await admin.get(`/credentials/${id}`)
    if (holds(body)) return body
    assert.ok(Date.now() < end, JSON.stringify(body))
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const claim = (now: Date, limit = 10) =>
  claimDue(quiet.platform.db, { now, until: new Date(now.getTime() + 1_000), limit, onlyVerified: false })
const later = (ms: number) => new Date(Date.now() + 1_000 + ms)

test('several servers that take at the same time take different ones', async () => {
  for (let n = 0; n < 12; n++) await handIn()
  const now = later(0)
  const taken = await Promise.all([1, 2, 3, 4, 5, 6].map(() => claim(now, 3)))
  const ids = taken.flat().map(({ id }) => id)
  assert.equal(new Set(ids).size, ids.length)
  assert.equal(ids.length, 12)
  assert.deepEqual(await claim(now), [])
})

test('who has taken one loses it when its time is over, and may give it back before', async () => {
  const id = await handIn()
  const [first] = await claim(later(0))
  assert.ok(first)
  assert.deepEqual(await claim(later(500)), [])
  const [second] = await claim(later(2_000))
  assert.equal(second?.id, id)
  const holds = (row: typeof first) => quiet.platform.db.transaction().execute((tx) => lockClaimed(tx, row))
  // the result of the first would be thrown away
  assert.equal(await holds(first), null)
  assert.ok(second && (await holds(second)))
  await releaseClaim(quiet.platform.db, first)
  assert.deepEqual(await claim(later(2_500)), [])
  await releaseClaim(quiet.platform.db, second)
  assert.equal((await claim(later(2_500))).length, 1)
})

test('without trust anchors nothing is verified and nothing fetched, and the answer says so', async () => {
  const id = await handIn()
  issuers.host.requests.length = 0
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  const { body } = await provider.caller.get(`/credentials/${id}`)
  assert.deepEqual([body.state, body.checks], ['pending', []])
  assert.match(body.detail, /no trust anchors/)
  assert.deepEqual(issuers.host.requests, [])
})

test('what was handed in before a restart is verified after it, once; without anchors it does not hold any more', async () => {
  const database = await testDatabase()
  const start = (environment = {}) => startTestServer({ ...environment, FULCRUM_DB_DSN: database.url })
  try {
    const first = await start()
    const { id: participantId, caller } = await first.participant('restarted')
    issuers.provider.alsoKnownAs = [`urn:uuid:${participantId}`]
    await issuers.provider.publish()
    const jwt = await issuers.sign(issuers.offering(issuers.provider), issuers.provider)
    const { id } = (await caller.post('/credentials', { participantId, jwt })).body
    await first.stop()

    const believing = await Promise.all([start(issuers.environment), start(issuers.environment)])
    const [second] = believing
    await until(second.admin, id, ({ state }) => state === 'verified')
    const { body: events } = await second.admin.get(`/events?entityId=${id}`)
    assert.deepEqual(events.items.map(({ type }: { type: string }) => type).toSorted(), [
      'credential.created',
      'credential.verified',
    ])
    for (const server of believing) await server.stop()

    const last = await start()
    issuers.host.requests.length = 0
    await last.platform.db
      .updateTable('credentials')
      .set({ next_check_at: new Date(0) })
      .execute()
    const failed = await until(last.admin, id, ({ state }) => state === 'failed')
    assert.equal(failed.reason, 'CHAIN')
    assert.deepEqual(issuers.host.requests, [])
    await last.stop()
  } finally {
    await database.drop()
  }
})
