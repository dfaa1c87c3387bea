/** Evacuations as the API shows them: the plan, and beside it what was measured. Pure. */
import type { EvacuationDetail, Evacuation as WireEvacuation, EvacuationItem as WireItem } from '@fulcrum/contract'
import { rpoOf } from '../migrations/index.ts'
import { timestamp } from '../platform/wire.ts'
import { type Evacuation, type Item, progressOf, stateOf } from './evacuation.ts'

export function evacuationToWire(evacuation: Evacuation, items: readonly Item[]): WireEvacuation {
  return summary(evacuation, itemsToWire(evacuation, items))
}

export function detailToWire(evacuation: Evacuation, items: readonly Item[]): EvacuationDetail {
  const told = itemsToWire(evacuation, items)
  return { ...summary(evacuation, told), items: told, assumptions: [...evacuation.assumptions] }
}

function itemsToWire(evacuation: Evacuation, items: readonly Item[]): WireItem[] {
  return items.map((item) => itemToWire(item, evacuation))
}

function summary(evacuation: Evacuation, items: readonly WireItem[]): WireEvacuation {
  return {
    id: evacuation.id,
    ...(evacuation.consumerId !== null && { consumerId: evacuation.consumerId }),
    state: evacuation.state,
    paused: evacuation.paused,
    scenario: evacuation.scenario,
    deadlineAt: timestamp(evacuation.deadlineAt),
    exportsAtOnce: evacuation.exportsAtOnce,
    progress: progressOf(items),
    createdAt: timestamp(evacuation.createdAt),
    updatedAt: timestamp(evacuation.updatedAt),
    ...(evacuation.endedAt && { endedAt: timestamp(evacuation.endedAt) }),
  }
}

function itemToWire(item: Item, evacuation: Evacuation): WireItem {
  const { plan, migration, failure, startedAt } = item
  const why = failure ?? migration?.failure?.reason ?? null
  return {
    ...plan,
    state: stateOf(item),
    ...(startedAt && { startedAt: timestamp(startedAt) }),
    ...(why !== null && { failure: why }),
    ...(migration && {
      migrationId: migration.id,
      migrationState: migration.state,
      ...(migration.targetServiceId !== null && { targetServiceId: migration.targetServiceId }),
      targetAgentId: migration.targetAgentId,
      targetProviderId: migration.targetProviderId,
      verification: migration.verification,
      ...(migration.from === 'vault' && plan.from === 'live' && { fellBackToVault: true }),
      ...measured(item, evacuation),
    }),
  }
}

function measured({ migration, plan }: Item, { createdAt }: Evacuation) {
  if (!migration?.cutOverAt) return {}
  const rto = Math.max(0, (migration.cutOverAt.getTime() - createdAt.getTime()) / 1_000)
  const { rpoSeconds: rpo } = rpoOf(migration)
  const { rtoTargetSeconds, rpoTargetSeconds } = plan
  return {
    cutOverAt: timestamp(migration.cutOverAt),
    measuredRtoSeconds: rto,
    ...(rtoTargetSeconds !== undefined && { measuredRtoMet: rto <= rtoTargetSeconds }),
    ...(rpo !== undefined && { measuredRpoSeconds: rpo }),
    ...(rpo !== undefined && rpoTargetSeconds !== undefined && { measuredRpoMet: rpo <= rpoTargetSeconds }),
  }
}
