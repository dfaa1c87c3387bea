/** What is there to be described: a participant and its offerings. */
import { sql } from 'kysely'
import type { Db } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'

export type DescribedParticipant = { id: string; name: string }
export type OfferingNames = { agentId: string; serviceTypeId: string; name: string }

/** An answer lists so many at most, those of the oldest agents. */
const MOST_OFFERINGS = 200

/** @throws Refusal `not-found` */
export async function findDescribed(db: Db, participantId: string): Promise<DescribedParticipant> {
  const row = await readDescribed(db, participantId)
  if (!row) throw notFound('participant', participantId)
  return row
}

export async function isDescribed(db: Db, participantId: string): Promise<boolean> {
  return (await readDescribed(db, participantId)) !== undefined
}

function readDescribed(db: Db, participantId: string): Promise<DescribedParticipant | undefined> {
  return db
    .selectFrom('participants')
    .select(['id', 'name'])
    .where('id', '=', participantId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
}

/** Every service type at every agent of a provider. */
export async function offeringsOf(db: Db, participantId: string): Promise<OfferingNames[]> {
  const { rows } = await sql<OfferingNames>`
    SELECT a.id AS "agentId", s.id AS "serviceTypeId", s.name || ' at ' || a.name AS name
    FROM agents a
    JOIN agent_type_service_types l ON l.agent_type_id = a.agent_type_id
    JOIN service_types s ON s.id = l.service_type_id AND s.deleted_at IS NULL
    WHERE a.provider_id = ${participantId} AND a.deleted_at IS NULL
    ORDER BY a.created_at, a.id, l.position LIMIT ${MOST_OFFERINGS}`.execute(db)
  return rows
}
