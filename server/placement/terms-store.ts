/** Terms of offerings and quotas of consumers in PostgreSQL. */
import { randomUUID } from 'node:crypto'
import type { OfferingTermsPut, Quotas, QuotasPut, OfferingTerms as WireTerms } from '@fulcrum/contract'
import { type Selectable, sql } from 'kysely'
import type { Db, Tx } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'
import type { ListSource } from '../platform/lists.ts'
import type { OfferingTermsTable } from '../platform/sovereignty-tables.ts'
import { timestamp } from '../platform/wire.ts'
import type { OfferingKey } from '../sovereignty-profiles/index.ts'
import type { Quota } from './terms.ts'

type TermsRow = Selectable<OfferingTermsTable>

export type OfferingTerms = OfferingKey & {
  id: string
  providerId: string
  /** Per month. */
  monthlyPrice: { amount: number; currency: string } | null
  /** Null: without limit. */
  capacityUnits: number | null
  unitsPerService: number
  latencyMs: number | { readonly [region: string]: number } | null
  sku: string | null
  updatedAt: Date
}

/**
 * What providers say of their offerings. One statement; offerings of which nothing is said are not in it. Locks nothing.
 *
 * @param only  `null`: all
 */
export async function offeringTerms(db: Db, only: readonly OfferingKey[] | null): Promise<OfferingTerms[]> {
  if (only?.length === 0) return []
  const { rows } = await sql<TermsRow>`
    SELECT t.* FROM offering_terms t
    WHERE ${only === null} OR EXISTS (
      SELECT FROM unnest(${(only ?? []).map(({ agentId }) => agentId)}::uuid[],
                         ${(only ?? []).map(({ serviceTypeId }) => serviceTypeId)}::uuid[]) AS asked (agent_id, service_type_id)
      WHERE asked.agent_id = t.agent_id AND asked.service_type_id = t.service_type_id)
    ORDER BY t.agent_id, t.service_type_id`.execute(db)
  return rows.map(toTerms)
}

/** The offering's agent, kept from deletion until the transaction ends. @throws Refusal `not-found` for an offering that there is not */
export async function offeringForReference(db: Db, { agentId, serviceTypeId }: OfferingKey): Promise<string> {
  const { rows } = await sql<{ provider_id: string; offered: boolean }>`
    SELECT a.provider_id, EXISTS (SELECT FROM agent_type_service_types l
                                  WHERE l.agent_type_id = a.agent_type_id AND l.service_type_id = ${serviceTypeId}) AS offered
    FROM agents a WHERE a.id = ${agentId} AND a.deleted_at IS NULL FOR KEY SHARE OF a`.execute(db)
  const [row] = rows
  if (!row) throw notFound('agent', agentId)
  if (!row.offered) throw notFound(`offering of agent ${agentId}, service type`, serviceTypeId)
  return row.provider_id
}

/** @throws Refusal `not-found` */
export async function getTerms(db: Db, { agentId, serviceTypeId }: OfferingKey): Promise<OfferingTerms> {
  const row = await db
    .selectFrom('offering_terms')
    .selectAll()
    .where('agent_id', '=', agentId)
    .where('service_type_id', '=', serviceTypeId)
    .executeTakeFirst()
  if (!row) throw notFound(`terms of agent ${agentId} for service type`, serviceTypeId)
  return toTerms(row)
}

/** Waits for orders that count what is free there. */
export async function saveTerms(
  tx: Tx,
  key: OfferingKey & { providerId: string },
  { monthlyPrice, capacityUnits, unitsPerService = 1, latencyMs, sku }: OfferingTermsPut,
  now: Date,
): Promise<void> {
  const said = {
    monthly_amount: monthlyPrice?.amount ?? null,
    currency: monthlyPrice?.currency ?? null,
    capacity_units: capacityUnits ?? null,
    units_per_service: unitsPerService,
    latency_ms: latencyMs === undefined ? null : JSON.stringify(latencyMs),
    sku: sku ?? null,
    updated_at: now,
  }
  await tx
    .insertInto('offering_terms')
    .values({
      id: randomUUID(),
      provider_id: key.providerId,
      agent_id: key.agentId,
      service_type_id: key.serviceTypeId,
      ...said,
      created_at: now,
    })
    .onConflict((conflict) => conflict.columns(['agent_id', 'service_type_id']).doUpdateSet(said))
    .execute()
}

/** @returns whether there were any */
export async function deleteTerms(tx: Tx, { agentId, serviceTypeId }: OfferingKey): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('offering_terms')
    .where('agent_id', '=', agentId)
    .where('service_type_id', '=', serviceTypeId)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

export const termsList: ListSource<TermsRow, WireTerms> = {
  table: 'offering_terms',
  select: sql`t.*`,
  toItem: (row) => termsToWire(toTerms(row)),
}

export function termsToWire(terms: OfferingTerms): WireTerms {
  return {
    id: terms.id,
    agentId: terms.agentId,
    serviceTypeId: terms.serviceTypeId,
    providerId: terms.providerId,
    ...(terms.monthlyPrice && { monthlyPrice: terms.monthlyPrice }),
    ...(terms.capacityUnits !== null && { capacityUnits: terms.capacityUnits }),
    ...(terms.latencyMs !== null && { latencyMs: terms.latencyMs }),
    ...(terms.sku !== null && { sku: terms.sku }),
    unitsPerService: terms.unitsPerService,
    updatedAt: timestamp(terms.updatedAt),
  }
}

function toTerms(row: TermsRow): OfferingTerms {
  return {
    id: row.id,
    agentId: row.agent_id,
    serviceTypeId: row.service_type_id,
    providerId: row.provider_id,
    monthlyPrice:
      row.monthly_amount !== null && row.currency !== null
        ? { amount: Number(row.monthly_amount), currency: row.currency }
        : null,
    capacityUnits: row.capacity_units,
    unitsPerService: row.units_per_service,
    latencyMs: row.latency_ms,
    sku: row.sku,
    updatedAt: row.updated_at,
  }
}

/** The quotas of a consumer that speak of a type, that of all services first; with `null` all of them. */
export async function quotasOf(db: Db, participantId: string, serviceTypeId: string | null): Promise<Quota[]> {
  const { rows } = await sql<Quota>`
    SELECT service_type_id AS "serviceTypeId", max_services AS "maxServices" FROM participant_quotas
    WHERE participant_id = ${participantId}
      AND (${serviceTypeId}::uuid IS NULL OR service_type_id IS NULL OR service_type_id = ${serviceTypeId})
    ORDER BY service_type_id NULLS FIRST`.execute(db)
  return rows
}

export async function participantExists(db: Db, id: string): Promise<boolean> {
  const { rows } = await sql`SELECT FROM participants WHERE id = ${id} AND deleted_at IS NULL`.execute(db)
  return rows.length > 0
}

/** Locks a participant's row until the transaction ends: whoever counts what it has waits. @returns whether it is there */
export async function lockConsumer(tx: Tx, id: string): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM participants WHERE id = ${id} AND deleted_at IS NULL FOR NO KEY UPDATE`.execute(tx)
  return rows.length > 0
}

/** The service types of a list that there are not. */
export async function missingServiceTypes(db: Db, ids: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM unnest(${[...ids]}::uuid[]) AS asked (id)
    WHERE NOT EXISTS (SELECT FROM service_types t WHERE t.id = asked.id AND t.deleted_at IS NULL)`.execute(db)
  return rows.map(({ id }) => id)
}

/** Puts these quotas in the place of all that the consumer has. The participant's row must be locked. */
export async function replaceQuotas(tx: Tx, participantId: string, quotas: QuotasPut, now: Date): Promise<void> {
  await tx.deleteFrom('participant_quotas').where('participant_id', '=', participantId).execute()
  const rows = [
    ...(quotas.maxServices === undefined ? [] : [{ service_type_id: null, max_services: quotas.maxServices }]),
    ...(quotas.serviceTypes ?? []).map(({ serviceTypeId, maxServices }) => ({
      service_type_id: serviceTypeId,
      max_services: maxServices,
    })),
  ]
  if (rows.length === 0) return
  await tx
    .insertInto('participant_quotas')
    .values(rows.map((row) => ({ participant_id: participantId, ...row, updated_at: now })))
    .execute()
}

export function quotasToWire(quotas: readonly Quota[]): Quotas {
  const all = quotas.find(({ serviceTypeId }) => serviceTypeId === null)
  return {
    ...(all && { maxServices: all.maxServices }),
    serviceTypes: quotas.flatMap(({ serviceTypeId, maxServices }) =>
      serviceTypeId === null ? [] : [{ serviceTypeId, maxServices }],
    ),
  }
}
