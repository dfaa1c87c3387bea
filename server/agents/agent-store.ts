/** Agents in PostgreSQL. */
import type { AgentStatus, Agent as WireAgent } from '@fulcrum/contract'
import { type Selectable, sql } from 'kysely'
import { type AgentTypeRow, agentTypeToWire, serviceTypeIdsOf, toAgentType } from '../agent-types/index.ts'
import { type ParticipantRow, participantToWire, toParticipant } from '../participants/index.ts'
import type { Db, Tx } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'
import type { ListSource } from '../platform/lists.ts'
import type { AgentsTable } from '../platform/tables.ts'
import { timestamp } from '../platform/wire.ts'
import type { Agent } from './agent.ts'

export type AgentRow = Selectable<AgentsTable>

type JoinedRow = AgentRow & {
  participant: ParticipantRow | null
  agent_type: Omit<AgentTypeRow, 'service_type_ids'> | null
  service_type_ids: string[]
}

const SELECT = sql`
  t.*, to_json(p) AS participant, to_json(at) AS agent_type, ${serviceTypeIdsOf(sql`at.id`)} AS service_type_ids`
const JOINS = sql`
  LEFT JOIN participants p ON p.id = t.provider_id AND p.deleted_at IS NULL
  LEFT JOIN agent_types at ON at.id = t.agent_type_id AND at.deleted_at IS NULL`

/** An agent with its provider and type, as the API shows it. @throws Refusal `not-found` */
export async function getAgentView(db: Db, id: string): Promise<WireAgent> {
  const { rows } = await sql<JoinedRow>`
    SELECT ${SELECT} FROM agents t ${JOINS} WHERE t.id = ${id} AND t.deleted_at IS NULL`.execute(db)
  if (!rows[0]) throw notFound('agent', id)
  return joinedToWire(rows[0])
}

/** Reads an agent and locks its row until the transaction ends. @throws Refusal `not-found` */
export async function lockAgent(tx: Tx, id: string): Promise<Agent> {
  const row = await tx
    .selectFrom('agents')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw notFound('agent', id)
  return toAgent(row)
}

/**
 * Reads an agent that something is about to refer to. The key-share lock keeps `lockAgent` out until the transaction ends, so
 * the agent can be neither deleted nor disabled meanwhile; its heartbeats pass (a share lock would hold them up).
 *
 * @returns null when there is none
 */
export async function findAgentForReference(tx: Tx, id: string): Promise<Agent | null> {
  const row = await tx
    .selectFrom('agents')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forKeyShare()
    .executeTakeFirst()
  return row ? toAgent(row) : null
}

/**
 * A heartbeat that changes nothing but the time: one statement, no event.
 *
 * @returns false when the status differs, the agent is disabled or gone; then nothing was written
 */
export async function touchAgent(db: Db, id: string, status: AgentStatus, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('agents')
    .set({ last_status_update: now })
    .where('id', '=', id)
    .where('status', '=', status)
    .where('status', '<>', 'Disabled')
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

export async function insertAgent(tx: Tx, agent: Agent): Promise<void> {
  await tx.insertInto('agents').values(toRow(agent)).execute()
}

/** Writes what can change. The row must be locked by `lockAgent`. */
export async function saveAgent(tx: Tx, agent: Agent): Promise<void> {
  const { id, ...columns } = toRow(agent)
  await tx.updateTable('agents').set(columns).where('id', '=', id).execute()
}

/** Connected agents without a sign of life since then; their rows are locked until the transaction ends. */
export async function lockSilentAgents(tx: Tx, since: Date): Promise<Agent[]> {
  const rows = await tx
    .selectFrom('agents')
    .selectAll()
    .where('status', '=', 'Connected')
    .where('deleted_at', 'is', null)
    .where((row) => row.or([row('last_status_update', 'is', null), row('last_status_update', '<', since)]))
    .orderBy('id')
    .forUpdate()
    .skipLocked()
    .execute()
  return rows.map(toAgent)
}

/** How many services of the agent have not ended. */
export async function countLiveServices(tx: Tx, agentId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) AS count FROM services WHERE agent_id = ${agentId} AND NOT terminal`.execute(tx)
  return rows[0]?.count ?? 0
}

/** Removes an agent with its tokens; ended services still refer to it: then its row stays, hidden. */
export async function removeAgent(tx: Tx, id: string, now: Date): Promise<void> {
  await tx.deleteFrom('agent_install_tokens').where('agent_id', '=', id).execute()
  await tx.deleteFrom('tokens').where('agent_id', '=', id).execute()
  const { rows } = await sql`SELECT FROM services WHERE agent_id = ${id} LIMIT 1`.execute(tx)
  if (rows.length > 0)
    await tx.updateTable('agents').set({ deleted_at: now, configuration: null }).where('id', '=', id).execute()
  else await tx.deleteFrom('agents').where('id', '=', id).execute()
}

export const agentList: ListSource<JoinedRow, WireAgent> = {
  table: 'agents',
  where: sql`t.deleted_at IS NULL`,
  select: SELECT,
  joins: JOINS,
  toItem: joinedToWire,
}

function joinedToWire(row: JoinedRow): WireAgent {
  return {
    ...agentToWire(toAgent(row)),
    ...(row.participant && { participant: participantToWire(toParticipant(row.participant)) }),
    ...(row.agent_type && {
      agentType: agentTypeToWire(toAgentType({ ...row.agent_type, service_type_ids: row.service_type_ids })),
    }),
  }
}

/** Without relations. */
export function agentToWire(agent: Agent): WireAgent {
  return {
    id: agent.id,
    name: agent.name,
    status: agent.status,
    providerId: agent.providerId,
    agentTypeId: agent.agentTypeId,
    tags: agent.tags,
    ...(agent.configuration && { configuration: agent.configuration }),
    ...(agent.servicePoolSetId && { servicePoolSetId: agent.servicePoolSetId }),
    createdAt: timestamp(agent.createdAt),
    updatedAt: timestamp(agent.updatedAt),
  }
}

/** Rows come from queries or, inside a join, as JSON with times as text. */
export function toAgent(row: AgentRow): Agent {
  return {
    id: row.id,
    name: row.name,
    status: row.status,
    lastStatusUpdate: row.last_status_update && new Date(row.last_status_update),
    tags: row.tags,
    configuration: row.configuration,
    agentTypeId: row.agent_type_id,
    providerId: row.provider_id,
    servicePoolSetId: row.service_pool_set_id,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
}

function toRow(agent: Agent) {
  return {
    id: agent.id,
    name: agent.name,
    status: agent.status,
    last_status_update: agent.lastStatusUpdate,
    tags: agent.tags,
    configuration: agent.configuration && JSON.stringify(agent.configuration),
    agent_type_id: agent.agentTypeId,
    provider_id: agent.providerId,
    service_pool_set_id: agent.servicePoolSetId,
    created_at: agent.createdAt,
    updated_at: agent.updatedAt,
  }
}
