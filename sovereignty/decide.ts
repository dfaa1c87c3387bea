/**
 * Whether a provider's profile satisfies all policies in scope, and why. Policies only add to each other: what one refuses no
 * other allows, and only a waiver loosens. The same inputs give the same decision at any time, because the moment is one of them.
 */
import { RULES } from './constraints/index.ts'
import { atLeast, type Finding, prove } from './evidence.ts'
import type { Constraint, Facts, Placed, Policy, Verdict, Waiver } from './policy.ts'
import type { Assurance, Profile } from './profile.ts'
import { type Obligation, type ReachLevel, reach } from './reach.ts'
import { daysBetween } from './time.ts'
import { outside, type ZoneGroups } from './zones.ts'

/** The longest that a waiver may hold; one that claims more holds for nothing. */
export const MAX_WAIVER_DAYS = 180

export type Outcome = 'allow' | 'allow_with_obligations' | 'deny'

export type DecisionContext = {
  at: string
  groups: ZoneGroups
  waivers?: readonly Waiver[]
  /** What the consumer has already. */
  current?: readonly Placed[]
  /** What the candidate adds; `provider` is the profile's id unless it says otherwise. */
  candidate?: Placed
  /** Days after which evidence has to be checked again. */
  recheckDays?: number
}

/** What came of one constraint. */
export type ConstraintFinding = {
  policyId: string
  policyVersion: number
  constraintId: string
  type: string
  result: 'pass' | 'fail' | 'warning' | 'waived' | 'would-fail'
  /** Absent when it passed. */
  code?: string
  detail?: string
  evidenceIds: readonly string[]
}

export type Decision = {
  outcome: Outcome
  /** `policy/constraint:CODE`, in the order of policies and constraints. */
  failed: readonly string[]
  warnings: readonly string[]
  obligations: readonly Obligation[]
  waived: readonly string[]
  /** What policies in audit mode would have refused. */
  wouldFail: readonly string[]
  /** Residual foreign reach, `cut-off=exposed`, also when the outcome is `allow`. */
  advisories: readonly string[]
  findings: readonly ConstraintFinding[]
  explanation: string
}

export function decide(profile: Profile, policies: readonly Policy[], context: DecisionContext): Decision {
  const { at, groups } = context
  const inForce = policies.filter(
    ({ effectiveFrom }) => effectiveFrom === undefined || daysBetween(effectiveFrom, at) >= 0,
  )
  const obligations = new Set<Obligation>()
  const findings = inForce.flatMap((policy) =>
    policy.constraints.map((constraint) => {
      const facts: Facts = {
        profile,
        at,
        zone: policy.trustedZone,
        groups,
        current: context.current ?? [],
        candidate: { provider: profile.id, ...context.candidate },
      }
      const judged = judge(policy, constraint, facts, context)
      if (policy.mode === 'enforce' && judged.result === 'pass')
        for (const obligation of judged.obligations) obligations.add(obligation)
      return judged.finding
    }),
  )
  const keys = (result: ConstraintFinding['result']) =>
    findings.filter((finding) => finding.result === result).map(keyOf)
  const [failed, warnings, waived, wouldFail] = [keys('fail'), keys('warning'), keys('waived'), keys('would-fail')]
  const outcome =
    failed.length > 0 ? 'deny' : obligations.size > 0 || waived.length > 0 ? 'allow_with_obligations' : 'allow'
  const decision = {
    outcome,
    failed,
    warnings,
    obligations: [...obligations].toSorted(),
    waived,
    wouldFail,
    advisories: advise(profile, inForce, context),
    findings,
  } as const
  return { ...decision, explanation: explain(decision) }
}

type Judged =
  | { result: 'pass'; obligations: readonly Obligation[]; finding: ConstraintFinding }
  | { result: 'other'; finding: ConstraintFinding }

function judge(policy: Policy, constraint: Constraint, facts: Facts, context: DecisionContext): Judged {
  const about = {
    policyId: policy.id,
    policyVersion: policy.version,
    constraintId: constraint.id,
    type: constraint.type,
  }
  const rule = RULES.get(constraint.type)
  const verdict: Verdict = rule
    ? rule(constraint.params ?? {}, facts)
    : { result: 'fail', code: 'UNKNOWN_CONSTRAINT', detail: constraint.type }
  const notPassed = (code: string, detail: string, evidenceIds: readonly string[]): Judged => ({
    result: 'other',
    finding: { ...about, result: consequence(policy, constraint, verdict, facts, context), code, detail, evidenceIds },
  })
  if (verdict.result === 'fail') return notPassed(verdict.code, verdict.detail, [])
  if (verdict.result === 'unknown') return notPassed('UNKNOWN_FACT', verdict.detail, [])
  const proved = assure(policy, constraint, verdict.paths, facts, context)
  if (!proved.sufficient) return notPassed(proved.code, proved.detail, proved.evidenceIds)
  return {
    result: 'pass',
    obligations: verdict.obligations ?? [],
    finding: { ...about, result: 'pass', evidenceIds: proved.evidenceIds },
  }
}

function consequence(
  policy: Policy,
  constraint: Constraint,
  verdict: Verdict,
  { profile, at }: Facts,
  { waivers = [] }: DecisionContext,
): 'fail' | 'warning' | 'waived' | 'would-fail' {
  const known = RULES.has(constraint.type)
  if (known && verdict.result === 'unknown' && (constraint.onUnknown ?? policy.onUnknown) === 'warn') return 'warning'
  if (known && constraint.severity === 'soft') return 'warning'
  if (policy.mode === 'audit') return 'would-fail'
  const waived = waivers.some(
    (waiver) =>
      waiver.policyId === policy.id &&
      waiver.constraintId === constraint.id &&
      waiver.subjectId === profile.id &&
      holds(waiver, at),
  )
  return known && waived ? 'waived' : 'fail'
}

/** Whether a waiver holds at a moment: approved, begun, not ended, and not longer than allowed. */
export function holds({ approvedBy, validFrom, validUntil }: Waiver, at: string): boolean {
  return (
    approvedBy !== '' &&
    daysBetween(validFrom, at) >= 0 &&
    daysBetween(at, validUntil) > 0 &&
    daysBetween(validFrom, validUntil) <= MAX_WAIVER_DAYS
  )
}

type Assured =
  | { sufficient: true; evidenceIds: readonly string[] }
  | { sufficient: false; evidenceIds: readonly string[]; code: string; detail: string }

const LOST: Readonly<Partial<Record<Finding, string>>> = {
  expired: 'EVIDENCE_EXPIRED',
  revoked: 'EVIDENCE_REVOKED',
  failed: 'EVIDENCE_FAILED',
}

/** Whether everything that a pass rests on is proved well enough. */
function assure(
  policy: Policy,
  constraint: Constraint,
  paths: readonly string[],
  { profile, at }: Facts,
  { recheckDays }: DecisionContext,
): Assured {
  const wanted: Assurance = constraint.minAssurance ?? policy.minAssurance
  const proofs = paths.map((path) => prove(profile, path, at, recheckDays))
  const evidenceIds = [...new Set(proofs.flatMap((proof) => proof.evidenceIds))]
  const weak = proofs.find(({ level }) => !atLeast(level, wanted))
  if (!weak) return { sufficient: true, evidenceIds }
  const lost = weak.lost.find(({ claimed, finding }) => atLeast(claimed, wanted) && LOST[finding] !== undefined)
  const code = lost && LOST[lost.finding]
  return {
    sufficient: false,
    evidenceIds,
    code: code ?? 'ASSURANCE_TOO_LOW',
    detail: lost && code ? lost.evidenceId : `${weak.level}<${wanted}`,
  }
}

const ADVISED = ['data-access', 'cut-off'] as const

/** What remains of foreign reach, seen from what any of the policies trusts. */
function advise(profile: Profile, policies: readonly Policy[], { at, groups }: DecisionContext): string[] {
  if (policies.length === 0) return []
  const reaches = outside(
    policies.map(({ trustedZone }) => trustedZone),
    groups,
  )
  return ADVISED.map((effect): [string, ReachLevel] => [effect, reach(effect, profile, reaches, at).level])
    .filter(([, level]) => level !== 'none')
    .map(([effect, level]) => `${effect}=${level}`)
}

function keyOf({ policyId, constraintId, code }: ConstraintFinding): string {
  return `${policyId}/${constraintId}:${code}`
}

function explain({ outcome, obligations, findings }: Omit<Decision, 'explanation'>): string {
  const told = (result: ConstraintFinding['result']) =>
    findings
      .filter((finding) => finding.result === result)
      .map((finding) => (finding.detail ? `${keyOf(finding)} (${finding.detail})` : keyOf(finding)))
  if (outcome === 'deny') return `Denied: ${told('fail').join('; ')}.`
  const parts = [
    obligations.length > 0 ? `Allowed with ${obligations.join(', ')}` : 'Allowed',
    ...notes('waived', told('waived')),
    ...notes('warnings', findings.filter(({ result }) => result === 'warning').map(keyOf)),
    ...notes('audit-mode would deny', findings.filter(({ result }) => result === 'would-fail').map(keyOf)),
  ]
  return `${parts.join('; ')}.`
}

function notes(word: string, keys: readonly string[]): string[] {
  return keys.length > 0 ? [`${word} ${keys.join(', ')}`] : []
}
