/**
 * How a running service stands to the policies in force, and what follows when that changes.
 *
 *     complies ──refused──▶ in breach (alert | block-new | quarantine | evacuate) ──passes again──▶ complies
 *
 * The sharpest action of the policies that refuse it counts for new orders; each policy keeps since when it refuses. Only
 * evacuation waits: for the days of grace of its policy.
 */
import type { Decision, Policy } from '@fulcrum/sovereignty'
import type { Breach, BreachAction } from '../platform/sovereignty-tables.ts'
import { timestamp } from '../platform/wire.ts'

export type Compliance = {
  outcome: Decision['outcome']
  /** `policy/constraint:CODE` */
  failed: string[]
  wouldFail: string[]
  breaches: Breach[]
  /** The policy with the sharpest action. */
  policyId: string | null
  action: BreachAction | null
  evacuateAt: Date | null
  since: Date
}

/** From the mildest to the sharpest. */
const SHARPNESS: readonly BreachAction[] = ['alert', 'block-new', 'quarantine', 'evacuate']

const DAY_MS = 86_400_000

/**
 * @param policies  those that the decision was made by
 * @param before  what was known of the service; null: nothing
 */
export function assess(
  decision: Pick<Decision, 'outcome' | 'failed' | 'wouldFail' | 'findings'>,
  policies: readonly Policy[],
  before: Compliance | null,
  now: Date,
): Compliance {
  const breaches = breachesOf(decision, policies, before, now)
  const sharpest = breaches.reduce<Breach | null>(
    (most, one) => (most && SHARPNESS.indexOf(most.action) >= SHARPNESS.indexOf(one.action) ? most : one),
    null,
  )
  const ends = breaches
    .filter(({ action }) => action === 'evacuate')
    .map(({ since, graceDays }) => Date.parse(since) + graceDays * DAY_MS)
  const after = {
    outcome: decision.outcome,
    failed: [...decision.failed],
    wouldFail: [...decision.wouldFail],
    breaches,
    policyId: sharpest?.policyId ?? null,
    action: sharpest?.action ?? null,
    evacuateAt: ends.length > 0 ? new Date(Math.min(...ends)) : null,
  }
  return { ...after, since: before && !differs(before, after) ? before.since : now }
}

function breachesOf(
  { findings }: Pick<Decision, 'findings'>,
  policies: readonly Policy[],
  before: Compliance | null,
  now: Date,
): Breach[] {
  return policies.flatMap((policy) => {
    const failed = findings
      .filter(({ policyId, result }) => policyId === policy.id && result === 'fail')
      .map(({ constraintId, code }) => `${constraintId}:${code}`)
    if (failed.length === 0) return []
    const { action, graceDays } = policy.breach ?? { action: 'alert' as const, graceDays: 0 }
    const known = before?.breaches.find(({ policyId }) => policyId === policy.id)
    return [
      {
        policyId: policy.id,
        policyVersion: policy.version,
        scope: policy.scope,
        action,
        graceDays,
        since: known?.since ?? timestamp(now),
        failed,
      },
    ]
  })
}

type Stand = Pick<Compliance, 'outcome' | 'failed' | 'breaches'>

/** Whether somebody has to be told: another outcome, other codes, or another action for them. */
export function differs(before: Stand, after: Stand): boolean {
  const told = ({ outcome, failed, breaches }: Stand) =>
    JSON.stringify([
      outcome,
      failed.toSorted(),
      breaches.map(({ policyId, action, graceDays }) => `${policyId} ${action} ${graceDays}`).toSorted(),
    ])
  return told(before) !== told(after)
}

/** A service that nothing is known of and that complies is no news. */
export function isNews(before: Compliance | null, after: Compliance): boolean {
  return before === null ? after.outcome === 'deny' : differs(before, after)
}

export function isQuarantined({ breaches }: Pick<Compliance, 'breaches'>): boolean {
  return breaches.some(({ action }) => action === 'quarantine')
}

/** What `why` says of a service in quarantine. */
export function quarantineMessage({ breaches }: Pick<Compliance, 'breaches'>): string {
  const codes = breaches.filter(({ action }) => action === 'quarantine').flatMap(({ failed }) => failed)
  return `The service breaks a sovereignty policy (${codes.join(', ')}): it takes no changes until it complies; it can be stopped, exported and deleted.`.slice(
    0,
    1000,
  )
}
