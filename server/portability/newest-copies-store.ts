/** The newest vault copies of services, with whether they are outside the control of the services' providers. */
import type { JsonObject } from '@fulcrum/schema'
import { sql } from 'kysely'
import type { Db } from '../platform/db.ts'
import { offeringProfiles } from '../sovereignty-profiles/index.ts'
import { isOutside, type StoreControl } from './outside.ts'

/** A copy that was stored, read back and found right. */
export type VaultCopy = {
  id: string
  serviceId: string
  artifactId: string
  store: string
  /** The state of the data that it holds. */
  takenAt: Date
  storedAt: Date
  sha256: string
  sizeBytes: number
  format: string
  /** What the agent says of the data, for example a digest of every row. */
  content: JsonObject | null
  /** Whether its store is outside the control of the service's provider, as far as is known now. */
  outside: boolean
}

type Row = Omit<VaultCopy, 'outside'> & StoreControl & { storeKnown: boolean }

/**
 * The copy to go back to: the newest of those outside the provider's control; without such a one, the newest of all.
 *
 * @returns null when none is stored
 */
export async function newestVaultCopy(db: Db, serviceId: string): Promise<VaultCopy | null> {
  return (await newestVaultCopies(db, [serviceId])).get(serviceId) ?? null
}

/**
 * As `newestVaultCopy`, for many services; a handful of statements however many there are.
 *
 * @returns by service id; services without a stored copy are not in it
 */
export async function newestVaultCopies(
  db: Db,
  serviceIds: readonly string[],
): Promise<ReadonlyMap<string, VaultCopy>> {
  if (serviceIds.length === 0) return new Map()
  const { rows } = await sql<Row>`
    SELECT DISTINCT ON (v.service_id, v.store)
      v.id, v.service_id AS "serviceId", v.artifact_id AS "artifactId", v.store, v.taken_at AS "takenAt",
      v.stored_at AS "storedAt", v.sha256, v.size_bytes AS "sizeBytes", v.format, v.content,
      s.provider_id AS "providerId", s.controller_country AS "controllerCountry", s.name IS NOT NULL AS "storeKnown"
    FROM vault_copies v LEFT JOIN artifact_stores s ON s.name = v.store
    WHERE v.service_id = ANY (${[...serviceIds]}::uuid[]) AND v.state = 'stored'
    ORDER BY v.service_id, v.store, v.taken_at DESC, v.id`.execute(db)
  const judge = await outsideOf(
    db,
    rows.map(({ serviceId }) => serviceId),
  )
  const newest = new Map<string, VaultCopy>()
  for (const { providerId, controllerCountry, storeKnown, ...copy } of rows) {
    const outside = storeKnown && judge(copy.serviceId, { providerId, controllerCountry })
    const known = newest.get(copy.serviceId)
    const better = !known || (outside === known.outside ? copy.takenAt > known.takenAt : outside)
    if (better) newest.set(copy.serviceId, { ...copy, outside })
  }
  return newest
}

/**
 * Says of stores whether they are outside the control of the providers of these services, as is known now.
 *
 * @returns false for a service that was not asked for
 */
export async function outsideOf(
  db: Db,
  serviceIds: readonly string[],
): Promise<(serviceId: string, store: StoreControl) => boolean> {
  const { rows } = await sql<{ id: string; agentId: string; serviceTypeId: string }>`
    SELECT id, agent_id AS "agentId", service_type_id AS "serviceTypeId"
    FROM services WHERE id = ANY (${[...new Set(serviceIds)]}::uuid[])`.execute(db)
  if (rows.length === 0) return () => false
  const keyOf = (key: { agentId: string; serviceTypeId: string }) => `${key.agentId} ${key.serviceTypeId}`
  const offerings = [...new Map(rows.map((row) => [keyOf(row), row])).values()]
  const profiles = new Map((await offeringProfiles(db, offerings, new Date())).map((known) => [keyOf(known), known]))
  const sources = new Map(rows.map((row) => [row.id, profiles.get(keyOf(row))]))
  const stores = await sql<{ id: string }>`
    SELECT id FROM participants WHERE deleted_at IS NULL AND id IN (SELECT provider_id FROM artifact_stores)`.execute(
    db,
  )
  const participants = new Set(stores.rows.map(({ id }) => id))
  return (serviceId, store) => {
    const source = sources.get(serviceId)
    return source !== undefined && isOutside(store, source, participants)
  }
}
