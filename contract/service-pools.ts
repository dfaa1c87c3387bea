/** Pools of values for service properties, a list or a subnet. */
import { type Static, Type } from 'typebox'
import { contains, exact, list, operation, uuidFilter } from './operation.ts'
import { JsonObject, Timestamp, Uuid, UuidInput } from './values.ts'

export const PoolPropertyType = Type.Enum(['string', 'integer', 'number', 'boolean', 'json'])
export type PoolPropertyType = Static<typeof PoolPropertyType>

export const ServicePool = Type.Object({
  id: Uuid,
  name: Type.String(),
  type: Type.String(),
  propertyType: PoolPropertyType,
  generatorType: Type.Enum(['list', 'subnet']),
  generatorConfig: Type.Optional(JsonObject),
  servicePoolSetId: Uuid,
  servicePoolSetName: Type.Optional(
    Type.String({ description: 'Present on get, list and patch; absent from create and from embedded copies.' }),
  ),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type ServicePool = Static<typeof ServicePool>

export const ServicePoolCreate = Type.Object({
  name: Type.String({ minLength: 1 }),
  type: Type.String({ description: 'Unique per provider.', minLength: 1 }),
  propertyType: PoolPropertyType,
  generatorType: Type.Enum(['list', 'subnet']),
  generatorConfig: Type.Optional(
    Type.Unsafe<JsonObject>({
      ...JsonObject,
      description: 'For subnet: cidr, excludeFirst, excludeLast.',
    }),
  ),
  servicePoolSetId: UuidInput,
})
export type ServicePoolCreate = Static<typeof ServicePoolCreate>

export const ServicePoolUpdate = Type.Object({
  name: Type.Optional(Type.String({ minLength: 1 })),
  generatorConfig: Type.Optional(Type.Unsafe<JsonObject>({ ...JsonObject, description: 'Replaced whole.' })),
})
export type ServicePoolUpdate = Static<typeof ServicePoolUpdate>

export const servicePools = {
  list: list({
    id: 'servicePools.list',
    path: '/service-pools',
    summary: 'List service pools, one page at a time.',
    access: { admin: 'any', participant: ['providerId'], agent: ['providerId'] },
    item: ServicePool,
    filters: { name: contains, servicePoolSetId: uuidFilter, type: exact, generatorType: exact },
    sort: ['name', 'type', 'createdAt'],
  }),
  create: operation({
    id: 'servicePools.create',
    method: 'POST',
    path: '/service-pools',
    summary: 'Create one of the service pools.',
    access: { admin: 'any', participant: ['providerId'] },
    body: ServicePoolCreate,
    status: 201,
    answer: ServicePool,
    conflict: 'The provider has a pool of this type.',
    missing: 'The service pool set does not exist.',
  }),
  get: operation({
    id: 'servicePools.get',
    method: 'GET',
    path: '/service-pools/{id}',
    summary: 'Read one of the service pools.',
    access: { admin: 'any', participant: ['providerId'], agent: ['providerId'] },
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: ServicePool,
  }),
  update: operation({
    id: 'servicePools.update',
    method: 'PATCH',
    path: '/service-pools/{id}',
    summary: 'Change some fields of one of the service pools; absent or null fields stay.',
    access: { admin: 'any', participant: ['providerId'] },
    params: Type.Object({ id: UuidInput }),
    body: ServicePoolUpdate,
    status: 200,
    answer: ServicePool,
  }),
  delete: operation({
    id: 'servicePools.delete',
    method: 'DELETE',
    path: '/service-pools/{id}',
    summary: 'Delete one of the service pools.',
    access: { admin: 'any', participant: ['providerId'] },
    params: Type.Object({ id: UuidInput }),
    status: 204,
    answer: null,
    conflict: 'It still holds values.',
  }),
} as const
