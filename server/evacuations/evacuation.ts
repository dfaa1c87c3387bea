/**
 * What an evacuation is, and how it goes on. Pure.
 *
 *     running ──all items at their end──▶ done, or failed when one that was feasible has not moved
 *        └──cancel──▶ cancelling ──no item moves any more──▶ cancelled
 *
 * An item waits, then a migration of its own moves it; what became of it says that migration.
 */
import type {
  EvacuationAssumption,
  EvacuationPlanItem,
  EvacuationProgress,
  EvacuationRequest,
  EvacuationState,
  PlannedScenario,
  EvacuationItem as WireItem,
} from '@fulcrum/contract'
import type { Migration } from '../migrations/index.ts'

export type Evacuation = {
  id: string
  /** Null: an administrator's, over services of whomever. */
  consumerId: string | null
  state: EvacuationState
  paused: boolean
  request: EvacuationRequest
  scenario: PlannedScenario
  assumptions: readonly EvacuationAssumption[]
  exportsAtOnce: number
  deadlineAt: Date
  createdAt: Date
  updatedAt: Date
  endedAt: Date | null
}

export type Item = {
  position: number
  serviceId: string
  plan: EvacuationPlanItem
  /** As it was written; what a migration says counts more. */
  state: WireItem['state']
  migration: Migration | null
  failure: string | null
  startedAt: Date | null
}

/** States of a live migration in which it still takes from its source. */
const EXPORTING: ReadonlySet<Migration['state']> = new Set([
  'queued',
  'exporting',
  'clearing-target',
  'creating',
  'importing',
  'verifying',
  'quiescing',
  'final-exporting',
])

export function stateOf({ state, migration }: Pick<Item, 'state' | 'migration'>): WireItem['state'] {
  if (!migration) return state
  if (migration.primary === 'target') return 'moved'
  if (migration.state === 'cancelled' || migration.state === 'rolled-back') return 'cancelled'
  return migration.state === 'failed' ? 'failed' : 'moving'
}

/** The items that may begin now, in the order of the plan: exports of one provider at once are bounded. */
export function toBegin(
  evacuation: Pick<Evacuation, 'state' | 'paused' | 'exportsAtOnce'>,
  items: readonly Item[],
): Item[] {
  if (evacuation.paused || evacuation.state !== 'running') return []
  const busy = new Map<string, number>()
  for (const { plan, migration } of items)
    if (migration?.from === 'live' && migration.endedAt === null && EXPORTING.has(migration.state))
      busy.set(plan.sourceProviderId, (busy.get(plan.sourceProviderId) ?? 0) + 1)
  return items
    .filter((item) => stateOf(item) === 'waiting')
    .toSorted((a, b) => a.position - b.position)
    .filter(({ plan }) => {
      if (plan.from === 'vault') return true
      const count = busy.get(plan.sourceProviderId) ?? 0
      busy.set(plan.sourceProviderId, count + 1)
      return count < evacuation.exportsAtOnce
    })
}

/** Where it is when nothing waits or moves any more; null before that. */
export function endOf({ state }: Pick<Evacuation, 'state'>, items: readonly Item[]): EvacuationState | null {
  const states = items.map(stateOf)
  if (states.includes('waiting') || states.includes('moving')) return null
  if (state === 'cancelling') return 'cancelled'
  return states.includes('failed') || states.includes('cancelled') ? 'failed' : 'done'
}

export function progressOf(items: readonly WireItem[]): EvacuationProgress {
  const count = (state: WireItem['state']) => items.filter((item) => item.state === state).length
  return {
    services: items.length,
    waiting: count('waiting'),
    moving: count('moving'),
    moved: count('moved'),
    failed: count('failed'),
    infeasible: count('infeasible'),
    cancelled: count('cancelled'),
    rtoMissed: items.filter(({ measuredRtoMet }) => measuredRtoMet === false).length,
    rpoMissed: items.filter(({ measuredRpoMet }) => measuredRpoMet === false).length,
  }
}
