/** Metric entries in PostgreSQL. */
import type { MetricEntry as WireMetricEntry } from '@fulcrum/contract'
import { type Selectable, sql } from 'kysely'
import { type AgentRow, agentToWire, toAgent } from '../agents/index.ts'
import type { Db } from '../platform/db.ts'
import { uuidv7 } from '../platform/ids.ts'
import type { ListSource } from '../platform/lists.ts'
import type { MetricEntriesTable } from '../platform/tables.ts'
import { timestamp } from '../platform/wire.ts'
import { type ServiceRow, serviceToWire, toService } from '../services/index.ts'
import type { Measurement, MetricEntry } from './metric-entry.ts'
import { type MetricTypeRow, metricTypeToWire, toMetricType } from './metric-type-store.ts'

/** What was found for one measurement. Null: there is no such service, or no such type. */
export type Found = {
  service: { id: string; agentId: string; providerId: string; consumerId: string } | null
  typeId: string | null
}

/** The columns of the service are null together. */
type FoundRow = {
  service_id: string | null
  agent_id: string
  provider_id: string
  consumer_id: string
  type_id: string | null
}

/**
 * Finds the service and the type of each measurement and writes them all, if every type exists and every service is the
 * agent's own; otherwise nothing. One statement, so that a report costs one way to the database.
 *
 * @returns in the order of the measurements; `entries` is null when nothing was written
 */
export async function recordMeasurements(
  db: Db,
  agentId: string,
  measurements: readonly Measurement[],
  now: Date,
): Promise<{ found: Found[]; entries: MetricEntry[] | null }> {
  const ids = measurements.map(() => uuidv7(now))
  const { rows } = await sql<FoundRow>`
    WITH found AS MATERIALIZED (
      SELECT given.*, s.id AS service_id, s.agent_id, s.provider_id, s.consumer_id, type.id AS type_id
      FROM unnest(
        ${ids}::uuid[],
        ${measurements.map((one) => one.serviceId)}::uuid[],
        ${measurements.map((one) => one.agentInstanceId)}::text[],
        ${measurements.map((one) => one.typeName)}::text[],
        ${measurements.map((one) => one.resourceId)}::text[],
        ${measurements.map((one) => one.value)}::float8[]
      ) WITH ORDINALITY AS given (id, by_id, by_instance, type_name, resource_id, value, position)
      LEFT JOIN LATERAL (
        SELECT * FROM services WHERE id = by_id
        UNION ALL
        SELECT * FROM services WHERE by_id IS NULL AND agent_id = ${agentId} AND agent_instance_id = by_instance
      ) s ON true
      LEFT JOIN metric_types type ON type.name = type_name
    ), written AS (
      INSERT INTO metric_entries
        (id, type_id, resource_id, value, service_id, agent_id, provider_id, consumer_id, created_at, updated_at)
      SELECT id, type_id, resource_id, value, service_id, agent_id, provider_id, consumer_id, ${now}, ${now}
      FROM found
      WHERE NOT EXISTS (SELECT FROM found WHERE type_id IS NULL OR agent_id IS DISTINCT FROM ${agentId}::uuid)
    )
    SELECT service_id, agent_id, provider_id, consumer_id, type_id FROM found ORDER BY position`.execute(db)

  const found = rows.map(toFound)
  const entries: MetricEntry[] = []
  for (const [index, measurement] of measurements.entries()) {
    const [id, { service, typeId } = NOTHING] = [ids[index], found[index]]
    if (id === undefined || service?.agentId !== agentId || typeId === null) return { found, entries: null }
    const { id: serviceId, ...owners } = service
    const { resourceId, value } = measurement
    entries.push({ id, typeId, resourceId, value, serviceId, ...owners, createdAt: now, updatedAt: now })
  }
  return { found, entries }
}

const NOTHING: Found = { service: null, typeId: null }

function toFound(row: FoundRow): Found {
  const { service_id: id, agent_id: agentId, provider_id: providerId, consumer_id: consumerId, type_id: typeId } = row
  return { service: id === null ? null : { id, agentId, providerId, consumerId }, typeId }
}

/**
 * Deletes the oldest entries among those made before `before`; passes over rows that somebody else is deleting.
 *
 * @param after  what was made before is known to be gone: saves the search through what was just deleted
 * @param limit  at most so many
 * @returns how many, and when the last of them was made
 */
export async function deleteOldEntries(
  db: Db,
  { before, after, limit }: { before: Date; after: Date; limit: number },
): Promise<{ deleted: number; last: Date }> {
  const { rows } = await sql<{ deleted: number; last: Date | null }>`
    WITH gone AS (
      DELETE FROM metric_entries WHERE id IN (
        SELECT id FROM metric_entries WHERE created_at >= ${after} AND created_at < ${before}
        ORDER BY created_at, id LIMIT ${limit} FOR UPDATE SKIP LOCKED
      ) RETURNING created_at
    )
    SELECT count(*) AS deleted, date_trunc('milliseconds', max(created_at)) AS last FROM gone`.execute(db)
  const { deleted = 0, last = null } = rows[0] ?? {}
  return { deleted, last: last ?? after }
}

type JoinedRow = Selectable<MetricEntriesTable> & { agent: AgentRow | null; service: ServiceRow; type: MetricTypeRow }

export const metricEntryList: ListSource<JoinedRow, WireMetricEntry> = {
  table: 'metric_entries',
  select: sql`t.*, to_json(a) AS agent, to_json(s) AS service, to_json(m) AS type`,
  joins: sql`
    LEFT JOIN agents a ON a.id = t.agent_id AND a.deleted_at IS NULL
    JOIN services s ON s.id = t.service_id
    JOIN metric_types m ON m.id = t.type_id`,
  toItem: (row) => ({
    ...metricEntryToWire(toMetricEntry(row)),
    ...(row.agent && { agent: agentToWire(toAgent(row.agent)) }),
    service: serviceToWire(toService(row.service)),
    type: metricTypeToWire(toMetricType(row.type)),
  }),
}

function toMetricEntry(row: Selectable<MetricEntriesTable>): MetricEntry {
  return {
    id: row.id,
    typeId: row.type_id,
    resourceId: row.resource_id,
    value: row.value,
    serviceId: row.service_id,
    agentId: row.agent_id,
    providerId: row.provider_id,
    consumerId: row.consumer_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

/** Without relations. */
export function metricEntryToWire({ createdAt, updatedAt, ...rest }: MetricEntry): WireMetricEntry {
  return { ...rest, createdAt: timestamp(createdAt), updatedAt: timestamp(updatedAt) }
}
