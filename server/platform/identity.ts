/** Who is calling. */
import type { Role } from '@fulcrum/contract'

export type Identity = {
  /** The token's id, or the subject of a JWT; events name it as their initiator. */
  readonly id: string
  readonly name: string
  readonly role: Role
  /** The participant of a participant token; the provider of an agent token; absent for an admin. */
  readonly participantId: string | null
  readonly agentId: string | null
  /** The participant or the agent is Disabled: it may read itself and nothing else. */
  readonly disabled: boolean
  /** An agent whose type asks for answers in the words that API v1 had before. */
  readonly legacyDialect?: boolean
  /** The id of the one operation that may be used; absent: all that the role may. */
  readonly onlyFor?: string
}

/** Turns a bearer value into an identity; null when it is unknown or expired. */
export type Authenticate = (bearer: string) => Promise<Identity | null>

/** The signal that tokens, participants or agents changed: what is remembered of identities is void. */
export const IDENTITIES_SIGNAL = 'identities'
