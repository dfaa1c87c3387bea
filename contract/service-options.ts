/** Options: the values that one provider offers for one option type. */
import { type Static, Type } from 'typebox'
import { bool, contains, list, operation, uuidFilter } from './operation.ts'
import { AnyJson, Timestamp, Uuid, UuidInput } from './values.ts'

export const ServiceOption = Type.Object({
  id: Uuid,
  providerId: Uuid,
  serviceOptionTypeId: Uuid,
  name: Type.String(),
  value: AnyJson,
  enabled: Type.Boolean(),
  displayOrder: Type.Integer(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type ServiceOption = Static<typeof ServiceOption>

export const ServiceOptionCreate = Type.Object({
  providerId: UuidInput,
  serviceOptionTypeId: UuidInput,
  name: Type.String({ minLength: 1 }),
  value: Type.Unsafe<AnyJson>({ ...AnyJson, description: 'Not null.' }),
  enabled: Type.Optional(Type.Boolean({ description: 'Default true.' })),
  displayOrder: Type.Optional(Type.Integer({ description: 'Default 0.' })),
})
export type ServiceOptionCreate = Static<typeof ServiceOptionCreate>

export const ServiceOptionUpdate = Type.Object({
  name: Type.Optional(Type.String({ minLength: 1 })),
  value: Type.Optional(Type.Unsafe<AnyJson>({ description: 'null means unchanged.' })),
  enabled: Type.Optional(Type.Boolean()),
  displayOrder: Type.Optional(Type.Integer()),
})
export type ServiceOptionUpdate = Static<typeof ServiceOptionUpdate>

export const serviceOptions = {
  list: list({
    id: 'serviceOptions.list',
    path: '/service-options',
    summary: 'List service options, one page at a time.',
    access: { admin: 'any', participant: ['providerId'], agent: ['providerId'] },
    item: ServiceOption,
    filters: { name: contains, providerId: uuidFilter, serviceOptionTypeId: uuidFilter, enabled: bool },
    sort: ['name', 'displayOrder'],
  }),
  create: operation({
    id: 'serviceOptions.create',
    method: 'POST',
    path: '/service-options',
    summary: 'Create one of the service options.',
    access: { admin: 'any', participant: ['providerId'], agent: ['providerId'] },
    body: ServiceOptionCreate,
    status: 201,
    answer: ServiceOption,
    missing: 'The provider or the option type does not exist.',
  }),
  get: operation({
    id: 'serviceOptions.get',
    method: 'GET',
    path: '/service-options/{id}',
    summary: 'Read one of the service options.',
    access: { admin: 'any', participant: ['providerId'], agent: ['providerId'] },
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: ServiceOption,
  }),
  update: operation({
    id: 'serviceOptions.update',
    method: 'PATCH',
    path: '/service-options/{id}',
    summary: 'Change some fields of one of the service options; absent or null fields stay.',
    access: { admin: 'any', participant: ['providerId'], agent: ['providerId'] },
    params: Type.Object({ id: UuidInput }),
    body: ServiceOptionUpdate,
    status: 200,
    answer: ServiceOption,
  }),
  delete: operation({
    id: 'serviceOptions.delete',
    method: 'DELETE',
    path: '/service-options/{id}',
    summary: 'Delete one of the service options.',
    access: { admin: 'any', participant: ['providerId'], agent: ['providerId'] },
    params: Type.Object({ id: UuidInput }),
    status: 204,
    answer: null,
  }),
} as const
