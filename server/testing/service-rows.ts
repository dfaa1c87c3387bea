/** The rows that a service needs around it, written directly: for tests of features that only refer to services. */
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Db } from '../platform/db.ts'

export type ServiceRows = { serviceId: string; agentId: string; providerId: string; consumerId: string }

/** A service of this consumer at a new agent of this provider. */
export async function insertServiceRows(db: Db, providerId: string, consumerId: string): Promise<ServiceRows> {
  const [typeId, agentTypeId, agentId, groupId, serviceId] = Array.from({ length: 5 }, () => randomUUID())
  const now = new Date()
  await sql`
    WITH type AS (
      INSERT INTO service_types (id, name, property_schema, lifecycle_schema, created_at, updated_at)
      VALUES (${typeId}, ${typeId}, '{"properties":{},"validators":null}',
              '{"states":[],"actions":[],"initialState":"New","terminalStates":null}', ${now}, ${now})
    ), agent_type AS (
      INSERT INTO agent_types (id, name, configuration_schema, created_at, updated_at)
      VALUES (${agentTypeId}, ${agentTypeId}, '{"properties":{},"validators":null}', ${now}, ${now})
    ), agent AS (
      INSERT INTO agents (id, name, status, agent_type_id, provider_id, created_at, updated_at)
      VALUES (${agentId}, 'agent', 'Connected', ${agentTypeId}, ${providerId}, ${now}, ${now})
    ), service_group AS (
      INSERT INTO service_groups (id, name, consumer_id, created_at, updated_at)
      VALUES (${groupId}, 'group', ${consumerId}, ${now}, ${now})
    )
    INSERT INTO services (id, name, status, terminal, status_since, provider_id, consumer_id, group_id, agent_id,
                          service_type_id, created_at, updated_at)
    VALUES (${serviceId}, 'service', 'New', false, ${now}, ${providerId}, ${consumerId}, ${groupId}, ${agentId},
            ${typeId}, ${now}, ${now})`.execute(db)
  return { serviceId: serviceId ?? '', agentId: agentId ?? '', providerId, consumerId }
}

/**
 * Writes down that a service was moved to another one, or that this other one was only made for that.
 *
 * @param as  what the other one is: the one that counts, one that does not yet, one of a drill
 */
export async function insertMove(
  db: Db,
  sourceId: string,
  targetId: string,
  as: 'primary' | 'target' | 'scratch' = 'primary',
): Promise<void> {
  const now = new Date()
  await sql`
    INSERT INTO migrations (id, kind, service_id, target_service_id, consumer_id, service_type_id, source_agent_id,
                            target_agent_id, source_provider_id, target_provider_id, state, outcome, ended, primary_service,
                            holds_source, holds_target, cut_over_at, document, created_at, updated_at, ended_at)
    SELECT ${randomUUID()}, ${as === 'scratch' ? 'drill' : 'migration'}, s.id, t.id, s.consumer_id, s.service_type_id,
           s.agent_id, t.agent_id, s.provider_id, t.provider_id, 'ended', ${as === 'scratch' ? 'passed' : null}::text, true,
           ${as === 'primary' ? 'target' : 'source'}, 'nothing', false, ${as === 'primary' ? now : null}::timestamptz,
           '{}', ${now}, ${now}, ${now}
    FROM services s, services t WHERE s.id = ${sourceId} AND t.id = ${targetId}`.execute(db)
}
