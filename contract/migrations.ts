/**
 * Migrations: one service moves to another agent, with its data, and the source stays until the target has proved itself. Drills
 * run the same way into a scratch target and leave nothing but what was measured.
 */
import { type Static, Type } from 'typebox'
import { list, oneOf, operation, uuidFilter } from './operation.ts'
import { JsonObject, Timestamp, TimestampInput, Uuid, UuidInput, UuidInputWith } from './values.ts'

export const MigrationState = Type.Enum([
  'queued',
  'exporting',
  'clearing-target',
  'creating',
  'importing',
  'verifying',
  'ready',
  'quiescing',
  'final-exporting',
  'final-importing',
  'final-verifying',
  'cutting-over',
  'retaining',
  'deleting-source',
  'resuming-source',
  'deleting-target',
  'quiescing-target',
  'switching-back',
  'failed',
  'done',
  'cancelled',
  'rolled-back',
])
export type MigrationState = Static<typeof MigrationState>

/** Where the data comes from. */
export const MigrationSource = Type.Enum(['live', 'vault'], {
  description: 'live: exported from the running source. vault: the newest copy outside the source’s control.',
})
export type MigrationSource = Static<typeof MigrationSource>

export const Verification = Type.Enum(['pending', 'verified', 'unverified', 'mismatch'], {
  description:
    'verified: the content digest of the import equals that of the export. unverified: an agent reported none, and the source is never deleted by itself.',
})
export type Verification = Static<typeof Verification>

export const MIGRATION_ACTIONS = ['pause', 'resume', 'cancel', 'cut-over', 'rollback', 'retry'] as const
export type MigrationAction = (typeof MIGRATION_ACTIONS)[number]

export const MigrationStep = Type.Object({
  step: Type.String({ description: 'The state that the step belongs to.' }),
  status: Type.Enum(['waiting', 'running', 'done', 'failed']),
  jobId: Type.Optional(Uuid),
  since: Timestamp,
  startedAt: Type.Optional(Timestamp),
  endedAt: Type.Optional(Timestamp),
  seconds: Type.Optional(Type.Number({ description: 'From start to end, or until now.' })),
  sizeBytes: Type.Optional(Type.Integer()),
  mibPerSecond: Type.Optional(Type.Number()),
  detail: Type.Optional(Type.String({ description: 'What came of it, or why it failed.' })),
})
export type MigrationStep = Static<typeof MigrationStep>

export const MigrationWaiting = Type.Object({
  summary: Type.String({ description: 'One sentence for a person.' }),
  since: Timestamp,
  waitsFor: Type.String({ description: 'What has to happen next.' }),
  unblockedBy: Type.String({ description: 'Who can make it happen.' }),
  possibleIf: Type.Array(Type.String(), { description: 'Each of these would let it go on.' }),
})
export type MigrationWaiting = Static<typeof MigrationWaiting>

export const MigrationFailure = Type.Object({
  step: Type.String(),
  reason: Type.String(),
  at: Timestamp,
  helps: Type.Array(Type.String(), { description: 'What can be done about it.' }),
})
export type MigrationFailure = Static<typeof MigrationFailure>

export const Migration = Type.Object({
  id: Uuid,
  serviceId: Type.String({ format: 'uuid', description: 'The source.' }),
  targetServiceId: Type.Optional(Type.String({ format: 'uuid', description: 'Present once it was ordered.' })),
  consumerId: Uuid,
  serviceTypeId: Uuid,
  sourceAgentId: Uuid,
  targetAgentId: Uuid,
  sourceProviderId: Uuid,
  targetProviderId: Uuid,
  evacuationId: Type.Optional(Uuid),
  from: MigrationSource,
  state: MigrationState,
  paused: Type.Boolean(),
  primaryServiceId: Type.String({
    format: 'uuid',
    description: 'The one of the two that counts; the other takes no writes or nobody has its address.',
  }),
  verification: Verification,
  cutOver: Type.Enum(['automatic', 'manual']),
  precopy: Type.Boolean({ description: 'A first round while the source is still written to.' }),
  acceptWriteLoss: Type.Boolean(),
  vaultFallback: Type.Boolean({ description: 'When the live way fails or is too slow, the vault copy is used.' }),
  retrievalHours: Type.Integer({ description: 'How long the source is kept after the cut-over.' }),
  fence: Type.Enum(['none', 'pending', 'done', 'impossible'], {
    description:
      'Of a source that was left without being asked: pending: its first job when its agent comes back stops it. impossible: its type has no way to.',
  }),
  deadlineAt: Type.Optional(Timestamp),
  vaultCopyTakenAt: Type.Optional(Timestamp),
  sizeBytes: Type.Optional(Type.Integer({ description: 'Of the newest artifact that was moved.' })),
  cutOverAt: Type.Optional(Timestamp),
  retainUntil: Type.Optional(Timestamp),
  interruptionSeconds: Type.Optional(
    Type.Number({ description: 'From the moment the source took no writes any more to the cut-over.' }),
  ),
  rtoSeconds: Type.Optional(Type.Number({ description: 'Measured: from the start to the cut-over.' })),
  rpoSeconds: Type.Optional(
    Type.Number({ description: 'Measured: age of the data at the cut-over or, live and quiesced, 0.' }),
  ),
  waiting: Type.Optional(MigrationWaiting),
  failure: Type.Optional(MigrationFailure),
  steps: Type.Array(MigrationStep, { description: 'In order; steps that were repeated are there several times.' }),
  actions: Type.Array(Type.Enum([...MIGRATION_ACTIONS]), { description: 'What can be asked for now.' }),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  endedAt: Type.Optional(Timestamp),
})
export type Migration = Static<typeof Migration>

/** What is left open is decided by the server. */
const wishes = {
  from: Type.Optional(
    Type.Enum(['auto', 'live', 'vault'], {
      description: 'auto, the default: live where the source’s agent is connected, else the vault copy.',
    }),
  ),
  cutOver: Type.Optional(Type.Enum(['automatic', 'manual'], { description: 'Default automatic.' })),
  acceptWriteLoss: Type.Optional(
    Type.Boolean({
      description:
        'Needed where the type cannot be quiesced: writes between the last export and the cut-over are lost.',
    }),
  ),
  retrievalDays: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 365, description: 'How long the source is kept after the cut-over: 30.' }),
  ),
  retrievalHours: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 8_760, description: 'The same in hours; counts when both are given.' }),
  ),
}

export const MigrationCreate = Type.Object({
  serviceId: UuidInputWith('The service to move.'),
  agentId: Type.Optional(
    UuidInputWith('Where to. Without it, the best agent of another provider that the policies allow.'),
  ),
  ...wishes,
  precopy: Type.Optional(
    Type.Boolean({
      description: 'Default true: export and import once while the source is written to, then again when it is not.',
    }),
  ),
  vaultFallback: Type.Optional(Type.Boolean({ description: 'Default false.' })),
  deadlineAt: Type.Optional(
    Type.Unsafe<string>({ ...TimestampInput, description: 'By then the last live export has to be done.' }),
  ),
  properties: Type.Optional(
    Type.Unsafe<JsonObject>({ ...JsonObject, description: 'Override what is taken over from the source.' }),
  ),
})
export type MigrationCreate = Static<typeof MigrationCreate>

export const MigrationRollback = Type.Object({
  acceptWriteLoss: Type.Optional(
    Type.Boolean({ description: 'After the cut-over: what was written to the target since is lost. Needed then.' }),
  ),
})
export type MigrationRollback = Static<typeof MigrationRollback>

export const DrillOutcome = Type.Enum(['running', 'passed', 'unverified', 'failed', 'cancelled'], {
  description: 'unverified: it ran to its end, but an agent reported no content digest.',
})
export type DrillOutcome = Static<typeof DrillOutcome>

export const Drill = Type.Object({
  id: Uuid,
  serviceId: Uuid,
  scratchServiceId: Type.Optional(Uuid),
  consumerId: Uuid,
  serviceTypeId: Uuid,
  sourceAgentId: Uuid,
  targetAgentId: Uuid,
  sourceProviderId: Uuid,
  targetProviderId: Uuid,
  from: MigrationSource,
  state: MigrationState,
  outcome: DrillOutcome,
  verification: Verification,
  rtoSeconds: Type.Optional(Type.Number({ description: 'Measured: export, create, import and verify.' })),
  rpoSeconds: Type.Optional(
    Type.Number({ description: 'Measured: how old the moved data was when it could be used.' }),
  ),
  sizeBytes: Type.Optional(Type.Integer()),
  exportMibPerSecond: Type.Optional(Type.Number()),
  importMibPerSecond: Type.Optional(Type.Number()),
  evidenceIds: Type.Array(Uuid, { description: 'The evidence that it left.' }),
  waiting: Type.Optional(MigrationWaiting),
  failure: Type.Optional(MigrationFailure),
  steps: Type.Array(MigrationStep),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  endedAt: Type.Optional(Timestamp),
})
export type Drill = Static<typeof Drill>

export const DrillCreate = Type.Object({
  serviceIds: Type.Optional(Type.Array(UuidInput, { maxItems: 100 })),
  groupId: Type.Optional(UuidInputWith('All services of this group that run.')),
  providerId: Type.Optional(UuidInputWith('All services at this provider that run, as far as they are yours.')),
  agentId: Type.Optional(UuidInputWith('Where to. Without it, the best agent of another provider, of each service.')),
  from: wishes.from,
  properties: Type.Optional(
    Type.Unsafe<JsonObject>({ ...JsonObject, description: 'Override what is taken over from the source.' }),
  ),
})
export type DrillCreate = Static<typeof DrillCreate>

export const DrillsStarted = Type.Object({
  items: Type.Array(Drill),
  refused: Type.Array(Type.Object({ serviceId: Uuid, reason: Type.String() }), {
    description: 'Services that cannot be drilled, and why.',
  }),
})
export type DrillsStarted = Static<typeof DrillsStarted>

/** The owner fields name the source's provider (`providerId`) and the target's (`participantId`). */
const SEES = { admin: 'any', participant: ['consumerId', 'providerId', 'participantId'] } as const
const STEERS = { admin: 'any', participant: ['consumerId'] } as const
const params = Type.Object({ id: UuidInput })

function steer<const I extends string, const P extends string>(id: I, path: P, summary: string) {
  return operation({
    id,
    method: 'POST',
    path,
    summary,
    access: STEERS,
    params,
    status: 200,
    answer: Migration,
    conflict: 'The migration is in a state in which this cannot be asked for; actions says what can.',
    addition: true,
  })
}

export const migrations = {
  list: list({
    id: 'migrations.list',
    path: '/migrations',
    summary: 'List migrations, one page at a time.',
    access: SEES,
    item: Migration,
    filters: {
      serviceId: uuidFilter,
      targetServiceId: uuidFilter,
      consumerId: uuidFilter,
      sourceProviderId: uuidFilter,
      targetProviderId: uuidFilter,
      evacuationId: uuidFilter,
      state: oneOf(MigrationState),
    },
    sort: ['createdAt', 'updatedAt'],
    addition: true,
  }),
  create: operation({
    id: 'migrations.create',
    method: 'POST',
    path: '/migrations',
    summary: 'Move a service to another agent: export, create, import, verify, cut over, keep the source for a while.',
    access: STEERS,
    body: MigrationCreate,
    status: 201,
    answer: Migration,
    checksProperties: true,
    missing: 'The service or the agent does not exist.',
    conflict: 'The service is part of a migration that has not ended.',
    addition: true,
  }),
  get: operation({
    id: 'migrations.get',
    method: 'GET',
    path: '/migrations/{id}',
    summary: 'Read a migration: its steps with times and rates, what it waits for, who can help.',
    access: SEES,
    params,
    status: 200,
    answer: Migration,
    addition: true,
  }),
  pause: steer('migrations.pause', '/migrations/{id}/pause', 'Start no further step; the one under way goes on.'),
  resume: steer('migrations.resume', '/migrations/{id}/resume', 'Go on after a pause.'),
  cancel: steer(
    'migrations.cancel',
    '/migrations/{id}/cancel',
    'Before the cut-over: delete the target and let the source take writes again.',
  ),
  cutOver: steer('migrations.cutOver', '/migrations/{id}/cut-over', 'Give the word that a manual cut-over waits for.'),
  rollback: operation({
    id: 'migrations.rollback',
    method: 'POST',
    path: '/migrations/{id}/rollback',
    summary:
      'Make the source the primary again. Before the cut-over as cancel; after it, while the source is kept, what was written to the target since is lost.',
    access: STEERS,
    params,
    body: MigrationRollback,
    mayBeEmpty: true,
    status: 200,
    answer: Migration,
    conflict: 'There is no way back any more, or acceptWriteLoss is needed.',
    addition: true,
  }),
  retry: steer('migrations.retry', '/migrations/{id}/retry', 'Try the failed step again.'),
} as const

export const drills = {
  list: list({
    id: 'drills.list',
    path: '/drills',
    summary: 'List drills, one page at a time.',
    access: SEES,
    item: Drill,
    filters: {
      serviceId: uuidFilter,
      consumerId: uuidFilter,
      sourceProviderId: uuidFilter,
      targetProviderId: uuidFilter,
      serviceTypeId: uuidFilter,
      outcome: oneOf(DrillOutcome),
    },
    sort: ['createdAt', 'updatedAt'],
    addition: true,
  }),
  create: operation({
    id: 'drills.create',
    method: 'POST',
    path: '/drills',
    summary: 'Rehearse leaving: move the data of services into scratch services, compare, measure, delete those.',
    access: STEERS,
    body: DrillCreate,
    status: 201,
    answer: DrillsStarted,
    missing: 'A service, the group, the provider or the agent does not exist.',
    addition: true,
  }),
  get: operation({
    id: 'drills.get',
    method: 'GET',
    path: '/drills/{id}',
    summary: 'Read a drill: its steps and what was measured.',
    access: SEES,
    params,
    status: 200,
    answer: Drill,
    addition: true,
  }),
  cancel: operation({
    id: 'drills.cancel',
    method: 'POST',
    path: '/drills/{id}/cancel',
    summary: 'End a drill early; its scratch service is deleted.',
    access: STEERS,
    params,
    status: 200,
    answer: Drill,
    conflict: 'The drill has ended.',
    addition: true,
  }),
} as const
