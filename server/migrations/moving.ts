/** How a migration's record changes when a step begins or ends. Pure; what decides about it is `advance.ts`. */
import type { MigrationState } from '@fulcrum/contract'
import type { Deed, Failure, Migration, StepRecord } from './migration.ts'

/** What has to be done in the same transaction as the change of state. */
export type Effect =
  | { kind: 'order-target' }
  | { kind: 'queue'; at: 'source' | 'target'; deed: Exclude<Deed, 'create'> }
  | { kind: 'withdraw'; jobId: string; reason: string }
  | { kind: 'fence' }
  | { kind: 'measure'; direction: 'export' | 'import' | 'create'; sizeBytes: number; seconds: number }
  | { kind: 'testify' }
  | { kind: 'revoke'; artifactId: string }
  | { kind: 'tell'; type: EventName; about?: Readonly<Record<string, string>> }

export type EventName =
  | 'created'
  | 'advanced'
  | 'cut_over'
  | 'fell_back'
  | 'failed'
  | 'cancelled'
  | 'rolled_back'
  | 'done'
  | 'paused'
  | 'resumed'
  | 'retried'

export type Move = { next: Migration; effects: readonly Effect[] }

/** States in which nothing is left to be done. `failed` is one of a drill only. */
const LAST: ReadonlySet<MigrationState> = new Set(['done', 'cancelled', 'rolled-back'])

/** Enters a state; what is open of the step before is closed as done. */
export function enter(before: Migration, state: MigrationState, now: Date): Migration {
  const steps = before.steps.map((step) => (isOpen(step) ? { ...step, ...ended('done', now) } : step))
  const last = LAST.has(state) || (state === 'failed' && before.kind === 'drill')
  const silent = last || state === 'failed'
  return {
    ...before,
    state,
    jobId: null,
    steps: silent ? steps : [...steps, { step: state, status: 'waiting', since: now.toISOString() }],
    updatedAt: now,
    endedAt: last ? now : null,
  }
}

/** Changes the record of the step under way. */
export function noted(before: Migration, change: Partial<StepRecord>, now: Date): Migration {
  const open = before.steps.findLastIndex(isOpen)
  return {
    ...before,
    steps: before.steps.map((step, at) => (at === open ? { ...step, ...change } : step)),
    updatedAt: now,
  }
}

export function begun(before: Migration, jobId: string, now: Date): Migration {
  return { ...noted(before, { status: 'running', jobId, startedAt: now.toISOString() }, now), jobId }
}

export function ended(status: 'done' | 'failed', now: Date): Pick<StepRecord, 'status' | 'endedAt'> {
  return { status, endedAt: now.toISOString() }
}

export function failureOf(step: MigrationState, reason: string, now: Date): Failure {
  return { step, reason, at: now.toISOString() }
}

function isOpen({ status }: StepRecord): boolean {
  return status === 'waiting' || status === 'running'
}
