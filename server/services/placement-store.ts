/** Which agent takes a new service. */
import { type Selectable, sql } from 'kysely'
import { type Agent, type AgentRow, toAgent } from '../agents/index.ts'
import type { Tx } from '../platform/db.ts'
import { invalidInput } from '../platform/errors.ts'
import type { ServiceGroupsTable } from '../platform/tables.ts'

/** The one agent that the order names. @throws Refusal `invalid` when it cannot take a service of this type */
export async function namedAgent(tx: Tx, agentId: string, serviceTypeId: string): Promise<Agent> {
  const { rows } = await sql<AgentRow & { type_name: string; supports: boolean; disabled: boolean }>`
    SELECT a.*, at.name AS type_name, p.status = 'Disabled' OR a.status = 'Disabled' AS disabled,
           EXISTS (SELECT FROM agent_type_service_types l
                   WHERE l.agent_type_id = a.agent_type_id AND l.service_type_id = ${serviceTypeId}) AS supports
    FROM agents a JOIN agent_types at ON at.id = a.agent_type_id JOIN participants p ON p.id = a.provider_id
    WHERE a.id = ${agentId} AND a.deleted_at IS NULL FOR KEY SHARE OF a, p`.execute(tx)
  const row = rows[0]
  if (!row) throw invalidInput(`agent with ID ${agentId} does not exist`)
  if (!row.supports) throw invalidInput(`agent type ${row.type_name} does not support service type ${serviceTypeId}`)
  if (row.disabled) throw invalidInput(`agent ${row.name} is disabled and takes no new services`)
  return toAgent(row)
}

/**
 * The best of the agents that offer the type and carry all tags: connected ones first, then the one with the fewest open jobs,
 * then by id. Disabled agents and those of disabled providers are left out.
 *
 * @throws Refusal `invalid` when there is none
 */
export async function taggedAgent(tx: Tx, serviceTypeId: string, tags: readonly string[]): Promise<Agent> {
  const { rows } = await sql<AgentRow>`
    SELECT a.*
    FROM agents a
    JOIN agent_type_service_types l ON l.agent_type_id = a.agent_type_id AND l.service_type_id = ${serviceTypeId}
    JOIN participants p ON p.id = a.provider_id
    WHERE a.deleted_at IS NULL AND a.status <> 'Disabled' AND p.status <> 'Disabled'
      AND coalesce(a.tags, '{}') @> ${[...tags]}::text[]
    ORDER BY a.status = 'Connected' DESC,
             (SELECT count(*) FROM jobs j WHERE j.agent_id = a.id AND j.status = 'Pending'), a.id
    LIMIT 1 FOR KEY SHARE OF a, p`.execute(tx)
  if (!rows[0]) throw invalidInput(`no agent found for service type ${serviceTypeId} with tags [${tags.join(' ')}]`)
  return toAgent(rows[0])
}

/** The group that an order names, kept from deletion until the transaction ends; null when there is none. */
export async function findOrderGroup(
  tx: Tx,
  id: string,
): Promise<{ consumerId: string; consumerDisabled: boolean } | null> {
  const { rows } = await sql<Selectable<ServiceGroupsTable> & { disabled: boolean }>`
    SELECT g.*, p.status = 'Disabled' AS disabled
    FROM service_groups g JOIN participants p ON p.id = g.consumer_id
    WHERE g.id = ${id} AND g.deleted_at IS NULL FOR KEY SHARE OF g, p`.execute(tx)
  return rows[0] ? { consumerId: rows[0].consumer_id, consumerDisabled: rows[0].disabled } : null
}
