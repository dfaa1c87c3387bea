/**
 * Creating and changing a user takes several calls to Keycloak, which knows no transactions. In between, and after a failure
 * on the way, a user has no application role: then nobody is let in, never the wrong one.
 */
import type { KeycloakUser, KeycloakUserCreate, KeycloakUserUpdate, Role } from '@fulcrum/contract'
import { findAgentForReference } from '../agents/index.ts'
import { findParticipantForReference } from '../participants/index.ts'
import type { Command } from '../platform/command.ts'
import { invalidInput } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { KeycloakConnection } from './keycloak-connection.ts'
import {
  checkKept,
  checkTexts,
  idsAfter,
  idsOf,
  idsOfNew,
  type KeycloakAccount,
  type UserIds,
  withIds,
} from './keycloak-user.ts'
import {
  deleteAccount,
  findRoleFor,
  getAccount,
  giveRoles,
  insertAccount,
  listRolesOf,
  saveAccount,
  takeRoles,
} from './keycloak-user-store.ts'

export type UserDeps = {
  readonly keycloak: KeycloakConnection
  readonly log: Log
  /** Runs a transaction in the caller's name. */
  command<T>(run: (command: Command) => Promise<T>): Promise<T>
}

/** @throws Refusal `not-found` */
export async function readUser(keycloak: KeycloakConnection, id: string): Promise<KeycloakUser> {
  const [account, roles] = await Promise.all([getAccount(keycloak, id), listRolesOf(keycloak, id)])
  return userToWire(
    account,
    roles.map(({ name }) => name),
  )
}

/**
 * Creates a user, which is removed again when anything fails after its account was made.
 *
 * @throws Refusal `invalid` for what our rules or Keycloak's refuse, `unavailable`
 */
export async function createUser(
  { keycloak, log, command }: UserDeps,
  body: KeycloakUserCreate,
): Promise<KeycloakUser> {
  checkTexts(body)
  const ids = await completeIds(command, NO_IDS, idsOfNew(body), body.role)
  const id = await insertAccount(keycloak, body.username, {
    email: body.email,
    firstName: body.firstName,
    lastName: body.lastName,
    emailVerified: body.emailVerified ?? false,
    enabled: body.enabled ?? false,
    attributes: withIds({}, ids),
    password: body.password,
  })
  try {
    checkKept(await getAccount(keycloak, id), ids)
    await giveRoles(keycloak, id, [await needRole(keycloak, id, body.role)])
    return await readUser(keycloak, id)
  } catch (error) {
    await deleteAccount(keycloak, id).catch(() =>
      log.error({ user: id }, 'a user of Keycloak that could not be completed is left behind, without any right'),
    )
    throw error
  }
}

/**
 * Changes a user. What Keycloak refuses changes nothing. When Keycloak goes away in the middle of a change of roles, the user
 * may be left without one: the same request, sent again, completes it.
 *
 * @throws Refusal `not-found`, `invalid` for what our rules or Keycloak's refuse, `unavailable`
 */
export async function updateUser(
  { keycloak, log, command }: UserDeps,
  id: string,
  body: KeycloakUserUpdate,
): Promise<KeycloakUser> {
  checkTexts(body)
  const [account, mapped] = await Promise.all([getAccount(keycloak, id), listRolesOf(keycloak, id)])
  const roles = mapped.map(({ name }) => name)
  const before = idsOf(account)
  const changed = idsAfter({ ...before, roles }, body)
  const isAgent = body.role === undefined ? roles.includes('agent') : body.role === 'agent'
  const ids = changed && (await completeIds(command, before, changed, isAgent ? 'agent' : null))

  const taken = body.role === undefined ? [] : mapped.filter(({ name }) => name !== body.role)
  const given = body.role === undefined || roles.includes(body.role) ? [] : [await needRole(keycloak, id, body.role)]

  if (taken.length > 0) await takeRoles(keycloak, id, taken)
  try {
    await saveAccount(keycloak, id, fieldsAfter(account, body, ids))
    if (ids) checkKept(await getAccount(keycloak, id), ids)
  } catch (error) {
    if (taken.length > 0)
      await giveRoles(keycloak, id, taken).catch(() =>
        log.error({ user: id }, 'a user of Keycloak is left without its role by a change that failed'),
      )
    throw error
  }
  if (given.length > 0) await giveRoles(keycloak, id, given)
  return readUser(keycloak, id)
}

function fieldsAfter(account: KeycloakAccount, body: KeycloakUserUpdate, ids: UserIds | null) {
  return {
    email: body.email ?? account.email,
    firstName: body.firstName ?? account.firstName,
    lastName: body.lastName ?? account.lastName,
    emailVerified: body.emailVerified ?? account.emailVerified,
    enabled: body.enabled ?? account.enabled,
    attributes: ids ? withIds(account.attributes, ids) : account.attributes,
    password: body.password,
  }
}

const NO_IDS: UserIds = { participantId: null, agentId: null }

/**
 * Looks up the ids that are new: those that stay may be of something that is gone by now. The tokens of an agent must name its provider, too: it follows from the agent.
 *
 * @throws Refusal `invalid` when something does not exist, or the agent belongs to another participant than the one given
 */
async function completeIds(
  command: UserDeps['command'],
  before: UserIds,
  ids: UserIds,
  role: Role | null,
): Promise<UserIds> {
  return command(async ({ tx }) => {
    const { participantId, agentId } = ids
    const isNew = participantId !== null && participantId !== before.participantId
    if (isNew && (await findParticipantForReference(tx, participantId)) === null)
      throw invalidInput(`invalid participant ID: ${participantId} does not exist`)
    if (agentId === null) return ids
    const agent = await findAgentForReference(tx, agentId)
    if (agent === null) throw invalidInput(`invalid agent ID: ${agentId} does not exist`)
    if (role !== 'agent') return ids
    if (participantId !== null && participantId !== agent.providerId)
      throw invalidInput(`invalid participant ID: agent ${agentId} belongs to another participant`)
    return { participantId: agent.providerId, agentId }
  })
}

async function needRole(keycloak: KeycloakConnection, id: string, name: Role) {
  const role = await findRoleFor(keycloak, id, name)
  if (!role) throw invalidInput(`the role ${name} does not exist in the realm`)
  return role
}

function userToWire({ attributes, ...account }: KeycloakAccount, roles: Role[]): KeycloakUser {
  const { participantId, agentId } = idsOf({ attributes })
  return {
    ...account,
    roles: roles.length > 0 ? roles : null,
    ...(participantId !== null && { participantId }),
    ...(agentId !== null && { agentId }),
  }
}
