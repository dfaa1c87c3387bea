/** Consumers of events over HTTP: one holds the lease whatever races, and none ever misses an event. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { appendEvent } from '../events/index.ts'
import { runCommand, SYSTEM } from '../platform/command.ts'
import { aFederation, type TestFederation } from '../testing/federation.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
let federation: TestFederation
before(async () => {
  server = await startTestServer({ FULCRUM_DB_POOL_SIZE: '24' })
  federation = await aFederation(server)
  await federation.order()
  await numbered()
})
after(() => server.stop())

const lease = (subscriberId: string, instanceId: string, more: object = {}) =>
  server.admin.post('/events/lease', { subscriberId, instanceId, ...more })
const ack = (subscriberId: string, instanceId: string, lastEventSequenceProcessed: number) =>
  server.admin.post('/events/ack', { subscriberId, instanceId, lastEventSequenceProcessed })
const endLease = (subscriberId: string) =>
  sql`UPDATE event_subscriptions SET lease_expires_at = now() WHERE subscriber_id = ${subscriberId}`.execute(
    server.platform.db,
  )

/** Until everything that was written has its number: transactions of whatever database of this PostgreSQL hold it back. */
async function numbered(): Promise<void> {
  const until = performance.now() + 30_000
  while ((await sql`SELECT FROM event_inbox`.execute(server.platform.db)).rows.length > 0) {
    assert.ok(performance.now() < until, 'events wait for their number for too long')
    await sleep(10)
  }
}

const newest = async () => (await server.admin.get('/events?sort=-sequenceNumber')).body.items[0].sequenceNumber

describe('answers', () => {
  test('a lease names the events, when it ends, and where the cursor stands', async () => {
    const asked = Date.now()
    const { status, body } = await lease('answers', 'i1', { limit: 1000 })
    assert.equal(status, 200)
    assert.deepEqual(Object.keys(body).toSorted(), ['events', 'lastEventSequenceProcessed', 'leaseExpiresAt'])
    const leaseSeconds = (Date.parse(body.leaseExpiresAt) - asked) / 1000
    assert.ok(leaseSeconds > 298 && leaseSeconds < 330, `${leaseSeconds}`)
    const numbers = body.events.map((event: { sequenceNumber: number }) => event.sequenceNumber)
    assert.deepEqual(
      numbers,
      Array.from({ length: await newest() }, (_, index) => index + 1),
    )
  })

  test('events of a lease say whom they concern by id alone, and else what the list says', async () => {
    const { items } = (await server.admin.get('/events?type=service.created')).body
    const { events } = (await lease('relations', 'i1', { limit: 1000 })).body
    const leased = events.find((event: { id: string }) => event.id === items[0].id)
    const { provider, consumer, agent, ...bare } = items[0]
    assert.ok(provider && consumer && agent, 'the list embeds')
    assert.deepEqual(leased, bare)
  })

  test('conflicts are headed by what was refused', async () => {
    await lease('titles', 'i1')
    const refusedLease = await lease('titles', 'i2')
    assert.deepEqual(
      [refusedLease.status, refusedLease.body],
      [409, { status: 'Lease Conflict', error: 'invalid input: lease is already held by instance i1' }],
    )
    const refusedAck = await ack('titles', 'i2', 1)
    assert.deepEqual(
      [refusedAck.status, refusedAck.body],
      [409, { status: 'Acknowledgement Conflict', error: 'invalid input: lease is not owned by instance i2' }],
    )
  })

  test('beyond the newest event nothing is acknowledged, and the cursor stays', async () => {
    await lease('beyond', 'i1')
    const last = await newest()
    assert.equal((await ack('beyond', 'i1', last + 1)).status, 409)
    assert.equal((await ack('beyond', 'i1', 1e300)).status, 409)
    assert.equal((await lease('beyond', 'i1')).body.lastEventSequenceProcessed, 0)
    assert.deepEqual((await ack('beyond', 'i1', last)).body, { lastEventSequenceProcessed: last })
    assert.deepEqual((await lease('beyond', 'i1')).body.events, [])
  })

  test('an unknown subscriber is 404, and asking for one does not make it', async () => {
    for (let n = 0; n < 2; n++)
      assert.deepEqual((await ack('nobody', 'i1', 1)).body, {
        status: 'Resource not found',
        error: 'resource not found: event subscription with subscriber_id nobody',
      })
  })

  test('what cannot be read is 400, also the names that no index could hold', async () => {
    for (const body of [
      {},
      { subscriberId: 'x' },
      { subscriberId: 'x', instanceId: '' },
      { subscriberId: 'x'.repeat(100_000), instanceId: 'i1' },
      { subscriberId: 'x', instanceId: 'i1', limit: 'all' },
      { subscriberId: 'x', instanceId: 'i1', leaseDurationSeconds: 1.5 },
      { subscriberId: 'x\0', instanceId: 'i1' },
    ])
      assert.equal((await server.admin.post('/events/lease', body)).status, 400, JSON.stringify(body).slice(0, 99))
    assert.equal((await server.admin.post('/events/ack', { subscriberId: 'x', instanceId: 'i1' })).status, 400)
    assert.equal((await ack('x', 'i1', 0)).status, 400)
    assert.equal((await lease('x'.repeat(1000), 'i1')).status, 200)
  })

  test('participants and agents are refused before their body is read', async () => {
    for (const { caller } of [federation.provider, federation.consumer, federation.agent])
      for (const path of ['/events/lease', '/events/ack'])
        for (const body of ['{"subscriberId":', {}]) assert.equal((await caller.post(path, body)).status, 403)
    assert.equal((await server.admin.post('/events/lease', '{"subscriberId":')).status, 400)
  })

  test('a subscription writes no events', async () => {
    const last = await newest()
    await lease('silent', 'i1')
    await ack('silent', 'i1', 1)
    assert.equal(await newest(), last)
  })
})

describe('races', () => {
  const CONSUMERS = 32
  const ROUNDS = 20

  // Without `forUpdate` in lockSubscription several instances get 200 in most rounds.
  test('of 32 instances that lease one subscriber at once exactly one holds it, new or run out, in 20 rounds', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const subscriberId = `race ${Math.floor(round / 2)}`
      // every second round takes over what the round before has left behind
      if (round % 2 === 1) await endLease(subscriberId)
      const replies = await Promise.all(
        Array.from({ length: CONSUMERS }, (_, n) => lease(subscriberId, `${round}/${n}`, { limit: 1 })),
      )
      assert.deepEqual(
        replies.map(({ status }) => status).toSorted(),
        [200, ...Array(CONSUMERS - 1).fill(409)],
        `round ${round}`,
      )
      const winner = replies.findIndex(({ status }) => status === 200)
      const text = `invalid input: lease is already held by instance ${round}/${winner}`
      for (const { status, body } of replies) if (status === 409) assert.equal(body.error, text)
    }
  })

  // Without `forUpdate` in lockSubscription an acknowledgement that has read an old cursor moves it back.
  test('acknowledgements that race never move the cursor back', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const subscriberId = `acks ${round}`
      await lease(subscriberId, 'i1', { limit: 1 })
      const replies = await Promise.all(Array.from({ length: 10 }, (_, n) => ack(subscriberId, 'i1', 10 - n)))
      for (const { status } of replies) assert.ok(status === 200 || status === 409, `${status}`)
      const { body } = await lease(subscriberId, 'i1', { limit: 1 })
      assert.equal(body.lastEventSequenceProcessed, 10, `round ${round}`)
    }
  })

  test('a consumer that acknowledges as it reads gets every event once and in order, however late it is committed', async () => {
    const WRITERS = 8
    const EACH = 10
    const start = await newest()
    const written: string[] = []
    const write = (openMs: number) =>
      runCommand(server.platform, SYSTEM, async (c) => {
        const entityId = randomUUID()
        written.push(entityId)
        await appendEvent(c, { type: 'participant.created', entityId })
        await sleep(openMs)
      })
    const until = performance.now() + 30_000
    const consume = async () => {
      const seen: { sequenceNumber: number; entityId: string }[] = []
      await lease('reader', 'i1')
      assert.equal((await ack('reader', 'i1', start)).status, 200)
      while (seen.length < WRITERS * EACH && performance.now() < until) {
        const { events } = (await lease('reader', 'i1', { limit: 7 })).body
        seen.push(...events)
        const last = events.at(-1)?.sequenceNumber
        if (last !== undefined) assert.equal((await ack('reader', 'i1', last)).status, 200)
      }
      return seen
    }
    const consuming = consume()
    await Promise.all(
      Array.from({ length: WRITERS }, async (_, writer) => {
        for (let n = 0; n < EACH; n++) await write((writer * 7 + n * 3) % 25)
      }),
    )
    const seen = await consuming
    assert.deepEqual(
      seen.map(({ sequenceNumber }) => sequenceNumber),
      Array.from({ length: WRITERS * EACH }, (_, index) => start + index + 1),
    )
    assert.deepEqual(seen.map(({ entityId }) => entityId).toSorted(), written.toSorted())
  })
})
