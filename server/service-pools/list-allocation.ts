/** Taking a value from a list, service pools and config pools alike: the free one with the lowest name, never one twice. */
import type { Json } from '@fulcrum/schema'
import { sql } from 'kysely'
import type { Command } from '../platform/command.ts'

/** Where the values of a kind of pool are. */
export type ListTable = {
  table: 'service_pool_values' | 'config_pool_values'
  pool: 'service_pool_id' | 'config_pool_id'
  holder: 'service_id' | 'agent_id'
}

export const NO_VALUES = 'no available values in pool'

/**
 * Rows that others are taking at this moment are passed over. Only when no other is free does it wait for them, because they come
 * free again when the other order is refused.
 *
 * @returns undefined when nothing is free
 */
export async function takeListValue(
  { tx, now }: Command,
  { table, pool, holder }: ListTable,
  poolId: string,
  holderId: string,
  propertyName: string,
): Promise<{ value: Json } | undefined> {
  const [values, poolColumn, holderColumn] = [sql.table(table), sql.ref(pool), sql.ref(holder)]
  const take = async (lock: 'SKIP LOCKED' | '') => {
    const { rows } = await sql<{ value: Json }>`
      UPDATE ${values} SET ${holderColumn} = ${holderId}, property_name = ${propertyName}, allocated_at = ${now}, updated_at = ${now}
      WHERE id = (
        SELECT id FROM ${values} WHERE ${poolColumn} = ${poolId} AND ${holderColumn} IS NULL
        ORDER BY name COLLATE "C", id LIMIT 1 FOR UPDATE ${sql.raw(lock)})
      RETURNING value`.execute(tx)
    return rows[0]
  }
  for (;;) {
    const taken = await take('SKIP LOCKED')
    if (taken) return taken
    const { rows } = await sql`
      SELECT FROM ${values} WHERE ${poolColumn} = ${poolId} AND ${holderColumn} IS NULL LIMIT 1`.execute(tx)
    if (rows.length === 0) return undefined
    const waited = await take('')
    if (waited) return waited
  }
}
