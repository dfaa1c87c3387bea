/** What is measured of each database. */
import type { Measurement } from '@fulcrum/agent-sdk'
import type { Service } from '@fulcrum/contract'
import { DatabaseRefusal, metrics } from './database/index.ts'
import type { Context, Site } from './site.ts'

export const MEASURE_EVERY_MS = 15_000

/** @returns nothing for a service without database */
export async function measure(service: Service, { signal }: Context, { provider }: Site): Promise<Measurement[]> {
  const { agentInstanceId: resourceId } = service
  if (resourceId === undefined) return []
  try {
    const { sizeBytes, connections, transactions, cacheHitRatio } = await metrics(provider, service.id, signal)
    const figures: [string, number | null][] = [
      ['size_bytes', sizeBytes],
      ['connections', connections],
      ['transactions', transactions],
      ['cache_hit_ratio', cacheHitRatio],
    ]
    return figures.flatMap(([name, value]) =>
      value === null ? [] : [{ resourceId, typeName: `postgresql.${name}`, value }],
    )
  } catch (error) {
    if (error instanceof DatabaseRefusal && error.kind === 'not-found') return []
    throw error
  }
}
