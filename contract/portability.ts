/**
 * Leaving: what a service type can export and import, the stores where artifacts lie, and copies of services that are kept in
 * vaults outside their providers' control.
 */
import { type Static, Type } from 'typebox'
import { exact, list, oneOf, operation, uuidFilter } from './operation.ts'
import { JsonObject, Timestamp, Uuid, UuidInput } from './values.ts'

const ACTION = Type.String({ minLength: 1, description: 'An action of the lifecycle of the service type.' })
const FORMATS = Type.Array(Type.String(), { description: '1 to 20 of them, as artifacts name their formats.' })

export const PortabilityInput = Type.Object({
  exportAction: ACTION,
  importAction: ACTION,
  quiesceAction: Type.Optional(
    Type.String({ minLength: 1, description: 'Stops writes before an export. Only together with resumeAction.' }),
  ),
  resumeAction: Type.Optional(Type.String({ minLength: 1 })),
  exportFormats: FORMATS,
  importFormats: FORMATS,
})
export type PortabilityInput = Static<typeof PortabilityInput>

export const Portability = Type.Object({
  serviceTypeId: Uuid,
  ...PortabilityInput.properties,
  problems: Type.Optional(
    Type.Array(Type.String(), {
      description: 'Declared actions that the lifecycle no longer has: until that is mended nothing can be exported.',
    }),
  ),
})
export type Portability = Static<typeof Portability>

export const ArtifactStore = Type.Object({
  name: Type.String(),
  kind: Type.Enum(['local', 'directory', 's3'], { description: "local: the server's own disk." }),
  operator: Type.Optional(Type.String()),
  country: Type.Optional(Type.String({ description: 'Where the content lies, ISO 3166-1 alpha-2.' })),
  controllerCountry: Type.Optional(Type.String({ description: 'From where the operator is ultimately controlled.' })),
  providerId: Type.Optional(Uuid),
  outside: Type.Optional(
    Type.Boolean({
      description:
        'Asked for a service only: whether the store is outside the control of its provider, as far as is known.',
    }),
  ),
})
export type ArtifactStore = Static<typeof ArtifactStore>

const SCHEDULE = {
  everyHours: Type.Integer({ minimum: 1, maximum: 8_760 }),
  keep: Type.Integer({ minimum: 1, maximum: 1_000, description: 'So many stored copies stay, the newest ones.' }),
  store: Type.String({ minLength: 1, description: 'Name of an artifact store.' }),
}

export const VaultSchedule = Type.Object({
  id: Uuid,
  consumerId: Uuid,
  groupId: Type.Optional(Uuid),
  serviceId: Type.Optional(Uuid),
  ...SCHEDULE,
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type VaultSchedule = Static<typeof VaultSchedule>

export const VaultScheduleCreate = Type.Object({
  serviceId: Type.Optional(UuidInput),
  groupId: Type.Optional(UuidInput),
  consumerId: Type.Optional(UuidInput),
  ...SCHEDULE,
})
export type VaultScheduleCreate = Static<typeof VaultScheduleCreate>

export const VaultScheduleUpdate = Type.Object({
  everyHours: Type.Optional(SCHEDULE.everyHours),
  keep: Type.Optional(SCHEDULE.keep),
})
export type VaultScheduleUpdate = Static<typeof VaultScheduleUpdate>

export const VaultCopyState = Type.Enum(['requested', 'exporting', 'storing', 'stored', 'failed'], {
  description:
    'requested: waits until the service has no other job. exporting: the agent has the job. storing: on its way to the store. stored: read back and right. failed: see reason.',
})
export type VaultCopyState = Static<typeof VaultCopyState>

export const VaultCopy = Type.Object({
  id: Uuid,
  serviceId: Uuid,
  consumerId: Uuid,
  providerId: Uuid,
  agentId: Uuid,
  scheduleId: Type.Optional(Uuid),
  artifactId: Uuid,
  jobId: Type.Optional(Uuid),
  store: Type.String(),
  state: VaultCopyState,
  reason: Type.Optional(Type.String({ description: 'Why it failed, or what it waits for.' })),
  takenAt: Type.Optional(Timestamp),
  storedAt: Type.Optional(Timestamp),
  verifiedAt: Type.Optional(Timestamp),
  sha256: Type.Optional(Type.String()),
  sizeBytes: Type.Optional(Type.Integer()),
  format: Type.Optional(Type.String()),
  content: Type.Optional(JsonObject),
  outside: Type.Optional(
    Type.Boolean({
      description:
        "Whether the store is outside the control of the service's provider, as far as is known now; absent in answers that made or changed the copy.",
    }),
  ),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type VaultCopy = Static<typeof VaultCopy>

export const VaultCopyCreate = Type.Object({
  store: Type.Optional(
    Type.String({
      minLength: 1,
      description: "Absent: the store of the service's schedule, else the first outside its provider's control.",
    }),
  ),
})
export type VaultCopyCreate = Static<typeof VaultCopyCreate>

const CONSUMERS = { admin: 'any', participant: ['consumerId'] } as const
const ID = Type.Object({ id: UuidInput })

export const portability = {
  get: operation({
    id: 'portability.get',
    method: 'GET',
    path: '/service-types/{id}/portability',
    summary: 'What a service type can export and import.',
    access: { admin: 'any', participant: 'any', agent: 'any' },
    params: ID,
    status: 200,
    answer: Portability,
    missing: 'The service type declares nothing.',
    addition: true,
  }),
  put: operation({
    id: 'portability.put',
    method: 'PUT',
    path: '/service-types/{id}/portability',
    summary: 'Declare what a service type can export and import.',
    access: { admin: 'any' },
    params: ID,
    body: PortabilityInput,
    status: 200,
    answer: Portability,
    addition: true,
  }),
  delete: operation({
    id: 'portability.delete',
    method: 'DELETE',
    path: '/service-types/{id}/portability',
    summary: 'Take the declaration back: nothing of this service type is exported any more.',
    access: { admin: 'any' },
    params: ID,
    status: 204,
    answer: null,
    missing: 'The service type declares nothing.',
    addition: true,
  }),
} as const

export const artifactStores = {
  list: operation({
    id: 'artifactStores.list',
    method: 'GET',
    path: '/artifact-stores',
    summary: 'The stores for artifacts: who runs them, where, and under whose control.',
    access: { admin: 'any', participant: 'any' },
    status: 200,
    answer: Type.Object({ items: Type.Array(ArtifactStore) }),
    addition: true,
  }),
  ofService: operation({
    id: 'artifactStores.ofService',
    method: 'GET',
    path: '/services/{id}/artifact-stores',
    summary: "The stores for artifacts, and which of them are outside the control of the service's provider.",
    access: CONSUMERS,
    params: ID,
    status: 200,
    answer: Type.Object({ items: Type.Array(ArtifactStore) }),
    addition: true,
  }),
} as const

export const vaultSchedules = {
  list: list({
    id: 'vaultSchedules.list',
    path: '/vault-schedules',
    summary: 'List schedules of vault copies, one page at a time.',
    access: CONSUMERS,
    item: VaultSchedule,
    filters: { consumerId: uuidFilter, groupId: uuidFilter, serviceId: uuidFilter, store: exact },
    sort: ['createdAt'],
    addition: true,
  }),
  create: operation({
    id: 'vaultSchedules.create',
    method: 'POST',
    path: '/vault-schedules',
    summary: 'Have copies made regularly: of a service, of a group, or of all services of a consumer.',
    access: CONSUMERS,
    body: VaultScheduleCreate,
    status: 201,
    answer: VaultSchedule,
    missing: 'There is no such service, group or consumer.',
    conflict: 'There is a schedule for the same and the same store.',
    addition: true,
  }),
  get: operation({
    id: 'vaultSchedules.get',
    method: 'GET',
    path: '/vault-schedules/{id}',
    summary: 'Read one of the schedules of vault copies.',
    access: CONSUMERS,
    params: ID,
    status: 200,
    answer: VaultSchedule,
    addition: true,
  }),
  update: operation({
    id: 'vaultSchedules.update',
    method: 'PATCH',
    path: '/vault-schedules/{id}',
    summary: 'Change how often copies are made and how many are kept.',
    access: CONSUMERS,
    params: ID,
    body: VaultScheduleUpdate,
    status: 200,
    answer: VaultSchedule,
    addition: true,
  }),
  delete: operation({
    id: 'vaultSchedules.delete',
    method: 'DELETE',
    path: '/vault-schedules/{id}',
    summary: 'End a schedule. The copies that it made stay.',
    access: CONSUMERS,
    params: ID,
    status: 204,
    answer: null,
    addition: true,
  }),
} as const

export const vaultCopies = {
  list: list({
    id: 'vaultCopies.list',
    path: '/vault-copies',
    summary: 'List vault copies, one page at a time.',
    access: CONSUMERS,
    item: VaultCopy,
    filters: { serviceId: uuidFilter, consumerId: uuidFilter, store: exact, state: oneOf(VaultCopyState) },
    sort: ['createdAt', 'takenAt'],
    addition: true,
  }),
  get: operation({
    id: 'vaultCopies.get',
    method: 'GET',
    path: '/vault-copies/{id}',
    summary: 'Read one of the vault copies.',
    access: CONSUMERS,
    params: ID,
    status: 200,
    answer: VaultCopy,
    addition: true,
  }),
  create: operation({
    id: 'vaultCopies.create',
    method: 'POST',
    path: '/services/{id}/vault-copies',
    summary: 'Have a copy made now, or as soon as the service has no other job.',
    access: CONSUMERS,
    params: ID,
    body: VaultCopyCreate,
    mayBeEmpty: true,
    status: 201,
    answer: VaultCopy,
    conflict: 'A copy of the service to this store is on its way.',
    addition: true,
  }),
  verify: operation({
    id: 'vaultCopies.verify',
    method: 'POST',
    path: '/vault-copies/{id}/verify',
    summary:
      'Read a stored copy back as a whole and compare it. One that is not right any more is failed from then on.',
    access: CONSUMERS,
    params: ID,
    status: 200,
    answer: VaultCopy,
    conflict: 'The copy is not stored.',
    addition: true,
  }),
  delete: operation({
    id: 'vaultCopies.delete',
    method: 'DELETE',
    path: '/vault-copies/{id}',
    summary: 'Delete a vault copy and its content.',
    access: CONSUMERS,
    params: ID,
    status: 204,
    answer: null,
    conflict: 'It is on its way: its export or its upload must end first.',
    addition: true,
  }),
} as const
