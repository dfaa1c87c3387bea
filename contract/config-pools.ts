/** Pools whose values are handed out to the configuration of agents. */
import { type Static, Type } from 'typebox'
import { contains, exact, list, operation, uuidFilter } from './operation.ts'
import { Participant } from './participants.ts'
import { PoolPropertyType } from './service-pools.ts'
import { JsonObject, Timestamp, Uuid, UuidInput, UuidInputWith, UuidWith } from './values.ts'

export const ConfigPool = Type.Object({
  id: Uuid,
  name: Type.String(),
  type: Type.String(),
  propertyType: PoolPropertyType,
  generatorType: Type.Literal('list'),
  generatorConfig: Type.Optional(JsonObject),
  participantId: Type.Optional(UuidWith('Omitted for a global pool.')),
  participant: Type.Optional(Participant),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type ConfigPool = Static<typeof ConfigPool>

export const ConfigPoolCreate = Type.Object({
  name: Type.String({ minLength: 1 }),
  type: Type.String({
    description:
      'Unique among the global pools and the pools of the same participant; a global pool must not share a type with any pool.',
    minLength: 1,
  }),
  propertyType: PoolPropertyType,
  generatorType: Type.Literal('list'),
  generatorConfig: Type.Optional(JsonObject),
  participantId: Type.Optional(UuidInputWith('Absent: a global pool, for admins only.')),
})
export type ConfigPoolCreate = Static<typeof ConfigPoolCreate>

export const ConfigPoolUpdate = Type.Object({
  name: Type.Optional(Type.String({ minLength: 1 })),
  generatorConfig: Type.Optional(JsonObject),
})
export type ConfigPoolUpdate = Static<typeof ConfigPoolUpdate>

export const configPools = {
  list: list({
    id: 'configPools.list',
    path: '/config-pools',
    summary: 'List config pools, one page at a time.',
    access: { admin: 'any', participant: ['participantId'] },
    item: ConfigPool,
    filters: { name: contains, type: exact, generatorType: exact, participantId: uuidFilter },
    sort: ['name', 'type', 'createdAt'],
  }),
  create: operation({
    id: 'configPools.create',
    method: 'POST',
    path: '/config-pools',
    summary: 'Create one of the config pools.',
    access: { admin: 'any', participant: ['participantId'] },
    body: ConfigPoolCreate,
    status: 201,
    answer: ConfigPool,
    conflict: 'Another request takes the type at the same time.',
  }),
  get: operation({
    id: 'configPools.get',
    method: 'GET',
    path: '/config-pools/{id}',
    summary: 'Read one of the config pools.',
    access: { admin: 'any', participant: ['participantId'] },
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: ConfigPool,
  }),
  update: operation({
    id: 'configPools.update',
    method: 'PATCH',
    path: '/config-pools/{id}',
    summary: 'Change some fields of one of the config pools; absent or null fields stay.',
    access: { admin: 'any', participant: ['participantId'] },
    params: Type.Object({ id: UuidInput }),
    body: ConfigPoolUpdate,
    status: 200,
    answer: ConfigPool,
  }),
  delete: operation({
    id: 'configPools.delete',
    method: 'DELETE',
    path: '/config-pools/{id}',
    summary: 'Delete one of the config pools.',
    access: { admin: 'any', participant: ['participantId'] },
    params: Type.Object({ id: UuidInput }),
    status: 204,
    answer: null,
    conflict: 'It still holds values.',
  }),
} as const
