/** Service types: what can be ordered, its properties and its lifecycle. */
import { type Static, Type } from 'typebox'
import { contains, list, operation } from './operation.ts'
import { LifecycleSchema, LifecycleSchemaInput, PropertySchema, PropertySchemaInput } from './schemas.ts'
import { AnyJson, Timestamp, Uuid, UuidInput } from './values.ts'

export const ServiceType = Type.Object({
  id: Uuid,
  name: Type.String(),
  propertySchema: PropertySchema,
  lifecycleSchema: LifecycleSchema,
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type ServiceType = Static<typeof ServiceType>

export const ServiceTypeCreate = Type.Object({
  name: Type.String({ description: 'Unique.', minLength: 1 }),
  propertySchema: PropertySchemaInput,
  lifecycleSchema: LifecycleSchemaInput,
})
export type ServiceTypeCreate = Static<typeof ServiceTypeCreate>

export const ServiceTypeUpdate = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1 })),
    propertySchema: Type.Optional(PropertySchemaInput),
    lifecycleSchema: Type.Optional(LifecycleSchemaInput),
  },
  { description: 'Schemas are replaced whole.' },
)
export type ServiceTypeUpdate = Static<typeof ServiceTypeUpdate>

/** What one agent of a provider offers of a service type: what a consumer has to know to order. */
export const Offer = Type.Object({
  providerId: Uuid,
  providerName: Type.String(),
  agentId: Uuid,
  agentName: Type.String(),
  tags: Type.Array(Type.String()),
  connected: Type.Boolean({ description: 'Whether the agent is at work now; orders to others wait for it.' }),
  options: Type.Array(Type.Object({ type: Type.String(), name: Type.String(), value: AnyJson }), {
    description:
      'The enabled options of the provider, in their display order, of the option types that the property schema names.',
  }),
})
export type Offer = Static<typeof Offer>

export const serviceTypes = {
  list: list({
    id: 'serviceTypes.list',
    path: '/service-types',
    summary: 'List service types, one page at a time.',
    access: { admin: 'any', participant: 'any', agent: 'any' },
    item: ServiceType,
    filters: { name: contains },
    sort: ['name'],
  }),
  create: operation({
    id: 'serviceTypes.create',
    method: 'POST',
    path: '/service-types',
    summary: 'Create one of the service types.',
    access: { admin: 'any' },
    body: ServiceTypeCreate,
    status: 201,
    answer: ServiceType,
    conflict: 'The name is taken.',
  }),
  get: operation({
    id: 'serviceTypes.get',
    method: 'GET',
    path: '/service-types/{id}',
    summary: 'Read one of the service types.',
    access: { admin: 'any', participant: 'any', agent: 'any' },
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: ServiceType,
  }),
  update: operation({
    id: 'serviceTypes.update',
    method: 'PATCH',
    path: '/service-types/{id}',
    summary: 'Change some fields of one of the service types; absent or null fields stay.',
    access: { admin: 'any' },
    params: Type.Object({ id: UuidInput }),
    body: ServiceTypeUpdate,
    status: 200,
    answer: ServiceType,
    conflict: 'The name is taken.',
  }),
  delete: operation({
    id: 'serviceTypes.delete',
    method: 'DELETE',
    path: '/service-types/{id}',
    summary: 'Delete one of the service types.',
    access: { admin: 'any' },
    params: Type.Object({ id: UuidInput }),
    status: 204,
    answer: null,
    conflict: 'Services are of this type.',
  }),
  offers: operation({
    id: 'serviceTypes.offers',
    method: 'GET',
    path: '/service-types/{id}/offers',
    summary: 'Who offers this service type, with which tags and options. For consumers before they order.',
    access: { admin: 'any', participant: 'any' },
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: Type.Object({ offers: Type.Array(Offer) }),
    addition: true,
  }),
} as const
