/**
 * Where an order may go, and where it had best go: every candidate with its verdict and reasons, ranked by what the consumer
 * prefers; and what a weaker demand would bring.
 */
import { concentration } from './concentration.ts'
import { type Decision, type DecisionContext, decide } from './decide.ts'
import type { Placed, Policy } from './policy.ts'
import type { Country, Profile } from './profile.ts'
import { relaxations } from './relaxations.ts'

/** One place where the order could run. Numbers that are not known are null: they earn nothing. */
export type Candidate = {
  id: string
  profile: Profile
  placed: Placed
  /** Per month, in the currency of all candidates. */
  price: number | null
  latencyMs: number | null
  carbonGramPerKWh: number | null
  country: Country | null
  /** Reasons outside the policies why it cannot be, for example `CAPACITY`; empty when there are none. */
  obstacles: readonly string[]
  /** Comes before every preference, the lowest first: a place that answers now before one that may answer later. Default 0. */
  standing?: number
}

export const PREFERENCES = ['csf.verified', 'price', 'latency', 'carbon', 'spread', 'country-order'] as const
export type PreferenceType = (typeof PREFERENCES)[number]
export type Preference = { type: PreferenceType; weight: number; countries?: readonly Country[] }

export type RankedCandidate = {
  id: string
  qualifies: boolean
  decision: Decision
  obstacles: readonly string[]
  /** Weighted sum of the utilities; 0 for candidates that do not qualify. */
  utility: number
  /** Each 0 to 1, by preference. */
  utilities: Readonly<Partial<Record<PreferenceType, number>>>
}

/** What one weaker demand would change. */
export type Counterfactual = {
  policyId: string
  constraintId: string
  /** For a person: `level L2 instead of L3`. */
  change: string
  /** Candidates that would qualify besides those that do. */
  gained: readonly string[]
}

export type Placement = {
  /** The best one's id; null when nothing qualifies. */
  chosen: string | null
  /** The best first, then those that do not qualify, by id. */
  candidates: readonly RankedCandidate[]
  counterfactuals: readonly Counterfactual[]
}

export function place(
  candidates: readonly Candidate[],
  policies: readonly Policy[],
  preferences: readonly Preference[],
  context: DecisionContext,
): Placement {
  const judged = candidates.map((candidate) => ({ candidate, decision: judge(candidate, policies, context) }))
  const qualifying = judged.filter(isQualified).map(({ candidate }) => candidate)
  const ranked = judged.map((one): RankedCandidate & { candidate: Candidate } => {
    const qualifies = isQualified(one)
    const utilities = qualifies ? utilitiesOf(one.candidate, qualifying, preferences, context) : {}
    const utility = preferences.reduce((sum, { type, weight }) => sum + weight * (utilities[type] ?? 0), 0)
    const { id, obstacles } = one.candidate
    return { candidate: one.candidate, id, qualifies, decision: one.decision, obstacles, utility, utilities }
  })
  const sorted = ranked.toSorted(
    (a, b) =>
      Number(b.qualifies) - Number(a.qualifies) ||
      (a.qualifies ? (a.candidate.standing ?? 0) - (b.candidate.standing ?? 0) : 0) ||
      b.utility - a.utility ||
      minSeal(b.candidate) - minSeal(a.candidate) ||
      resultingHhi(a.candidate, context) - resultingHhi(b.candidate, context) ||
      (a.id < b.id ? -1 : 1),
  )
  return {
    chosen: sorted[0]?.qualifies ? sorted[0].id : null,
    candidates: sorted.map(({ candidate: _, ...told }) => told),
    counterfactuals: counterfactuals(judged, policies, context),
  }
}

type Judged = { candidate: Candidate; decision: Decision }

function judge({ profile, placed }: Candidate, policies: readonly Policy[], context: DecisionContext): Decision {
  return decide(profile, policies, { ...context, candidate: placed })
}

function isQualified({ candidate, decision }: Judged): boolean {
  return decision.outcome !== 'deny' && candidate.obstacles.length === 0
}

/** Best to worst among those that qualify: the cheapest, fastest, cleanest has 1, others their share of it. */
function utilitiesOf(
  candidate: Candidate,
  qualifying: readonly Candidate[],
  preferences: readonly Preference[],
  context: DecisionContext,
): RankedCandidate['utilities'] {
  const lowestFirst = (read: (one: Candidate) => number | null): number => {
    const value = read(candidate)
    if (value === null) return 0
    const known = qualifying.map(read).filter((other) => other !== null)
    return value <= 0 ? 1 : Math.max(0, Math.min(...known)) / value
  }
  const utility = ({ type, countries = [] }: Preference): number => {
    switch (type) {
      case 'csf.verified':
        return (candidate.profile.assessments?.['ec-csf']?.verifiedScore ?? 0) / 100
      case 'price':
        return lowestFirst(({ price }) => price)
      case 'latency':
        return lowestFirst(({ latencyMs }) => latencyMs)
      case 'carbon':
        return lowestFirst(({ carbonGramPerKWh }) => carbonGramPerKWh)
      case 'spread':
        return 1 - shareAfter(candidate, context)
      case 'country-order': {
        const place = candidate.country === null ? -1 : countries.indexOf(candidate.country)
        return place < 0 ? 0 : 1 - place / countries.length
      }
    }
  }
  return Object.fromEntries(preferences.map((preference) => [preference.type, utility(preference)]))
}

/** The share of the consumer's services that the candidate's provider would have. */
function shareAfter({ placed }: Candidate, { current = [] }: DecisionContext): number {
  const same = current.filter(({ provider }) => provider === placed.provider).length
  return (same + 1) / (current.length + 1)
}

function minSeal({ profile }: Candidate): number {
  const seals = Object.values(profile.assessments?.['ec-csf']?.seals ?? {})
  return seals.length > 0 ? Math.min(...seals) : 0
}

function resultingHhi({ placed }: Candidate, { current = [] }: DecisionContext): number {
  return concentration([...current, placed].map(({ provider = '' }) => ({ key: provider, weight: 1 }))).hhi
}

/** Every single demand made weaker, step by step, as long as that lets more candidates in. */
function counterfactuals(judged: readonly Judged[], policies: readonly Policy[], context: DecisionContext) {
  const denied = judged.filter(
    ({ candidate, decision }) => decision.outcome === 'deny' && candidate.obstacles.length === 0,
  )
  const found: Counterfactual[] = []
  for (const policy of policies) {
    if (policy.mode === 'audit') continue
    for (const constraint of policy.constraints) {
      const key = `${policy.id}/${constraint.id}:`
      // whoever also fails elsewhere gains nothing
      const concerned = denied.filter(({ decision }) => decision.failed.every((code) => code.startsWith(key)))
      let gainedBefore = 0
      for (const { change, weaker } of concerned.length > 0 ? relaxations(policy, constraint) : []) {
        const changed = policies.map((other) => (other === policy ? replace(policy, constraint.id, weaker) : other))
        const gained = concerned
          .filter(({ candidate }) => judge(candidate, changed, context).outcome !== 'deny')
          .map(({ candidate }) => candidate.id)
        if (gained.length <= gainedBefore) continue
        gainedBefore = gained.length
        found.push({ policyId: policy.id, constraintId: constraint.id, change, gained: gained.toSorted() })
      }
    }
  }
  return found
}

function replace(policy: Policy, id: string, weaker: Policy['constraints'][number] | null): Policy {
  return {
    ...policy,
    constraints: policy.constraints.flatMap((constraint) => {
      if (constraint.id !== id) return [constraint]
      return weaker ? [weaker] : []
    }),
  }
}
