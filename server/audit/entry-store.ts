/** Entries as readers see them, and the erasure of what they commit to. */
import type { AuditRecord } from '@fulcrum/contract'
import type { AuditEntry } from '@fulcrum/sovereignty/audit'
import { type RawBuilder, sql } from 'kysely'
import type { Scope } from '../platform/access.ts'
import type { Db, Tx } from '../platform/db.ts'
import { scopeCondition } from '../platform/lists.ts'
import { type LoggedEvent, payloadOf } from './entry.ts'

type EntryRow = { leaf_index: number; sequence_number: number; entry: string; leaf: Buffer; salt: Buffer | null }
type RecordRow = EntryRow & {
  event: Omit<LoggedEvent, 'created_at'> | null
  event_time: Date
  visible: boolean
}

/**
 * The next entries from a sequence number on, with salt and event where there are any. Those that are not within the scope are read
 * past: they count for the limit, so that one call costs the same for everybody.
 *
 * @returns `next`: the first number that was not looked at; null at the end
 */
export async function readRecords(
  db: Db,
  { from, to, limit }: { from: number; to: number | null; limit: number },
  scope: Scope,
): Promise<{ items: AuditRecord[]; next: number | null }> {
  const { rows } = await sql<RecordRow>`
    SELECT t.leaf_index, t.sequence_number, t.entry, n.hash AS leaf, s.salt, to_json(e) AS event, e.created_at AS event_time,
           (${scopeCondition(scope)}) IS TRUE AS visible
    FROM (SELECT * FROM audit_entries WHERE sequence_number >= ${from}
            AND (${to}::bigint IS NULL OR sequence_number <= ${to}::bigint)
          ORDER BY sequence_number LIMIT ${limit + 1}) t
    JOIN audit_nodes n ON n.level = 0 AND n.position = t.leaf_index
    LEFT JOIN audit_salts s ON s.sequence_number = t.sequence_number
    LEFT JOIN events e ON e.sequence_number = t.sequence_number
    ORDER BY t.sequence_number`.execute(db)
  const page = rows.slice(0, limit)
  const items = page.filter(({ visible }) => visible).map(toRecord)
  return { items, next: rows[limit]?.sequence_number ?? null }
}

function toRecord({ leaf_index, entry, leaf, salt, event, event_time }: RecordRow): AuditRecord {
  const payload = event && payloadOf({ ...event, created_at: event_time })
  return {
    index: leaf_index,
    entry: parseEntry(entry),
    leaf: leaf.toString('hex'),
    ...(salt && { salt: salt.toString('hex') }),
    // without its salt it proves nothing
    ...(salt && payload && { payload }),
  }
}

/** The entry of one event, and to whom it belongs. */
export async function findEntry(db: Db, sequence: number) {
  const { rows } = await sql<EntryRow & { provider_id: string | null; consumer_id: string | null }>`
    SELECT t.leaf_index, t.entry, n.hash AS leaf, t.provider_id, t.consumer_id
    FROM audit_entries t JOIN audit_nodes n ON n.level = 0 AND n.position = t.leaf_index
    WHERE t.sequence_number = ${sequence}`.execute(db)
  const [row] = rows
  return (
    row && {
      index: row.leaf_index,
      entry: parseEntry(row.entry),
      leaf: row.leaf,
      providerId: row.provider_id,
      consumerId: row.consumer_id,
    }
  )
}

function parseEntry(text: string): AuditEntry {
  return JSON.parse(text) as AuditEntry // as `appendEntries` wrote it
}

/** The id is a UUID, but that of an initiator may be any text. */
export type Subject = { subject: 'participant' | 'entity' | 'initiator'; id: string }

/** That erasures are recorded must stay readable. */
const ERASURE = 'audit.erased'

function aboutSubject({ subject, id }: Subject): RawBuilder<unknown> {
  const about = {
    participant: sql`${id} IN (e.entity_id, e.provider_id, e.consumer_id, e.participant_id)`,
    entity: sql`e.entity_id = ${id}`,
    initiator: sql`e.initiator_id = ${id}`,
  }[subject]
  return sql`${about} AND e.type <> ${ERASURE}`
}

export async function anyEventAbout(db: Db, subject: Subject): Promise<boolean> {
  const { rows } = await sql`SELECT FROM events e WHERE ${aboutSubject(subject)} LIMIT 1`.execute(db)
  return rows.length > 0
}

/**
 * Erases the payloads of the next events about a subject, salts included. The log must be locked: an entry that is being made would
 * bring its salt back.
 *
 * @returns their sequence numbers, ascending; `limit` at most
 */
export async function erasePayloads(tx: Tx, subject: Subject, limit: number): Promise<number[]> {
  const { rows } = await sql<{ sequence_number: number }>`
    WITH found AS MATERIALIZED (
      SELECT e.sequence_number FROM events e JOIN audit_salts s USING (sequence_number)
      WHERE ${aboutSubject(subject)} ORDER BY e.sequence_number LIMIT ${limit}
    ), emptied AS (
      UPDATE events SET properties = NULL WHERE sequence_number IN (SELECT sequence_number FROM found)
    )
    DELETE FROM audit_salts WHERE sequence_number IN (SELECT sequence_number FROM found)
    RETURNING sequence_number`.execute(tx)
  return rows.map(({ sequence_number }) => sequence_number).toSorted((a, b) => a - b)
}

/** Events up to this number were deleted for their age: nothing is left that their salts could prove. */
export async function deleteSaltsThrough(db: Db, sequence: number): Promise<void> {
  await sql`DELETE FROM audit_salts WHERE sequence_number <= ${sequence}`.execute(db)
}
