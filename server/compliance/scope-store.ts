/** The services that a policy speaks of. */
import type { Policy } from '@fulcrum/sovereignty'
import { sql } from 'kysely'
import type { Db } from '../platform/db.ts'
import type { JudgedService } from './judge.ts'

/** Those that have not ended, were not left for another one and are not a drill's, by name. */
export async function servicesOfScope(db: Db, scope: Policy['scope']): Promise<(JudgedService & { name: string })[]> {
  const { kind } = scope
  const id = scope.id ?? null
  const { rows } = await sql<JudgedService & { name: string }>`
    SELECT s.id, s.name, s.provider_id AS "providerId", s.consumer_id AS "consumerId", s.group_id AS "groupId",
           s.service_type_id AS "serviceTypeId", s.agent_id AS "agentId"
    FROM services s JOIN service_roles r ON r.service_id = s.id AND r.role NOT IN ('superseded', 'scratch')
    WHERE NOT s.terminal AND (${kind} = 'platform'
      OR ${kind} = 'serviceType' AND s.service_type_id = ${id}::uuid
      OR ${kind} = 'consumer' AND s.consumer_id = ${id}::uuid
      OR ${kind} = 'group' AND s.group_id = ${id}::uuid
      OR ${kind} = 'service' AND s.id = ${id}::uuid)
    ORDER BY s.name, s.id`.execute(db)
  return rows
}
