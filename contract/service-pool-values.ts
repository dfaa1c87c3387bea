/** Values of service pools and who holds them. */
import { type Static, Type } from 'typebox'
import { contains, list, operation, uuidFilter } from './operation.ts'
import { ServicePool } from './service-pools.ts'
import { Service } from './services.ts'
import { AnyJson, Timestamp, Uuid, UuidInput, UuidWith } from './values.ts'

export const ServicePoolValue = Type.Object({
  id: Uuid,
  name: Type.String(),
  value: AnyJson,
  servicePoolId: Uuid,
  servicePool: Type.Optional(ServicePool),
  serviceId: Type.Optional(UuidWith('Set while allocated.')),
  service: Type.Optional(Service),
  propertyName: Type.Optional(Type.String()),
  allocatedAt: Type.Optional(Timestamp),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type ServicePoolValue = Static<typeof ServicePoolValue>

export const ServicePoolValueCreate = Type.Object({
  servicePoolId: UuidInput,
  name: Type.String({ minLength: 1 }),
  value: Type.Unsafe<AnyJson>({
    ...AnyJson,
    description: "Not null. Not checked against the pool's propertyType nor its generatorType.",
  }),
})
export type ServicePoolValueCreate = Static<typeof ServicePoolValueCreate>

export const servicePoolValues = {
  list: list({
    id: 'servicePoolValues.list',
    path: '/service-pool-values',
    summary: 'List service pool values, one page at a time.',
    access: { admin: 'any', participant: ['providerId'], agent: ['providerId'] },
    item: ServicePoolValue,
    filters: { name: contains, servicePoolId: uuidFilter, serviceId: uuidFilter },
    sort: ['name', 'createdAt'],
  }),
  create: operation({
    id: 'servicePoolValues.create',
    method: 'POST',
    path: '/service-pool-values',
    summary: 'Create one of the service pool values.',
    access: { admin: 'any', participant: ['providerId'] },
    body: ServicePoolValueCreate,
    status: 201,
    answer: ServicePoolValue,
    conflict: 'The pool holds this value already.',
    missing: 'The service pool does not exist.',
  }),
  get: operation({
    id: 'servicePoolValues.get',
    method: 'GET',
    path: '/service-pool-values/{id}',
    summary: 'Read one of the service pool values.',
    access: { admin: 'any', participant: ['providerId'], agent: ['providerId'] },
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: ServicePoolValue,
  }),
  delete: operation({
    id: 'servicePoolValues.delete',
    method: 'DELETE',
    path: '/service-pool-values/{id}',
    summary: 'Delete one of the service pool values.',
    access: { admin: 'any', participant: ['providerId'] },
    params: Type.Object({ id: UuidInput }),
    status: 204,
    answer: null,
    conflict: 'A service holds the value.',
  }),
} as const
