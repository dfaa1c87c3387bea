/** Versions of profiles in PostgreSQL. */
import type { SovereigntyFacts, SovereigntyProfile as WireProfile } from '@fulcrum/contract'
import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Db, Tx } from '../platform/db.ts'
import { conflict, notFound } from '../platform/errors.ts'
import type { ListSource } from '../platform/lists.ts'
import type { SovereigntyProfilesTable } from '../platform/sovereignty-tables.ts'
import { timestamp } from '../platform/wire.ts'
import type { ProfileVersion } from './profile.ts'
import { type Subject, subjectColumns, toSubject } from './subject.ts'

type ProfileRow = Selectable<SovereigntyProfilesTable>

/** @throws Refusal `not-found` */
export async function getProfile(db: Db, id: string): Promise<ProfileVersion> {
  const row = await db.selectFrom('sovereignty_profiles').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) throw notFound('sovereignty profile', id)
  return toProfile(row)
}

/** Reads a version and locks its row until the transaction ends. @throws Refusal `not-found` */
export async function lockProfile(tx: Tx, id: string): Promise<ProfileVersion> {
  const row = await tx
    .selectFrom('sovereignty_profiles')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw notFound('sovereignty profile', id)
  return toProfile(row)
}

/**
 * The number of the next version. The subject must be locked by `lockSubject`.
 *
 * @throws Refusal `conflict` when there is a draft
 */
export async function nextVersion(tx: Tx, subject: Subject): Promise<number> {
  const { rows } = await sql<{ last: number | null; drafts: boolean | null }>`
    SELECT max(version) AS last, bool_or(status = 'draft') AS drafts FROM sovereignty_profiles WHERE ${ofSubject(subject)}`.execute(
    tx,
  )
  if (rows[0]?.drafts) throw conflict('the subject has a draft already: change it, publish it or delete it')
  return (rows[0]?.last ?? 0) + 1
}

/** The facts of the newest published version; null when there is none. */
export async function publishedFacts(tx: Tx, subject: Subject): Promise<SovereigntyFacts | null> {
  const { rows } = await sql<Pick<ProfileRow, 'facts'>>`
    SELECT facts FROM sovereignty_profiles WHERE ${ofSubject(subject)} AND status = 'published'
    ORDER BY version DESC LIMIT 1`.execute(tx)
  return rows[0] ? asFacts(rows[0].facts) : null
}

export async function insertProfile(tx: Tx, profile: ProfileVersion): Promise<void> {
  await tx
    .insertInto('sovereignty_profiles')
    .values({
      id: profile.id,
      ...subjectColumns(profile),
      version: profile.version,
      created_at: profile.createdAt,
      ...changingColumns(profile),
    })
    .execute()
}

/** Writes what can change. The row must be locked by `lockProfile`. */
export async function saveProfile(tx: Tx, profile: ProfileVersion): Promise<void> {
  await tx.updateTable('sovereignty_profiles').set(changingColumns(profile)).where('id', '=', profile.id).execute()
}

export async function deleteProfile(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('sovereignty_profiles').where('id', '=', id).execute()
}

/** @param readable  which rows the caller may read */
export function profileList(readable: RawBuilder<unknown>): ListSource<ProfileRow, WireProfile> {
  return {
    table: 'sovereignty_profiles',
    where: readable,
    select: sql`t.*`,
    toItem: (row) => profileToWire(toProfile(row)),
  }
}

export function profileToWire(profile: ProfileVersion): WireProfile {
  const { participantId, agentId, serviceTypeId, validUntil, publishedAt, ...rest } = profile
  return {
    id: rest.id,
    kind: agentId === undefined ? 'participant' : serviceTypeId === undefined ? 'agent' : 'offering',
    participantId,
    ...(agentId !== undefined && { agentId }),
    ...(serviceTypeId !== undefined && { serviceTypeId }),
    version: rest.version,
    status: rest.status,
    facts: rest.facts,
    validFrom: timestamp(rest.validFrom),
    ...(validUntil !== null && { validUntil: timestamp(validUntil) }),
    ...(publishedAt !== null && { publishedAt: timestamp(publishedAt) }),
    createdAt: timestamp(rest.createdAt),
    updatedAt: timestamp(rest.updatedAt),
  }
}

function changingColumns({ status, facts, validFrom, validUntil, publishedAt, updatedAt }: ProfileVersion) {
  return {
    status,
    facts: JSON.stringify(facts),
    valid_from: validFrom,
    valid_until: validUntil,
    published_at: publishedAt,
    updated_at: updatedAt,
  }
}

function ofSubject({ participantId, agentId, serviceTypeId }: Subject) {
  return sql`participant_id = ${participantId} AND agent_id IS NOT DISTINCT FROM ${agentId ?? null}::uuid
    AND service_type_id IS NOT DISTINCT FROM ${serviceTypeId ?? null}::uuid`
}

function toProfile(row: ProfileRow): ProfileVersion {
  return {
    id: row.id,
    ...toSubject(row),
    version: row.version,
    status: row.status,
    facts: asFacts(row.facts),
    validFrom: row.valid_from,
    validUntil: row.valid_until,
    publishedAt: row.published_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

/** Only facts that fit the contract were ever written; their type differs from the rules' by what may be written to it. */
function asFacts(facts: ProfileRow['facts']): SovereigntyFacts {
  return facts as SovereigntyFacts
}
