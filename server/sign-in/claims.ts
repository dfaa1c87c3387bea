/**
 * From the claims of a verified JWT to an identity, or why there is none. Which claims count: contract, API.md section 5; the
 * checks of the audience and of what a token is for are ours.
 */
import { ROLES } from '@fulcrum/contract'
import type { OAuthConfig } from '../platform/config.ts'
import type { Identity } from '../platform/identity.ts'
import { member, parseUuid } from '../platform/wire.ts'

export type Claims = Readonly<Record<string, unknown>>

/** What the claims alone say; the database knows whether somebody is disabled. */
export type ClaimedIdentity = Pick<Identity, 'id' | 'name' | 'role' | 'participantId' | 'agentId'>

/** Why a token is no good, for the log of the operator; the caller is told nothing. Holds no part of the token but names. */
export class TokenRefused extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options)
    this.name = 'TokenRefused'
  }
}

/** @throws TokenRefused when the token was made for somebody else */
export function requireAudience(claims: Claims, { audience, clientId }: Pick<OAuthConfig, 'audience' | 'clientId'>) {
  const audiences = Array.isArray(claims.aud) ? claims.aud : [claims.aud]
  if (audiences.includes(audience ?? clientId)) return
  // Keycloak names the client as the authorized party, and as audience only when a mapper says so
  if (audience === null && claims.azp === clientId) return
  throw new TokenRefused(
    audience === null
      ? `neither the audience nor the authorized party is the client ${clientId}`
      : `the audience is not ${audience}`,
  )
}

/** Claims that only ID tokens have (OpenID Connect Core, section 3.3.2.11). */
const ONLY_IN_ID_TOKENS = ['at_hash', 'c_hash', 's_hash']

/**
 * Refuses signed tokens of the same issuer that are not for calling an API: ID and refresh tokens of Keycloak, which says in
 * `typ` what a token is; ID tokens that tell by a hash; tokens that are bound to a key (`cnf`, RFC 7800), which as plain
 * bearer values would lose what protects them.
 *
 * @throws TokenRefused
 */
export function requireBearerToken(claims: Claims): void {
  if (claims.typ !== undefined && claims.typ !== 'Bearer') throw new TokenRefused('the token is no access token (typ)')
  if (ONLY_IN_ID_TOKENS.some((name) => Object.hasOwn(claims, name))) throw new TokenRefused('the token is an ID token')
  if (Object.hasOwn(claims, 'cnf')) throw new TokenRefused('the token is bound to a key, which is not supported')
}

/**
 * @param clientId  whose roles count under `resource_access`
 * @throws TokenRefused when a claim is missing or malformed
 */
export function identityOf(claims: Claims, clientId: string): ClaimedIdentity {
  const id = uuidClaim(claims, 'sub')
  if (id === null) throw new TokenRefused('the claim sub is missing')
  const role = roleOf(claims, clientId)
  if (role === null) throw new TokenRefused(`no claim names one of the roles ${ROLES.join(', ')}`)
  const participantId = uuidClaim(claims, 'participant_id')
  const agentId = uuidClaim(claims, 'agent_id')
  if (role !== 'admin' && participantId === null) throw new TokenRefused(`${role}s need the claim participant_id`)
  if (role === 'agent' && agentId === null) throw new TokenRefused('agents need the claim agent_id')
  const name = [claims.name, claims.preferred_username].find((text) => typeof text === 'string' && text !== '')
  return {
    id,
    name: typeof name === 'string' ? name : id,
    role,
    participantId,
    // a participant is no agent, whatever else its token says
    agentId: role === 'participant' ? null : agentId,
  }
}

/** `role`, else the first that is ours of the realm's roles, else of the client's; null when there is none. */
function roleOf(claims: Claims, clientId: string): Identity['role'] | null {
  const client = member(claims.resource_access, clientId)
  const lists = [[claims.role], member(claims.realm_access, 'roles'), member(client, 'roles')]
  const named = lists.flatMap((list) => (Array.isArray(list) ? list : []))
  for (const name of named) {
    const role = ROLES.find((candidate) => candidate === name)
    if (role) return role
  }
  return null
}

/** An id; null when the claim is absent. @throws TokenRefused for anything else, the empty text included */
function uuidClaim(claims: Claims, name: string): string | null {
  const value = member(claims, name)
  if (value === undefined || value === null) return null
  const id = typeof value === 'string' ? parseUuid(value) : null
  if (id === null) throw new TokenRefused(`the claim ${name} is not a UUID`)
  return id
}
