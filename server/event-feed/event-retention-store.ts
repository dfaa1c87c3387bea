/** Deleting old events, oldest first, so that those that remain always have numbers in a row. */
import { sql } from 'kysely'
import type { Db } from '../platform/db.ts'

/**
 * Deletes the oldest events up to the first that is younger than `before`, that a living subscription has not acknowledged, or that
 * the audit log has no entry of; in one transaction, which holds back leases and acknowledgements as long as it lasts: whoever has a
 * lease afterwards either counted, or reads what is left. A subscription lives when it was leased or acknowledged at `before` or
 * later, or is leased now. Others do not hold events for ever; when they come back they go on with the oldest event that there is.
 *
 * @param after  numbers up to this one are known to be gone: saves the search through what was just deleted
 * @param limit  at most so many
 * @returns how many, and the last one
 */
export async function deleteOldEvents(
  db: Db,
  { before, now, after, limit }: { before: Date; now: Date; after: number; limit: number },
): Promise<{ deleted: number; last: number }> {
  return db.transaction().execute(async (tx) => {
    const { rows: oldest } = await sql<{ old: boolean }>`
      SELECT created_at < ${before} AS old FROM events WHERE sequence_number > ${after}
      ORDER BY sequence_number LIMIT 1`.execute(tx)
    if (!oldest[0]?.old) return { deleted: 0, last: after }

    await sql`LOCK TABLE event_subscriptions IN SHARE MODE`.execute(tx)
    const { rows } = await sql<{ deleted: number; last: number | null }>`
      WITH oldest AS MATERIALIZED (
        SELECT sequence_number, created_at FROM events WHERE sequence_number > ${after}
        ORDER BY sequence_number LIMIT ${limit}
      ), kept AS (
        SELECT least(
          (SELECT min(sequence_number) FROM oldest WHERE created_at >= ${before}),
          (SELECT min(last_sequence) + 1 FROM event_subscriptions
           WHERE updated_at >= ${before} OR lease_expires_at > ${now}),
          (SELECT last_sequence + 1 FROM audit_log)
        ) AS first
      ), gone AS (
        DELETE FROM events
        WHERE sequence_number > ${after} AND sequence_number <= (SELECT max(sequence_number) FROM oldest)
          AND sequence_number < coalesce((SELECT first FROM kept), 9223372036854775807)
        RETURNING sequence_number
      )
      SELECT count(*) AS deleted, max(sequence_number) AS last FROM gone`.execute(tx)
    const { deleted = 0, last = null } = rows[0] ?? {}
    return { deleted, last: last ?? after }
  })
}
