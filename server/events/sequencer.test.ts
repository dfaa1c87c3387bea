/** The order of events: whoever has read a number never finds something new below it. Against a real PostgreSQL. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import pg from 'pg'
import { runCommand, SYSTEM } from '../platform/command.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { appendEvent } from './event-store.ts'
import { settleEvents } from './sequencer.ts'

let server: TestServer
before(async () => {
  server = await startTestServer({ FULCRUM_DB_POOL_SIZE: '24' })
})
after(() => server.stop())

/** Writes an event in a transaction that stays open until this is done. */
function write(entityId: string, meanwhile: () => Promise<void> = async () => {}): Promise<void> {
  return runCommand(server.platform, SYSTEM, async (c) => {
    await appendEvent(c, { type: 'participant.created', entityId })
    await meanwhile()
  })
}

async function numbersAbove(last: number): Promise<number[]> {
  const { rows } = await sql<{ sequence_number: number }>`
    SELECT sequence_number FROM events WHERE sequence_number > ${last} ORDER BY sequence_number`.execute(
    server.platform.db,
  )
  return rows.map((row) => row.sequence_number)
}

test('an event of a transaction that commits late gets a later number, and is not lost to a reader that went on', async () => {
  const [slow, quick] = [randomUUID(), randomUUID()]
  const written = Promise.withResolvers<void>()
  const commit = Promise.withResolvers<void>()
  const slowWrite = write(slow, () => {
    written.resolve()
    return commit.promise
  })
  await written.promise
  await write(quick)
  await settleEvents(server.platform.db)
  const seen = (await server.admin.get('/events?sort=sequenceNumber&pageSize=100')).body.items
  assert.ok(!seen.some((event: { entityId?: string }) => event.entityId === slow))
  const last = seen.at(-1)?.sequenceNumber ?? 0
  commit.resolve()
  await slowWrite
  await settleEvents(server.platform.db)
  const later = (await server.admin.get('/events?sort=-sequenceNumber&pageSize=100')).body.items
  const numbers = new Map(
    later.map((event: { entityId?: string; sequenceNumber: number }) => [event.entityId, event.sequenceNumber]),
  )
  assert.ok(Number(numbers.get(slow)) > last, 'the late event stands behind everything that was read before')
  assert.ok(Number(numbers.get(quick)) > 0)
})

// With numbers taken from a sequence at insert, as in `nextval`, the readers of this test miss events in every run.
test('with 16 writers of different speed four readers see every event once and in order', async () => {
  const start = (await numbersAbove(0)).at(-1) ?? 0
  const WRITERS = 16
  const EACH = 12
  let writing = true
  const reader = async (): Promise<number[]> => {
    const seen: number[] = []
    for (let rest = 5; writing || rest > 0; rest = writing ? 5 : rest - 1) {
      await settleEvents(server.platform.db)
      const fresh = await numbersAbove(seen.at(-1) ?? start)
      seen.push(...fresh)
    }
    return seen
  }
  const readers = Array.from({ length: 4 }, reader)
  await Promise.all(
    Array.from({ length: WRITERS }, async (_, writer) => {
      for (let n = 0; n < EACH; n++) await write(randomUUID(), () => sleep((writer * 7 + n * 3) % 25))
    }),
  )
  writing = false
  for (const seen of await Promise.all(readers))
    assert.deepEqual(
      seen,
      Array.from({ length: WRITERS * EACH }, (_, index) => start + index + 1),
    )
})

test('a transaction of another database on the same PostgreSQL holds nothing up', async () => {
  // every PostgreSQL has it; the password and the way are the same
  const other = new pg.Client(server.database.replace(/\/test_\w+/, '/postgres'))
  await other.connect()
  try {
    await other.query('BEGIN')
    await other.query('SELECT pg_current_xact_id()')
    const entityId = randomUUID()
    await write(entityId)
    assert.equal((await server.admin.get(`/events?entityId=${entityId}`)).body.totalItems, 1)
  } finally {
    await other.end()
  }
})

test('an event of a refused command does not exist', async () => {
  const entityId = randomUUID()
  await assert.rejects(
    runCommand(server.platform, SYSTEM, async (c) => {
      await appendEvent(c, { type: 'participant.created', entityId })
      throw new Error('no')
    }),
  )
  assert.equal((await server.admin.get(`/events?entityId=${entityId}`)).body.totalItems, 0)
})

test('events of a process that died before numbering are numbered by the next', async () => {
  const entityId = randomUUID()
  await sql`
    INSERT INTO event_inbox (id, type, initiator_type, initiator_id, entity_id, created_at)
    VALUES (${randomUUID()}, 'participant.created', 'system', 'x', ${entityId}, now())`.execute(server.platform.db)
  assert.equal((await server.admin.get(`/events?entityId=${entityId}`)).body.totalItems, 1)
})
