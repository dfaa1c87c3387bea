/** Pool sets: the pools that an agent draws service properties from. */
import { type Static, Type } from 'typebox'
import { contains, list, operation, uuidFilter } from './operation.ts'
import { Participant } from './participants.ts'
import { Timestamp, Uuid, UuidInput, UuidWith } from './values.ts'

export const ServicePoolSet = Type.Object({
  id: Uuid,
  name: Type.String(),
  providerID: UuidWith('The spelling that API v1 has always sent; requests use providerId.'),
  providerId: Type.Optional(UuidWith('Same value as providerID.')),
  provider: Type.Optional(Participant),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type ServicePoolSet = Static<typeof ServicePoolSet>

export const ServicePoolSetCreate = Type.Object({
  name: Type.String({ minLength: 1 }),
  providerId: UuidInput,
})
export type ServicePoolSetCreate = Static<typeof ServicePoolSetCreate>

export const ServicePoolSetUpdate = Type.Object({
  name: Type.Optional(Type.String({ minLength: 1 })),
})
export type ServicePoolSetUpdate = Static<typeof ServicePoolSetUpdate>

export const servicePoolSets = {
  list: list({
    id: 'servicePoolSets.list',
    path: '/service-pool-sets',
    summary: 'List service pool sets, one page at a time.',
    access: { admin: 'any', participant: ['providerId'] },
    item: ServicePoolSet,
    filters: { providerId: uuidFilter, name: contains },
    sort: ['name', 'createdAt'],
  }),
  create: operation({
    id: 'servicePoolSets.create',
    method: 'POST',
    path: '/service-pool-sets',
    summary: 'Create one of the service pool sets.',
    access: { admin: 'any', participant: ['providerId'] },
    body: ServicePoolSetCreate,
    status: 201,
    answer: ServicePoolSet,
    missing: 'The provider does not exist.',
  }),
  get: operation({
    id: 'servicePoolSets.get',
    method: 'GET',
    path: '/service-pool-sets/{id}',
    summary: 'Read one of the service pool sets.',
    access: { admin: 'any', participant: ['providerId'] },
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: ServicePoolSet,
  }),
  update: operation({
    id: 'servicePoolSets.update',
    method: 'PATCH',
    path: '/service-pool-sets/{id}',
    summary: 'Change some fields of one of the service pool sets; absent or null fields stay.',
    access: { admin: 'any', participant: ['providerId'] },
    params: Type.Object({ id: UuidInput }),
    body: ServicePoolSetUpdate,
    status: 200,
    answer: ServicePoolSet,
  }),
  delete: operation({
    id: 'servicePoolSets.delete',
    method: 'DELETE',
    path: '/service-pool-sets/{id}',
    summary: 'Delete one of the service pool sets.',
    access: { admin: 'any', participant: ['providerId'] },
    params: Type.Object({ id: UuidInput }),
    status: 204,
    answer: null,
    conflict: 'Pools or agents still refer to it.',
  }),
} as const
