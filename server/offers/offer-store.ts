/** What the federation offers of a service type. */
import type { Offer } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Db } from '../platform/db.ts'

/** Offers of agents that take new services, by provider and agent name. `optionTypes`: those that the type's schema names. */
export async function offersOf(db: Db, serviceTypeId: string, optionTypes: readonly string[]): Promise<Offer[]> {
  const { rows } = await sql<Offer>`
    SELECT p.id AS "providerId", p.name AS "providerName", a.id AS "agentId", a.name AS "agentName",
           coalesce(a.tags, '{}') AS tags, a.status = 'Connected' AS connected,
           coalesce((
             SELECT json_agg(json_build_object('type', ot.type, 'name', o.name, 'value', o.value)
                             ORDER BY ot.type, o.display_order, o.name)
             FROM service_options o JOIN service_option_types ot ON ot.id = o.service_option_type_id
             WHERE o.provider_id = p.id AND o.enabled AND ot.type = ANY (${[...optionTypes]}::text[])
           ), '[]') AS options
    FROM agents a
    JOIN agent_type_service_types l ON l.agent_type_id = a.agent_type_id AND l.service_type_id = ${serviceTypeId}
    JOIN participants p ON p.id = a.provider_id
    WHERE a.deleted_at IS NULL AND a.status <> 'Disabled' AND p.status <> 'Disabled'
    ORDER BY p.name, a.name, a.id`.execute(db)
  return rows
}
