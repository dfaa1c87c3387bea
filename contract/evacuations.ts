/** Evacuations: many services leave a provider or a jurisdiction, by a plan, in the order in which they are hit. */
import { type Static, Type } from 'typebox'
import { MigrationSource, MigrationState, Verification } from './migrations.ts'
import { list, oneOf, operation, uuidFilter } from './operation.ts'
import { Timestamp, TimestampInput, Uuid, UuidInput, UuidInputWith } from './values.ts'

const CountryInput = Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2.' })

export const EvacuationScenario = Type.Object({
  type: Type.Enum(['data-access-order', 'cut-off', 'tariff', 'provider-cut-off'], {
    description: 'provider-cut-off: the providers end. The others: what states of these jurisdictions order.',
  }),
  jurisdictions: Type.Optional(Type.Array(CountryInput, { maxItems: 250 })),
  providerIds: Type.Optional(Type.Array(UuidInput, { maxItems: 100 })),
  at: Type.Optional(Type.Unsafe<string>({ ...TimestampInput, description: 'When it happens; default now.' })),
  graceHours: Type.Optional(
    Type.Number({ minimum: 0, maximum: 8_760, description: 'How long there is to leave; default 24.' }),
  ),
})
export type EvacuationScenario = Static<typeof EvacuationScenario>

export const EvacuationRequest = Type.Object({
  serviceIds: Type.Optional(Type.Array(UuidInput, { maxItems: 1_000 })),
  groupId: Type.Optional(UuidInputWith('The services of this group.')),
  providerId: Type.Optional(UuidInputWith('The services at this provider.')),
  consumerId: Type.Optional(UuidInputWith('Only services of this consumer; admins, others have only their own.')),
  scenario: Type.Optional(
    Type.Unsafe<EvacuationScenario>({
      ...EvacuationScenario,
      description:
        'What happens. Without it, the end of providerId or, without that, of the providers of the named services. With it alone, every service that it hits.',
    }),
  ),
  targetAgentIds: Type.Optional(
    Type.Array(UuidInput, { maxItems: 100, description: 'Only these agents may take services.' }),
  ),
  exportsAtOnce: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 50, description: 'Of one source provider; default 2.' }),
  ),
  cutOver: Type.Optional(Type.Enum(['automatic', 'manual'], { description: 'Default automatic.' })),
  precopy: Type.Optional(
    Type.Boolean({ description: 'Default false: one export, of the quiesced source, is the fastest way out.' }),
  ),
  vaultFallback: Type.Optional(
    Type.Boolean({ description: 'Default true: what cannot be exported in time is restored from its vault copy.' }),
  ),
  acceptWriteLoss: Type.Optional(
    Type.Boolean({ description: 'Needed for types that cannot be quiesced; without it they are infeasible.' }),
  ),
  retrievalDays: Type.Optional(Type.Integer({ minimum: 0, maximum: 365, description: 'Default 30.' })),
  retrievalHours: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 8_760, description: 'The same in hours; counts when both are given.' }),
  ),
})
export type EvacuationRequest = Static<typeof EvacuationRequest>

const of = {
  serviceId: Uuid,
  serviceName: Type.String(),
  consumerId: Uuid,
  sourceProviderId: Uuid,
  sourceAgentId: Uuid,
}

/** Seconds, unless a name says otherwise. */
export const EvacuationPlanItem = Type.Object({
  ...of,
  position: Type.Integer({ description: 'In the order of the plan, from 1.' }),
  impact: Type.String({ description: 'What the scenario does to it: lost, lost-after, data-exposed, …' }),
  criticality: Type.String(),
  feasible: Type.Boolean(),
  reason: Type.Optional(
    Type.String({
      description:
        'Why it is not feasible: NO_ELIGIBLE_TARGET, NO_COMMON_FORMAT, NO_EXPORT_BEFORE_CUTOFF_AND_NO_VAULT_COPY, NOT_PORTABLE, CANNOT_BE_QUIESCED, ALREADY_MOVING, NOT_RUNNING.',
    }),
  ),
  detail: Type.Optional(Type.String({ description: 'The same for a person, and what would help.' })),
  from: Type.Optional(MigrationSource),
  targetAgentId: Type.Optional(Uuid),
  targetProviderId: Type.Optional(Uuid),
  format: Type.Optional(Type.String()),
  sizeBytes: Type.Optional(Type.Integer()),
  vaultCopyTakenAt: Type.Optional(Timestamp),
  waitSeconds: Type.Optional(Type.Number()),
  exportSeconds: Type.Optional(Type.Number()),
  importSeconds: Type.Optional(Type.Number()),
  rtoSeconds: Type.Optional(Type.Number()),
  rpoSeconds: Type.Optional(Type.Number()),
  rtoTargetSeconds: Type.Optional(Type.Number()),
  rpoTargetSeconds: Type.Optional(Type.Number()),
  rtoMet: Type.Optional(Type.Boolean()),
  rpoMet: Type.Optional(Type.Boolean()),
  steps: Type.Array(Type.String()),
})
export type EvacuationPlanItem = Static<typeof EvacuationPlanItem>

export const EvacuationAssumption = Type.Object({
  what: Type.String({ description: 'For example export throughput of agent …' }),
  value: Type.String(),
  because: Type.String({ description: 'Why it had to be assumed, and what would make it known.' }),
})
export type EvacuationAssumption = Static<typeof EvacuationAssumption>

/** `at`, `jurisdictions` and `providerIds` as they were understood. */
export const PlannedScenario = Type.Object({
  type: EvacuationScenario.properties.type,
  jurisdictions: Type.Array(Type.String()),
  providerIds: Type.Array(Uuid),
  at: Timestamp,
  graceHours: Type.Number(),
})
export type PlannedScenario = Static<typeof PlannedScenario>

export const EvacuationPlan = Type.Object({
  scenario: PlannedScenario,
  deadlineAt: Timestamp,
  items: Type.Array(EvacuationPlanItem, { description: 'In the order in which they leave.' }),
  notHit: Type.Array(Uuid, { description: 'Services that were looked at and that the scenario does not hit.' }),
  assumptions: Type.Array(EvacuationAssumption, { description: 'What is not measured and was taken as given.' }),
  totals: Type.Object({
    services: Type.Integer(),
    feasible: Type.Integer(),
    fromVault: Type.Integer(),
    rtoMissed: Type.Integer(),
    rpoMissed: Type.Integer(),
    longestRtoSeconds: Type.Number(),
  }),
})
export type EvacuationPlan = Static<typeof EvacuationPlan>

export const EvacuationState = Type.Enum(['running', 'cancelling', 'done', 'failed', 'cancelled'], {
  description: 'done: all that was feasible has been cut over. failed: something that was feasible has not.',
})
export type EvacuationState = Static<typeof EvacuationState>

export const EvacuationItem = Type.Object({
  ...EvacuationPlanItem.properties,
  state: Type.Enum(['waiting', 'moving', 'moved', 'failed', 'infeasible', 'cancelled'], {
    description: 'moved: the target is the primary.',
  }),
  migrationId: Type.Optional(Uuid),
  migrationState: Type.Optional(MigrationState),
  targetServiceId: Type.Optional(Uuid),
  verification: Type.Optional(Verification),
  fellBackToVault: Type.Optional(Type.Boolean()),
  startedAt: Type.Optional(Timestamp),
  cutOverAt: Type.Optional(Timestamp),
  measuredRtoSeconds: Type.Optional(Type.Number({ description: 'From the start of the evacuation to the cut-over.' })),
  measuredRpoSeconds: Type.Optional(Type.Number()),
  measuredRtoMet: Type.Optional(Type.Boolean()),
  measuredRpoMet: Type.Optional(Type.Boolean()),
  failure: Type.Optional(Type.String()),
})
export type EvacuationItem = Static<typeof EvacuationItem>

export const EvacuationProgress = Type.Object({
  services: Type.Integer(),
  waiting: Type.Integer(),
  moving: Type.Integer(),
  moved: Type.Integer(),
  failed: Type.Integer(),
  infeasible: Type.Integer(),
  cancelled: Type.Integer(),
  rtoMissed: Type.Integer({ description: 'Measured, of those that moved.' }),
  rpoMissed: Type.Integer(),
})
export type EvacuationProgress = Static<typeof EvacuationProgress>

export const Evacuation = Type.Object({
  id: Uuid,
  consumerId: Type.Optional(
    Type.String({ format: 'uuid', description: 'Absent when it is an administrator’s, over services of several.' }),
  ),
  state: EvacuationState,
  paused: Type.Boolean(),
  scenario: PlannedScenario,
  deadlineAt: Timestamp,
  exportsAtOnce: Type.Integer(),
  progress: EvacuationProgress,
  createdAt: Timestamp,
  updatedAt: Timestamp,
  endedAt: Type.Optional(Timestamp),
})
export type Evacuation = Static<typeof Evacuation>

export const EvacuationDetail = Type.Object({
  ...Evacuation.properties,
  items: Type.Array(EvacuationItem, { description: 'In the order of the plan. Live while it runs, the report after.' }),
  assumptions: Type.Array(EvacuationAssumption),
})
export type EvacuationDetail = Static<typeof EvacuationDetail>

const OWNS = { admin: 'any', participant: ['consumerId'] } as const
const params = Type.Object({ id: UuidInput })
const missing = 'A service, the group, a provider, the consumer or an agent does not exist.'

function steer<const I extends string, const P extends string>(id: I, path: P, summary: string) {
  return operation({
    id,
    method: 'POST',
    path,
    summary,
    access: OWNS,
    params,
    status: 200,
    answer: EvacuationDetail,
    conflict: 'The evacuation has ended, or is what is asked for already.',
    addition: true,
  })
}

export const evacuations = {
  plan: operation({
    id: 'evacuations.plan',
    method: 'POST',
    path: '/evacuations/plan',
    summary: 'Say how services would leave: order, targets, times, and what is not possible. Nothing is done.',
    access: OWNS,
    body: EvacuationRequest,
    status: 200,
    answer: EvacuationPlan,
    missing,
    addition: true,
  }),
  list: list({
    id: 'evacuations.list',
    path: '/evacuations',
    summary: 'List evacuations, one page at a time.',
    access: OWNS,
    item: Evacuation,
    filters: { state: oneOf(EvacuationState), consumerId: uuidFilter },
    sort: ['createdAt', 'updatedAt'],
    addition: true,
  }),
  create: operation({
    id: 'evacuations.create',
    method: 'POST',
    path: '/evacuations',
    summary: 'Plan as evacuations.plan does, and go: each service leaves by a migration of its own.',
    access: OWNS,
    body: EvacuationRequest,
    status: 201,
    answer: EvacuationDetail,
    missing,
    addition: true,
  }),
  get: operation({
    id: 'evacuations.get',
    method: 'GET',
    path: '/evacuations/{id}',
    summary: 'Follow an evacuation; after its end, its report: measured times against targets, and what failed.',
    access: OWNS,
    params,
    status: 200,
    answer: EvacuationDetail,
    addition: true,
  }),
  pause: steer('evacuations.pause', '/evacuations/{id}/pause', 'Start nothing further, and pause what moves.'),
  resume: steer('evacuations.resume', '/evacuations/{id}/resume', 'Go on after a pause.'),
  cancel: steer(
    'evacuations.cancel',
    '/evacuations/{id}/cancel',
    'Move nothing further: what was not cut over goes back to its source; what was, stays where it is.',
  ),
} as const
