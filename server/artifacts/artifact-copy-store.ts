/** Copies of artifacts in stores, as the database knows them; it is also the queue of what is to be written and removed. */
import { randomUUID } from 'node:crypto'
import { type Selectable, sql } from 'kysely'
import type { StoreOwner } from '../platform/artifact-stores-file.ts'
import type { Command } from '../platform/command.ts'
import type { Db, Tx } from '../platform/db.ts'
import type { ArtifactCopiesTable } from '../platform/sovereignty-tables.ts'
import type { Artifact } from './artifact.ts'

export type ArtifactCopy = {
  /** The key of the content in its store. */
  id: string
  artifactId: string
  store: string
  state: 'pending' | 'stored' | 'failed' | 'removing'
  sha256: string
  sizeBytes: number
  attempts: number
  error: string | null
  storedAt: Date | null
  createdAt: Date
}

/** Where the content of an artifact is. */
export type Places = {
  onDisk: boolean
  /** Copies that were read back and were right, the oldest first. */
  copies: readonly { id: string; store: string }[]
}

/** Notes for everybody what this server is configured with. The last server that starts wins. */
export async function recordStores(c: Command, stores: readonly (StoreOwner & { kind: string })[]): Promise<void> {
  for (const { name, kind, operator, country, controllerCountry, providerId } of stores)
    await sql`
      INSERT INTO artifact_stores (name, kind, operator, country, controller_country, provider_id, updated_at)
      VALUES (${name}, ${kind}, ${operator}, ${country}, ${controllerCountry}, ${providerId}, ${c.now})
      ON CONFLICT (name) DO UPDATE SET kind = EXCLUDED.kind, operator = EXCLUDED.operator, country = EXCLUDED.country,
        controller_country = EXCLUDED.controller_country, provider_id = EXCLUDED.provider_id, updated_at = EXCLUDED.updated_at`.execute(
      c.tx,
    )
}

/**
 * Asks for a copy of a finished artifact in a store; asking again changes nothing, unless the copy was given up: then it is tried
 * again.
 */
export async function requestCopy(c: Command, artifact: Artifact, store: string): Promise<void> {
  await sql`
    INSERT INTO artifact_copies (id, artifact_id, store, state, sha256, size_bytes, next_attempt_at, created_at, updated_at)
    VALUES (${store === 'local' ? artifact.id : randomUUID()}, ${artifact.id}, ${store}, 'pending', ${artifact.sha256},
            ${artifact.sizeBytes}, ${c.now}, ${c.now}, ${c.now})
    ON CONFLICT (artifact_id, store) WHERE state <> 'removing'
    DO UPDATE SET state = 'pending', attempts = 0, next_attempt_at = EXCLUDED.next_attempt_at, updated_at = EXCLUDED.updated_at
      WHERE artifact_copies.state = 'failed'`.execute(c.tx)
}

export async function findCopy(db: Db, artifactId: string, store: string): Promise<ArtifactCopy | null> {
  const row = await db
    .selectFrom('artifact_copies')
    .selectAll()
    .where('artifact_id', '=', artifactId)
    .where('store', '=', store)
    .where('state', '<>', 'removing')
    .executeTakeFirst()
  return row ? toCopy(row) : null
}

/** @returns null when there is no such artifact */
export async function placesOf(db: Db, artifactId: string): Promise<Places | null> {
  const { rows } = await sql<{ onDisk: boolean; copies: { id: string; store: string }[] }>`
    SELECT a.content_local AS "onDisk",
           coalesce((SELECT json_agg(json_build_object('id', c.id, 'store', c.store) ORDER BY c.stored_at)
                     FROM artifact_copies c WHERE c.artifact_id = a.id AND c.state = 'stored'), '[]') AS copies
    FROM artifacts a WHERE a.id = ${artifactId}`.execute(db)
  return rows[0] ?? null
}

/** What is due, longest due first. Locks nothing: two that do the same do no harm. */
export async function dueCopies(
  db: Db,
  state: 'pending' | 'removing',
  now: Date,
  limit: number,
): Promise<ArtifactCopy[]> {
  const rows = await db
    .selectFrom('artifact_copies')
    .selectAll()
    .where('state', '=', state)
    .where('next_attempt_at', '<=', now)
    .orderBy('next_attempt_at')
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(toCopy)
}

/** Counts an attempt that begins, and says when the next may be if nothing more is heard of it. */
export async function beginAttempt(db: Db, id: string, nextAt: Date, now: Date): Promise<void> {
  await sql`UPDATE artifact_copies SET attempts = attempts + 1, next_attempt_at = ${nextAt}, updated_at = ${now}
            WHERE id = ${id}`.execute(db)
}

/** @returns false when it is no longer wanted */
export async function markStored(tx: Tx, id: string, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('artifact_copies')
    .set({ state: 'stored', stored_at: now, error: null, updated_at: now })
    .where('id', '=', id)
    .where('state', '=', 'pending')
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Notes why an attempt failed. @param final  it is given up */
export async function markFailure(db: Db, id: string, error: string, final: boolean, now: Date): Promise<void> {
  await db
    .updateTable('artifact_copies')
    .set({ error, updated_at: now, ...(final && { state: 'failed' as const }) })
    .where('id', '=', id)
    .where('state', 'in', final ? ['pending'] : ['pending', 'removing'])
    .execute()
}

/** The content in the store is not, or no longer, what was put there. */
export async function markSpoilt(db: Db, id: string, error: string, now: Date): Promise<void> {
  await db
    .updateTable('artifact_copies')
    .set({ state: 'failed', error, updated_at: now })
    .where('id', '=', id)
    .where('state', '=', 'stored')
    .execute()
}

/** The artifacts' copies are to go. What is on the server's disk goes with the artifact. */
export async function removeCopies(db: Db, artifactIds: readonly string[], now: Date): Promise<void> {
  if (artifactIds.length === 0) return
  await sql`DELETE FROM artifact_copies WHERE artifact_id = ANY (${[...artifactIds]}::uuid[]) AND store = 'local'`.execute(
    db,
  )
  await sql`
    UPDATE artifact_copies SET state = 'removing', attempts = 0, next_attempt_at = ${now}, updated_at = ${now}
    WHERE artifact_id = ANY (${[...artifactIds]}::uuid[]) AND state <> 'removing'`.execute(db)
}

export async function forgetCopy(db: Db, id: string): Promise<void> {
  await db.deleteFrom('artifact_copies').where('id', '=', id).where('state', '=', 'removing').execute()
}

/**
 * The content on the server's disk is no longer needed: a copy was read back and is right, and the artifact is kept for its
 * copies' sake. Not when the disk itself is one of the places asked for.
 *
 * @returns whether it may be removed
 */
export async function leaveDisk(tx: Tx, artifactId: string): Promise<boolean> {
  const { numAffectedRows } = await sql`
    UPDATE artifacts SET content_local = false
    WHERE id = ${artifactId} AND held_by IS NOT NULL AND content_local
      AND NOT EXISTS (SELECT FROM artifact_copies c
                      WHERE c.artifact_id = ${artifactId} AND (c.store = 'local' OR c.state IN ('pending', 'failed')))
      AND EXISTS (SELECT FROM artifact_copies c WHERE c.artifact_id = ${artifactId} AND c.state = 'stored')`.execute(tx)
  return (numAffectedRows ?? 0n) > 0n
}

function toCopy(row: Selectable<ArtifactCopiesTable>): ArtifactCopy {
  return {
    id: row.id,
    artifactId: row.artifact_id,
    store: row.store,
    state: row.state,
    sha256: row.sha256,
    sizeBytes: row.size_bytes,
    attempts: row.attempts,
    error: row.error,
    storedAt: row.stored_at,
    createdAt: row.created_at,
  }
}
