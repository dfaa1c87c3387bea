/** Kinds of options that providers offer, for example plans or images. */
import { type Static, Type } from 'typebox'
import { contains, exact, list, operation } from './operation.ts'
import { Timestamp, Uuid, UuidInput } from './values.ts'

export const ServiceOptionType = Type.Object({
  id: Uuid,
  name: Type.String(),
  type: Type.String(),
  description: Type.String({ description: 'Empty string when none.' }),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type ServiceOptionType = Static<typeof ServiceOptionType>

export const ServiceOptionTypeCreate = Type.Object({
  name: Type.String({ minLength: 1 }),
  type: Type.String({ description: 'Unique.', pattern: '^[a-zA-Z0-9_]+$' }),
  description: Type.Optional(Type.String()),
})
export type ServiceOptionTypeCreate = Static<typeof ServiceOptionTypeCreate>

export const ServiceOptionTypeUpdate = Type.Object({
  name: Type.Optional(Type.String({ minLength: 1 })),
  description: Type.Optional(Type.String()),
})
export type ServiceOptionTypeUpdate = Static<typeof ServiceOptionTypeUpdate>

export const serviceOptionTypes = {
  list: list({
    id: 'serviceOptionTypes.list',
    path: '/service-option-types',
    summary: 'List service option types, one page at a time.',
    access: { admin: 'any', participant: 'any', agent: 'any' },
    item: ServiceOptionType,
    filters: { name: contains, type: exact },
    sort: ['name', 'type', 'createdAt'],
  }),
  create: operation({
    id: 'serviceOptionTypes.create',
    method: 'POST',
    path: '/service-option-types',
    summary: 'Create one of the service option types.',
    access: { admin: 'any' },
    body: ServiceOptionTypeCreate,
    status: 201,
    answer: ServiceOptionType,
    conflict: 'The type is taken.',
  }),
  get: operation({
    id: 'serviceOptionTypes.get',
    method: 'GET',
    path: '/service-option-types/{id}',
    summary: 'Read one of the service option types.',
    access: { admin: 'any', participant: 'any', agent: 'any' },
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: ServiceOptionType,
  }),
  update: operation({
    id: 'serviceOptionTypes.update',
    method: 'PATCH',
    path: '/service-option-types/{id}',
    summary: 'Change some fields of one of the service option types; absent or null fields stay.',
    access: { admin: 'any' },
    params: Type.Object({ id: UuidInput }),
    body: ServiceOptionTypeUpdate,
    status: 200,
    answer: ServiceOptionType,
  }),
  delete: operation({
    id: 'serviceOptionTypes.delete',
    method: 'DELETE',
    path: '/service-option-types/{id}',
    summary: 'Delete one of the service option types.',
    access: { admin: 'any' },
    params: Type.Object({ id: UuidInput }),
    status: 204,
    answer: null,
    conflict: 'Options are of this type.',
  }),
} as const
