/**
 * The smallest issuer: a discovery document and keys that a test may change, count and take away, and tokens with whatever
 * claims, which a real provider would not make.
 */
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

export const ALGORITHMS = ['RS256', 'ES256', 'PS256', 'EdDSA'] as const

type Key = { alg: string; kid: string; privateKey: CryptoKey; publicJwk: JWK }

export type TestIssuer = {
  url: string
  /** Those that it shows, the first signs. */
  keys: Key[]
  /** Paths that were asked for, in order. */
  requests: string[]
  /** Members of the discovery document that differ from what is right. */
  document: Record<string, unknown>
  /** Connections are cut without an answer. */
  away: boolean
  /** What is answered instead, by path. */
  answers: Map<string, (response: http.ServerResponse) => void>
  /** A token with these claims over those that are always needed; `undefined` takes one away. */
  sign(claims: Record<string, unknown>, options?: { key?: Key; header?: Record<string, unknown> }): Promise<string>
  stop(): Promise<void>
}

export async function makeKey(alg: string, kid: string = crypto.randomUUID()): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { alg, kid, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }
}

export const DISCOVERY = '/.well-known/openid-configuration'
export const KEYS = '/keys'

export async function startIssuer({
  now = () => new Date(),
  tls,
}: {
  now?: () => Date
  /** PEM texts; without them it speaks HTTP. */
  tls?: { key: string; cert: string }
} = {}): Promise<TestIssuer> {
  const answerTo: http.RequestListener = (request, response) => {
    const path = request.url ?? ''
    issuer.requests.push(path)
    if (issuer.away) {
      request.socket.destroy()
      return
    }
    const answer = issuer.answers.get(path)
    if (answer) return answer(response)
    const body =
      path === DISCOVERY
        ? { issuer: issuer.url, jwks_uri: issuer.url + KEYS, ...issuer.document }
        : { keys: issuer.keys.map(({ publicJwk }) => publicJwk) }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
  }
  const server = tls ? https.createServer(tls, answerTo) : http.createServer(answerTo)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // it listens on a port

  const issuer: TestIssuer = {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    keys: [await makeKey('ES256')],
    requests: [],
    document: {},
    away: false,
    answers: new Map(),
    sign: async (claims, { key = issuer.keys[0], header = {} } = {}) => {
      if (!key) throw new Error('the issuer has no key')
      const seconds = Math.floor(now().getTime() / 1_000)
      const all = { iss: issuer.url, sub: crypto.randomUUID(), iat: seconds, exp: seconds + 300, ...claims }
      return new SignJWT(all).setProtectedHeader({ alg: key.alg, kid: key.kid, ...header }).sign(key.privateKey)
    },
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return issuer
}

export const CLIENT = 'fulcrum-api'
export const SKEW_SECONDS = 30
export const CACHE_MS = 600_000

/** What a server needs to take its tokens. */
export function environment({ url }: TestIssuer): Record<string, string> {
  return {
    FULCRUM_AUTHENTICATORS: 'oauth,token',
    FULCRUM_OAUTH_ISSUER: url,
    FULCRUM_OAUTH_CLIENT_ID: CLIENT,
    FULCRUM_OAUTH_CLOCK_SKEW: `${SKEW_SECONDS}s`,
    FULCRUM_OAUTH_JWKS_CACHE_TTL: String(CACHE_MS / 1_000),
  }
}

/** What a Keycloak puts into the token of an admin, besides what all have. */
export const ADMIN = {
  azp: CLIENT,
  aud: 'account',
  typ: 'Bearer',
  realm_access: { roles: ['offline_access', 'admin'] },
}
