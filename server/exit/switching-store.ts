/** Switchings in PostgreSQL, and what belongs to them elsewhere: services, artifacts, where these were taken in. */
import { createHash } from 'node:crypto'
import type { SwitchingAsset, SwitchingRecord, Switching as WireSwitching } from '@fulcrum/contract'
import { canonicalJson } from '@fulcrum/sovereignty/audit'
import { type Selectable, sql } from 'kysely'
import type { Db, Tx } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'
import type { ListSource } from '../platform/lists.ts'
import type { SwitchingsTable } from '../platform/sovereignty-tables.ts'
import { timestamp } from '../platform/wire.ts'
import { clocksOf, type Entry, hasEnded, overdueOf, type Switching, stateOf } from './switching.ts'

export type SwitchingRow = Selectable<SwitchingsTable>

/** @throws Refusal `not-found` */
export async function getSwitching(db: Db, id: string): Promise<Switching> {
  const row = await db.selectFrom('switchings').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) throw notFound('switching', id)
  return toSwitching(row)
}

/** Reads a switching and locks its row until the transaction ends. @throws Refusal `not-found` */
export async function lockSwitching(tx: Tx, id: string): Promise<Switching> {
  const row = await tx.selectFrom('switchings').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  if (!row) throw notFound('switching', id)
  return toSwitching(row)
}

export async function insertSwitching(tx: Tx, switching: Switching): Promise<void> {
  await tx.insertInto('switchings').values(toRow(switching)).execute()
}

/** Writes what can change. The row must be locked by `lockSwitching`. */
export async function saveSwitching(tx: Tx, switching: Switching): Promise<void> {
  const { entries, ended, updated_at } = toRow(switching)
  await tx.updateTable('switchings').set({ entries, ended, updated_at }).where('id', '=', switching.id).execute()
}

/** The customer's services at the provider that have not ended; locked, so that two requests at once do not both take one. */
export async function lockServicesToLeave(
  tx: Tx,
  { consumerId, providerId, only }: { consumerId: string; providerId: string; only: readonly string[] | null },
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM services
    WHERE consumer_id = ${consumerId} AND provider_id = ${providerId}
      AND ${only === null ? sql`NOT terminal` : sql`id = ANY (${[...only]}::uuid[])`}
    ORDER BY id FOR UPDATE`.execute(tx)
  return rows.map(({ id }) => id)
}

/** The open switching that one of the services is part of; null when there is none. */
export async function findOpenSwitching(
  tx: Tx,
  serviceIds: readonly string[],
): Promise<{ id: string; serviceId: string } | null> {
  const { rows } = await sql<{ id: string; serviceId: string }>`
    SELECT s.id, taken.id AS "serviceId"
    FROM switchings s JOIN unnest(${[...serviceIds]}::uuid[]) AS taken (id) ON taken.id = ANY (s.service_ids)
    WHERE NOT s.ended AND s.service_ids && ${[...serviceIds]}::uuid[]
    ORDER BY taken.id LIMIT 1`.execute(tx)
  return rows[0] ?? null
}

/** All that the customer may take along: artifacts that are complete, and the configuration; and what stays with the provider. */
export async function assetsOf(db: Db, { serviceIds, providerId }: Switching): Promise<SwitchingAsset[]> {
  const artifacts = await db
    .selectFrom('artifacts')
    .selectAll()
    .where('service_id', 'in', serviceIds)
    .where('state', '=', 'Complete')
    .orderBy('service_id')
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  const imported = await importsElsewhere(
    db,
    providerId,
    artifacts.map(({ id }) => id),
  )
  const services = await db
    .selectFrom('services')
    .select(['id', 'properties', 'agent_instance_data'])
    .where('id', 'in', serviceIds)
    .orderBy('id')
    .execute()
  return [
    ...artifacts.map((artifact): SwitchingAsset => {
      const importedAt = imported.get(artifact.id)
      return {
        serviceId: artifact.service_id,
        kind: 'exportable-data',
        path: `/artifacts/${artifact.id}`,
        format: artifact.format,
        sizeBytes: artifact.size_bytes,
        ...(artifact.sha256 !== null && { sha256: artifact.sha256 }),
        exportedAt: timestamp(artifact.created_at),
        ...(importedAt && { importedAt: timestamp(importedAt) }),
      }
    }),
    ...services.flatMap(({ id, properties, agent_instance_data: internal }) => {
      const asset = (kind: SwitchingAsset['kind'], path: string, value: unknown): SwitchingAsset[] => {
        if (value === null) return []
        const text = canonicalJson(value)
        const sha256 = createHash('sha256').update(text).digest('hex')
        const sizeBytes = Buffer.byteLength(text)
        // the digest of what the customer does not get would let it guess the content
        return [{ serviceId: id, kind, path, format: 'json', sizeBytes, ...(kind === 'digital-asset' && { sha256 }) }]
      }
      return [
        ...asset('digital-asset', 'properties', properties),
        ...asset('excluded-internal', 'agentInstanceData', internal),
      ]
    }),
  ]
}

/** When agents of other providers took artifacts in; by artifact. */
async function importsElsewhere(
  db: Db,
  providerId: string,
  artifactIds: readonly string[],
): Promise<Map<string, Date>> {
  const { rows } = await sql<{ id: string; at: Date }>`
    SELECT params #>> '{portability,artifactId}' AS id, min(completed_at) AS at
    FROM jobs
    WHERE status = 'Completed' AND provider_id <> ${providerId} AND result IS NOT NULL AND params ? 'portability'
      AND params #>> '{portability,sha256}' IS NOT NULL
      AND params #>> '{portability,artifactId}' = ANY (${[...artifactIds]}::text[])
    GROUP BY 1`.execute(db)
  return new Map(rows.map(({ id, at }) => [id, at]))
}

export function switchingList(today: string): ListSource<SwitchingRow, WireSwitching> {
  return { table: 'switchings', select: sql`t.*`, toItem: (row) => switchingToWire(toSwitching(row), today) }
}

export function switchingToWire(switching: Switching, today: string): WireSwitching {
  const { entries: _, destinationProviderId, contractRef, createdAt, updatedAt, ...rest } = switching
  return {
    ...rest,
    ...(destinationProviderId !== null && { destinationProviderId }),
    ...(contractRef !== null && { contractRef }),
    state: stateOf(switching, today),
    clocks: clocksOf(switching),
    overdue: overdueOf(switching, today),
    createdAt: timestamp(createdAt),
    updatedAt: timestamp(updatedAt),
  }
}

export function recordToWire(switching: Switching, assets: SwitchingAsset[], today: string): SwitchingRecord {
  return {
    ...switchingToWire(switching, today),
    entries: switching.entries.map(({ at, ...entry }) => ({ ...entry, at: timestamp(at) })),
    assets,
  }
}

function toSwitching(row: SwitchingRow): Switching {
  return {
    id: row.id,
    consumerId: row.consumer_id,
    providerId: row.provider_id,
    serviceIds: row.service_ids,
    destination: row.destination,
    destinationProviderId: row.destination_provider_id,
    contractRef: row.contract_ref,
    requestedOn: row.requested_on,
    noticeMonths: row.notice_months,
    entries: row.entries.map((entry): Entry => ({ ...entry, at: new Date(entry.at) })),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

function toRow(switching: Switching) {
  return {
    id: switching.id,
    consumer_id: switching.consumerId,
    provider_id: switching.providerId,
    service_ids: switching.serviceIds,
    destination: switching.destination,
    destination_provider_id: switching.destinationProviderId,
    contract_ref: switching.contractRef,
    requested_on: switching.requestedOn,
    notice_months: switching.noticeMonths,
    entries: JSON.stringify(switching.entries),
    ended: hasEnded(switching),
    created_at: switching.createdAt,
    updated_at: switching.updatedAt,
  }
}
