/** What the database knows of artifacts: everything but their content. */
import type { Artifact as WireArtifact } from '@fulcrum/contract'
import { type Selectable, sql } from 'kysely'
import type { Db, Tx } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'
import type { ListSource } from '../platform/lists.ts'
import type { ArtifactsTable } from '../platform/tables.ts'
import { timestamp } from '../platform/wire.ts'
import type { Artifact } from './artifact.ts'
import { removeCopies } from './artifact-copy-store.ts'

export type ArtifactRow = Selectable<ArtifactsTable>

/** @returns null when there is none; expired ones are found, too */
export async function findArtifact(db: Db, id: string): Promise<Artifact | null> {
  const row = await db.selectFrom('artifacts').selectAll().where('id', '=', id).executeTakeFirst()
  return row ? toArtifact(row) : null
}

/** Reads an artifact and locks its row until the transaction ends; null when there is none. */
export async function lockArtifact(tx: Tx, id: string): Promise<Artifact | null> {
  const row = await tx.selectFrom('artifacts').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  return row ? toArtifact(row) : null
}

/**
 * Whose service this is. Services never go away, hence no lock.
 *
 * @throws Refusal `not-found`
 */
export async function serviceOwners(tx: Tx, id: string) {
  const row = await tx
    .selectFrom('services')
    .select(['id', 'provider_id', 'consumer_id', 'agent_id'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) throw notFound('service', id)
  return { id: row.id, providerId: row.provider_id, consumerId: row.consumer_id, agentId: row.agent_id }
}

/** Inserts an artifact unless its id is taken. Waits for another transaction that inserts the same id. */
export async function insertArtifact(tx: Tx, artifact: Artifact): Promise<void> {
  await tx
    .insertInto('artifacts')
    .values(toRow(artifact))
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute()
}

/** Writes what can change. The row must be locked by `lockArtifact`. */
export async function saveArtifact(tx: Tx, artifact: Artifact): Promise<void> {
  const { id, ...columns } = toRow(artifact)
  await tx.updateTable('artifacts').set(columns).where('id', '=', id).execute()
}

/** Notes how far an upload has come. @returns false when the artifact was deleted meanwhile */
export async function recordSize(db: Db, id: string, sizeBytes: number, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('artifacts')
    .set({ size_bytes: sizeBytes, updated_at: now })
    .where('id', '=', id)
    .where('state', '=', 'Uploading')
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Deletes an artifact and has its copies removed. */
export async function deleteArtifact(db: Db, id: string, now: Date): Promise<void> {
  await db.deleteFrom('artifacts').where('id', '=', id).execute()
  await removeCopies(db, [id], now)
}

/** Keeps an artifact for a vault copy: until it is released it neither expires nor can be deleted. The row must be locked. */
export async function holdArtifact(tx: Tx, id: string, by: string): Promise<void> {
  await tx.updateTable('artifacts').set({ held_by: by, expires_at: null }).where('id', '=', id).execute()
}

/** The end of `holdArtifact`. @param expiresAt  from then on it is nobody's */
export async function releaseArtifact(tx: Tx, id: string, expiresAt: Date): Promise<void> {
  await tx.updateTable('artifacts').set({ held_by: null, expires_at: expiresAt }).where('id', '=', id).execute()
}

export async function isHeld(db: Db, id: string): Promise<boolean> {
  const row = await db.selectFrom('artifacts').select('held_by').where('id', '=', id).executeTakeFirst()
  return (row?.held_by ?? null) !== null
}

/**
 * Deletes what has expired and what nobody goes on uploading, at most `limit`, and has the copies removed; locks no row that
 * somebody else has locked.
 */
export async function deleteOutdated(tx: Tx, now: Date, abandonedBefore: Date, limit: number): Promise<Artifact[]> {
  const { rows } = await sql<ArtifactRow>`
    DELETE FROM artifacts WHERE id IN (
      SELECT id FROM artifacts
      WHERE held_by IS NULL
        AND (expires_at <= ${now} OR (state = 'Uploading' AND updated_at < ${abandonedBefore}))
      LIMIT ${limit} FOR UPDATE SKIP LOCKED
    ) RETURNING *`.execute(tx)
  await removeCopies(
    tx,
    rows.map(({ id }) => id),
    now,
  )
  return rows.map(toArtifact)
}

/** Those of the ids that have no row, or whose content is elsewhere only. What is no id has none either. */
export async function notOnDisk(db: Db, ids: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM unnest(${[...ids]}::text[]) AS asked (id)
    WHERE NOT EXISTS (SELECT FROM artifacts a WHERE a.id::text = asked.id AND a.content_local)`.execute(db)
  return rows.map(({ id }) => id)
}

export function artifactList(now: Date): ListSource<ArtifactRow, WireArtifact> {
  return {
    table: 'artifacts',
    where: sql`t.expires_at IS NULL OR t.expires_at > ${now}`,
    select: sql`t.*`,
    toItem: (row) => artifactToWire(toArtifact(row)),
  }
}

export function artifactToWire(artifact: Artifact): WireArtifact {
  const { sha256, expiresAt, createdAt, updatedAt, ...rest } = artifact
  return {
    ...rest,
    ...(sha256 !== null && { sha256 }),
    ...(expiresAt !== null && { expiresAt: timestamp(expiresAt) }),
    createdAt: timestamp(createdAt),
    updatedAt: timestamp(updatedAt),
  }
}

function toArtifact(row: ArtifactRow): Artifact {
  return {
    id: row.id,
    serviceId: row.service_id,
    providerId: row.provider_id,
    consumerId: row.consumer_id,
    agentId: row.agent_id,
    kind: row.kind,
    format: row.format,
    state: row.state,
    sizeBytes: row.size_bytes,
    sha256: row.sha256,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

/** Where the content lies and who keeps it is written by others. */
function toRow(artifact: Artifact): Omit<ArtifactRow, 'content_local' | 'held_by'> {
  return {
    id: artifact.id,
    service_id: artifact.serviceId,
    provider_id: artifact.providerId,
    consumer_id: artifact.consumerId,
    agent_id: artifact.agentId,
    kind: artifact.kind,
    format: artifact.format,
    state: artifact.state,
    size_bytes: artifact.sizeBytes,
    sha256: artifact.sha256,
    expires_at: artifact.expiresAt,
    created_at: artifact.createdAt,
    updated_at: artifact.updatedAt,
  }
}
