/** Sovereignty policies: what the federation and its consumers accept, exceptions with an end, and how services comply. */
import { type Static, Type } from 'typebox'
import { contains, list, oneOf, operation, uuidFilter } from './operation.ts'
import { SovereigntyAssurance } from './sovereignty-evidences.ts'
import {
  JsonObject,
  Timestamp,
  TimestampInputWith,
  TimestampWith,
  Uuid,
  UuidInput,
  UuidInputWith,
  UuidWith,
} from './values.ts'

const ScopeKind = Type.Enum(['platform', 'serviceType', 'consumer', 'group', 'service'])
const Mode = Type.Enum(['enforce', 'audit'], {
  description: 'audit: what it would refuse is reported and not refused.',
})
const OnUnknown = Type.Enum(['deny', 'warn'], { description: 'What an unknown fact means.' })

export const SovereigntyZone = Type.Object(
  {
    groups: Type.Optional(Type.Array(Type.String(), { maxItems: 20, description: 'EU, EEA, EFTA.' })),
    countries: Type.Optional(Type.Array(Type.String(), { maxItems: 250, description: 'ISO 3166-1 alpha-2.' })),
    except: Type.Optional(
      Type.Array(Type.String(), { maxItems: 250, description: 'Not trusted although a group has them.' }),
    ),
  },
  { description: 'The part of the world that is trusted.' },
)

const constraint = {
  id: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$', description: 'Unique within the policy.' }),
  type: Type.String({ description: 'One of the closed list, for example location.within.' }),
  params: Type.Optional(JsonObject),
  minAssurance: Type.Optional(SovereigntyAssurance),
  onUnknown: Type.Optional(OnUnknown),
  severity: Type.Optional(Type.Enum(['hard', 'soft'], { description: 'soft: a failure is a warning.' })),
}
export const SovereigntyConstraint = Type.Object(constraint, { additionalProperties: false })
export type SovereigntyConstraint = Static<typeof SovereigntyConstraint>

const Preference = Type.Object({
  type: Type.Enum(['csf.verified', 'price', 'latency', 'carbon', 'spread', 'country-order']),
  weight: Type.Number({ exclusiveMinimum: 0, maximum: 100 }),
  params: Type.Optional(JsonObject),
})

const BreachAction = Type.Enum(['alert', 'block-new', 'quarantine', 'evacuate'])
const Breach = Type.Object(
  {
    action: BreachAction,
    graceDays: Type.Integer({
      minimum: 0,
      maximum: 365,
      description: 'After so many days the service is to be evacuated.',
    }),
  },
  { description: 'What follows when a running service no longer complies.' },
)

const rules = {
  name: Type.String({ minLength: 1, maxLength: 200 }),
  mode: Mode,
  trustedZone: SovereigntyZone,
  onUnknown: OnUnknown,
  minAssurance: SovereigntyAssurance,
}

export const SovereigntyPolicy = Type.Object({
  id: Uuid,
  version: Type.Integer(),
  ...rules,
  scope: Type.Object({ kind: ScopeKind, id: Type.Optional(Uuid) }),
  consumerId: Type.Optional(UuidWith("Whose policy it is; absent: the federation's.")),
  constraints: Type.Array(SovereigntyConstraint),
  preferences: Type.Array(Preference),
  breach: Type.Optional(Breach),
  effectiveFrom: Timestamp,
  withdrawnAt: Type.Optional(Timestamp),
  createdAt: Timestamp,
})
export type SovereigntyPolicy = Static<typeof SovereigntyPolicy>

export const SovereigntyPolicyWithVersions = Type.Object({
  ...SovereigntyPolicy.properties,
  versions: Type.Array(SovereigntyPolicy, { description: 'All of them, the newest first.' }),
})
export type SovereigntyPolicyWithVersions = Static<typeof SovereigntyPolicyWithVersions>

/** Read as it is and held against `SovereigntyConstraint`: a misspelt member would loosen what was meant to be tight. */
const ConstraintsInput = Type.Array(Type.Unsafe<SovereigntyConstraint>({ type: 'object' }), {
  maxItems: 100,
  description: 'Each a SovereigntyConstraint; members that it does not have are refused.',
})

const rulesInput = {
  ...rules,
  constraints: ConstraintsInput,
  preferences: Type.Optional(Type.Array(Preference, { maxItems: 20 })),
  breach: Type.Optional(Breach),
  effectiveFrom: Type.Optional(TimestampInputWith('Now, when it is left out.')),
}

const ScopeInput = Type.Object({
  kind: ScopeKind,
  id: Type.Optional(UuidInputWith('Of the service type, consumer, group or service.')),
})

export const SovereigntyPolicyCreate = Type.Object({ ...rulesInput, scope: ScopeInput })
export type SovereigntyPolicyCreate = Static<typeof SovereigntyPolicyCreate>

export const SovereigntyPolicyUpdate = Type.Object(rulesInput, { description: 'The whole of the next version.' })
export type SovereigntyPolicyUpdate = Static<typeof SovereigntyPolicyUpdate>

export const SovereigntyPolicyTest = Type.Object({ policy: SovereigntyPolicyCreate })
export type SovereigntyPolicyTest = Static<typeof SovereigntyPolicyTest>

const outcome = Type.Enum(['allow', 'allow_with_obligations', 'deny'])

export const SovereigntyPolicyTestResult = Type.Object({
  at: Timestamp,
  checked: Type.Integer({ description: 'Services of the scope that have not ended.' }),
  denied: Type.Integer({ description: 'In audit mode: what it would refuse.' }),
  services: Type.Array(
    Type.Object({
      serviceId: Uuid,
      name: Type.String(),
      providerId: Uuid,
      consumerId: Uuid,
      outcome,
      failed: Type.Array(Type.String({ description: 'constraint:CODE' })),
      explanation: Type.String(),
    }),
    { description: 'Refused ones first, at most 500.' },
  ),
})
export type SovereigntyPolicyTestResult = Static<typeof SovereigntyPolicyTestResult>

export const SovereigntyWaiver = Type.Object({
  id: Uuid,
  policyId: Uuid,
  constraintId: Type.String(),
  subjectId: UuidWith('The provider for which it holds.'),
  consumerId: Type.Optional(Uuid),
  reason: Type.String(),
  approvedBy: Type.String(),
  validFrom: Timestamp,
  validUntil: Timestamp,
  revokedAt: Type.Optional(Timestamp),
  createdAt: Timestamp,
})
export type SovereigntyWaiver = Static<typeof SovereigntyWaiver>

export const SovereigntyWaiverCreate = Type.Object({
  policyId: UuidInput,
  constraintId: Type.String({ minLength: 1, maxLength: 64 }),
  subjectId: UuidInputWith('The provider for which the constraint is let pass.'),
  reason: Type.String({ minLength: 1, maxLength: 1000 }),
  validFrom: Type.Optional(TimestampInputWith('Now, when it is left out.')),
  validUntil: TimestampInputWith('At most 180 days after validFrom.'),
})
export type SovereigntyWaiverCreate = Static<typeof SovereigntyWaiverCreate>

export const ServiceCompliance = Type.Object({
  serviceId: Uuid,
  outcome,
  failed: Type.Array(Type.String({ description: 'policy/constraint:CODE' })),
  wouldFail: Type.Array(Type.String(), { description: 'The same for policies in audit mode.' }),
  breaches: Type.Array(
    Type.Object({
      policyId: Uuid,
      policyVersion: Type.Integer(),
      scope: Type.Object({ kind: ScopeKind, id: Type.Optional(Uuid) }),
      action: BreachAction,
      graceDays: Type.Integer(),
      since: Timestamp,
      failed: Type.Array(Type.String()),
    }),
  ),
  policyId: Type.Optional(UuidWith('The policy with the sharpest action.')),
  action: Type.Optional(BreachAction),
  evacuateAt: Type.Optional(Timestamp),
  since: Type.Optional(Timestamp),
  checkedAt: Type.Optional(TimestampWith('Absent for a service that was judged for this answer first.')),
})
export type ServiceCompliance = Static<typeof ServiceCompliance>

const ById = Type.Object({ id: UuidInput })
const own = { admin: 'any', participant: ['consumerId'] } as const
const everybody = { admin: 'any', participant: 'any' } as const
const additions = { addition: true } as const

export const sovereigntyPolicies = {
  list: list({
    id: 'sovereigntyPolicies.list',
    path: '/sovereignty-policies',
    summary: "List policies in their newest version: the federation's, and those of the caller.",
    access: everybody,
    item: SovereigntyPolicy,
    filters: { name: contains, scopeKind: oneOf(ScopeKind), scopeId: uuidFilter, consumerId: uuidFilter },
    sort: ['name', 'createdAt'],
    ...additions,
  }),
  create: operation({
    id: 'sovereigntyPolicies.create',
    method: 'POST',
    path: '/sovereignty-policies',
    summary: 'Set a policy. Those of the platform and of service types are for admins.',
    access: own,
    body: SovereigntyPolicyCreate,
    status: 201,
    answer: SovereigntyPolicy,
    ...additions,
  }),
  test: operation({
    id: 'sovereigntyPolicies.test',
    method: 'POST',
    path: '/sovereignty-policies/test',
    summary: 'Judge the running services of a scope by a policy that is not saved.',
    access: own,
    body: SovereigntyPolicyTest,
    status: 200,
    answer: SovereigntyPolicyTestResult,
    ...additions,
  }),
  get: operation({
    id: 'sovereigntyPolicies.get',
    method: 'GET',
    path: '/sovereignty-policies/{id}',
    summary: 'Read a policy with all its versions.',
    access: everybody,
    params: ById,
    status: 200,
    answer: SovereigntyPolicyWithVersions,
    ...additions,
  }),
  update: operation({
    id: 'sovereigntyPolicies.update',
    method: 'PUT',
    path: '/sovereignty-policies/{id}',
    summary: 'Make the next version of a policy. Its scope stays.',
    access: own,
    params: ById,
    body: SovereigntyPolicyUpdate,
    status: 200,
    answer: SovereigntyPolicy,
    conflict: 'It was withdrawn.',
    ...additions,
  }),
  withdraw: operation({
    id: 'sovereigntyPolicies.withdraw',
    method: 'POST',
    path: '/sovereignty-policies/{id}/withdraw',
    summary: 'Withdraw a policy with all its versions.',
    access: own,
    params: ById,
    status: 200,
    answer: SovereigntyPolicy,
    conflict: 'It was withdrawn already.',
    ...additions,
  }),
} as const

export const sovereigntyWaivers = {
  list: list({
    id: 'sovereigntyWaivers.list',
    path: '/sovereignty-waivers',
    summary: "List waivers of one's own policies.",
    access: own,
    item: SovereigntyWaiver,
    filters: { policyId: uuidFilter, subjectId: uuidFilter, consumerId: uuidFilter },
    sort: ['validUntil', 'createdAt'],
    ...additions,
  }),
  create: operation({
    id: 'sovereigntyWaivers.create',
    method: 'POST',
    path: '/sovereignty-waivers',
    summary: 'Let one constraint of a policy pass for one provider, with a reason and an end.',
    access: own,
    body: SovereigntyWaiverCreate,
    status: 201,
    answer: SovereigntyWaiver,
    missing: 'There is no such policy.',
    conflict: 'The policy was withdrawn.',
    ...additions,
  }),
  revoke: operation({
    id: 'sovereigntyWaivers.revoke',
    method: 'POST',
    path: '/sovereignty-waivers/{id}/revoke',
    summary: 'End a waiver now.',
    access: own,
    params: ById,
    status: 200,
    answer: SovereigntyWaiver,
    conflict: 'It was revoked already.',
    ...additions,
  }),
} as const

export const compliance = {
  get: operation({
    id: 'compliance.get',
    method: 'GET',
    path: '/services/{id}/compliance',
    summary: 'Say whether a service still complies with the policies in force, and what follows when it does not.',
    access: { admin: 'any', participant: ['providerId', 'consumerId'] },
    params: ById,
    status: 200,
    answer: ServiceCompliance,
    ...additions,
  }),
} as const
