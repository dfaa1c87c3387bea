/** Service types in PostgreSQL. */
import type { ServiceType as WireServiceType } from '@fulcrum/contract'
import { type Selectable, sql } from 'kysely'
import type { Db, Tx } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'
import type { ListSource } from '../platform/lists.ts'
import type { ServiceTypesTable } from '../platform/tables.ts'
import { timestamp } from '../platform/wire.ts'
import type { ServiceType } from './service-type.ts'

export type ServiceTypeRow = Selectable<ServiceTypesTable>

/** A service type that is not hidden; null when there is none. */
export async function findServiceType(db: Db, id: string): Promise<ServiceType | null> {
  const row = await visible(db, id).executeTakeFirst()
  return row ? toServiceType(row) : null
}

/** As `findServiceType`; keeps `lockServiceType` out until the transaction ends, so that the type cannot go meanwhile. */
export async function findServiceTypeForReference(tx: Tx, id: string): Promise<ServiceType | null> {
  const row = await visible(tx, id).forKeyShare().executeTakeFirst()
  return row ? toServiceType(row) : null
}

/** @throws Refusal `not-found` */
export async function getServiceType(db: Db, id: string): Promise<ServiceType> {
  const type = await findServiceType(db, id)
  if (!type) throw notFound('service type', id)
  return type
}

/** Reads a service type and locks its row until the transaction ends. @throws Refusal `not-found` */
export async function lockServiceType(tx: Tx, id: string): Promise<ServiceType> {
  const row = await visible(tx, id).forUpdate().executeTakeFirst()
  if (!row) throw notFound('service type', id)
  return toServiceType(row)
}

function visible(db: Db, id: string) {
  return db.selectFrom('service_types').selectAll().where('id', '=', id).where('deleted_at', 'is', null)
}

export async function insertServiceType(tx: Tx, type: ServiceType): Promise<void> {
  await tx.insertInto('service_types').values(toRow(type)).execute()
}

/** Writes what can change. The row must be locked by `lockServiceType`. */
export async function saveServiceType(tx: Tx, type: ServiceType): Promise<void> {
  const { id, ...columns } = toRow(type)
  await tx.updateTable('service_types').set(columns).where('id', '=', id).execute()
}

/** How many services of the type have not ended. */
export async function countLiveServices(tx: Tx, typeId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) AS count FROM services WHERE service_type_id = ${typeId} AND NOT terminal`.execute(tx)
  return rows[0]?.count ?? 0
}

/** Removes a service type and takes it off agent types; ended services still refer to it: then its row stays, hidden. */
export async function removeServiceType(tx: Tx, id: string, now: Date): Promise<void> {
  await tx.deleteFrom('agent_type_service_types').where('service_type_id', '=', id).execute()
  const { rows } = await sql`SELECT FROM services WHERE service_type_id = ${id} LIMIT 1`.execute(tx)
  if (rows.length > 0) await tx.updateTable('service_types').set({ deleted_at: now }).where('id', '=', id).execute()
  else await tx.deleteFrom('service_types').where('id', '=', id).execute()
}

export const serviceTypeList: ListSource<ServiceTypeRow, WireServiceType> = {
  table: 'service_types',
  where: sql`t.deleted_at IS NULL`,
  select: sql`t.*`,
  toItem: (row) => serviceTypeToWire(toServiceType(row)),
}

/** Rows come from queries or, inside a join, as JSON with times as text. */
export function toServiceType(
  row: { [K in keyof ServiceTypeRow]: ServiceTypeRow[K] extends Date ? Date | string : ServiceTypeRow[K] },
): ServiceType {
  return {
    id: row.id,
    name: row.name,
    propertySchema: row.property_schema,
    lifecycleSchema: row.lifecycle_schema,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
}

function toRow(type: ServiceType) {
  return {
    id: type.id,
    name: type.name,
    property_schema: JSON.stringify(type.propertySchema),
    lifecycle_schema: JSON.stringify(type.lifecycleSchema),
    created_at: type.createdAt,
    updated_at: type.updatedAt,
  }
}

export function serviceTypeToWire({ createdAt, updatedAt, ...rest }: ServiceType): WireServiceType {
  return { ...rest, createdAt: timestamp(createdAt), updatedAt: timestamp(updatedAt) }
}

/** The service type as events compare it. */
export function serviceTypeShape({ id, name, propertySchema, lifecycleSchema }: ServiceType) {
  return { id, name, propertySchema, lifecycleSchema }
}
