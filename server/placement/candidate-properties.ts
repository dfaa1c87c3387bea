/** Whether the properties of an order would be valid at a provider. Takes nothing from pools and keeps no secret. */
import { randomUUID } from 'node:crypto'
import { evaluateProperties, type Json, type JsonObject, type PropertySchema, type Violation } from '@fulcrum/schema'
import { sql } from 'kysely'
import type { Db } from '../platform/db.ts'
import { enabledOptionValues } from '../service-options/index.ts'
import { NO_VALUES } from '../service-pools/index.ts'
import type { Offered } from './candidate.ts'

export type PropertiesOfOrder = {
  schema: PropertySchema
  input: JsonObject
  consumerId: string
  groupId: string
  vaultAvailable: boolean
}

/** The faults at each place, by agent; places that answer alike are asked once. */
export async function violationsAt(
  db: Db,
  order: PropertiesOfOrder,
  places: readonly Offered[],
): Promise<Map<string, readonly Violation[]>> {
  const found = new Map<string, readonly Violation[]>()
  const known = new Map<string, readonly Violation[]>()
  for (const place of places) {
    const key = `${place.providerId} ${place.servicePoolSetId}`
    const violations = known.get(key) ?? (await evaluate(db, order, place))
    known.set(key, violations)
    found.set(place.agentId, violations)
  }
  return found
}

async function evaluate(
  db: Db,
  { schema, input, consumerId, groupId, vaultAvailable }: PropertiesOfOrder,
  { providerId, servicePoolSetId }: Offered,
): Promise<readonly Violation[]> {
  const result = await evaluateProperties({
    schema,
    registry: 'service',
    input,
    actor: 'user',
    vaultAvailable,
    newReference: randomUUID,
    lookups: {
      serviceOptions: (type) => enabledOptionValues(db, providerId, type),
      service: (id) => referencedService(db, id, consumerId, groupId),
      allocate: (poolType) => wouldAllocate(db, servicePoolSetId, poolType),
    },
  })
  return result.ok ? [] : result.violations
}

/** A service that a property names, compared with the one that is ordered or changed; null when there is none. */
export async function referencedService(db: Db, id: string, consumerId: string, groupId: string) {
  const { rows } = await sql<{ name: string; consumer_id: string; group_id: string; terminal: boolean }>`
    SELECT st.name, s.consumer_id, s.group_id, s.terminal
    FROM services s JOIN service_types st ON st.id = s.service_type_id WHERE s.id = ${id}`.execute(db)
  const row = rows[0]
  return row
    ? {
        typeName: row.name,
        sameConsumer: row.consumer_id === consumerId,
        sameGroup: row.group_id === groupId,
        terminal: row.terminal,
      }
    : null
}

/** A value that the pool could give, without taking it: which one it will be, and whether one is left then, says the order. */
async function wouldAllocate(db: Db, poolSetId: string | null, poolType: string) {
  if (poolSetId === null) return { error: 'agent does not have a pool set configured' }
  const { rows } = await sql<{ generator_type: string; config: JsonObject | null; free: { value: Json } | null }>`
    SELECT p.generator_type, p.generator_config AS config,
           (SELECT jsonb_build_object('value', v.value) FROM service_pool_values v
            WHERE v.service_pool_id = p.id AND v.service_id IS NULL LIMIT 1) AS free
    FROM service_pools p WHERE p.service_pool_set_id = ${poolSetId} AND p.type = ${poolType}`.execute(db)
  const [pool] = rows
  if (!pool) return { error: `no pool found with type '${poolType}' in pool set` }
  if (pool.generator_type === 'list') return pool.free ?? { error: NO_VALUES }
  return { value: String(pool.config?.cidr ?? '').replace(/\/.*$/, '') }
}
