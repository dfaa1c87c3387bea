/** What is deleted when it is old, to the millisecond, on a real database; also while it is in use, and by several at once. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, describe, test } from 'node:test'
import { sql } from 'kysely'
import { aFederation, type TestFederation } from '../testing/federation.ts'
import { insertServiceRows, type ServiceRows } from '../testing/service-rows.ts'
import { ADMIN_TOKEN, startTestServer, type TestServer } from '../testing/test-server.ts'
import { eventWorker, metricWorker, secretWorker, tokenWorker } from './retention-workers.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const RUNNING = new AbortController().signal
/** The workers look at the server's clock, which stands still; everything else goes on. */
const NOW = new Date(Math.floor(Date.now() / 1_000) * 1_000)

let server: TestServer
let federation: TestFederation
before(async () => {
  server = await startTestServer()
  federation = await aFederation(server)
})
after(() => server.stop())

const still = () => ({ ...server.platform, now: () => NOW })
const ago = (ms: number) => new Date(NOW.getTime() - ms)

async function numbers(): Promise<number[]> {
  const { rows } = await sql<{ n: number }>`SELECT sequence_number AS n FROM events ORDER BY 1`.execute(
    server.platform.db,
  )
  return rows.map(({ n }) => n)
}

describe('events', () => {
  /** Every event is forgotten; so many new ones, the last of them made `lastAgoMs` ago and each a millisecond after the other. */
  async function events(count: number, lastAgoMs: number): Promise<number> {
    await server.admin.get('/events?pageSize=1')
    const { db } = server.platform
    await sql`DELETE FROM events`.execute(db)
    await sql`DELETE FROM event_subscriptions`.execute(db)
    const { rows } = await sql<{ last: number }>`SELECT last FROM event_sequence`.execute(db)
    const first = (rows[0]?.last ?? 0) + 1
    await sql`
      INSERT INTO events (sequence_number, id, type, initiator_type, initiator_id, created_at)
      SELECT ${first}::bigint + n, gen_random_uuid(), 'participant.created', 'user', 'x',
             ${ago(lastAgoMs)}::timestamptz - (${count}::int - 1 - n) * interval '1 millisecond'
      FROM generate_series(0, ${count}::int - 1) n`.execute(db)
    await sql`UPDATE event_sequence SET last = ${first + count - 1}`.execute(db)
    return first
  }
  const run = () => eventWorker(HOUR_MS, DAY_MS).run(still(), RUNNING)
  const lease = async (subscriberId: string, limit = 1) =>
    (await server.admin.post('/events/lease', { subscriberId, instanceId: 'i', limit })).body
  const ack = (subscriberId: string, lastEventSequenceProcessed: number) =>
    server.admin.post('/events/ack', { subscriberId, instanceId: 'i', lastEventSequenceProcessed })
  const subscription = async (subscriberId: string, cursor: number, usedAgoMs: number, leaseEndsAgoMs = usedAgoMs) => {
    await sql`
      INSERT INTO event_subscriptions (subscriber_id, last_sequence, owner_instance, lease_acquired_at, lease_expires_at,
                                       created_at, updated_at)
      VALUES (${subscriberId}, ${cursor}, 'i', ${ago(usedAgoMs)}, ${ago(leaseEndsAgoMs)}, ${ago(usedAgoMs)},
              ${ago(usedAgoMs)})`.execute(server.platform.db)
  }

  test('what is a millisecond older than the retention goes, what is exactly as old stays', async () => {
    const first = await events(3, DAY_MS - 1)
    assert.deepEqual(await run(), { deleted: 1 })
    assert.deepEqual(await numbers(), [first + 1, first + 2])
    assert.deepEqual(await run(), { deleted: 0 })
  })

  test('thousands go in several batches, and numbering goes on', async () => {
    const first = await events(2_500, DAY_MS + 1)
    assert.deepEqual(await run(), { deleted: 2_500 })
    assert.deepEqual(await numbers(), [])
    await server.participant('later')
    const { items } = (await server.admin.get('/events?sort=sequenceNumber')).body
    assert.equal(items[0].sequenceNumber, first + 2_500)
  })

  test('a young event keeps what was numbered after it, so that no number is missing in between', async () => {
    const first = await events(4, DAY_MS + 1)
    await sql`UPDATE events SET created_at = ${NOW} WHERE sequence_number = ${first + 1}`.execute(server.platform.db)
    assert.deepEqual(await run(), { deleted: 1 })
    assert.deepEqual(await numbers(), [first + 1, first + 2, first + 3])
  })

  test('what a subscription that lives has not acknowledged stays', async () => {
    const first = await events(10, DAY_MS + 1)
    await subscription('recent', first + 3, DAY_MS)
    await subscription('further', first + 6, 0)
    assert.deepEqual(await run(), { deleted: 4 })
    assert.equal((await numbers())[0], first + 4)
    assert.deepEqual((await lease('recent', 100)).events.length, 6)
  })

  test('a lease that still runs holds events, however long ago it was taken', async () => {
    const first = await events(5, DAY_MS + 1)
    await subscription('long', first - 1, DAY_MS + 1, -1)
    assert.deepEqual(await run(), { deleted: 0 })
    await sql`UPDATE event_subscriptions SET lease_expires_at = ${NOW}`.execute(server.platform.db)
    assert.deepEqual(await run(), { deleted: 5 })
  })

  test('a subscription that is dead holds nothing; when it comes back it goes on with the oldest that there is', async () => {
    const first = await events(10, DAY_MS + 1)
    await subscription('dead', first, DAY_MS + 1)
    await sql`UPDATE events SET created_at = ${NOW} WHERE sequence_number >= ${first + 7}`.execute(server.platform.db)
    assert.deepEqual(await run(), { deleted: 7 })
    const leased = await lease('dead', 100)
    assert.equal(leased.lastEventSequenceProcessed, first)
    assert.deepEqual(
      leased.events.map((event: { sequenceNumber: number }) => event.sequenceNumber),
      [first + 7, first + 8, first + 9],
    )
    assert.equal((await ack('dead', first + 9)).status, 200)
  })

  test('an event that was read before it was deleted can be acknowledged, also when none is left', async () => {
    const first = await events(5, DAY_MS + 1)
    assert.equal((await lease('reader', 5)).events.length, 5)
    await sql`DELETE FROM events`.execute(server.platform.db)
    assert.equal((await ack('reader', first + 4)).status, 200)
    assert.equal((await ack('reader', first + 5)).status, 409, 'beyond the newest that ever was')
    assert.deepEqual((await lease('reader', 5)).events, [])
  })

  // without the lock on the table the deletion does not see the lease that is being made, and takes all away from it
  test('a lease that is made at the same time is waited for, and then holds its events', async () => {
    const first = await events(5, DAY_MS + 1)
    const running = await server.platform.db.transaction().execute(async (tx) => {
      await sql`
        INSERT INTO event_subscriptions (subscriber_id, last_sequence, created_at, updated_at)
        VALUES ('new', ${first}, ${NOW}, ${NOW})`.execute(tx)
      const run = { done: false, result: runToEnd() }
      async function runToEnd() {
        const result = await eventWorker(HOUR_MS, DAY_MS).run(still(), RUNNING)
        run.done = true
        return result
      }
      await waitingForLock()
      assert.equal(run.done, false)
      return run
    })
    assert.deepEqual(await running.result, { deleted: 1 })
    assert.equal((await lease('new', 100)).events.length, 4)
  })

  async function waitingForLock(): Promise<void> {
    for (const end = performance.now() + 5_000; performance.now() < end; ) {
      const { rows } = await sql`
        SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'LOCK TABLE%'`.execute(
        server.platform.db,
      )
      if (rows.length > 0) return
    }
    assert.fail('the deletion does not wait')
  }

  test('several at once and a table in use: no event is skipped by a subscriber that reads meanwhile', async () => {
    const first = await events(3_000, DAY_MS + 1)
    const LAST = 40
    const seen: number[] = []
    const reading = (async () => {
      // from its first lease on it lives, and what it was shown is not taken from under it
      let cursor = 0
      for (const end = performance.now() + 20_000; performance.now() < end; ) {
        const { events: batch, lastEventSequenceProcessed } = await lease('busy', 100)
        assert.equal(lastEventSequenceProcessed, cursor)
        seen.push(...batch.map((event: { sequenceNumber: number }) => event.sequenceNumber))
        if (batch.length === 0) break
        cursor = seen.at(-1) ?? 0
        assert.equal((await ack('busy', cursor)).status, 200)
      }
    })()
    const writing = (async () => {
      for (let n = 0; n < LAST; n++) await server.admin.post('/participants', { name: `p${n}`, status: 'Enabled' })
    })()
    const cleaning = (async () => {
      let deleted = 0
      for (let rounds = 0; rounds < 8; rounds++)
        for (const one of await Promise.all([run(), run(), run()])) deleted += one.deleted ?? 0
      return deleted
    })()
    await Promise.all([reading, writing])
    await cleaning
    assert.ok(seen.length >= LAST)
    for (const [index, number] of seen.entries())
      assert.equal(number, (seen[0] ?? 0) + index, 'the subscriber saw every number after its first')
    await run()
    assert.equal((await numbers())[0], first + 3_000)
  })
})

describe('metric entries', () => {
  let rows: ServiceRows
  let typeId: string
  before(async () => {
    rows = await insertServiceRows(server.platform.db, federation.provider.id, federation.consumer.id)
    typeId = (await server.admin.post('/metric-types', { name: 'load', entityType: 'Service' })).body.id
  })
  beforeEach(async () => {
    await sql`DELETE FROM metric_entries`.execute(server.platform.db)
  })
  const insert = (count: number, at: Date) =>
    sql`
      INSERT INTO metric_entries (id, type_id, resource_id, value, service_id, agent_id, provider_id, consumer_id, created_at, updated_at)
      SELECT gen_random_uuid(), ${typeId}::uuid, 'r', n, ${rows.serviceId}::uuid, ${rows.agentId}::uuid,
             ${federation.provider.id}::uuid, ${federation.consumer.id}::uuid, ${at}, ${at}
      FROM generate_series(1, ${count}::int) n`.execute(server.platform.db)
  const left = async () =>
    (await sql<{ n: number }>`SELECT count(*) AS n FROM metric_entries`.execute(server.platform.db)).rows[0]?.n
  const run = () => metricWorker(HOUR_MS, DAY_MS).run(still(), RUNNING)

  test('what is a millisecond older than the retention goes, what is exactly as old stays', async () => {
    await insert(1, ago(DAY_MS + 1))
    await insert(1, ago(DAY_MS))
    assert.deepEqual(await run(), { deleted: 1 })
    assert.equal(await left(), 1)
  })

  test('thousands of one instant go in several batches', async () => {
    await insert(2_500, ago(DAY_MS + 1))
    await insert(10, NOW)
    assert.deepEqual(await run(), { deleted: 2_500 })
    assert.equal(await left(), 10)
  })

  test('several at once and new entries meanwhile: each old one goes once, no new one goes', async () => {
    for (let n = 0; n < 5; n++) await insert(1_000, ago(DAY_MS + 5 - n))
    const writing = Promise.all(Array.from({ length: 20 }, () => insert(5, NOW)))
    const done = await Promise.all([run(), run(), run(), run()])
    await writing
    await run()
    assert.ok(done.reduce((sum, { deleted = 0 }) => sum + deleted, 0) <= 5_000)
    assert.equal(await left(), 100)
  })
})

describe('tokens and install commands', () => {
  const run = () => tokenWorker(HOUR_MS, DAY_MS).run(still(), RUNNING)
  const token = async (expiredAgoMs: number, role = 'participant', scopeId = federation.consumer.id) => {
    const { id } = (await server.admin.post('/tokens', { name: 'old', role, scopeId })).body
    await sql`UPDATE tokens SET expire_at = ${ago(expiredAgoMs)} WHERE id = ${id}`.execute(server.platform.db)
    return id as string
  }
  const there = async (id: string) => (await server.admin.get(`/tokens/${id}`)).status === 200

  test('what expired a millisecond longer ago than the retention goes, what exactly so long ago stays', async () => {
    const [gone, edge, young, living] = [
      await token(DAY_MS + 1),
      await token(DAY_MS),
      await token(1),
      await token(-HOUR_MS),
    ]
    const newest = (await server.admin.get('/events?sort=-sequenceNumber&pageSize=1')).body.items[0].sequenceNumber
    assert.deepEqual(await run(), { installations: 0, tokens: 1 })
    assert.deepEqual(await Promise.all([gone, edge, young, living].map(there)), [false, true, true, true])
    const after = (await server.admin.get('/events?sort=-sequenceNumber&pageSize=1')).body.items[0].sequenceNumber
    assert.equal(after, newest, 'nothing is told of it')
  })

  test('thousands go, by several at once', async () => {
    await sql`
      INSERT INTO tokens (id, name, role, hash, expire_at, participant_id, created_at, updated_at)
      SELECT gen_random_uuid(), 'many', 'participant', 'many ' || n, ${ago(2 * DAY_MS)}, ${federation.consumer.id}::uuid,
             ${NOW}, ${NOW}
      FROM generate_series(1, 2500) n`.execute(server.platform.db)
    const done = await Promise.all([run(), run(), run()])
    const last = await run()
    assert.equal(
      [...done, last].reduce((sum, { tokens = 0 }) => sum + tokens, 0),
      2_500,
    )
  })

  test('a token that gets a new end while it would be deleted lives on', async () => {
    const id = await token(DAY_MS + 1)
    const changed = await server.platform.db.transaction().execute(async (tx) => {
      await sql`UPDATE tokens SET expire_at = ${ago(-HOUR_MS)} WHERE id = ${id}`.execute(tx)
      return run()
    })
    assert.equal(changed.tokens, 0)
    await run()
    assert.ok(await there(id))
  })

  test('the last admin token stays although it expired: without one the next start would make the first again', async () => {
    const { db } = server.platform
    const other = await token(2 * DAY_MS, 'admin')
    const living = server.as(
      (await server.admin.post('/tokens', { name: 'x', role: 'participant', scopeId: federation.consumer.id })).body
        .value,
    )
    const { rows } = await sql<{
      id: string
      expire_at: Date
    }>`SELECT id, expire_at FROM tokens WHERE name = 'bootstrap admin'`.execute(db)
    await sql`UPDATE tokens SET expire_at = ${ago(3 * DAY_MS)} WHERE name = 'bootstrap admin'`.execute(db)
    assert.equal((await run()).tokens, 1, 'of two the one that expired first goes')
    const left = await sql<{ id: string }>`SELECT id FROM tokens WHERE role = 'admin'`.execute(db)
    assert.deepEqual(left.rows, [{ id: other }])
    assert.equal((await run()).tokens, 0)
    assert.equal((await living.get('/participants')).status, 200)

    // a start on this database makes no new one
    const again = await startTestServer({ FULCRUM_DB_DSN: server.database })
    assert.equal(again.bootstrapToken, null)
    await again.stop()
    const value = (
      await sql<{ id: string }>`
      INSERT INTO tokens (id, name, role, hash, expire_at, created_at, updated_at)
      VALUES (${rows[0]?.id}, 'bootstrap admin', 'admin', encode(sha256(${ADMIN_TOKEN}::bytea), 'base64'),
              ${rows[0]?.expire_at}, ${NOW}, ${NOW}) RETURNING id`.execute(db)
    ).rows
    assert.equal(value.length, 1)
  })

  test('an install command goes with its bootstrap token, and another can be made for the agent', async () => {
    const { db } = server.platform
    await run()
    const type = await server.admin.post('/agent-types', {
      name: `installable ${randomUUID()}`,
      serviceTypeIds: [],
      configurationSchema: { properties: { note: { type: 'string' } } },
      configTemplate: 'x',
      cmdTemplate: 'get {{.configUrl}} {{.authToken}}',
    })
    assert.equal(type.status, 201, JSON.stringify(type.body))
    const agent = (
      await server.admin.post('/agents', {
        name: 'installable',
        providerId: federation.provider.id,
        agentTypeId: type.body.id,
      })
    ).body
    const make = () => server.admin.post(`/agents/${agent.id}/install-command`)
    assert.equal((await make()).status, 201)
    const expire = async (ms: number) => {
      await sql`UPDATE agent_install_tokens SET expires_at = ${ago(ms)}`.execute(db)
      await sql`UPDATE tokens SET expire_at = ${ago(ms)} WHERE agent_id = ${agent.id}`.execute(db)
    }
    await expire(DAY_MS)
    assert.deepEqual(await run(), { installations: 0, tokens: 0 })
    assert.equal((await make()).status, 409)
    await expire(DAY_MS + 1)
    assert.deepEqual(await run(), { installations: 1, tokens: 1 })
    assert.equal((await make()).status, 201)
  })
})

describe('secrets', () => {
  const run = () => secretWorker(HOUR_MS).run(still(), RUNNING)
  const references = async (serviceId: string) =>
    (
      await sql<{ reference: string }>`SELECT reference FROM vault_secrets WHERE service_id = ${serviceId}`.execute(
        server.platform.db,
      )
    ).rows.length
  const leftover = (owner: 'service_id' | 'agent_id', id: string, ephemeral: boolean, count = 1) =>
    sql`
      INSERT INTO vault_secrets (reference, ${sql.ref(owner)}, ephemeral, key_id, ciphertext, created_at)
      SELECT gen_random_uuid(), ${id}::uuid, ${ephemeral}, 'k', '\\x00', ${NOW}
      FROM generate_series(1, ${count}::int)`.execute(server.platform.db)

  test('what services and agents in use have stays', async () => {
    const waiting = await federation.order({ secret: 's', once: 'o' }, await federation.group())
    const running = await federation.order({ secret: 's' }, await federation.group())
    await federation.complete(running)
    await leftover('agent_id', federation.agent.id, false)
    assert.deepEqual(await run(), { deleted: 0 })
    assert.deepEqual([await references(waiting), await references(running)], [2, 1])
  })

  test('ephemeral ones of a service without a job go, its persistent ones stay', async () => {
    const id = await federation.order({ secret: 's' }, await federation.group())
    await federation.complete(id)
    await leftover('service_id', id, true, 2_500)
    assert.deepEqual(await run(), { deleted: 2_500 })
    assert.equal(await references(id), 1)
  })

  test('those of an ended service and of a deleted agent go, by several at once', async () => {
    const id = await federation.order({}, await federation.group())
    await federation.complete(id)
    await federation.consumer.caller.delete(`/services/${id}`)
    await federation.complete(id)
    await leftover('service_id', id, false, 1_200)
    const hidden = await federation.sibling('hidden')
    await leftover('agent_id', hidden.id, false, 3)
    await sql`UPDATE agents SET deleted_at = ${NOW} WHERE id = ${hidden.id}`.execute(server.platform.db)
    const done = await Promise.all([run(), run(), run()])
    assert.equal(
      done.reduce((sum, { deleted = 0 }) => sum + deleted, 0),
      1_203,
    )
    assert.equal(await references(id), 0)
  })
})
