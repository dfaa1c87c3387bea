/** Events in PostgreSQL: written in the transaction of the change, numbered afterwards. */
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Command } from '../platform/command.ts'
import type { Db, Tx } from '../platform/db.ts'
import type { NewEvent } from './event.ts'

/** The signal that there is something to number, and that there is something new to read. */
export const EVENTS_SIGNAL = 'events'

/** Writes an event; it becomes readable with its number soon after the commit. */
export async function appendEvent(c: Command, event: NewEvent): Promise<void> {
  await appendEvents(c, [event])
}

/** Writes events in this order, in one statement: at most some thousand at once. */
export async function appendEvents({ tx, now, by, announce }: Command, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return
  await tx
    .insertInto('event_inbox')
    .values(
      events.map((event) => ({
        id: randomUUID(),
        type: event.type,
        initiator_type: by.type,
        initiator_id: by.id,
        properties: event.properties ? JSON.stringify(event.properties) : null,
        entity_id: event.entityId,
        provider_id: event.providerId ?? null,
        agent_id: event.agentId ?? null,
        consumer_id: event.consumerId ?? null,
        participant_id: event.participantId ?? null,
        created_at: now,
      })),
    )
    .execute()
  announce(EVENTS_SIGNAL)
}

/**
 * Moves written events to `events` and numbers them. An event is moved only when every transaction that began before its own
 * has ended, in the order (transaction, position); so whoever has read number N never later finds anything new below N.
 * Transactions of other databases on the same PostgreSQL do not count: they cannot write events here. Which those are is seen in
 * `pg_stat_activity` after the snapshot; one that is not seen there, or not by this role, counts.
 * Takes the one row of `event_sequence`: one process numbers at a time, the others wait for a moment.
 *
 * @returns how many were moved, and how many are committed but wait for an older transaction
 */
export async function numberEvents(db: Db): Promise<{ moved: number; waiting: number }> {
  return db.transaction().execute(async (tx) => {
    await sql`SELECT last FROM event_sequence FOR UPDATE`.execute(tx)
    return moveEvents(tx)
  })
}

async function moveEvents(tx: Tx): Promise<{ moved: number; waiting: number }> {
  const { rows } = await sql<{ moved: number; waiting: number }>`
    WITH unfinished AS (
      SELECT xid FROM pg_snapshot_xip(pg_current_snapshot()) xid
      WHERE NOT EXISTS (
        SELECT FROM pg_stat_activity other
        WHERE other.backend_xid = xid::xid
          AND other.datid <> (SELECT oid FROM pg_database WHERE datname = current_database()))
    ), horizon AS (
      SELECT coalesce((SELECT xid FROM unfinished ORDER BY xid LIMIT 1), pg_snapshot_xmax(pg_current_snapshot())) AS xid
    ), ready AS (
      DELETE FROM event_inbox WHERE transaction_id < (SELECT xid FROM horizon) RETURNING *
    ), numbered AS (
      SELECT ready.*, (SELECT last FROM event_sequence) + row_number() OVER (ORDER BY transaction_id, position) AS sequence_number
      FROM ready
    ), moved AS (
      INSERT INTO events (sequence_number, id, type, initiator_type, initiator_id, properties,
                          entity_id, provider_id, agent_id, consumer_id, participant_id, created_at)
      SELECT sequence_number, id, type, initiator_type, initiator_id, properties,
             entity_id, provider_id, agent_id, consumer_id, participant_id, created_at
      FROM numbered RETURNING sequence_number
    ), counted AS (
      UPDATE event_sequence SET last = greatest(last, (SELECT max(sequence_number) FROM moved)) WHERE EXISTS (SELECT FROM moved)
    )
    SELECT (SELECT count(*) FROM moved) AS moved,
           (SELECT count(*) FROM event_inbox WHERE transaction_id >= (SELECT xid FROM horizon)) AS waiting`.execute(tx)
  return rows[0] ?? { moved: 0, waiting: 0 }
}

/** True when committed events wait for their number; costs an index look, so that readers need not lock anything. */
export async function hasUnnumbered(db: Db): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`SELECT EXISTS (SELECT FROM event_inbox) AS found`.execute(db)
  return rows[0]?.found ?? false
}
