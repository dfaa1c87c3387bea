/** Agent types: which service types an agent of this kind serves and how it is configured. */
import { type Static, Type } from 'typebox'
import { contains, list, operation } from './operation.ts'
import { PropertySchema, PropertySchemaInput } from './schemas.ts'
import { Timestamp, Uuid, UuidInput } from './values.ts'

export const AgentType = Type.Object({
  id: Uuid,
  name: Type.String(),
  serviceTypeIds: Type.Array(Uuid, { description: 'What its agents can serve.' }),
  configurationSchema: PropertySchema,
  configTemplate: Type.String({ description: 'Empty string when none.' }),
  cmdTemplate: Type.String({ description: 'Empty string when none.' }),
  configContentType: Type.String(),
  legacyDialect: Type.Optional(
    Type.Boolean({ description: 'Absent when false. An addition to API v1 of the Go control plane.' }),
  ),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type AgentType = Static<typeof AgentType>

export const AgentTypeCreate = Type.Object({
  name: Type.String({ description: 'Unique.', minLength: 1 }),
  serviceTypeIds: Type.Optional(Type.Array(UuidInput)),
  configurationSchema: PropertySchemaInput,
  configTemplate: Type.Optional(
    Type.String({
      description: 'Go text/template over the configuration; set together with cmdTemplate or not at all.',
    }),
  ),
  cmdTemplate: Type.Optional(
    Type.String({
      description:
        'Go text/template over the configuration plus configUrl and authToken, both of which it must reference.',
    }),
  ),
  configContentType: Type.Optional(
    Type.String({ description: 'A valid media type; default text/plain (also when empty).' }),
  ),
  legacyDialect: Type.Optional(
    Type.Boolean({
      description:
        'Agents of this type were written before members of API v1 were renamed: they get jobs and services with the former members and words beside the present ones. Default false; an addition to API v1 of the Go control plane.',
    }),
  ),
})
export type AgentTypeCreate = Static<typeof AgentTypeCreate>

export const AgentTypeUpdate = Type.Object({
  name: Type.Optional(Type.String({ minLength: 1 })),
  serviceTypeIds: Type.Optional(Type.Array(UuidInput, { description: 'Replaces the whole list.' })),
  configurationSchema: Type.Optional(PropertySchemaInput),
  configTemplate: Type.Optional(Type.String()),
  cmdTemplate: Type.Optional(Type.String()),
  configContentType: Type.Optional(Type.String()),
  legacyDialect: Type.Optional(Type.Boolean()),
})
export type AgentTypeUpdate = Static<typeof AgentTypeUpdate>

export const agentTypes = {
  list: list({
    id: 'agentTypes.list',
    path: '/agent-types',
    summary: 'List agent types, one page at a time.',
    access: { admin: 'any', participant: 'any', agent: 'any' },
    item: AgentType,
    filters: { name: contains },
    sort: ['name'],
  }),
  create: operation({
    id: 'agentTypes.create',
    method: 'POST',
    path: '/agent-types',
    summary: 'Create one of the agent types.',
    access: { admin: 'any' },
    body: AgentTypeCreate,
    status: 201,
    answer: AgentType,
    conflict: 'The name is taken.',
  }),
  get: operation({
    id: 'agentTypes.get',
    method: 'GET',
    path: '/agent-types/{id}',
    summary: 'Read one of the agent types.',
    access: { admin: 'any', participant: 'any', agent: 'any' },
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: AgentType,
  }),
  update: operation({
    id: 'agentTypes.update',
    method: 'PATCH',
    path: '/agent-types/{id}',
    summary: 'Change some fields of one of the agent types; absent or null fields stay.',
    access: { admin: 'any' },
    params: Type.Object({ id: UuidInput }),
    body: AgentTypeUpdate,
    status: 200,
    answer: AgentType,
    conflict: 'The name is taken.',
  }),
  delete: operation({
    id: 'agentTypes.delete',
    method: 'DELETE',
    path: '/agent-types/{id}',
    summary: 'Delete one of the agent types.',
    access: { admin: 'any' },
    params: Type.Object({ id: UuidInput }),
    status: 204,
    answer: null,
    conflict: 'Agents are of this type.',
  }),
} as const
