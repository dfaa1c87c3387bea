/** Service options and their types in PostgreSQL. */
import type { ServiceOption as WireOption, ServiceOptionType as WireType } from '@fulcrum/contract'
import type { Json } from '@fulcrum/schema'
import { type Selectable, sql } from 'kysely'
import type { Db, Tx } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'
import type { ListSource } from '../platform/lists.ts'
import type { ServiceOptionsTable, ServiceOptionTypesTable } from '../platform/tables.ts'
import { timestamp } from '../platform/wire.ts'
import type { ServiceOption, ServiceOptionType } from './service-option.ts'

type TypeRow = Selectable<ServiceOptionTypesTable>
type OptionRow = Selectable<ServiceOptionsTable>

/** What a provider offers of a type. `known`: whether the type exists at all. */
export async function enabledOptionValues(
  db: Db,
  providerId: string,
  type: string,
): Promise<{ known: boolean; enabledValues: Json[] }> {
  const { rows } = await sql<{ values: Json[] }>`
    SELECT coalesce((
      SELECT json_agg(o.value ORDER BY o.display_order, o.name) FROM service_options o
      WHERE o.service_option_type_id = t.id AND o.provider_id = ${providerId} AND o.enabled), '[]') AS values
    FROM service_option_types t WHERE t.type = ${type}`.execute(db)
  return { known: rows.length > 0, enabledValues: rows[0]?.values ?? [] }
}

/** @throws Refusal `not-found` */
export async function getServiceOptionType(db: Db, id: string): Promise<ServiceOptionType> {
  const row = await db.selectFrom('service_option_types').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) throw notFound('service option type', id)
  return toOptionType(row)
}

/** Reads a type and locks its row until the transaction ends. @throws Refusal `not-found` */
export async function lockServiceOptionType(tx: Tx, id: string): Promise<ServiceOptionType> {
  const row = await tx
    .selectFrom('service_option_types')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw notFound('service option type', id)
  return toOptionType(row)
}

/** Whether the type exists; keeps it from being deleted until the transaction ends. */
export async function serviceOptionTypeExists(tx: Tx, id: string): Promise<boolean> {
  const row = await tx
    .selectFrom('service_option_types')
    .select('id')
    .where('id', '=', id)
    .forKeyShare()
    .executeTakeFirst()
  return row !== undefined
}

export async function insertServiceOptionType(tx: Tx, type: ServiceOptionType): Promise<void> {
  const { createdAt, updatedAt, ...rest } = type
  await tx
    .insertInto('service_option_types')
    .values({ ...rest, created_at: createdAt, updated_at: updatedAt })
    .execute()
}

/** Writes what can change. The row must be locked by `lockServiceOptionType`. */
export async function saveServiceOptionType(
  tx: Tx,
  { id, name, description, updatedAt }: ServiceOptionType,
): Promise<void> {
  await tx
    .updateTable('service_option_types')
    .set({ name, description, updated_at: updatedAt })
    .where('id', '=', id)
    .execute()
}

export async function countOptions(tx: Tx, typeId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) AS count FROM service_options WHERE service_option_type_id = ${typeId}`.execute(tx)
  return rows[0]?.count ?? 0
}

export async function deleteServiceOptionType(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('service_option_types').where('id', '=', id).execute()
}

/** @throws Refusal `not-found` */
export async function getServiceOption(db: Db, id: string): Promise<ServiceOption> {
  const row = await db.selectFrom('service_options').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) throw notFound('service option', id)
  return toOption(row)
}

/** Reads an option and locks its row until the transaction ends. @throws Refusal `not-found` */
export async function lockServiceOption(tx: Tx, id: string): Promise<ServiceOption> {
  const row = await tx.selectFrom('service_options').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  if (!row) throw notFound('service option', id)
  return toOption(row)
}

export async function insertServiceOption(tx: Tx, option: ServiceOption): Promise<void> {
  await tx.insertInto('service_options').values(toOptionRow(option)).execute()
}

/** Writes what can change. The row must be locked by `lockServiceOption`. */
export async function saveServiceOption(tx: Tx, option: ServiceOption): Promise<void> {
  const { id, ...columns } = toOptionRow(option)
  await tx.updateTable('service_options').set(columns).where('id', '=', id).execute()
}

export async function deleteServiceOption(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('service_options').where('id', '=', id).execute()
}

export const serviceOptionTypeList: ListSource<TypeRow, WireType> = {
  table: 'service_option_types',
  select: sql`t.*`,
  toItem: (row) => optionTypeToWire(toOptionType(row)),
}

export const serviceOptionList: ListSource<OptionRow, WireOption> = {
  table: 'service_options',
  select: sql`t.*`,
  toItem: (row) => optionToWire(toOption(row)),
}

export function optionTypeToWire({ createdAt, updatedAt, ...rest }: ServiceOptionType): WireType {
  return { ...rest, createdAt: timestamp(createdAt), updatedAt: timestamp(updatedAt) }
}

export function optionToWire({ createdAt, updatedAt, ...rest }: ServiceOption): WireOption {
  return { ...rest, createdAt: timestamp(createdAt), updatedAt: timestamp(updatedAt) }
}

/** As events compare them. */
export function optionTypeShape({ id, name, type, description }: ServiceOptionType) {
  return { id, name, type, description }
}
export function optionShape({ createdAt, updatedAt, ...rest }: ServiceOption) {
  return rest
}

function toOptionType(row: TypeRow): ServiceOptionType {
  const { created_at: createdAt, updated_at: updatedAt, ...rest } = row
  return { ...rest, createdAt, updatedAt }
}

function toOption(row: OptionRow): ServiceOption {
  return {
    id: row.id,
    providerId: row.provider_id,
    serviceOptionTypeId: row.service_option_type_id,
    name: row.name,
    value: row.value,
    enabled: row.enabled,
    displayOrder: row.display_order,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

function toOptionRow(option: ServiceOption) {
  return {
    id: option.id,
    provider_id: option.providerId,
    service_option_type_id: option.serviceOptionTypeId,
    name: option.name,
    value: JSON.stringify(option.value),
    enabled: option.enabled,
    display_order: option.displayOrder,
    created_at: option.createdAt,
    updated_at: option.updatedAt,
  }
}
