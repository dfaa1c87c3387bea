/** Users of the configured identity provider. */
import { type Static, Type } from 'typebox'
import { exact, list, operation } from './operation.ts'
import { Role } from './tokens.ts'

export const KeycloakUserListItem = Type.Object({
  id: Type.String(),
  username: Type.String(),
  email: Type.String(),
  firstName: Type.String(),
  lastName: Type.String(),
})
export type KeycloakUserListItem = Static<typeof KeycloakUserListItem>

export const KeycloakUser = Type.Object({
  id: Type.String(),
  username: Type.String(),
  email: Type.String(),
  emailVerified: Type.Boolean(),
  firstName: Type.String(),
  lastName: Type.String(),
  enabled: Type.Boolean(),
  roles: Type.Union([
    Type.Array(Role, { description: 'Only the three application roles; null when the user has none of them.' }),
    Type.Null(),
  ]),
  participantId: Type.Optional(Type.String()),
  agentId: Type.Optional(Type.String()),
})
export type KeycloakUser = Static<typeof KeycloakUser>

export const KeycloakUserCreate = Type.Object({
  username: Type.String({ minLength: 1 }),
  email: Type.String({ minLength: 1 }),
  emailVerified: Type.Optional(Type.Boolean({ description: 'Default false.' })),
  firstName: Type.String({ minLength: 1 }),
  lastName: Type.String({ minLength: 1 }),
  password: Type.String({ minLength: 1 }),
  enabled: Type.Optional(Type.Boolean({ description: 'Default FALSE: a user created without it cannot log in.' })),
  role: Role,
  participantId: Type.Optional(
    Type.String({ description: 'Required for role participant; must exist. Also stored (unchecked) for other roles.' }),
  ),
  agentId: Type.Optional(
    Type.String({
      description: "Required for role agent; must exist. Give participantId too, else the user's tokens are refused.",
    }),
  ),
})
export type KeycloakUserCreate = Static<typeof KeycloakUserCreate>

export const KeycloakUserUpdate = Type.Object({
  email: Type.Optional(Type.String()),
  emailVerified: Type.Optional(Type.Boolean()),
  firstName: Type.Optional(Type.String()),
  lastName: Type.Optional(Type.String()),
  enabled: Type.Optional(Type.Boolean()),
  password: Type.Optional(Type.String()),
  role: Type.Optional(Role),
  participantId: Type.Optional(Type.String({ description: '"" clears.' })),
  agentId: Type.Optional(Type.String({ description: '"" clears.' })),
})
export type KeycloakUserUpdate = Static<typeof KeycloakUserUpdate>

export const keycloakUsers = {
  list: list({
    id: 'keycloakUsers.list',
    path: '/keycloak-users',
    summary: 'List identity-provider users, one page at a time.',
    access: { admin: 'any' },
    item: KeycloakUserListItem,
    filters: { email: exact, firstName: exact, lastName: exact },
    sort: [],
  }),
  create: operation({
    id: 'keycloakUsers.create',
    method: 'POST',
    path: '/keycloak-users',
    summary: 'Create a user with password and one application role.',
    access: { admin: 'any' },
    body: KeycloakUserCreate,
    status: 201,
    answer: KeycloakUser,
  }),
  get: operation({
    id: 'keycloakUsers.get',
    method: 'GET',
    path: '/keycloak-users/{id}',
    summary: 'Read a user with its application roles.',
    access: { admin: 'any' },
    params: Type.Object({ id: Type.String() }),
    status: 200,
    answer: KeycloakUser,
  }),
  update: operation({
    id: 'keycloakUsers.update',
    method: 'PATCH',
    path: '/keycloak-users/{id}',
    summary: 'Change some fields, the role or the password.',
    access: { admin: 'any' },
    params: Type.Object({ id: Type.String() }),
    body: KeycloakUserUpdate,
    status: 200,
    answer: KeycloakUser,
  }),
  delete: operation({
    id: 'keycloakUsers.delete',
    method: 'DELETE',
    path: '/keycloak-users/{id}',
    summary: 'Delete a user.',
    access: { admin: 'any' },
    params: Type.Object({ id: Type.String() }),
    status: 204,
    answer: null,
  }),
} as const
