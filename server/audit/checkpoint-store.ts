/** Checkpoints that were signed. */
import type { AuditCheckpoint } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Db, Tx } from '../platform/db.ts'
import { timestamp } from '../platform/wire.ts'

export type StoredCheckpoint = { size: number; root: Buffer; note: string; created_at: Date }

/** The newest first, only those of fewer than `before` entries. */
export async function readCheckpoints(
  db: Db,
  limit: number,
  before: number | null = null,
): Promise<StoredCheckpoint[]> {
  const { rows } = await sql<StoredCheckpoint>`
    SELECT size, root, note, created_at FROM audit_checkpoints
    WHERE ${before}::bigint IS NULL OR size < ${before}::bigint ORDER BY size DESC LIMIT ${limit}`.execute(db)
  return rows
}

export async function insertCheckpoint(tx: Tx, { size, root, note, created_at }: StoredCheckpoint): Promise<void> {
  await tx.insertInto('audit_checkpoints').values({ size, root, note, created_at }).execute()
}

export function checkpointToWire(
  { size, root, note, created_at }: StoredCheckpoint,
  origin: string,
  problem: string | null = null,
): AuditCheckpoint {
  return {
    origin,
    size,
    root: root.toString('hex'),
    note,
    createdAt: timestamp(created_at),
    ...(problem !== null && { problem }),
  }
}
