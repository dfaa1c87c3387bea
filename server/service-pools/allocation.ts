/** Allocation and release of pool values, inside the transaction of the order or of the service's end. */
import { randomUUID } from 'node:crypto'
import type { Json } from '@fulcrum/schema'
import { sql } from 'kysely'
import type { Command } from '../platform/command.ts'
import { Refusal } from '../platform/errors.ts'
import { NO_VALUES, takeListValue } from './list-allocation.ts'
import { lockPoolForSearch, poolOfSet, saveCursor } from './service-pool-store.ts'
import { addressAt, readSubnet } from './subnet.ts'

export type AllocationRequest = {
  /** The agent's pool set; null when it has none. */
  poolSetId: string | null
  poolType: string
  serviceId: string
  propertyName: string
}

const LIST = { table: 'service_pool_values', pool: 'service_pool_id', holder: 'service_id' } as const
/** So many addresses are looked at with one query. */
const BATCH = 64

/**
 * Takes a free value for a property of a service; a rollback gives it back.
 *
 * @returns the value, or the contract's text for why there is none (DOMAIN.md 3.12, 8)
 */
export async function allocateServiceValue(
  c: Command,
  { poolSetId, poolType, serviceId, propertyName }: AllocationRequest,
): Promise<{ value: Json } | { error: string }> {
  if (poolSetId === null) return { error: 'agent does not have a pool set configured' }
  const pool = await poolOfSet(c.tx, poolSetId, poolType)
  if (!pool) return { error: `no pool found with type '${poolType}' in pool set` }
  try {
    const taken =
      pool.generatorType === 'list'
        ? await takeListValue(c, LIST, pool.id, serviceId, propertyName)
        : await takeAddress(c, pool.id, serviceId, propertyName)
    return taken ?? { error: failed(pool.generatorType === 'list' ? NO_VALUES : NO_ADDRESSES) }
  } catch (error) {
    if (error instanceof Refusal) return { error: `failed to allocate from pool: ${error.message}` }
    throw error
  }
}

const NO_ADDRESSES = 'subnet exhausted: no available IPs in pool'

function failed(text: string): string {
  return `failed to allocate from pool: invalid input: ${text}`
}

/**
 * Released addresses first, then the lowest that was never given. The pool's row is locked: one allocation at a time, and none
 * by a configuration that is being replaced.
 */
async function takeAddress(
  { tx, now }: Command,
  poolId: string,
  serviceId: string,
  propertyName: string,
): Promise<{ value: Json } | undefined> {
  const { pool, nextOffset } = await lockPoolForSearch(tx, poolId)
  const subnet = readSubnet(pool.generatorConfig)
  if (subnet.first >= subnet.end) return undefined
  const { rows: released } = await sql<{ value: Json }>`
    UPDATE service_pool_values
    SET service_id = ${serviceId}, property_name = ${propertyName}, allocated_at = ${now}, updated_at = ${now}
    WHERE id = (
      SELECT id FROM service_pool_values
      WHERE service_pool_id = ${pool.id} AND service_id IS NULL
        AND address BETWEEN ${addressAt(subnet, subnet.first)}::inet AND ${addressAt(subnet, subnet.end - 1n)}::inet
      ORDER BY address LIMIT 1)
    RETURNING value`.execute(tx)
  if (released[0]) return released[0]

  let from = subnet.first
  if (nextOffset > from) from = nextOffset
  for (; from < subnet.end; from += BigInt(BATCH)) {
    const offsets = Array.from({ length: BATCH }, (_, index) => from + BigInt(index)).filter(
      (offset) => offset < subnet.end,
    )
    const addresses = offsets.map((offset) => addressAt(subnet, offset))
    const { rows } = await sql<{ value: string }>`
      SELECT value #>> '{}' AS value FROM service_pool_values
      WHERE service_pool_id = ${pool.id} AND value IN (SELECT to_jsonb(a) FROM unnest(${addresses}::text[]) a)`.execute(
      tx,
    )
    const held = new Set(rows.map(({ value }) => value))
    const index = addresses.findIndex((address) => !held.has(address))
    const address = addresses[index]
    const offset = offsets[index]
    if (address === undefined || offset === undefined) continue
    await tx
      .insertInto('service_pool_values')
      .values({
        id: randomUUID(),
        name: address,
        value: JSON.stringify(address),
        service_pool_id: pool.id,
        provider_id: pool.providerId,
        address,
        service_id: serviceId,
        property_name: propertyName,
        allocated_at: now,
        created_at: now,
        updated_at: now,
      })
      .execute()
    await saveCursor(tx, pool.id, offset + 1n)
    return { value: address }
  }
  return undefined
}

/** Gives back everything that a service holds. No event is written (contract, DOMAIN.md 8). */
export async function releaseServiceValues({ tx, now }: Command, serviceId: string): Promise<void> {
  await tx
    .updateTable('service_pool_values')
    .set({ service_id: null, property_name: null, allocated_at: null, updated_at: now })
    .where('service_id', '=', serviceId)
    .execute()
}
