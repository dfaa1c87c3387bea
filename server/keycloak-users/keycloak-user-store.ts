/** Users where they are stored: in the realm of Keycloak. One function for each call of its admin API. */
import { type KeycloakUserListItem, ROLES, type Role } from '@fulcrum/contract'
import { notFound, Refusal } from '../platform/errors.ts'
import { member } from '../platform/wire.ts'
import type { KeycloakConnection } from './keycloak-connection.ts'
import type { KeycloakAccount } from './keycloak-user.ts'

/** A role as Keycloak wants it back when it is given or taken. */
export type RealmRole = { readonly id: string; readonly name: string }

/** What is written of an account. Keycloak clears what a write leaves out beside `attributes`, so these go together. */
export type AccountFields = Omit<KeycloakAccount, 'id' | 'username'> & { readonly password: string | undefined }

/** UUIDs, and `f:…` of users that come from a directory. Anything else would reach other parts of the admin API. */
const USER_ID = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|f:[^/]+)$/i
/** Keycloak counts in 32 bits; it has no such page. */
const MAX_FIRST = 2 ** 31 - 1

export type UserFilter = Readonly<Partial<Record<'email' | 'firstName' | 'lastName', string>>>

/** A page in the order of user names, and the exact number of all that match. */
export async function listUsers(
  { call }: KeycloakConnection,
  filter: UserFilter,
  { first, max }: { first: number; max: number },
): Promise<{ items: KeycloakUserListItem[]; total: number }> {
  const paging = { first: String(first), max: String(max), briefRepresentation: 'true' }
  const [total, page] = await Promise.all([
    call({ method: 'GET', path: '/users/count', query: filter, missing: noSuchPath }),
    first > MAX_FIRST
      ? { body: [] }
      : call({ method: 'GET', path: '/users', query: { ...filter, ...paging }, missing: noSuchPath }),
  ])
  if (typeof total.body !== 'number' || !Array.isArray(page.body)) throw unreadable()
  const items = page.body.map(toAccount).map(({ id, username, email, firstName, lastName }) => ({
    id,
    username,
    email,
    firstName,
    lastName,
  }))
  return { items, total: total.body }
}

/** @throws Refusal `not-found` */
export async function getAccount({ call }: KeycloakConnection, id: string): Promise<KeycloakAccount> {
  return toAccount((await call({ method: 'GET', ...userPath(id) })).body)
}

/** @returns the id of the new account */
export async function insertAccount(
  { call }: KeycloakConnection,
  username: string,
  fields: AccountFields,
): Promise<string> {
  const body = { username, ...toRepresentation(fields) }
  const { location } = await call({ method: 'POST', path: '/users', body, missing: noSuchPath })
  const id = location?.split('/').at(-1)
  if (!id) throw unreadable()
  return id
}

/** Fields, attributes and password at once: all of it or, when Keycloak refuses a part, nothing. @throws Refusal `not-found` */
export async function saveAccount({ call }: KeycloakConnection, id: string, fields: AccountFields): Promise<void> {
  await call({ method: 'PUT', ...userPath(id), body: toRepresentation(fields) })
}

/** @throws Refusal `not-found` */
export async function deleteAccount({ call }: KeycloakConnection, id: string): Promise<void> {
  await call({ method: 'DELETE', ...userPath(id) })
}

/** The application roles that the user was given itself. @throws Refusal `not-found` */
export async function listRolesOf({ call }: KeycloakConnection, id: string): Promise<(RealmRole & { name: Role })[]> {
  const { body } = await call({ method: 'GET', ...userPath(id, '/role-mappings/realm') })
  const mapped = toRoles(body)
  return ROLES.flatMap((name) => mapped.filter((role) => role.name === name).map(({ id }) => ({ id, name })))
}

/**
 * A role of the realm that the user does not have yet. The list of all roles would need one more right of our client.
 *
 * @returns null when the realm has no such role
 */
export async function findRoleFor({ call }: KeycloakConnection, id: string, name: Role): Promise<RealmRole | null> {
  const { body } = await call({ method: 'GET', ...userPath(id, '/role-mappings/realm/available') })
  return toRoles(body).find((role) => role.name === name) ?? null
}

export async function giveRoles({ call }: KeycloakConnection, id: string, roles: readonly RealmRole[]): Promise<void> {
  await call({ method: 'POST', ...userPath(id, '/role-mappings/realm'), body: roles })
}

export async function takeRoles({ call }: KeycloakConnection, id: string, roles: readonly RealmRole[]): Promise<void> {
  await call({ method: 'DELETE', ...userPath(id, '/role-mappings/realm'), body: roles })
}

function userPath(id: string, rest = ''): { path: string; missing: () => Refusal } {
  const missing = () => notFound('user', id.slice(0, 100))
  if (!USER_ID.test(id)) throw missing()
  return { path: `/users/${encodeURIComponent(id)}${rest}`, missing }
}

const noSuchPath = () => new Refusal('unavailable', 'the configured realm does not exist in Keycloak')
const unreadable = () => new Refusal('unavailable', 'Keycloak gives an answer that cannot be understood')

function toRepresentation({ password, ...fields }: AccountFields) {
  return {
    ...fields,
    ...(password !== undefined && { credentials: [{ type: 'password', value: password, temporary: false }] }),
  }
}

function toAccount(value: unknown): KeycloakAccount {
  const text = (name: string) => {
    const found = member(value, name)
    return typeof found === 'string' ? found : ''
  }
  const id = text('id')
  if (id === '') throw unreadable()
  return {
    id,
    username: text('username'),
    email: text('email'),
    firstName: text('firstName'),
    lastName: text('lastName'),
    emailVerified: member(value, 'emailVerified') === true,
    enabled: member(value, 'enabled') === true,
    attributes: toAttributes(member(value, 'attributes')),
  }
}

function toAttributes(value: unknown): Record<string, string[]> {
  const entries = value !== null && typeof value === 'object' ? Object.entries(value) : []
  return Object.fromEntries(
    entries.map(([name, values]) => [
      name,
      Array.isArray(values) ? values.filter((one) => typeof one === 'string') : [],
    ]),
  )
}

function toRoles(value: unknown): RealmRole[] {
  if (!Array.isArray(value)) throw unreadable()
  return value.flatMap((role) => {
    const [id, name] = [member(role, 'id'), member(role, 'name')]
    return typeof id === 'string' && typeof name === 'string' ? [{ id, name }] : []
  })
}
