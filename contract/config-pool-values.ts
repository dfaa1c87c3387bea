/** Values of configuration pools. */
import { type Static, Type } from 'typebox'
import { Agent } from './agents.ts'
import { ConfigPool } from './config-pools.ts'
import { contains, list, operation, uuidFilter } from './operation.ts'
import { AnyJson, Timestamp, Uuid, UuidInput, UuidWith } from './values.ts'

export const ConfigPoolValue = Type.Object({
  id: Uuid,
  name: Type.String(),
  value: AnyJson,
  configPoolId: Uuid,
  configPool: Type.Optional(ConfigPool),
  agentId: Type.Optional(UuidWith('Set while allocated.')),
  agent: Type.Optional(Agent),
  propertyName: Type.Optional(Type.String()),
  allocatedAt: Type.Optional(Timestamp),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type ConfigPoolValue = Static<typeof ConfigPoolValue>

export const ConfigPoolValueCreate = Type.Object({
  configPoolId: UuidInput,
  name: Type.String({ minLength: 1 }),
  value: Type.Unsafe<AnyJson>({ ...AnyJson, description: 'Not null.' }),
})
export type ConfigPoolValueCreate = Static<typeof ConfigPoolValueCreate>

export const configPoolValues = {
  list: list({
    id: 'configPoolValues.list',
    path: '/config-pool-values',
    summary: 'List config pool values, one page at a time.',
    access: { admin: 'any', participant: ['participantId'] },
    item: ConfigPoolValue,
    filters: { name: contains, configPoolId: uuidFilter, agentId: uuidFilter },
    sort: ['name', 'createdAt'],
  }),
  create: operation({
    id: 'configPoolValues.create',
    method: 'POST',
    path: '/config-pool-values',
    summary: 'Create one of the config pool values.',
    access: { admin: 'any', participant: ['participantId'] },
    body: ConfigPoolValueCreate,
    status: 201,
    answer: ConfigPoolValue,
    missing: 'The config pool does not exist.',
  }),
  get: operation({
    id: 'configPoolValues.get',
    method: 'GET',
    path: '/config-pool-values/{id}',
    summary: 'Read one of the config pool values.',
    access: { admin: 'any', participant: ['participantId'] },
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: ConfigPoolValue,
  }),
  delete: operation({
    id: 'configPoolValues.delete',
    method: 'DELETE',
    path: '/config-pool-values/{id}',
    summary: 'Delete one of the config pool values.',
    access: { admin: 'any', participant: ['participantId'] },
    params: Type.Object({ id: UuidInput }),
    status: 204,
    answer: null,
    conflict: 'An agent holds the value.',
  }),
} as const
