/**
 * The OpenID provider on the network: its discovery document (OpenID Connect Discovery 1.0, section 4) and its keys. Nothing
 * else is ever asked of it.
 */
import { Agent, request as send } from 'undici'
import type { OAuthConfig } from '../platform/config.ts'

/** The OpenID provider cannot be used; the message says where and why, for the operator. */
export class IssuerError extends Error {
  constructor(url: string, reason: string, options?: ErrorOptions) {
    super(`${shown(url)}: ${reason}`, options)
    this.name = 'IssuerError'
  }
}

export type Issuer = {
  /** As its tokens name it in `iss`. */
  readonly identifier: string
  /** @returns the key set as the issuer gives it, not checked. @throws IssuerError */
  fetchKeys(): Promise<unknown>
  close(): Promise<void>
}

/** The whole of one request. Callers with a key that is not known yet wait for it. */
const ANSWER_MS = 5_000
/** Discovery documents and key sets of large providers have some 20 KiB. */
const ANSWER_BYTES = 512 * 2 ** 10

type Settings = Pick<OAuthConfig, 'issuer' | 'validateIssuer' | 'insecureSkipVerify'>

/** @throws IssuerError when the discovery document cannot be had or does not fit */
export async function openIssuer({ issuer, validateIssuer, insecureSkipVerify }: Settings): Promise<Issuer> {
  const dispatcher = new Agent({
    connect: { timeout: ANSWER_MS, rejectUnauthorized: !insecureSkipVerify },
    maxResponseSize: ANSWER_BYTES,
    // seldom asked: a connection kept open would mostly be found broken
    pipelining: 0,
  })
  const close = () => dispatcher.destroy()
  try {
    const url = `${issuer}/.well-known/openid-configuration`
    const { issuer: identifier, jwks_uri: keysUrl } = await fetchObject(dispatcher, url)
    if (typeof identifier !== 'string') throw new IssuerError(url, 'the document has no issuer')
    // the document counts: some issuers end in a slash, and their tokens say so, too
    if (validateIssuer && identifier.replace(/\/+$/, '') !== issuer)
      throw new IssuerError(url, `the document is of the issuer ${identifier}; FULCRUM_OAUTH_ISSUER must be that one`)
    if (typeof keysUrl !== 'string' || !isUsable(keysUrl, issuer))
      throw new IssuerError(url, 'the document has no usable jwks_uri')
    return { identifier, fetchKeys: () => fetchObject(dispatcher, keysUrl), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Keys that come without TLS are as good as the issuer's document, and no better. */
function isUsable(url: string, issuer: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol } = new URL(url)
  return protocol === 'https:' || (protocol === 'http:' && new URL(issuer).protocol === 'http:')
}

/** One GET without redirects: they would lead to an address that nobody configured. @throws IssuerError */
async function fetchObject(dispatcher: Agent, url: string): Promise<Record<string, unknown>> {
  try {
    const { statusCode, body } = await send(url, {
      dispatcher,
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    if (statusCode !== 200) {
      // what is left unread is an error of the stream, which nobody needs
      body.on('error', () => {}).destroy()
      throw new IssuerError(url, `it answers with status ${statusCode}`)
    }
    const value: unknown = await body.json()
    if (value === null || typeof value !== 'object' || Array.isArray(value))
      throw new IssuerError(url, 'the answer is no JSON object')
    return { ...value }
  } catch (cause) {
    if (cause instanceof IssuerError) throw cause
    throw new IssuerError(url, reasonOf(cause), { cause })
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof SyntaxError) return 'the answer is no JSON'
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${ANSWER_MS / 1_000} s`
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return `the answer has more than ${ANSWER_BYTES} bytes`
  return (error instanceof Error && error.message) || code || 'no connection'
}

/** Without a password that somebody wrote into the address. */
function shown(url: string): string {
  const { origin, pathname } = new URL(url)
  return origin + pathname
}
