/** What a platform, a consumer or a service accepts: constraints, what happens on a breach, and exceptions with an end. */

import type { Assurance, Profile } from './profile.ts'
import type { Obligation } from './reach.ts'
import type { Zone, ZoneGroups } from './zones.ts'

/** From the widest to the narrowest; a narrower policy can only add constraints. */
export const SCOPE_KINDS = ['platform', 'serviceType', 'consumer', 'group', 'service'] as const
export type ScopeKind = (typeof SCOPE_KINDS)[number]

export type Constraint = {
  id: string
  type: string
  params?: Readonly<Record<string, unknown>>
  minAssurance?: Assurance
  onUnknown?: 'deny' | 'warn'
  /** `soft`: a failure is a warning. */
  severity?: 'hard' | 'soft'
}

export type Policy = {
  id: string
  version: number
  scope: { kind: ScopeKind; id?: string }
  /** `audit`: failures are reported and block nothing. */
  mode: 'enforce' | 'audit'
  trustedZone: Zone
  onUnknown: 'deny' | 'warn'
  minAssurance: Assurance
  constraints: readonly Constraint[]
  preferences?: readonly { type: string; weight: number; params?: Readonly<Record<string, unknown>> }[]
  breach?: { action: 'alert' | 'block-new' | 'quarantine' | 'evacuate'; graceDays: number }
  effectiveFrom?: string
}

/** Lets one constraint of one policy pass for one subject, until it ends. */
export type Waiver = {
  policyId: string
  constraintId: string
  subjectId: string
  reason?: string
  approvedBy: string
  validFrom: string
  validUntil: string
}

/** What a consumer has already; concentration is counted over it. Keys are the dimensions. */
export type Placed = Readonly<Partial<Record<Dimension, string>>>

export const DIMENSIONS = ['provider', 'controllerCountry', 'locationCountry', 'componentSupplier'] as const
export type Dimension = (typeof DIMENSIONS)[number]

/** All that a constraint may look at. */
export type Facts = {
  profile: Profile
  at: string
  zone: Zone
  groups: ZoneGroups
  current: readonly Placed[]
  /** What the candidate itself adds, by dimension. */
  candidate: Placed
}

export type Verdict =
  | { result: 'pass'; obligations?: readonly Obligation[]; paths: readonly string[] }
  | { result: 'fail'; code: string; detail: string }
  /** A fact that the answer needs is not known. */
  | { result: 'unknown'; detail: string }

export type Rule = (params: Readonly<Record<string, unknown>>, facts: Facts) => Verdict

export function pass(paths: string | readonly string[], obligations: readonly Obligation[] = []): Verdict {
  return { result: 'pass', paths: typeof paths === 'string' ? [paths] : paths, obligations }
}

export function fail(code: string, detail: string): Verdict {
  return { result: 'fail', code, detail }
}

export function unknown(detail: string): Verdict {
  return { result: 'unknown', detail }
}

/** Whether a policy speaks of an order or a service with these ids. */
export function applies(
  { scope }: Policy,
  subject: { serviceTypeId?: string; consumerId?: string; groupId?: string; serviceId?: string },
): boolean {
  switch (scope.kind) {
    case 'platform':
      return true
    case 'serviceType':
      return scope.id === subject.serviceTypeId
    case 'consumer':
      return scope.id === subject.consumerId
    case 'group':
      return scope.id === subject.groupId
    case 'service':
      return scope.id === subject.serviceId
    default:
      // a kind that this version does not know is never skipped
      return true
  }
}
