/** Services: what consumers ordered, one row for each, kept after its end. */
import { type Static, Type } from 'typebox'
import { Agent } from './agents.ts'
import { formerServiceMembers } from './legacy-dialect.ts'
import { contains, exact, list, operation, uuidFilter } from './operation.ts'
import { CustomerKey, PlacementRequirements, ServicePlacement } from './placements.ts'
import { ServiceType } from './service-types.ts'
import { AnyJson, JsonObject, Timestamp, Uuid, UuidInput, UuidInputWith, UuidWith } from './values.ts'
import { Why } from './why.ts'

export const Service = Type.Object({
  id: Uuid,
  providerId: Uuid,
  consumerId: Uuid,
  agentId: Uuid,
  agent: Type.Optional(Agent),
  serviceTypeId: Uuid,
  serviceType: Type.Optional(ServiceType),
  groupId: Uuid,
  agentInstanceId: Type.Optional(
    Type.String({ description: 'Id the agent gave to its instance. Omitted until set; cleared in a terminal state.' }),
  ),
  name: Type.String(),
  status: Type.String({ description: "A state of the type's lifecycle." }),
  properties: Type.Optional(
    Type.Unsafe<JsonObject>({ ...JsonObject, description: 'Secret values appear as vault://<reference>.' }),
  ),
  agentInstanceData: Type.Optional(
    Type.Unsafe<JsonObject>({ ...JsonObject, description: 'Opaque to the server. Omitted until set.' }),
  ),
  conditions: Type.Optional(Type.Array(Type.Object({ type: Type.String(), message: Type.String(), since: Timestamp }))),
  decisionId: Type.Optional(
    Type.String({ format: 'uuid', description: 'The decision by which it was placed. Omitted where no policy spoke.' }),
  ),
  replacedBy: Type.Optional(
    UuidWith('The service that took its place when it was moved. Told of a single service, not in lists.'),
  ),
  replaces: Type.Optional(UuidWith('The service in whose place it is. Told of a single service, not in lists.')),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  ...formerServiceMembers,
})
export type Service = Static<typeof Service>

export const ServiceCreate = Type.Object({
  groupId: UuidInput,
  serviceTypeId: UuidInput,
  name: Type.String({ minLength: 1 }),
  agentId: Type.Optional(UuidInputWith('Direct choice of the agent.')),
  agentTags: Type.Optional(
    Type.Array(Type.String(), {
      description:
        'Used only without agentId: an agent whose type supports the service type and that carries all these tags.',
    }),
  ),
  requirements: Type.Optional(PlacementRequirements),
  customerKey: Type.Optional(CustomerKey),
  properties: Type.Optional(
    Type.Unsafe<JsonObject>({
      ...JsonObject,
      description: 'Checked and completed by the property schema; unknown properties are dropped silently.',
    }),
  ),
})
export type ServiceCreate = Static<typeof ServiceCreate>

export const ServiceUpdate = Type.Object({
  name: Type.Optional(Type.String({ description: 'Applied at once.', minLength: 1 })),
  properties: Type.Optional(
    Type.Unsafe<JsonObject>({
      ...JsonObject,
      description: 'Partial; creates an update job and is applied when the agent completes it.',
    }),
  ),
})
export type ServiceUpdate = Static<typeof ServiceUpdate>

/** Something that holds for a running service and that its owner should know, for example that it became read-only. */
export const Condition = Type.Object({
  type: Type.String({ description: 'CamelCase word, for example StorageLimitReached; 1 to 50 characters.' }),
  message: Type.String({ description: 'For a person: what it means and what helps; 1 to 1000 characters.' }),
  since: Timestamp,
})
export type Condition = Static<typeof Condition>

export const ConditionsReport = Type.Object({
  conditions: Type.Array(Type.Object({ type: Type.String(), message: Type.String() }), {
    description: 'All that holds now, at most 20; an empty list clears them.',
  }),
})
export type ConditionsReport = Static<typeof ConditionsReport>

export const RevealedSecrets = Type.Object({
  secrets: Type.Record(Type.String(), AnyJson, { description: 'Path of the property → clear value.' }),
})
export type RevealedSecrets = Static<typeof RevealedSecrets>

export const services = {
  list: list({
    id: 'services.list',
    path: '/services',
    summary: 'List services, one page at a time.',
    access: { admin: 'any', participant: ['providerId', 'consumerId'], agent: ['agentId'] },
    item: Service,
    filters: {
      name: contains,
      currentStatus: exact,
      status: exact,
      groupId: uuidFilter,
      agentId: uuidFilter,
      serviceTypeId: uuidFilter,
      providerId: uuidFilter,
      consumerId: uuidFilter,
    },
    sort: ['name', 'createdAt'],
  }),
  create: operation({
    id: 'services.create',
    method: 'POST',
    path: '/services',
    summary: 'Create a service in the initial state and queue its create job for an agent.',
    access: { admin: 'any', participant: ['consumerId'] },
    body: ServiceCreate,
    status: 201,
    answer: Service,
    checksProperties: true,
    missing: 'The service group or the service type does not exist.',
  }),
  get: operation({
    id: 'services.get',
    method: 'GET',
    path: '/services/{id}',
    summary: 'Read a service with its agent and type.',
    access: { admin: 'any', participant: ['providerId', 'consumerId'], agent: ['agentId'] },
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: Service,
  }),
  update: operation({
    id: 'services.update',
    method: 'PATCH',
    path: '/services/{id}',
    summary: 'Rename at once and/or queue an update job with changed properties.',
    access: { admin: 'any', participant: ['providerId', 'consumerId'] },
    params: Type.Object({ id: UuidInput }),
    body: ServiceUpdate,
    status: 200,
    answer: Service,
    checksProperties: true,
    conflict: 'Another request gives the service a job at the same time, or a migration holds it.',
  }),
  delete: operation({
    id: 'services.delete',
    method: 'DELETE',
    path: '/services/{id}',
    summary: 'Queue the delete action for the service.',
    access: { admin: 'any', participant: ['providerId', 'consumerId'] },
    params: Type.Object({ id: UuidInput }),
    status: 204,
    answer: null,
    conflict: 'Another request gives the service a job at the same time, or a migration holds it.',
  }),
  action: operation({
    id: 'services.action',
    method: 'POST',
    path: '/services/{id}/{action}',
    summary: 'Queue any lifecycle action for the service.',
    access: { admin: 'any', participant: ['providerId', 'consumerId'] },
    params: Type.Object({ id: UuidInput, action: Type.String() }),
    status: 200,
    answer: Service,
    conflict: 'Another request gives the service a job at the same time, or a migration holds it.',
  }),
  reveal: operation({
    id: 'services.reveal',
    method: 'POST',
    path: '/services/{id}/reveal',
    summary: 'Show the revealable secrets of a service in clear to its consumer. Each call is an event.',
    access: { participant: ['consumerId'] },
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: RevealedSecrets,
    addition: true,
  }),
  why: operation({
    id: 'services.why',
    method: 'GET',
    path: '/services/{id}/why',
    summary: 'Say why the service waits, works, failed or is restricted, and what would help.',
    access: { admin: 'any', participant: ['providerId', 'consumerId'], agent: ['agentId'] },
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: Why,
    addition: true,
  }),
  placement: operation({
    id: 'services.placement',
    method: 'GET',
    path: '/services/{id}/placement',
    summary:
      'Read by which decision a service was placed, and what it has to keep to since. 404 where no policy spoke.',
    access: { admin: 'any', participant: ['providerId', 'consumerId'], agent: ['agentId'] },
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: ServicePlacement,
    addition: true,
  }),
  setConditions: operation({
    id: 'services.setConditions',
    method: 'PUT',
    path: '/services/{id}/conditions',
    summary: 'Report what restricts a running service right now; replaces what was reported before.',
    access: { agent: ['agentId'] },
    params: Type.Object({ id: UuidInput }),
    body: ConditionsReport,
    status: 204,
    answer: null,
    addition: true,
  }),
} as const
