/** What the reports about leaving read: a consumer's services and where they run, a provider's offerings. */
import type { Profile } from '@fulcrum/sovereignty'
import { sql } from 'kysely'
import type { Db } from '../platform/db.ts'
import { offeringProfiles } from '../sovereignty-profiles/index.ts'
import type { OfferingFacts } from './jurisdiction.ts'

export type ReportedService = {
  id: string
  name: string
  createdAt: Date
  serviceTypeId: string
  serviceTypeName: string
  groupId: string
  groupName: string
  agentId: string
  agentName: string
  providerId: string
  providerName: string
}

/** The consumer's services that have not ended and were not left for another one, nor made for a move only; oldest first. */
export async function consumerServices(db: Db, consumerId: string): Promise<ReportedService[]> {
  const { rows } = await sql<ReportedService>`
    SELECT s.id, s.name, s.created_at AS "createdAt", s.service_type_id AS "serviceTypeId", st.name AS "serviceTypeName",
           s.group_id AS "groupId", g.name AS "groupName", s.agent_id AS "agentId", a.name AS "agentName",
           s.provider_id AS "providerId", p.name AS "providerName"
    FROM services s
    JOIN service_types st ON st.id = s.service_type_id
    JOIN service_groups g ON g.id = s.group_id
    JOIN agents a ON a.id = s.agent_id
    JOIN participants p ON p.id = s.provider_id
    JOIN service_roles r ON r.service_id = s.id AND r.role = 'primary'
    WHERE s.consumer_id = ${consumerId} AND NOT s.terminal
    ORDER BY s.created_at, s.id`.execute(db)
  return rows
}

export type Offering = {
  agentId: string
  agentName: string
  serviceTypeId: string
  serviceTypeName: string
  providerId: string
  providerName: string
}
export type OfferingWithProfile = Offering & Pick<OfferingFacts, 'profileVersions'> & { profile: Profile }

/** Offerings that take new orders, with what holds for them. */
export async function openOfferings(
  db: Db,
  only: { providerId: string } | { serviceTypeIds: readonly string[] },
  now: Date,
): Promise<OfferingWithProfile[]> {
  const condition =
    'providerId' in only
      ? sql`a.provider_id = ${only.providerId}`
      : sql`l.service_type_id = ANY (${[...only.serviceTypeIds]}::uuid[])`
  const { rows } = await sql<Offering>`
    SELECT a.id AS "agentId", a.name AS "agentName", st.id AS "serviceTypeId", st.name AS "serviceTypeName",
           p.id AS "providerId", p.name AS "providerName"
    FROM agents a
    JOIN agent_type_service_types l ON l.agent_type_id = a.agent_type_id
    JOIN service_types st ON st.id = l.service_type_id
    JOIN participants p ON p.id = a.provider_id
    WHERE a.deleted_at IS NULL AND a.status <> 'Disabled' AND p.status <> 'Disabled' AND ${condition}
    ORDER BY a.name, a.id, st.name`.execute(db)
  const profiles = await offeringProfiles(db, rows, now)
  const byKey = new Map(profiles.map((one) => [`${one.agentId} ${one.serviceTypeId}`, one]))
  return rows.map((offering) => {
    const found = byKey.get(`${offering.agentId} ${offering.serviceTypeId}`)
    return {
      ...offering,
      profile: found?.profile ?? { id: offering.providerId },
      profileVersions: [...(found?.versions ?? [])],
    }
  })
}

/** Running everything against the same state: a report must not mix two. Reads only. */
export async function consistently<T>(db: Db, read: (db: Db) => Promise<T>): Promise<T> {
  return db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(read)
}
