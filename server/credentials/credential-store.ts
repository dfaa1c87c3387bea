/** Credentials in PostgreSQL: what was handed in, the queue of what is to be verified, and what is remembered of issuances. */
import type { Credential as WireCredential } from '@fulcrum/contract'
import { type Selectable, sql } from 'kysely'
import type { Command } from '../platform/command.ts'
import type { Db, Tx } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'
import type { ListSource } from '../platform/lists.ts'
import type { CredentialsTable, SubjectColumns } from '../platform/sovereignty-tables.ts'
import { timestamp } from '../platform/wire.ts'
import { type Claims, claimsOf } from './claims.ts'
import type { Settled } from './credential.ts'
import type { Envelope } from './envelope.ts'

export type CredentialRow = Selectable<CredentialsTable>

export type NewCredential = SubjectColumns & {
  id: string
  presentation_id: string | null
  by_admin: boolean
  url: string | null
  /** Null: it is still to be fetched. */
  envelope: Envelope | null
}

/** @returns false when the same credential is there for the same subject */
export async function insertCredential(
  { tx, now }: Command,
  { envelope, ...columns }: NewCredential,
): Promise<boolean> {
  const inserted = await tx
    .insertInto('credentials')
    .values({
      ...columns,
      ...envelopeColumns(envelope),
      state: 'pending',
      reason: null,
      detail: null,
      checks: '[]',
      issuance_keys: [],
      checked_at: null,
      verified_at: null,
      next_check_at: now,
      attempts: 0,
      claimed_until: null,
      created_at: now,
      updated_at: now,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  return inserted !== undefined
}

/** Puts what was fetched into the row that waited for it. @returns false when the same credential is there already */
export async function saveFetched({ tx, now }: Command, row: CredentialRow, envelope: Envelope): Promise<boolean> {
  if (envelope.sha256 !== null && (await findSame(tx, row, envelope.sha256)) !== null) return false
  await tx
    .updateTable('credentials')
    .set({ ...envelopeColumns(envelope), updated_at: now })
    .where('id', '=', row.id)
    .execute()
  return true
}

function envelopeColumns(envelope: Envelope | null) {
  return {
    jwt: envelope?.jwt ?? null,
    document: envelope?.document ? JSON.stringify(envelope.document) : null,
    document_sha256: envelope?.sha256 ?? null,
    credential_id: envelope?.id ?? null,
    ...claimColumns(claimsOf(envelope?.document ?? null)),
  }
}

function claimColumns(claims: Claims) {
  return {
    issuer: claims.issuer,
    types: claims.types,
    subject_id: claims.subjectId,
    label_level: claims.labelLevel,
    rules_version: claims.rulesVersion,
    criteria: claims.criteria,
    valid_from: claims.validFrom,
    valid_until: claims.validUntil,
  }
}

/** The id of the same credential for the same subject. */
export async function findSame(tx: Tx, subject: SubjectColumns, sha256: string): Promise<string | null> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM credentials
    WHERE participant_id = ${subject.participant_id} AND agent_id IS NOT DISTINCT FROM ${subject.agent_id}
      AND service_type_id IS NOT DISTINCT FROM ${subject.service_type_id} AND document_sha256 = ${sha256}`.execute(tx)
  return rows[0]?.id ?? null
}

export async function countCredentials(tx: Tx, participantId: string): Promise<number> {
  const { count } = await tx
    .selectFrom('credentials')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('participant_id', '=', participantId)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Reads a credential and locks its row until the transaction ends. @throws Refusal `not-found` */
export async function lockCredential(tx: Tx, id: string): Promise<CredentialRow> {
  const row = await tx.selectFrom('credentials').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  if (!row) throw notFound('credential', id)
  return row
}

export async function deleteCredential(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('credentials').where('id', '=', id).execute()
}

/** Puts a credential at the front of the queue. A failed one is pending until it was examined. */
export async function requestRecheck({ tx, now }: Command, { id, state }: CredentialRow): Promise<void> {
  await tx
    .updateTable('credentials')
    .set({
      next_check_at: now,
      attempts: 0,
      updated_at: now,
      ...(state === 'failed' && { state: 'pending', reason: null, detail: null }),
    })
    .where('id', '=', id)
    .execute()
}

/**
 * Takes what is due, the longest due first, passing over what somebody else is taking. Whoever takes a row is left alone with it
 * until `until`; after that somebody else may take it again.
 *
 * @param onlyVerified  leave the others where they are
 */
export async function claimDue(
  db: Db,
  { now, until, limit, onlyVerified }: { now: Date; until: Date; limit: number; onlyVerified: boolean },
): Promise<CredentialRow[]> {
  const { rows } = await sql<CredentialRow>`
    UPDATE credentials SET claimed_until = ${until} WHERE id IN (
      SELECT id FROM credentials
      WHERE next_check_at <= ${now} AND (claimed_until IS NULL OR claimed_until <= ${now})
        AND (NOT ${onlyVerified}::boolean OR state = 'verified')
      ORDER BY next_check_at, id LIMIT ${limit} FOR UPDATE SKIP LOCKED)
    RETURNING *`.execute(db)
  return rows
}

/** The claimed row, locked; null when it was deleted or taken by somebody else meanwhile. */
export async function lockClaimed(tx: Tx, { id, claimed_until }: CredentialRow): Promise<CredentialRow | null> {
  const row = await tx
    .selectFrom('credentials')
    .selectAll()
    .where('id', '=', id)
    .where('claimed_until', '=', claimed_until)
    .forUpdate()
    .executeTakeFirst()
  return row ?? null
}

/** Gives a row back that nothing came of, so that somebody else need not wait. */
export async function releaseClaim(db: Db, { id, claimed_until }: CredentialRow): Promise<void> {
  await db
    .updateTable('credentials')
    .set({ claimed_until: null })
    .where('id', '=', id)
    .where('claimed_until', '=', claimed_until)
    .execute()
}

/** Writes what an examination has led to, and gives the row back to the queue. */
export async function saveSettled(
  { tx, now }: Command,
  { id, next_check_at }: CredentialRow,
  asked: Date | null,
  settled: Settled & { checks: CredentialRow['checks']; issuanceKeys: readonly string[] | null },
): Promise<void> {
  // somebody has asked for a check while this one was going on
  const again = next_check_at !== null && asked !== null && next_check_at > asked
  await tx
    .updateTable('credentials')
    .set({
      state: settled.state,
      reason: settled.reason,
      detail: settled.detail?.slice(0, 2_000) ?? null,
      attempts: settled.attempts,
      next_check_at: again ? next_check_at : settled.nextCheckAt,
      claimed_until: null,
      ...(settled.conclusive && { checks: JSON.stringify(settled.checks), checked_at: now }),
      ...(settled.issuanceKeys && { issuance_keys: [...settled.issuanceKeys] }),
      ...(settled.state === 'verified' && settled.conclusive && { verified_at: now }),
      updated_at: now,
    })
    .where('id', '=', id)
    .execute()
}

/** Documents with this id that were handed in for a participant. */
export async function documentsOf(db: Db, participantId: string, credentialId: string): Promise<unknown[]> {
  const rows = await db
    .selectFrom('credentials')
    .select('document')
    .where('participant_id', '=', participantId)
    .where('credential_id', '=', credentialId)
    .orderBy('created_at', 'desc')
    .limit(50)
    .execute()
  return rows.flatMap(({ document }) => document ?? [])
}

export async function wasRevoked(tx: Tx, sha256: string): Promise<boolean> {
  const row = await tx
    .selectFrom('credential_revocations')
    .select('revoked_at')
    .where('document_sha256', '=', sha256)
    .executeTakeFirst()
  return row !== undefined
}

export async function rememberRevocation({ tx, now }: Command, sha256: string): Promise<void> {
  await tx
    .insertInto('credential_revocations')
    .values({ document_sha256: sha256, revoked_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** Lets one transaction at a time compare and remember issuances. */
export async function lockIssuances(tx: Tx): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(4205421, 1)`.execute(tx)
}

/** When the newest issuance under any of these keys was issued. */
export async function newestIssuance(tx: Tx, keys: readonly string[]): Promise<Date | null> {
  const { rows } = await sql<{ issued_at: Date }>`
    SELECT issued_at FROM credential_issuances WHERE key = ANY (${keys})`.execute(tx)
  const times = rows.map(({ issued_at }) => issued_at.getTime())
  return times.length === 0 ? null : new Date(Math.max(...times))
}

/** Remembers an issuance, and lets older ones that are verified be examined again: they are superseded. */
export async function rememberIssuance({ tx, now }: Command, keys: readonly string[], issuedAt: Date): Promise<void> {
  await sql`
    INSERT INTO credential_issuances AS known (key, issued_at)
    SELECT key, ${issuedAt}::timestamptz FROM unnest(${keys}::text[]) AS key ORDER BY key
    ON CONFLICT (key) DO UPDATE SET issued_at = excluded.issued_at WHERE known.issued_at < excluded.issued_at`.execute(
    tx,
  )
  await sql`
    UPDATE credentials SET next_check_at = ${now}
    WHERE state = 'verified' AND issuance_keys && ${keys}::text[] AND valid_from < ${issuedAt}`.execute(tx)
}

const COLUMNS = sql`t.id, t.participant_id, t.agent_id, t.service_type_id, t.presentation_id, t.state, t.reason, t.detail, t.checks,
  t.url, t.issuer, t.types, t.subject_id, t.label_level, t.rules_version, t.criteria, t.valid_from, t.valid_until,
  t.attempts, t.checked_at, t.next_check_at, t.created_at, t.updated_at,
  ARRAY(SELECT e.id FROM sovereignty_evidences e WHERE e.credential_id = t.id ORDER BY e.credential_part) AS evidence_ids`

type ViewRow = Omit<
  CredentialRow,
  'jwt' | 'document' | 'document_sha256' | 'by_admin' | 'issuance_keys' | 'verified_at' | 'claimed_until'
> & { evidence_ids: string[] }

/** What a caller is told instead of a reason while nothing is verified at all. */
export type Waiting = { waitingFor: string | null }

/** @throws Refusal `not-found` */
export async function getCredentialView(db: Db, id: string, waiting: Waiting): Promise<WireCredential> {
  const { rows } = await sql<ViewRow>`SELECT ${COLUMNS} FROM credentials t WHERE t.id = ${id}`.execute(db)
  if (!rows[0]) throw notFound('credential', id)
  return toWire(rows[0], waiting)
}

export function credentialList(waiting: Waiting): ListSource<ViewRow, WireCredential> {
  return { table: 'credentials', select: COLUMNS, toItem: (row) => toWire(row, waiting) }
}

function toWire(row: ViewRow, { waitingFor }: Waiting): WireCredential {
  const detail = row.detail ?? (row.state === 'pending' ? waitingFor : null)
  const label = (['SC', 'L1', 'L2', 'L3'] as const).find((level) => level === row.label_level)
  return {
    id: row.id,
    participantId: row.participant_id,
    ...(row.agent_id !== null && { agentId: row.agent_id }),
    ...(row.service_type_id !== null && { serviceTypeId: row.service_type_id }),
    ...(row.presentation_id !== null && { presentationId: row.presentation_id }),
    state: row.state,
    ...(row.reason !== null && { reason: row.reason }),
    ...(detail !== null && { detail }),
    checks: row.checks,
    ...(row.url !== null && { url: row.url }),
    ...(row.issuer !== null && { issuer: row.issuer }),
    types: row.types,
    ...(row.subject_id !== null && { subjectId: row.subject_id }),
    ...(label && { labelLevel: label }),
    ...(row.rules_version !== null && { rulesVersion: row.rules_version }),
    criteria: row.criteria,
    ...(row.valid_from && { validFrom: timestamp(row.valid_from) }),
    ...(row.valid_until && { validUntil: timestamp(row.valid_until) }),
    evidenceIds: row.evidence_ids,
    attempts: row.attempts,
    ...(row.checked_at && { checkedAt: timestamp(row.checked_at) }),
    ...(row.next_check_at && { nextCheckAt: timestamp(row.next_check_at) }),
    createdAt: timestamp(row.created_at),
    updatedAt: timestamp(row.updated_at),
  }
}
