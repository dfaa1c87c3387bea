/** Services in PostgreSQL. */
import type { Service as WireService } from '@fulcrum/contract'
import { type Selectable, sql } from 'kysely'
import { type AgentRow, agentToWire, toAgent } from '../agents/index.ts'
import type { Db, Tx } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'
import type { ListSource } from '../platform/lists.ts'
import type { ServicesTable, ServiceTypesTable } from '../platform/tables.ts'
import { timestamp } from '../platform/wire.ts'
import { serviceTypeToWire, toServiceType } from '../service-types/index.ts'
import type { Service } from './service.ts'

export type ServiceRow = Selectable<ServicesTable>

/** @throws Refusal `not-found` */
export async function getService(db: Db, id: string): Promise<Service> {
  const row = await db.selectFrom('services').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) throw notFound('service', id)
  return toService(row)
}

/**
 * Reads a service and locks its row until the transaction ends: everything that decides about a service or its jobs holds this
 * lock first.
 *
 * @throws Refusal `not-found`
 */
export async function lockService(tx: Tx, id: string): Promise<Service> {
  const row = await tx.selectFrom('services').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  if (!row) throw notFound('service', id)
  return toService(row)
}

export async function insertService(tx: Tx, service: Service): Promise<void> {
  await tx.insertInto('services').values(toRow(service)).execute()
}

/** Writes what can change. The row must be locked by `lockService`. */
export async function saveService(tx: Tx, service: Service): Promise<void> {
  const { id, ...columns } = toRow(service)
  await tx.updateTable('services').set(columns).where('id', '=', id).execute()
}

export type JoinedServiceRow = ServiceRow & {
  agent: AgentRow | null
  service_type: Selectable<ServiceTypesTable> | null
  decision_id: string | null
}

const SELECT = sql`t.*, to_json(a) AS agent, to_json(st) AS service_type, sp.decision_id`
const JOINS = sql`
  LEFT JOIN agents a ON a.id = t.agent_id AND a.deleted_at IS NULL
  LEFT JOIN service_types st ON st.id = t.service_type_id AND st.deleted_at IS NULL
  LEFT JOIN service_placements sp ON sp.service_id = t.id`

/** A service with its agent and type, as the API shows it. @throws Refusal `not-found` */
export async function getServiceView(db: Db, id: string): Promise<WireService> {
  const { rows } = await sql<JoinedServiceRow>`SELECT ${SELECT} FROM services t ${JOINS} WHERE t.id = ${id}`.execute(db)
  if (!rows[0]) throw notFound('service', id)
  return joinedToWire(rows[0])
}

/** The same with the services before and after it, where it was ever moved. One statement. @throws Refusal `not-found` */
export async function getServiceInSuccession(db: Db, id: string): Promise<WireService> {
  const { rows } = await sql<JoinedServiceRow & { replaced_by: string | null; replaces: string | null }>`
    SELECT ${SELECT}, succession.replaced_by, succession.replaces
    FROM services t ${JOINS} JOIN service_roles succession ON succession.service_id = t.id
    WHERE t.id = ${id}`.execute(db)
  const [row] = rows
  if (!row) throw notFound('service', id)
  return {
    ...joinedToWire(row),
    ...(row.replaced_by !== null && { replacedBy: row.replaced_by }),
    ...(row.replaces !== null && { replaces: row.replaces }),
  }
}

export const serviceList: ListSource<JoinedServiceRow, WireService> = {
  table: 'services',
  columns: { currentStatus: 'status' },
  select: SELECT,
  joins: JOINS,
  toItem: joinedToWire,
}

function joinedToWire(row: JoinedServiceRow): WireService {
  return {
    ...serviceToWire(toService(row)),
    ...(row.decision_id !== null && { decisionId: row.decision_id }),
    ...(row.agent && { agent: agentToWire(toAgent(row.agent)) }),
    ...(row.service_type && { serviceType: serviceTypeToWire(toServiceType(row.service_type)) }),
  }
}

/** Without relations. */
export function serviceToWire(service: Service): WireService {
  return {
    id: service.id,
    providerId: service.providerId,
    consumerId: service.consumerId,
    agentId: service.agentId,
    serviceTypeId: service.serviceTypeId,
    groupId: service.groupId,
    ...(service.agentInstanceId !== null && { agentInstanceId: service.agentInstanceId }),
    name: service.name,
    status: service.status,
    ...(service.properties && { properties: service.properties }),
    ...(service.agentInstanceData && { agentInstanceData: service.agentInstanceData }),
    ...(service.conditions.length > 0 && { conditions: service.conditions }),
    createdAt: timestamp(service.createdAt),
    updatedAt: timestamp(service.updatedAt),
  }
}

/** Rows come from queries or, inside a join, as JSON with times as text. */
export function toService(row: ServiceRow): Service {
  return {
    id: row.id,
    name: row.name,
    status: row.status,
    terminal: row.terminal,
    statusSince: new Date(row.status_since),
    properties: row.properties,
    agentInstanceId: row.agent_instance_id,
    agentInstanceData: row.agent_instance_data,
    conditions: row.conditions,
    providerId: row.provider_id,
    consumerId: row.consumer_id,
    groupId: row.group_id,
    agentId: row.agent_id,
    serviceTypeId: row.service_type_id,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
}

function toRow(service: Service) {
  return {
    id: service.id,
    name: service.name,
    status: service.status,
    terminal: service.terminal,
    status_since: service.statusSince,
    properties: service.properties && JSON.stringify(service.properties),
    agent_instance_id: service.agentInstanceId,
    agent_instance_data: service.agentInstanceData && JSON.stringify(service.agentInstanceData),
    conditions: JSON.stringify(service.conditions),
    provider_id: service.providerId,
    consumer_id: service.consumerId,
    group_id: service.groupId,
    agent_id: service.agentId,
    service_type_id: service.serviceTypeId,
    created_at: service.createdAt,
    updated_at: service.updatedAt,
  }
}
