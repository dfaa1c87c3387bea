/** What a drill has shown. Pure. */
import type { DrillOutcome } from '@fulcrum/contract'
import type { Migration, StepRecord } from './migration.ts'

export function outcomeOf(drill: Migration): DrillOutcome {
  const { endedAt, unwinding, failure, verification } = drill
  if (!endedAt) return 'running'
  if (unwinding === 'cancelled') return 'cancelled'
  if (failure || verification === 'mismatch' || verification === 'pending') return 'failed'
  return verification === 'verified' ? 'passed' : 'unverified'
}

/** How long it took from the beginning of the first step to the comparison, in seconds; null when it did not come so far. */
export function rtoOf({ steps }: Pick<Migration, 'steps'>): number | null {
  const first = steps.find(({ startedAt }) => startedAt !== undefined)?.startedAt
  const last = steps.find(({ step, status }) => step === 'verifying' && status === 'done')?.endedAt
  return first === undefined || last === undefined ? null : secondsBetween(first, last)
}

/** MiB per second of the last step of this kind that was done; null when it is not known. */
export function rateOf({ steps }: Pick<Migration, 'steps'>, kind: 'export' | 'import'): number | null {
  const states = kind === 'export' ? ['exporting', 'final-exporting'] : ['importing', 'final-importing']
  const done = steps.findLast(({ step, status }) => status === 'done' && states.includes(step))
  return done ? stepRate(done) : null
}

const MIB = 1_048_576

export function stepRate(step: StepRecord): number | null {
  const seconds = stepSeconds(step)
  return step.sizeBytes === undefined || seconds === null || seconds <= 0 ? null : step.sizeBytes / MIB / seconds
}

export function stepSeconds({ seconds, startedAt, endedAt }: StepRecord): number | null {
  if (seconds !== undefined) return seconds
  return startedAt === undefined || endedAt === undefined ? null : secondsBetween(startedAt, endedAt)
}

export function secondsBetween(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1_000)
}
