/** Classifications of services in PostgreSQL. */
import type { ServiceClassification as WireClassification } from '@fulcrum/contract'
import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Db, Tx } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'
import type { ListSource } from '../platform/lists.ts'
import type { ServiceClassificationsTable } from '../platform/sovereignty-tables.ts'
import { timestamp } from '../platform/wire.ts'
import { type Classification, UNCLASSIFIED } from './classification.ts'

/** Days as text: as times they would depend on the time zone of the process. */
type Row = Omit<Selectable<ServiceClassificationsTable>, 'contract_start' | 'contract_end'> & {
  contract_start: string | null
  contract_end: string | null
}
type OptionalRow = { id: string; consumer: string } & { [K in keyof Row]: Row[K] | null }

/** Days come as text. `k` is the table of classifications. */
const COLUMNS = sql`k.*, k.contract_start::text AS contract_start, k.contract_end::text AS contract_end`

/** A classified service; `updatedAt` is null when nothing was said of it. */
export type ClassifiedService = {
  serviceId: string
  consumerId: string
  updatedAt: Date | null
  classification: Classification
}

/**
 * What consumers say of these services, with the defaults where they say nothing. One statement, however many are asked for.
 *
 * @param serviceIds  `null`: every service that has not ended
 * @returns by service id; ids that no service has are not in it
 */
export async function classificationsOf(
  db: Db,
  serviceIds: readonly string[] | null,
): Promise<Map<string, Classification>> {
  const asked = serviceIds === null ? sql`NOT s.terminal` : sql`s.id = ANY (${[...new Set(serviceIds)]}::uuid[])`
  return new Map((await readServices(db, asked)).map(({ serviceId, classification }) => [serviceId, classification]))
}

/** @throws Refusal `not-found` when there is no such service */
export async function getClassification(db: Db, serviceId: string): Promise<ClassifiedService> {
  const [service] = await readServices(db, sql`s.id = ${serviceId}`)
  if (!service) throw notFound('service', serviceId)
  return service
}

/** The same, and nobody else classifies the service before the transaction ends. @throws Refusal `not-found` */
export async function lockClassification(tx: Tx, serviceId: string): Promise<ClassifiedService> {
  await sql`SELECT FROM services WHERE id = ${serviceId} FOR NO KEY UPDATE`.execute(tx)
  return getClassification(tx, serviceId)
}

async function readServices(db: Db, condition: RawBuilder<unknown>): Promise<ClassifiedService[]> {
  const { rows } = await sql<OptionalRow>`
    SELECT s.id, s.consumer_id AS consumer, ${COLUMNS}
    FROM services s LEFT JOIN service_classifications k ON k.service_id = s.id
    WHERE ${condition}`.execute(db)
  return rows.map((row) => ({
    serviceId: row.id,
    consumerId: row.consumer,
    updatedAt: row.updated_at,
    classification: toClassification(row),
  }))
}

/** Writes what was said, in place of what was said before. */
export async function saveClassification(
  tx: Tx,
  serviceId: string,
  consumerId: string,
  classification: Classification,
  now: Date,
): Promise<void> {
  const columns = toColumns(classification)
  await tx
    .insertInto('service_classifications')
    .values({ service_id: serviceId, consumer_id: consumerId, ...columns, created_at: now, updated_at: now })
    .onConflict((conflict) => conflict.column('service_id').doUpdateSet({ ...columns, updated_at: now }))
    .execute()
}

export const classificationList: ListSource<Row, WireClassification> = {
  table: 'service_classifications',
  // `t.*` has the days as times, the later columns of the same name win
  select: sql`t.*, t.contract_start::text AS contract_start, t.contract_end::text AS contract_end`,
  key: ['created_at', 'service_id'],
  toItem: (row) =>
    classificationToWire({
      serviceId: row.service_id,
      consumerId: row.consumer_id,
      updatedAt: row.updated_at,
      classification: toClassification(row),
    }),
}

export function classificationToWire(service: ClassifiedService): WireClassification {
  const { serviceId, consumerId, updatedAt, classification } = service
  return {
    serviceId,
    consumerId,
    ...classification,
    dataClasses: [...classification.dataClasses],
    ...(updatedAt && { updatedAt: timestamp(updatedAt) }),
  }
}

/** A service without a row has the defaults. */
export function toClassification(row: Partial<{ [K in keyof Row]: Row[K] | null }>): Classification {
  if (row.criticality == null) return UNCLASSIFIED
  return {
    criticality: row.criticality,
    ...(row.function != null && { function: row.function }),
    ...(row.rto_target_seconds != null && { rtoTargetSeconds: row.rto_target_seconds }),
    ...(row.rpo_target_seconds != null && { rpoTargetSeconds: row.rpo_target_seconds }),
    ...(row.monthly_spend != null &&
      row.spend_currency != null && { monthlySpend: { amount: row.monthly_spend, currency: row.spend_currency } }),
    ...(row.contract_ref != null && { contractRef: row.contract_ref }),
    ...(row.contract_start != null && { contractStart: row.contract_start }),
    ...(row.contract_end != null && { contractEnd: row.contract_end }),
    ...(row.notice_period_days != null && { noticePeriodDays: row.notice_period_days }),
    dataClasses: row.data_classes ?? [],
  }
}

function toColumns(classification: Classification) {
  return {
    criticality: classification.criticality,
    function: classification.function ?? null,
    rto_target_seconds: classification.rtoTargetSeconds ?? null,
    rpo_target_seconds: classification.rpoTargetSeconds ?? null,
    monthly_spend: classification.monthlySpend?.amount ?? null,
    spend_currency: classification.monthlySpend?.currency ?? null,
    contract_ref: classification.contractRef ?? null,
    contract_start: classification.contractStart ?? null,
    contract_end: classification.contractEnd ?? null,
    notice_period_days: classification.noticePeriodDays ?? null,
    data_classes: [...classification.dataClasses],
  }
}
