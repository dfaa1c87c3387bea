/** Service groups: a consumer's services that belong together; jobs within one group run one after another. */
import { type Static, Type } from 'typebox'
import { contains, list, operation, uuidFilter } from './operation.ts'
import { Participant } from './participants.ts'
import { Timestamp, Uuid, UuidInput } from './values.ts'

export const ServiceGroup = Type.Object({
  id: Uuid,
  name: Type.String(),
  consumerId: Uuid,
  consumer: Type.Optional(Participant),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type ServiceGroup = Static<typeof ServiceGroup>

export const ServiceGroupCreate = Type.Object({
  name: Type.String({ minLength: 1 }),
  consumerId: UuidInput,
})
export type ServiceGroupCreate = Static<typeof ServiceGroupCreate>

export const ServiceGroupUpdate = Type.Object({
  name: Type.Optional(Type.String({ minLength: 1 })),
})
export type ServiceGroupUpdate = Static<typeof ServiceGroupUpdate>

export const serviceGroups = {
  list: list({
    id: 'serviceGroups.list',
    path: '/service-groups',
    summary: 'List service groups, one page at a time.',
    access: { admin: 'any', participant: ['consumerId'] },
    item: ServiceGroup,
    filters: { name: contains, consumerId: uuidFilter },
    sort: ['name'],
  }),
  create: operation({
    id: 'serviceGroups.create',
    method: 'POST',
    path: '/service-groups',
    summary: 'Create one of the service groups.',
    access: { admin: 'any', participant: ['consumerId'] },
    body: ServiceGroupCreate,
    status: 201,
    answer: ServiceGroup,
  }),
  get: operation({
    id: 'serviceGroups.get',
    method: 'GET',
    path: '/service-groups/{id}',
    summary: 'Read one of the service groups.',
    access: { admin: 'any', participant: ['consumerId'] },
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: ServiceGroup,
  }),
  update: operation({
    id: 'serviceGroups.update',
    method: 'PATCH',
    path: '/service-groups/{id}',
    summary: 'Change some fields of one of the service groups; absent or null fields stay.',
    access: { admin: 'any', participant: ['consumerId'] },
    params: Type.Object({ id: UuidInput }),
    body: ServiceGroupUpdate,
    status: 200,
    answer: ServiceGroup,
  }),
  delete: operation({
    id: 'serviceGroups.delete',
    method: 'DELETE',
    path: '/service-groups/{id}',
    summary: 'Delete one of the service groups.',
    access: { admin: 'any', participant: ['consumerId'] },
    params: Type.Object({ id: UuidInput }),
    status: 204,
    answer: null,
    conflict: 'It still has services.',
  }),
} as const
