/** Allocation and release of config pool values, inside the transaction that makes, changes or deletes an agent. */
import type { Json } from '@fulcrum/schema'
import type { Command } from '../platform/command.ts'
import { NO_VALUES, takeListValue } from '../service-pools/index.ts'
import { configPoolFor } from './config-pool-store.ts'

const LIST = { table: 'config_pool_values', pool: 'config_pool_id', holder: 'agent_id' } as const

/** @returns the value, or the contract's text for why there is none (DOMAIN.md 3.12, 8) */
export async function allocateConfigValue(
  c: Command,
  {
    poolType,
    providerId,
    agentId,
    propertyName,
  }: { poolType: string; providerId: string; agentId: string; propertyName: string },
): Promise<{ value: Json } | { error: string }> {
  const pool = await configPoolFor(c.tx, poolType, providerId)
  if (!pool)
    return {
      error: `failed to find config pool with type "${poolType}": resource not found: no config pool with type ${poolType} for provider`,
    }
  const taken = await takeListValue(c, LIST, pool.id, agentId, propertyName)
  return taken ?? { error: `failed to allocate from pool: invalid input: ${NO_VALUES}` }
}

/** Gives back everything that an agent's configuration holds. */
export async function releaseConfigValues({ tx, now }: Command, agentId: string): Promise<void> {
  await tx
    .updateTable('config_pool_values')
    .set({ agent_id: null, property_name: null, allocated_at: null, updated_at: now })
    .where('agent_id', '=', agentId)
    .execute()
}
