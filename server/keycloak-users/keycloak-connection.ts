/**
 * Requests to Keycloak's admin API in the name of the configured client: its token, time limits, and what an answer that is no
 * success means to our caller. Neither the secret nor a token nor a password is ever part of an error or a log line.
 */
import { Agent, request as send } from 'undici'
import type { OAuthConfig } from '../platform/config.ts'
import { invalidInput, Refusal } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { member } from '../platform/wire.ts'

export type KeycloakRequest = {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below `/admin/realms/<realm>`, encoded. */
  path: string
  query?: Readonly<Record<string, string>>
  body?: unknown
  /** What a 404 means. */
  missing: () => Refusal
}

export type KeycloakAnswer = {
  /** The parsed JSON; null when there is none. */
  body: unknown
  /** The `Location` of what was created. */
  location: string | null
}

export type KeycloakConnection = {
  /**
   * Sends a request, with a new token once more when Keycloak no longer takes the one at hand.
   *
   * @throws Refusal `invalid` with Keycloak's reason (its 400 and 409), `missing()` (its 404), and `unavailable` for all that
   *   the caller cannot mend: no answer, a client that is refused or lacks a role, a defect of Keycloak
   */
  call(request: KeycloakRequest): Promise<KeycloakAnswer>
  close(): Promise<void>
}

/** A Keycloak that has just started answers its first requests slowly: not below ten seconds. */
const ANSWER_MS = 15_000
const CONNECT_MS = 5_000
/** A token is replaced so long before it expires, or after half of its life when that is shorter. */
const EARLY_MS = 30_000

type Token = { value: string; untilMs: number }
type Answer = { status: number; body: unknown; location: string | null }

export function connectKeycloak({ keycloak, clientId, clientSecret, insecureSkipVerify }: OAuthConfig, log: Log) {
  if (!keycloak || clientSecret === null) throw new Error('the configuration asks for both when users are administered')
  const realm = encodeURIComponent(keycloak.realm)
  const dispatcher = new Agent({
    connect: { timeout: CONNECT_MS, rejectUnauthorized: !insecureSkipVerify },
    headersTimeout: ANSWER_MS,
    bodyTimeout: ANSWER_MS,
  })
  let current: Token | null = null
  let refreshing: Promise<Token> | null = null

  const exchange = async (
    url: string,
    options: { method: KeycloakRequest['method']; headers: Record<string, string>; body?: string },
  ): Promise<Answer> => {
    try {
      const answer = await send(url, { ...options, dispatcher, signal: AbortSignal.timeout(ANSWER_MS) })
      const text = await answer.body.text()
      const { location } = answer.headers
      return {
        status: answer.statusCode,
        body: parse(text),
        location: typeof location === 'string' ? location : null,
      }
    } catch (error) {
      log.warn({ reason: networkReason(error) }, 'Keycloak does not answer')
      throw new Refusal('unavailable', 'Keycloak cannot be reached; try again', { cause: error })
    }
  }

  /** @throws Refusal `unavailable` */
  const fetchToken = async (): Promise<Token> => {
    const { status, body } = await exchange(`${keycloak.url}/realms/${realm}/protocol/openid-connect/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: String(
        new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }),
      ),
    })
    const value = member(body, 'access_token')
    const seconds = Number(member(body, 'expires_in'))
    if (status === 200 && typeof value === 'string' && seconds > 0) {
      const lifeMs = seconds * 1_000
      return { value, untilMs: performance.now() + lifeMs - Math.min(EARLY_MS, lifeMs / 2) }
    }
    if (status >= 500) throw broken(status)
    throw wrongSetUp(`Keycloak refuses the client ${clientId}: ${reasonOf(body) ?? `status ${status}`}`)
  }

  /** @param refused  a token that is not to be given again */
  const token = async (refused?: string): Promise<string> => {
    if (current && current.value !== refused && performance.now() < current.untilMs) return current.value
    refreshing ??= fetchToken().finally(() => {
      refreshing = null
    })
    current = await refreshing
    return current.value
  }

  const wrongSetUp = (text: string) => {
    log.error({ reason: text }, 'Keycloak is not set up for the administration of users')
    return new Refusal('unavailable', text)
  }
  const broken = (status: number) => {
    log.warn({ status }, 'Keycloak fails')
    return new Refusal('unavailable', `Keycloak fails (status ${status}); try again`)
  }

  const call = async ({ method, path, query, body, missing }: KeycloakRequest): Promise<KeycloakAnswer> => {
    const search = query ? `?${new URLSearchParams(query)}` : ''
    const attempt = (bearer: string) =>
      exchange(`${keycloak.url}/admin/realms/${realm}${path}${search}`, {
        method,
        headers: {
          authorization: `Bearer ${bearer}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
    const bearer = await token()
    let answer = await attempt(bearer)
    if (answer.status === 401) answer = await attempt(await token(bearer))
    const { status } = answer
    if (status >= 200 && status < 300) return answer
    if (status === 400 || status === 409) throw invalidInput(reasonOf(answer.body) ?? `refused by Keycloak (${status})`)
    if (status === 404) throw missing()
    if (status === 401) throw wrongSetUp('Keycloak does not take the token that it has just made for our client')
    if (status === 403)
      throw wrongSetUp(
        `Keycloak refuses this to the client ${clientId}: its service account needs the roles ${ACCOUNT_ROLES}`,
      )
    throw broken(status)
  }

  const connection: KeycloakConnection = { call, close: () => dispatcher.destroy() }
  return connection
}

const ACCOUNT_ROLES = 'manage-users, view-users and query-users of realm-management'

function parse(text: string): unknown {
  if (text === '') return null
  try {
    return JSON.parse(text)
  } catch {
    // a page of a proxy, for instance: its status says enough
    return null
  }
}

/**
 * What Keycloak says is wrong. It has three shapes: `errorMessage`, with `field` for a value that the user profile refuses; a
 * list `errors` of these; `error` with `error_description` for passwords and tokens.
 */
function reasonOf(body: unknown): string | null {
  const several = member(body, 'errors')
  if (Array.isArray(several)) return several.map(reasonOf).filter(Boolean).join(', ') || null
  const [field, message, description, error] = ['field', 'errorMessage', 'error_description', 'error'].map((name) => {
    const text = member(body, name)
    return typeof text === 'string' && text !== '' ? text : undefined
  })
  if (message !== undefined) return field === undefined ? message : `${field}: ${message}`
  return description ?? error ?? null
}

function networkReason(error: unknown): string {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  return [code, error instanceof Error ? error.message : 'unknown'].filter(Boolean).join(': ')
}
