/** Other control planes, and the last checkpoint that was seen of each. */
import type { AuditPeer } from '@fulcrum/contract'
import { type Selectable, sql } from 'kysely'
import type { Db, Tx } from '../platform/db.ts'
import type { AuditPeersTable } from '../platform/sovereignty-tables.ts'
import { timestamp } from '../platform/wire.ts'

export type PeerRow = Selectable<AuditPeersTable>

/** More would be a list that nobody reads; they are made by admins alone. */
export const MOST_PEERS = 1_000

export async function readPeers(db: Db): Promise<AuditPeer[]> {
  const rows = await db.selectFrom('audit_peers').selectAll().orderBy('name').limit(MOST_PEERS).execute()
  return rows.map(peerToWire)
}

/**
 * Locks all peers against writing, then reads one by its name: of two first checkpoints with one name or one origin the second is held
 * against the first.
 */
export async function lockPeer(tx: Tx, name: string): Promise<PeerRow | undefined> {
  await sql`LOCK TABLE audit_peers IN SHARE ROW EXCLUSIVE MODE`.execute(tx)
  return tx.selectFrom('audit_peers').selectAll().where('name', '=', name).executeTakeFirst()
}

/** The name of another peer with this origin. */
export async function nameOfOrigin(tx: Tx, origin: string): Promise<string | undefined> {
  const row = await tx.selectFrom('audit_peers').select('name').where('origin', '=', origin).executeTakeFirst()
  return row?.name
}

export async function countPeers(tx: Tx): Promise<number> {
  const { rows } = await sql<{ count: number }>`SELECT count(*) AS count FROM audit_peers`.execute(tx)
  return rows[0]?.count ?? 0
}

export async function insertPeer(tx: Tx, row: PeerRow): Promise<void> {
  await tx.insertInto('audit_peers').values(row).execute()
}

export async function updatePeer(tx: Tx, name: string, change: Partial<Omit<PeerRow, 'name'>>): Promise<void> {
  await tx.updateTable('audit_peers').set(change).where('name', '=', name).execute()
}

export function peerToWire(row: PeerRow): AuditPeer {
  return {
    name: row.name,
    origin: row.origin,
    publicKey: row.public_key.toString('base64'),
    size: row.size,
    root: row.root.toString('hex'),
    note: row.note,
    ...(row.refused_at && { refusedAt: timestamp(row.refused_at) }),
    ...(row.refused_note !== null && { refusedNote: row.refused_note }),
    createdAt: timestamp(row.created_at),
    updatedAt: timestamp(row.updated_at),
  }
}
