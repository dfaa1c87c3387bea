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
