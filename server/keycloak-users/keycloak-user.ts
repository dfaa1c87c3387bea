/**
 * What a user of the identity provider is to us: an account of Keycloak with one application role and the ids that its tokens
 * name. Which ids go with which role is decided here (contract, API.md 2.13).
 */
import type { KeycloakUserCreate, KeycloakUserUpdate, Role } from '@fulcrum/contract'
import { invalidInput } from '../platform/errors.ts'
import { parseUuid } from '../platform/wire.ts'

export type KeycloakAccount = {
  readonly id: string
  readonly username: string
  readonly email: string
  readonly firstName: string
  readonly lastName: string
  readonly emailVerified: boolean
  readonly enabled: boolean
  /** All attributes of the account, also those that are not ours. */
  readonly attributes: Readonly<Record<string, readonly string[]>>
}

/** What the tokens of a user name besides its role. Null: nothing. */
export type UserIds = { readonly participantId: string | null; readonly agentId: string | null }

export const PARTICIPANT_ATTRIBUTE = 'participant_id'
export const AGENT_ATTRIBUTE = 'agent_id'

const NEEDED = ['username', 'email', 'firstName', 'lastName', 'password'] as const

/** @throws Refusal `invalid` when a text that a user needs is empty */
export function checkTexts(body: Partial<Record<(typeof NEEDED)[number], string>>): void {
  for (const name of NEEDED) if (body[name]?.trim() === '') throw invalidInput(`${name} cannot be empty`)
}

/**
 * The ids of a new user. An admin may be given a participant, to which its view is then narrowed; a participant has no agent.
 *
 * @throws Refusal `invalid` when the id that the role needs is missing, or an id is none
 */
export function idsOfNew({ role, participantId, agentId }: KeycloakUserCreate): UserIds {
  if (role !== 'admin') return idsForRole(role, { participantId, agentId })
  return { participantId: readId('participant', participantId), agentId: readId('agent', agentId) }
}

/**
 * The ids that a change leads to; null when it touches none. With a role the matching id must come along, and ids that are
 * foreign to the role go. Without one, an id can be set only where the user has its role; an empty text clears it.
 *
 * @param before  the user's ids and application roles
 * @throws Refusal `invalid` when an id is missing, is none, or does not belong to the user's role
 */
export function idsAfter(
  before: UserIds & { readonly roles: readonly Role[] },
  body: KeycloakUserUpdate,
): UserIds | null {
  if (body.role !== undefined) return idsForRole(body.role, body)
  if (body.participantId === undefined && body.agentId === undefined) return null
  // an agent's participant follows from the agent, so that naming it is no change
  if (body.participantId && !before.roles.some((role) => role === 'participant' || role === 'agent'))
    throw invalidInput('participant ID can only be set for users with the participant role')
  if (body.agentId && !before.roles.includes('agent'))
    throw invalidInput('agent ID can only be set for users with the agent role')
  const agentId = body.agentId === undefined ? before.agentId : readId('agent', body.agentId)
  if (body.participantId !== undefined) return { participantId: readId('participant', body.participantId), agentId }
  // the participant of another agent is another one
  const follows = agentId !== null && before.roles.includes('agent')
  return { participantId: follows ? null : before.participantId, agentId }
}

type GivenIds = { participantId?: string | undefined; agentId?: string | undefined }

function idsForRole(role: Role, given: GivenIds): UserIds {
  const participantId = readId('participant', given.participantId)
  const agentId = readId('agent', given.agentId)
  switch (role) {
    case 'admin':
      return { participantId: null, agentId: null }
    case 'participant':
      if (participantId === null) throw invalidInput('participant ID is required for participant role')
      return { participantId, agentId: null }
    case 'agent':
      if (agentId === null) throw invalidInput('agent ID is required for agent role')
      return { participantId, agentId }
  }
}

function readId(what: 'participant' | 'agent', text: string | undefined): string | null {
  if (text === undefined || text === '') return null
  const id = parseUuid(text)
  if (id === null) throw invalidInput(`invalid ${what} ID: '${text.slice(0, 50)}' is not a UUID`)
  return id
}

/** The ids that an account has now. */
export function idsOf({ attributes }: Pick<KeycloakAccount, 'attributes'>): UserIds {
  return {
    participantId: attributes[PARTICIPANT_ATTRIBUTE]?.[0] || null,
    agentId: attributes[AGENT_ATTRIBUTE]?.[0] || null,
  }
}

/** The account's attributes with these ids instead of its own. */
export function withIds(
  attributes: KeycloakAccount['attributes'],
  { participantId, agentId }: UserIds,
): KeycloakAccount['attributes'] {
  const { [PARTICIPANT_ATTRIBUTE]: _, [AGENT_ATTRIBUTE]: __, ...others } = attributes
  return {
    ...others,
    ...(participantId !== null && { [PARTICIPANT_ATTRIBUTE]: [participantId] }),
    ...(agentId !== null && { [AGENT_ATTRIBUTE]: [agentId] }),
  }
}

/** @throws Refusal `invalid` when the realm has dropped an id: the user's tokens would be refused */
export function checkKept(account: KeycloakAccount, wanted: UserIds): void {
  const kept = idsOf(account)
  const dropped = [
    ...(kept.participantId === wanted.participantId ? [] : [PARTICIPANT_ATTRIBUTE]),
    ...(kept.agentId === wanted.agentId ? [] : [AGENT_ATTRIBUTE]),
  ]
  if (dropped.length > 0)
    throw invalidInput(
      `the realm does not keep the attribute ${dropped.join(', ')}: declare it in the realm's user profile`,
    )
}
