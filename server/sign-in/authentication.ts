/**
 * From a JWT to an identity: signature, audience, claims, and whether who is named may still come in. Good tokens are
 * remembered for a few seconds, and so work on for as long after their key was withdrawn.
 */
import { errors, type JWTVerifyGetKey } from 'jose'
import type { OAuthConfig } from '../platform/config.ts'
import type { Db } from '../platform/db.ts'
import type { Authenticate, Identity } from '../platform/identity.ts'
import type { Log } from '../platform/log.ts'
import type { Signals } from '../platform/signals.ts'
import { rememberIdentities } from '../tokens/index.ts'
import { type ClaimedIdentity, identityOf, requireAudience, requireBearerToken, TokenRefused } from './claims.ts'
import { IssuerError, openIssuer } from './issuer.ts'
import { loadIssuerKeys } from './issuer-keys.ts'
import { isJwt, type VerifySettings, verifyJwt } from './jwt.ts'
import { findStanding, type Standing } from './standing-store.ts'

type Deps = { db: Db; signals: Signals; log: Log; now: () => Date }

/**
 * Asks the OpenID provider who it is and for its keys, once, so that a wrong configuration is noticed at the start.
 *
 * @returns `authenticate`: null for what is no JWT and for a JWT that is no good; throws Refusal `unavailable` when the
 *   provider must be asked for a key and is away
 * @throws IssuerError
 */
export async function openSignIn(
  deps: Deps,
  config: OAuthConfig,
): Promise<{ authenticate: Authenticate; close: () => Promise<void> }> {
  const issuer = await openIssuer(config)
  try {
    const findKey = await loadIssuerKeys({
      fetchKeys: issuer.fetchKeys,
      cacheMs: config.jwksCacheMs,
      now: deps.now,
      log: deps.log,
    })
    if (config.insecureSkipVerify)
      deps.log.warn('the certificate of the OpenID provider is not checked (FULCRUM_OAUTH_INSECURE_SKIP_VERIFY)')
    const settings = {
      issuer: config.validateIssuer ? issuer.identifier : null,
      clockSkewMs: config.clockSkewMs,
    }
    return { authenticate: createAuthenticate(deps, config, settings, findKey), close: issuer.close }
  } catch (error) {
    await issuer.close()
    throw error instanceof errors.JOSEError ? new IssuerError(config.issuer, `its keys: ${error.message}`) : error
  }
}

function createAuthenticate(
  { db, signals, log, now }: Deps,
  config: OAuthConfig,
  settings: VerifySettings,
  findKey: JWTVerifyGetKey,
): Authenticate {
  const authenticate = rememberIdentities({ signals, now }, async (bearer, _hash, time) => {
    try {
      const claims = await verifyJwt(bearer, findKey, settings, time)
      requireBearerToken(claims)
      requireAudience(claims, config)
      const claimed = identityOf(claims, config.clientId)
      const identity = admit(claimed, await standingOf(db, claimed))
      return { identity, expireAt: new Date(claims.exp * 1_000) }
    } catch (error) {
      if (!(error instanceof TokenRefused)) throw error
      log.info({ reason: error.message }, 'a JWT was refused')
      return null
    }
  })
  return async (bearer) => (isJwt(bearer) ? authenticate(bearer) : null)
}

async function standingOf(db: Db, { participantId, agentId }: ClaimedIdentity): Promise<Standing> {
  // an admin of everything needs no database to be known
  if (participantId === null && agentId === null) return { participant: null, agent: null }
  return findStanding(db, participantId, agentId)
}

/**
 * The contract lets an agent in that has no row, and says nothing of a participant without one. That one is refused: its
 * participant was deleted or never was, tokens of deleted participants are refused too, and a narrowed admin must not go on
 * without what narrows it.
 *
 * @throws TokenRefused
 */
function admit(claimed: ClaimedIdentity, { participant, agent }: Standing): Identity {
  if (claimed.participantId !== null && participant === null) throw new TokenRefused('there is no such participant')
  if (agent && claimed.participantId !== null && agent.providerId !== claimed.participantId)
    throw new TokenRefused('the agent belongs to another participant')
  return {
    ...claimed,
    disabled: Boolean(participant?.disabled || agent?.disabled),
    legacyDialect: claimed.role === 'agent' && Boolean(agent?.legacyDialect),
  }
}
