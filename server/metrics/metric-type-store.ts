/** Metric types in PostgreSQL. */
import type { MetricType as WireMetricType } from '@fulcrum/contract'
import { type Selectable, sql } from 'kysely'
import type { Db, Tx } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'
import type { ListSource } from '../platform/lists.ts'
import type { MetricTypesTable } from '../platform/tables.ts'
import { timestamp } from '../platform/wire.ts'
import type { MetricType } from './metric-type.ts'

export type MetricTypeRow = Selectable<MetricTypesTable>

/** @throws Refusal `not-found` */
export async function getMetricType(db: Db, id: string): Promise<MetricType> {
  const row = await db.selectFrom('metric_types').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) throw notFound('metric type', id)
  return toMetricType(row)
}

/** Reads a metric type and locks its row until the transaction ends. @throws Refusal `not-found` */
export async function lockMetricType(tx: Tx, id: string): Promise<MetricType> {
  const row = await tx.selectFrom('metric_types').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  if (!row) throw notFound('metric type', id)
  return toMetricType(row)
}

export async function insertMetricType(tx: Tx, type: MetricType): Promise<void> {
  await tx
    .insertInto('metric_types')
    .values({
      id: type.id,
      name: type.name,
      entity_type: type.entityType,
      created_at: type.createdAt,
      updated_at: type.updatedAt,
    })
    .execute()
}

/** Writes what can change. The row must be locked by `lockMetricType`. */
export async function saveMetricType(tx: Tx, { id, name, updatedAt }: MetricType): Promise<void> {
  await tx.updateTable('metric_types').set({ name, updated_at: updatedAt }).where('id', '=', id).execute()
}

/** Whether entries of the type exist. No count: there may be many millions. */
export async function hasEntries(tx: Tx, typeId: string): Promise<boolean> {
  const { rows } = await sql`SELECT FROM metric_entries WHERE type_id = ${typeId} LIMIT 1`.execute(tx)
  return rows.length > 0
}

export async function deleteMetricType(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('metric_types').where('id', '=', id).execute()
}

export const metricTypeList: ListSource<MetricTypeRow, WireMetricType> = {
  table: 'metric_types',
  select: sql`t.*`,
  toItem: (row) => metricTypeToWire(toMetricType(row)),
}

/** Rows come from queries or, inside a join, as JSON with times as text. */
export function toMetricType(row: MetricTypeRow): MetricType {
  return {
    id: row.id,
    name: row.name,
    entityType: row.entity_type,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
}

export function metricTypeToWire({ createdAt, updatedAt, ...rest }: MetricType): WireMetricType {
  return { ...rest, createdAt: timestamp(createdAt), updatedAt: timestamp(updatedAt) }
}

/** The metric type as events compare it. */
export function metricTypeShape({ id, name, entityType }: MetricType) {
  return { id, name, entityType }
}
