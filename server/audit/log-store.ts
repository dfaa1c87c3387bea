/** The audit log in PostgreSQL: its one row, its entries, and the nodes of its tree. */
import { type AuditEntry, canonicalJson, Frontier, leafHash } from '@fulcrum/sovereignty/audit'
import { sql } from 'kysely'
import type { Db, Tx } from '../platform/db.ts'
import type { LoggedEvent } from './entry.ts'
import type { SealedKey } from './instance.ts'
import { keyOf, type NodePlace } from './tree.ts'

export type Log = {
  instanceId: string
  /** Null until the first entry. */
  instance: string | null
  /** Null until the first checkpoint. */
  key: SealedKey | null
  size: number
  peaks: readonly Buffer[]
  lastSequence: number
  problem: string | null
}

type LogRow = {
  instance_id: string
  instance: string | null
  public_key: Buffer | null
  private_key: Buffer | null
  size: number
  peaks: Buffer[]
  last_sequence: number
  problem: string | null
}

/** Locks the log until the transaction ends: nobody else appends, signs or erases. @returns null when somebody has it already */
export async function tryLockLog(tx: Tx): Promise<Log | null> {
  const { rows } = await sql<LogRow>`SELECT * FROM audit_log FOR UPDATE SKIP LOCKED`.execute(tx)
  return rows[0] ? toLog(rows[0]) : null
}

/** As `tryLockLog`, but waits. */
export async function lockLog(tx: Tx): Promise<Log> {
  const { rows } = await sql<LogRow>`SELECT * FROM audit_log FOR UPDATE`.execute(tx)
  return oneLog(rows)
}

export async function readLog(db: Db): Promise<Log> {
  const { rows } = await sql<LogRow>`SELECT * FROM audit_log`.execute(db)
  return oneLog(rows)
}

function oneLog([row]: LogRow[]): Log {
  if (!row) throw new Error('audit_log has lost its row')
  return toLog(row)
}

function toLog(row: LogRow): Log {
  return {
    instanceId: row.instance_id,
    instance: row.instance,
    key: row.public_key && row.private_key ? { publicKey: row.public_key, sealed: row.private_key } : null,
    size: row.size,
    peaks: row.peaks,
    lastSequence: row.last_sequence,
    problem: row.problem,
  }
}

/** Whether there are events without an entry, and what is signed. Locks nothing; two looks at the ends of indexes. */
export async function lookAtLog(
  db: Db,
): Promise<{ behind: boolean; size: number; signedSize: number; signedAt: Date | null }> {
  const { rows } = await sql<{ behind: boolean; size: number; signed_size: number | null; signed_at: Date | null }>`
    SELECT EXISTS (SELECT FROM events WHERE sequence_number > l.last_sequence) AS behind,
           l.size, c.size AS signed_size, c.created_at AS signed_at
    FROM audit_log l LEFT JOIN LATERAL (
      SELECT size, created_at FROM audit_checkpoints ORDER BY size DESC LIMIT 1
    ) c ON true`.execute(db)
  const [row] = rows
  return {
    behind: row?.behind ?? false,
    size: row?.size ?? 0,
    signedSize: row?.signed_size ?? 0,
    signedAt: row?.signed_at ?? null,
  }
}

/** The next events without an entry, in their order. Numbers are given in the order of commits, so that none comes later in between. */
export async function eventsWithoutEntry(tx: Tx, lastSequence: number, limit: number): Promise<LoggedEvent[]> {
  const { rows } = await sql<LoggedEvent>`
    SELECT * FROM events WHERE sequence_number > ${lastSequence} ORDER BY sequence_number LIMIT ${limit}`.execute(tx)
  return rows
}

export type NewEntry = {
  entry: AuditEntry
  salt: Buffer
  providerId: string | null
  consumerId: string | null
}

/** Appends to the log, which must be locked, in one statement. @returns the log as it is then */
export async function appendEntries(tx: Tx, log: Log, instance: string, entries: readonly NewEntry[]): Promise<Log> {
  const frontier = new Frontier(log.size, log.peaks)
  const texts: string[] = []
  const nodes: (NodePlace & { hash: Buffer })[] = []
  for (const { entry } of entries) {
    const index = frontier.size
    const text = canonicalJson(entry)
    const leaf = leafHash(text)
    texts.push(text)
    nodes.push({ level: 0, position: index, hash: leaf })
    for (const [at, hash] of frontier.append(leaf).entries())
      nodes.push({ level: at + 1, position: Math.floor(index / 2 ** (at + 1)), hash })
  }
  const sequences = entries.map(({ entry }) => entry.seq)
  const lastSequence = sequences.at(-1) ?? log.lastSequence
  await sql`
    WITH entries AS (
      INSERT INTO audit_entries (leaf_index, sequence_number, entry, provider_id, consumer_id)
      SELECT * FROM unnest(${entries.map((_, at) => log.size + at)}::bigint[], ${sequences}::bigint[], ${texts}::text[],
        ${entries.map(({ providerId }) => providerId)}::uuid[], ${entries.map(({ consumerId }) => consumerId)}::uuid[])
    ), salts AS (
      INSERT INTO audit_salts (sequence_number, salt)
      SELECT * FROM unnest(${sequences}::bigint[], ${entries.map(({ salt }) => salt)}::bytea[])
    ), nodes AS (
      INSERT INTO audit_nodes (level, position, hash)
      SELECT * FROM unnest(${nodes.map(({ level }) => level)}::smallint[], ${nodes.map(({ position }) => position)}::bigint[],
        ${nodes.map(({ hash }) => hash)}::bytea[])
    )
    UPDATE audit_log SET instance = ${instance}, size = ${frontier.size}, peaks = ${frontier.peaks}::bytea[],
                         last_sequence = ${lastSequence}`.execute(tx)
  return { ...log, instance, size: frontier.size, peaks: frontier.peaks, lastSequence }
}

/** Hashes of nodes by `keyOf`; one statement. */
export async function readNodes(db: Db, places: readonly NodePlace[]): Promise<Map<string, Buffer>> {
  if (places.length === 0) return new Map()
  const { rows } = await sql<NodePlace & { hash: Buffer }>`
    SELECT n.level, n.position, n.hash
    FROM unnest(${places.map(({ level }) => level)}::smallint[], ${places.map(({ position }) => position)}::bigint[]) AS w (level, position)
    JOIN audit_nodes n USING (level, position)`.execute(db)
  return new Map(rows.map((row) => [keyOf(row), row.hash]))
}

export async function writeKey(tx: Tx, instance: string, { publicKey, sealed }: SealedKey): Promise<void> {
  await sql`UPDATE audit_log SET instance = ${instance}, public_key = ${publicKey}, private_key = ${sealed}`.execute(tx)
}

export async function writeProblem(tx: Tx, problem: string | null): Promise<void> {
  await sql`UPDATE audit_log SET problem = ${problem}`.execute(tx)
}
