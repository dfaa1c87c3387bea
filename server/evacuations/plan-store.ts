/** What a plan is made from, read from the database. */
import { mayStart } from '@fulcrum/schema'
import { applies, type Placed, type Policy } from '@fulcrum/sovereignty'
import { sql } from 'kysely'
import { classificationsOf } from '../exposure/index.ts'
import { newestMeasurements } from '../migrations/index.ts'
import { heldBy, offeringTerms, placedOf } from '../placement/index.ts'
import type { Db } from '../platform/db.ts'
import { findPortability, newestVaultCopies, type Portability } from '../portability/index.ts'
import { policiesInForce, waiversOf } from '../sovereignty-policies/index.ts'
import { offeringProfiles } from '../sovereignty-profiles/index.ts'
import { readSizes } from './size-store.ts'
import type { PlannedOffering, PlannedService, Selection, World } from './world.ts'

/** Services that have not ended and count: those that are named, of a group, at a provider, of a consumer, or all. */
export async function selectServices(db: Db, { serviceIds, groupId, providerId, consumerId }: Selection) {
  const { rows } = await sql<
    Omit<PlannedService, 'exportable'> & {
      status: string
      lifecycle: Parameters<typeof mayStart>[0]
      action: string | null
    }
  >`
    SELECT s.id, s.name, s.consumer_id AS "consumerId", s.provider_id AS "providerId", s.agent_id AS "agentId",
           s.group_id AS "groupId", s.service_type_id AS "serviceTypeId", s.status,
           t.lifecycle_schema AS lifecycle, p.export_action AS action,
           EXISTS (SELECT FROM migrations m WHERE NOT m.ended AND m.kind = 'migration'
                   AND (m.service_id = s.id OR m.target_service_id = s.id)) AS moving
    FROM services s
    JOIN service_types t ON t.id = s.service_type_id
    JOIN service_roles r ON r.service_id = s.id
    LEFT JOIN service_type_portability p ON p.service_type_id = s.service_type_id
    WHERE NOT s.terminal AND r.role = 'primary'
      AND (${serviceIds === null} OR s.id = ANY (${[...(serviceIds ?? [])]}::uuid[]))
      AND (${groupId}::uuid IS NULL OR s.group_id = ${groupId})
      AND (${providerId}::uuid IS NULL OR s.provider_id = ${providerId})
      AND (${consumerId}::uuid IS NULL OR s.consumer_id = ${consumerId})
    ORDER BY s.id`.execute(db)
  return rows.map(({ status, lifecycle, action, ...service }): PlannedService => {
    return { ...service, exportable: action !== null && mayStart(lifecycle, status, action).ok }
  })
}

/** A handful of statements, and one for each kind of subject that policies may speak of. */
export async function readWorld(db: Db, services: readonly PlannedService[], now: Date): Promise<World> {
  const ids = services.map(({ id }) => id)
  const types = [...new Set(services.map(({ serviceTypeId }) => serviceTypeId))]
  const portability = new Map<string, Portability | null>()
  for (const type of types) portability.set(type, await findPortability(db, type))
  const policies: Record<string, readonly Policy[]> = {}
  const inForce = await policiesInForce(db, now)
  const known = new Map<string, readonly Policy[]>()
  const ofOne = Map.groupBy(
    inForce.filter(({ scope }) => scope.kind === 'service'),
    ({ scope }) => scope.id,
  )
  for (const { id, serviceTypeId, consumerId, groupId } of services) {
    const key = `${serviceTypeId} ${groupId}`
    const shared = known.get(key) ?? inForce.filter((policy) => applies(policy, { serviceTypeId, consumerId, groupId }))
    known.set(key, shared)
    policies[id] = [...shared, ...(ofOne.get(id) ?? [])]
  }
  const spoken = [...new Set(Object.values(policies).flat())]
  return {
    services,
    offerings: await readOfferings(db, new Set(types), now),
    portability,
    classifications: await classificationsOf(db, ids),
    copies: await newestVaultCopies(db, ids),
    sizes: await readSizes(db, ids),
    policies,
    waivers: await waiversOf(db, spoken),
    owned: await readOwned(db, services, spoken, now),
  }
}

/** What consumers have, where a policy limits shares of it. */
async function readOwned(
  db: Db,
  services: readonly PlannedService[],
  policies: readonly Policy[],
  now: Date,
): Promise<Record<string, readonly Placed[]>> {
  if (!policies.some(({ constraints }) => constraints.some(({ type }) => type === 'concentration.max'))) return {}
  const owned: Record<string, readonly Placed[]> = {}
  for (const consumerId of new Set(services.map((service) => service.consumerId))) {
    const held = await heldBy(db, consumerId)
    const profiles = await offeringProfiles(db, held, now)
    owned[consumerId] = held.flatMap(({ agentId, serviceTypeId, providerId, count }) => {
      const known = profiles.find((one) => one.agentId === agentId && one.serviceTypeId === serviceTypeId)
      const placed = known ? placedOf(known.profile, providerId) : { provider: providerId }
      return Array.from({ length: count }, () => placed)
    })
  }
  return owned
}

async function readOfferings(db: Db, types: ReadonlySet<string>, now: Date): Promise<PlannedOffering[]> {
  const profiles = (await offeringProfiles(db, null, now)).filter(({ serviceTypeId }) => types.has(serviceTypeId))
  const terms = await offeringTerms(db, profiles)
  const keyOf = (key: { agentId: string; serviceTypeId: string }) => `${key.agentId} ${key.serviceTypeId}`
  const termsOf = new Map(terms.map((one) => [keyOf(one), one]))
  const samplesOf = Map.groupBy(await newestMeasurements(db), keyOf)
  const { rows } = await sql<{ id: string; name: string; connected: boolean; enabled: boolean }>`
    SELECT a.id, a.name, a.status = 'Connected' AS connected, a.status <> 'Disabled' AND p.status <> 'Disabled' AS enabled
    FROM agents a JOIN participants p ON p.id = a.provider_id
    WHERE a.id = ANY (${profiles.map(({ agentId }) => agentId)}::uuid[])`.execute(db)
  const agents = new Map(rows.map((row) => [row.id, row]))
  const counts = await sql<{ agentId: string; serviceTypeId: string; count: number }>`
    SELECT agent_id AS "agentId", service_type_id AS "serviceTypeId", count(*) AS count FROM services
    WHERE NOT terminal AND service_type_id = ANY (${[...types]}::uuid[])
    GROUP BY agent_id, service_type_id`.execute(db)
  const countOf = new Map(counts.rows.map((row) => [keyOf(row), Number(row.count)]))
  return profiles.map((profile) => {
    const key = keyOf(profile)
    const own = termsOf.get(key)
    const agent = agents.get(profile.agentId)
    const used = (countOf.get(key) ?? 0) * (own?.unitsPerService ?? 1)
    return {
      ...profile,
      agentName: agent?.name ?? profile.agentId,
      connected: agent?.connected ?? false,
      enabled: agent?.enabled ?? false,
      free: own?.capacityUnits == null ? null : Math.max(0, own.capacityUnits - used),
      units: own?.unitsPerService ?? 1,
      samples: samplesOf.get(key) ?? [],
    }
  })
}
