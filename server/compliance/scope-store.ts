/** The services that a policy speaks of. */
import type { Policy } from '@fulcrum/sovereignty'
import { sql } from 'kysely'
import type { Db } from '../platform/db.ts'
import type { JudgedService } from './judge.ts'

/** Those that have not ended, by name. */
export async function servicesOfScope(db: Db, scope: Policy['scope']): Promise<(JudgedService & { name: string })[]> {
  const { kind } = scope
  const id = scope.id ?? null
  const { rows } = await sql<JudgedService & { name: string }>`
    SELECT id, name, provider_id AS "providerId", consumer_id AS "consumerId", group_id AS "groupId",
           service_type_id AS "serviceTypeId", agent_id AS "agentId"
    FROM services
    WHERE NOT terminal AND (${kind} = 'platform'
      OR ${kind} = 'serviceType' AND service_type_id = ${id}::uuid
      OR ${kind} = 'consumer' AND consumer_id = ${id}::uuid
      OR ${kind} = 'group' AND group_id = ${id}::uuid
      OR ${kind} = 'service' AND id = ${id}::uuid)
    ORDER BY name, id`.execute(db)
  return rows
}
