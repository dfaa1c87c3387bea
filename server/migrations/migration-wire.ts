/** Migrations and drills as the API shows them. Pure. */
import type { Drill as WireDrill, Migration as WireMigration, MigrationStep as WireStep } from '@fulcrum/contract'
import { timestamp } from '../platform/wire.ts'
import type { Facts } from './advance.ts'
import { outcomeOf, rateOf, rtoOf, secondsBetween, stepRate, stepSeconds } from './drill.ts'
import type { Migration, StepRecord } from './migration.ts'
import { allowedActions } from './steering.ts'
import { explainFailure, explainWaiting, type Names } from './waiting.ts'

/** Facts are needed to say what it waits for; without them, in lists, nothing is said of it. */
export type Around = Facts & { names: Names }

export function migrationToWire(migration: Migration, around: Around | null): WireMigration {
  const { settings, exported, cutOverAt, quiescedAt, createdAt, from, retainUntil } = migration
  return {
    ...common(migration, around),
    ...(migration.targetServiceId !== null && { targetServiceId: migration.targetServiceId }),
    ...(migration.evacuationId !== null && { evacuationId: migration.evacuationId }),
    paused: migration.paused,
    primaryServiceId:
      migration.primary === 'target' && migration.targetServiceId !== null
        ? migration.targetServiceId
        : migration.serviceId,
    cutOver: settings.cutOver,
    precopy: settings.precopy,
    acceptWriteLoss: settings.acceptWriteLoss,
    vaultFallback: settings.vaultFallback,
    retrievalHours: settings.retrievalHours,
    fence: migration.fence,
    ...(settings.deadlineAt !== null && { deadlineAt: timestamp(new Date(settings.deadlineAt)) }),
    ...(from === 'vault' && exported && { vaultCopyTakenAt: timestamp(new Date(exported.takenAt)) }),
    ...(exported && { sizeBytes: exported.sizeBytes }),
    ...(cutOverAt && {
      cutOverAt: timestamp(cutOverAt),
      rtoSeconds: rounded(secondsBetween(createdAt.toISOString(), cutOverAt.toISOString())),
      ...rpoOf(migration),
      ...(quiescedAt !== null && {
        interruptionSeconds: rounded(secondsBetween(quiescedAt, cutOverAt.toISOString())),
      }),
    }),
    ...(retainUntil !== null && { retainUntil: timestamp(new Date(retainUntil)) }),
    actions: allowedActions(migration),
  }
}

/** A source that took no writes from its export to the cut-over lost none. */
export function rpoOf(migration: Migration): { rpoSeconds?: number } {
  const { exported, cutOverAt, quiesce, from } = migration
  if (!exported || !cutOverAt) return {}
  if (from === 'live' && quiesce === 'yes') return { rpoSeconds: 0 }
  return { rpoSeconds: rounded(secondsBetween(exported.takenAt, cutOverAt.toISOString())) }
}

export function drillToWire(drill: Migration, around: Around | null): WireDrill {
  const [rto, exportRate, importRate] = [rtoOf(drill), rateOf(drill, 'export'), rateOf(drill, 'import')]
  const compared = drill.steps.find(({ step, status }) => step === 'verifying' && status === 'done')?.endedAt
  const { exported } = drill
  return {
    ...common(drill, around),
    ...(drill.targetServiceId !== null && { scratchServiceId: drill.targetServiceId }),
    outcome: outcomeOf(drill),
    ...(rto !== null && { rtoSeconds: rounded(rto) }),
    ...(exported && compared !== undefined && { rpoSeconds: rounded(secondsBetween(exported.takenAt, compared)) }),
    ...(exported && { sizeBytes: exported.sizeBytes }),
    ...(exportRate !== null && { exportMibPerSecond: rounded(exportRate) }),
    ...(importRate !== null && { importMibPerSecond: rounded(importRate) }),
    evidenceIds: [...drill.evidenceIds],
  }
}

function common(migration: Migration, around: Around | null) {
  const waiting = around ? explainWaiting(migration, around, around.names) : undefined
  const failure = explainFailure(migration)
  return {
    id: migration.id,
    serviceId: migration.serviceId,
    consumerId: migration.consumerId,
    serviceTypeId: migration.serviceTypeId,
    sourceAgentId: migration.sourceAgentId,
    targetAgentId: migration.targetAgentId,
    sourceProviderId: migration.sourceProviderId,
    targetProviderId: migration.targetProviderId,
    from: migration.from,
    state: migration.state,
    verification: migration.verification,
    ...(waiting && { waiting }),
    ...(failure && { failure }),
    steps: migration.steps.map(stepToWire),
    createdAt: timestamp(migration.createdAt),
    updatedAt: timestamp(migration.updatedAt),
    ...(migration.endedAt && { endedAt: timestamp(migration.endedAt) }),
  }
}

function stepToWire(step: StepRecord): WireStep {
  const [seconds, rate] = [stepSeconds(step), stepRate(step)]
  return {
    step: step.step,
    status: step.status,
    ...(step.jobId !== undefined && { jobId: step.jobId }),
    since: timestamp(new Date(step.since)),
    ...(step.startedAt !== undefined && { startedAt: timestamp(new Date(step.startedAt)) }),
    ...(step.endedAt !== undefined && { endedAt: timestamp(new Date(step.endedAt)) }),
    ...(seconds !== null && { seconds: rounded(seconds) }),
    ...(step.sizeBytes !== undefined && { sizeBytes: step.sizeBytes }),
    ...(rate !== null && { mibPerSecond: rounded(rate) }),
    ...(step.detail !== undefined && { detail: step.detail }),
  }
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000
}
