/** Values of service pools in PostgreSQL. */
import type { ServicePoolValue as WireValue } from '@fulcrum/contract'
import { type Selectable, sql } from 'kysely'
import type { Db, Tx } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'
import type { ListSource } from '../platform/lists.ts'
import type { ServicePoolValuesTable, ServicesTable } from '../platform/tables.ts'
import { timestamp } from '../platform/wire.ts'
import type { ServicePoolValue } from './service-pool.ts'
import { type PoolRow, poolToWire, toPool } from './service-pool-store.ts'

type ValueRow = Selectable<ServicePoolValuesTable>

/** Reads a value and locks its row until the transaction ends. @throws Refusal `not-found` */
export async function lockPoolValue(tx: Tx, id: string): Promise<ServicePoolValue & { address: string | null }> {
  const row = await tx.selectFrom('service_pool_values').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  if (!row) throw notFound('service pool value', id)
  return { ...toPoolValue(row), address: row.address }
}

export async function insertPoolValue(tx: Tx, value: ServicePoolValue): Promise<void> {
  await tx
    .insertInto('service_pool_values')
    .values({
      id: value.id,
      name: value.name,
      value: JSON.stringify(value.value),
      service_pool_id: value.servicePoolId,
      provider_id: value.providerId,
      created_at: value.createdAt,
      updated_at: value.updatedAt,
    })
    .execute()
}

export async function deletePoolValue(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('service_pool_values').where('id', '=', id).execute()
}

/** The service that holds a value, as far as values show it: without relations. */
export type HolderRow = Selectable<ServicesTable>

type JoinedValueRow = ValueRow & { pool: PoolRow; service: HolderRow | null }

const SELECT = sql`t.*, to_json(p) AS pool, to_json(s) AS service`
const JOINS = sql`
  JOIN service_pools p ON p.id = t.service_pool_id
  LEFT JOIN services s ON s.id = t.service_id`

/** A value with its pool and holder, as the API shows it, and its provider for authorization. @throws Refusal `not-found` */
export async function getPoolValueView(db: Db, id: string): Promise<{ value: WireValue; providerId: string }> {
  const { rows } =
    await sql<JoinedValueRow>`SELECT ${SELECT} FROM service_pool_values t ${JOINS} WHERE t.id = ${id}`.execute(db)
  if (!rows[0]) throw notFound('service pool value', id)
  return { value: joinedToWire(rows[0]), providerId: rows[0].provider_id }
}

export const poolValueList: ListSource<JoinedValueRow, WireValue> = {
  table: 'service_pool_values',
  select: SELECT,
  joins: JOINS,
  toItem: joinedToWire,
}

function joinedToWire(row: JoinedValueRow): WireValue {
  return {
    ...poolValueToWire(toPoolValue(row)),
    servicePool: poolToWire(toPool(row.pool)),
    ...(row.service && { service: bareService(row.service) }),
  }
}

/**
 * A service without its relations and without what only its own parties may see. Pools come before services in the order of
 * features, hence not from there.
 */
function bareService(row: HolderRow): NonNullable<WireValue['service']> {
  return {
    id: row.id,
    providerId: row.provider_id,
    consumerId: row.consumer_id,
    agentId: row.agent_id,
    serviceTypeId: row.service_type_id,
    groupId: row.group_id,
    ...(row.agent_instance_id !== null && { agentInstanceId: row.agent_instance_id }),
    name: row.name,
    status: row.status,
    ...(row.properties && { properties: row.properties }),
    ...(row.agent_instance_data && { agentInstanceData: row.agent_instance_data }),
    createdAt: timestamp(new Date(row.created_at)),
    updatedAt: timestamp(new Date(row.updated_at)),
  }
}

/** Rows come from queries or, inside a join, as JSON with times as text. */
export function toPoolValue(row: ValueRow): ServicePoolValue {
  return {
    id: row.id,
    name: row.name,
    value: row.value,
    servicePoolId: row.service_pool_id,
    providerId: row.provider_id,
    serviceId: row.service_id,
    propertyName: row.property_name,
    allocatedAt: row.allocated_at && new Date(row.allocated_at),
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
}

export function poolValueToWire(value: ServicePoolValue): WireValue {
  return {
    id: value.id,
    name: value.name,
    value: value.value,
    servicePoolId: value.servicePoolId,
    ...(value.serviceId !== null && { serviceId: value.serviceId }),
    ...(value.propertyName !== null && { propertyName: value.propertyName }),
    ...(value.allocatedAt && { allocatedAt: timestamp(value.allocatedAt) }),
    createdAt: timestamp(value.createdAt),
    updatedAt: timestamp(value.updatedAt),
  }
}
