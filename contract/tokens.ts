/** API tokens. The clear value appears once: in the answers to create and regenerate. */
import { type Static, Type } from 'typebox'
import { Agent } from './agents.ts'
import { contains, list, oneOf, operation, ROLES, uuidFilter } from './operation.ts'
import { Participant } from './participants.ts'
import { Timestamp, TimestampInput, TimestampInputWith, Uuid, UuidInput, UuidInputWith, UuidWith } from './values.ts'

export const Role = Type.Enum([...ROLES])
export type Role = Static<typeof Role>

export const Token = Type.Object({
  id: Uuid,
  name: Type.String(),
  role: Role,
  expireAt: Timestamp,
  participantId: Type.Optional(
    UuidWith("Set for participant and agent tokens (for an agent token: the agent's provider). Omitted for admin."),
  ),
  participant: Type.Optional(Participant),
  agentId: Type.Optional(UuidWith('Agent tokens only.')),
  agent: Type.Optional(Agent),
  value: Type.Optional(
    Type.String({
      description:
        'Secret, base64url of 32 random bytes with padding (44 characters). Only in the answer to create and regenerate.',
    }),
  ),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type Token = Static<typeof Token>

export const TokenCreate = Type.Object({
  name: Type.String({ minLength: 1 }),
  role: Role,
  scopeId: Type.Optional(
    UuidInputWith(
      'Participant id for role participant, agent id for role agent (both required there); ignored for admin.',
    ),
  ),
  expireAt: Type.Optional(
    TimestampInputWith('Default: now + 24 h. A past instant is accepted and makes a dead token.'),
  ),
})
export type TokenCreate = Static<typeof TokenCreate>

export const TokenUpdate = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1 })),
    expireAt: Type.Optional(TimestampInput),
  },
  { description: 'Role and scope cannot be changed; such keys are ignored.' },
)
export type TokenUpdate = Static<typeof TokenUpdate>

export const tokens = {
  list: list({
    id: 'tokens.list',
    path: '/tokens',
    summary: 'List API tokens, one page at a time.',
    access: { admin: 'any', participant: ['participantId'] },
    item: Token,
    filters: { name: contains, role: oneOf(Role), participantId: uuidFilter, agentId: uuidFilter },
    sort: ['name', 'expireAt', 'createdAt'],
  }),
  create: operation({
    id: 'tokens.create',
    method: 'POST',
    path: '/tokens',
    summary: 'Create one of the API tokens.',
    access: { admin: 'any', participant: ['participantId'] },
    body: TokenCreate,
    status: 201,
    answer: Token,
  }),
  get: operation({
    id: 'tokens.get',
    method: 'GET',
    path: '/tokens/{id}',
    summary: 'Read one of the API tokens.',
    access: { admin: 'any', participant: ['participantId'] },
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: Token,
  }),
  update: operation({
    id: 'tokens.update',
    method: 'PATCH',
    path: '/tokens/{id}',
    summary: 'Change some fields of one of the API tokens; absent or null fields stay.',
    access: { admin: 'any', participant: ['participantId'] },
    params: Type.Object({ id: UuidInput }),
    body: TokenUpdate,
    status: 200,
    answer: Token,
  }),
  delete: operation({
    id: 'tokens.delete',
    method: 'DELETE',
    path: '/tokens/{id}',
    summary: 'Delete one of the API tokens.',
    access: { admin: 'any', participant: ['participantId'] },
    params: Type.Object({ id: UuidInput }),
    status: 204,
    answer: null,
  }),
  regenerate: operation({
    id: 'tokens.regenerate',
    method: 'POST',
    path: '/tokens/{id}/regenerate',
    summary: 'Replace the secret of a token; the old one stops working at once.',
    access: { admin: 'any', participant: ['participantId'] },
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: Token,
  }),
} as const
