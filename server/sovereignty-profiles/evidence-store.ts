/** Evidence in PostgreSQL. What other features find out themselves (credentials, measurements) comes in here, too. */
import { randomUUID } from 'node:crypto'
import type { Evidence } from '@fulcrum/sovereignty'
import type { Selectable } from 'kysely'
import { appendEvent } from '../events/index.ts'
import type { Command } from '../platform/command.ts'
import type { Db, Tx } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'
import type { SovereigntyEvidencesTable } from '../platform/sovereignty-tables.ts'
import { noteChange } from './change-store.ts'
import { type Subject, subjectColumns, subjectLinks, toSubject } from './subject.ts'

export type EvidenceRow = Selectable<SovereigntyEvidencesTable>

/** Evidence before it is kept. Times are RFC 3339. */
export type NewEvidence = Subject & Omit<Evidence, 'id' | 'exceptPaths'> & { id?: string }

/**
 * Keeps evidence about a subject that exists, and says so in an event. What it claims is the caller's responsibility: a result of
 * a check, or a measurement of this instance, which counts as `credential-verified`.
 *
 * @returns its id
 */
export async function recordEvidence(c: Command, evidence: NewEvidence): Promise<string> {
  const id = evidence.id ?? randomUUID()
  const { verification } = evidence
  await c.tx
    .insertInto('sovereignty_evidences')
    .values({
      id,
      ...subjectColumns(evidence),
      kind: evidence.kind,
      asserts_paths: [...evidence.assertsPaths],
      issuer: evidence.issuer ? JSON.stringify(evidence.issuer) : null,
      issued_at: toDate(evidence.issuedAt),
      valid_from: toDate(evidence.validFrom),
      valid_until: toDate(evidence.validUntil),
      media_type: evidence.mediaType ?? null,
      uri: evidence.uri ?? null,
      sha256: evidence.sha256 ?? null,
      ...verificationColumns(verification),
      created_at: c.now,
      updated_at: c.now,
    })
    .execute()
  await appendEvent(c, {
    type: 'sovereignty_evidence.created',
    entityId: id,
    ...subjectLinks(evidence),
    properties: {
      kind: evidence.kind,
      assertsPaths: [...evidence.assertsPaths],
      status: verification.status,
      level: verification.level,
      ...(evidence.validUntil !== undefined && { validUntil: evidence.validUntil }),
    },
  })
  await noteChange(c)
  return id
}

/**
 * Writes what a new check of evidence has found. An event says so when status or level changed; a check that finds the same again
 * only moves `checkedAt`.
 *
 * @param validUntil  the new end, when the check found one; announced again from the start when it differs
 * @throws Refusal `not-found`
 */
export async function updateEvidenceStatus(
  c: Command,
  id: string,
  verification: Evidence['verification'],
  validUntil?: string,
): Promise<void> {
  const before = await lockEvidence(c.tx, id)
  const changed = before.verification_status !== verification.status || before.verification_level !== verification.level
  await writeVerification(c, before, verification, validUntil)
  if (changed)
    await appendEvent(c, {
      type: 'sovereignty_evidence.updated',
      entityId: id,
      ...subjectLinks(toSubject(before)),
      properties: {
        before: { status: before.verification_status, level: before.verification_level },
        status: verification.status,
        level: verification.level,
      },
    })
}

/** Writes the verification of a row that is locked, and where given its end. */
export async function writeVerification(
  c: Command,
  before: EvidenceRow,
  verification: Evidence['verification'],
  validUntil?: string,
): Promise<void> {
  const until = validUntil === undefined ? before.valid_until : toDate(validUntil)
  const moved = until?.getTime() !== before.valid_until?.getTime()
  await c.tx
    .updateTable('sovereignty_evidences')
    .set({
      ...verificationColumns(verification),
      valid_until: until,
      ...(moved && { announced_days: null }),
      updated_at: c.now,
    })
    .where('id', '=', before.id)
    .execute()
  await noteChange(c)
}

/** Reads evidence and locks its row until the transaction ends. @throws Refusal `not-found` */
export async function lockEvidence(tx: Tx, id: string): Promise<EvidenceRow> {
  const row = await tx
    .selectFrom('sovereignty_evidences')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw notFound('sovereignty evidence', id)
  return row
}

/** @throws Refusal `not-found` */
export async function getEvidence(db: Db, id: string): Promise<EvidenceRow> {
  const row = await db.selectFrom('sovereignty_evidences').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) throw notFound('sovereignty evidence', id)
  return row
}

export async function deleteEvidence(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('sovereignty_evidences').where('id', '=', id).execute()
}

function verificationColumns({ status, level, checkedAt, method, checks = [] }: Evidence['verification']) {
  return {
    verification_status: status,
    verification_level: level,
    checked_at: toDate(checkedAt),
    method: method ?? null,
    checks: JSON.stringify(checks),
  }
}

function toDate(text: string | undefined): Date | null {
  return text === undefined ? null : new Date(text)
}
