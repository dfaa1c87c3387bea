/** What a placement looks up in PostgreSQL: who offers a type, what there is of it, what the consumer has and may have. */
import { sql } from 'kysely'
import type { Db, Tx } from '../platform/db.ts'
import type { Offered } from './candidate.ts'
import { lockConsumer } from './terms-store.ts'

/** What makes an order more than a choice by tags; nothing of it, and the order goes as it always went. */
export type Ruled = { byPolicy: boolean; byQuota: boolean; byCapacity: boolean }

/**
 * Whether anything speaks of an order. One statement over three small tables, the only one that an order without any of them costs.
 *
 * @param subject  of the order; `serviceId`: of the service whose place it takes
 */
export async function ruledBy(
  db: Db,
  {
    serviceTypeId,
    consumerId,
    groupId,
    serviceId = null,
  }: { serviceTypeId: string; consumerId: string; groupId: string; serviceId?: string | null },
  at: Date,
): Promise<Ruled> {
  const { rows } = await sql<Ruled>`
    SELECT EXISTS (SELECT FROM sovereignty_policies
                   WHERE (scope_kind = 'platform' OR scope_id IN (${serviceTypeId}, ${consumerId}, ${groupId}, ${serviceId}::uuid))
                     AND effective_from <= ${at} AND (withdrawn_at IS NULL OR withdrawn_at > ${at})) AS "byPolicy",
           EXISTS (SELECT FROM participant_quotas
                   WHERE participant_id = ${consumerId}
                     AND (service_type_id IS NULL OR service_type_id = ${serviceTypeId})) AS "byQuota",
           EXISTS (SELECT FROM offering_terms
                   WHERE service_type_id = ${serviceTypeId} AND capacity_units IS NOT NULL) AS "byCapacity"`.execute(db)
  return rows[0] ?? { byPolicy: true, byQuota: true, byCapacity: true }
}

/** Every agent that offers the type, by id; with `agentId` this one alone. */
export async function offeredBy(db: Db, serviceTypeId: string, agentId: string | null): Promise<Offered[]> {
  const { rows } = await sql<Offered>`
    SELECT a.id AS "agentId", a.name AS "agentName", p.id AS "providerId", p.name AS "providerName",
           a.service_pool_set_id AS "servicePoolSetId", coalesce(a.tags, '{}') AS tags,
           a.status = 'Connected' AS connected, a.status = 'Disabled' OR p.status = 'Disabled' AS disabled,
           (SELECT count(*) FROM jobs j WHERE j.agent_id = a.id AND j.status = 'Pending') AS "openJobs"
    FROM agents a
    JOIN agent_type_service_types l ON l.agent_type_id = a.agent_type_id AND l.service_type_id = ${serviceTypeId}
    JOIN participants p ON p.id = a.provider_id
    WHERE a.deleted_at IS NULL AND (${agentId}::uuid IS NULL OR a.id = ${agentId}) ORDER BY a.id`.execute(db)
  return rows
}

/**
 * Lets no other order count until this transaction ends: neither what the consumer has, for shares of it, nor what is free at
 * limited offerings, nor what quotas leave. Always in this order, so that two orders never wait for each other.
 */
export async function lockCounts(
  tx: Tx,
  of: { consumerId: string; serviceTypeId: string; agentId: string | null; shares: boolean } & Ruled,
): Promise<void> {
  if (of.shares) await lockConsumer(tx, of.consumerId)
  if (of.byQuota)
    await sql`
      SELECT FROM participant_quotas
      WHERE participant_id = ${of.consumerId} AND (service_type_id IS NULL OR service_type_id = ${of.serviceTypeId})
      ORDER BY service_type_id NULLS FIRST FOR UPDATE`.execute(tx)
  if (of.byCapacity)
    await sql`
      SELECT FROM offering_terms
      WHERE service_type_id = ${of.serviceTypeId} AND capacity_units IS NOT NULL
        AND (${of.agentId}::uuid IS NULL OR agent_id = ${of.agentId})
      ORDER BY id FOR NO KEY UPDATE`.execute(tx)
}

/** Services of the type that have not ended, by agent. After `lockCounts` it is exact until the transaction ends. */
export async function servicesAt(
  db: Db,
  serviceTypeId: string,
  agentIds: readonly string[],
): Promise<Map<string, number>> {
  if (agentIds.length === 0) return new Map()
  const { rows } = await sql<{ agent_id: string; count: number }>`
    SELECT agent_id, count(*) AS count FROM services
    WHERE service_type_id = ${serviceTypeId} AND agent_id = ANY (${[...agentIds]}::uuid[]) AND NOT terminal
    GROUP BY agent_id`.execute(db)
  return new Map(rows.map(({ agent_id, count }) => [agent_id, count]))
}

export type Held = { agentId: string; serviceTypeId: string; providerId: string; count: number }

/** What a consumer has that has not ended, by offering. Of what was moved or is being moved, the one that counts. */
export async function heldBy(db: Db, consumerId: string): Promise<Held[]> {
  const { rows } = await sql<Held>`
    SELECT s.agent_id AS "agentId", s.service_type_id AS "serviceTypeId", s.provider_id AS "providerId", count(*) AS count
    FROM services s JOIN service_roles r ON r.service_id = s.id AND r.role = 'primary'
    WHERE s.consumer_id = ${consumerId} AND NOT s.terminal
    GROUP BY s.agent_id, s.service_type_id, s.provider_id ORDER BY s.agent_id, s.service_type_id`.execute(db)
  return rows
}
