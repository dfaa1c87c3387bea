/** Signature, issuer and times of a JWT (RFC 7519, RFC 8725). What its claims mean is not decided here. */
import { type JWTVerifyGetKey, jwtVerify } from 'jose'
import { Refusal } from '../platform/errors.ts'
import { type Claims, TokenRefused } from './claims.ts'

/** Signatures with a key pair only: with a shared secret, the public key would be good for signing. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA']

/** Types of JWT that are no access token say so: `logout+jwt`, `dpop+jwt` (RFC 8725, section 3.11; RFC 9068). */
const ACCESS_TOKEN_TYPES = ['jwt', 'at+jwt', 'application/jwt', 'application/at+jwt']

/** More than any header of a request may have. */
const MOST_CHARACTERS = 16_384

const THREE_PARTS = /^[\w-]+\.[\w-]+\.[\w-]+$/

/** Whether a bearer value could be a JWT at all; an API token never is. */
export function isJwt(bearer: string): boolean {
  return bearer.length <= MOST_CHARACTERS && THREE_PARTS.test(bearer)
}

export type VerifySettings = {
  /** What `iss` must be; null: anything, also nothing. */
  readonly issuer: string | null
  readonly clockSkewMs: number
}

/**
 * The claims of a token that is signed with one of the issuer's keys and is good now.
 *
 * @param findKey  its Refusals go through
 * @returns with `exp` in seconds
 * @throws TokenRefused
 */
export async function verifyJwt(
  token: string,
  findKey: JWTVerifyGetKey,
  { issuer, clockSkewMs }: VerifySettings,
  now: Date,
): Promise<Claims & { exp: number }> {
  const { payload, protectedHeader } = await jwtVerify(token, findKey, {
    algorithms: ALGORITHMS,
    requiredClaims: ['exp'],
    currentDate: now,
    clockTolerance: clockSkewMs / 1_000,
    ...(issuer !== null && { issuer }),
  }).catch((cause: unknown) => {
    throw cause instanceof Refusal ? cause : new TokenRefused(reasonOf(cause), { cause })
  })
  const { typ } = protectedHeader
  if (typ !== undefined && !ACCESS_TOKEN_TYPES.includes(typ.toLowerCase()))
    throw new TokenRefused('the token is no access token (typ in its header)')
  const { exp, iat } = payload
  if (exp === undefined) throw new TokenRefused('the claim exp is missing')
  // jose looks at it only to limit the age
  if (iat !== undefined && iat * 1_000 > now.getTime() + clockSkewMs)
    throw new TokenRefused('the token is of the future (iat)')
  return { ...payload, exp }
}

/** It goes into the log, and may quote names from a header that anybody can write. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, MOST_REASON)
}

const MOST_REASON = 200
