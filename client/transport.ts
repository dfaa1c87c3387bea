/** One HTTP exchange: address, headers, one attempt, and its failure as an error of the closed set. */
import { readFileSync } from 'node:fs'
import type { Operation } from '@fulcrum/contract'
import { type Dispatcher, ProxyAgent, Agent as UndiciAgent, fetch as undiciFetch } from 'undici'
import type { Deadline } from './deadline.ts'
import { FulcrumError, noAnswer, notSendable, refusal } from './errors.ts'

export type ClientOptions = {
  /** Base of the server, without `/api/v1`. */
  url: string
  /** Bearer token, or what gives it; asked anew for each request. */
  token: string | (() => string | Promise<string>)
  /** Longest time for one call with its repetitions; default 30 s. */
  timeoutMs?: number
  userAgent?: string
  /** PEM file with certificate authorities to trust instead of the built-in ones. */
  caFile?: string
  /** HTTP proxy for all requests; none is taken from the environment. */
  proxyUrl?: string
  /** Replaces the sender, for tests. `caFile` and `proxyUrl` have no effect then. */
  fetch?: typeof globalThis.fetch
}

export type QueryValue = string | number | boolean | readonly string[] | undefined

/** The parts of a request, as the operations of the contract have them. */
export type Parts = {
  params?: Readonly<Record<string, unknown>> | undefined
  query?: Readonly<Record<string, QueryValue>> | undefined
  body?: string | Uint8Array<ArrayBuffer> | undefined
  headers?: Readonly<Record<string, string>> | undefined
}

export type Transport = {
  /**
   * Sends once and answers when the head of a good answer is there; its body is still to be read under the same deadline.
   *
   * @throws FulcrumError for any other answer and for none; the reason of the caller's signal when that was aborted
   */
  send(operation: Operation, parts: Parts, deadline: Deadline): Promise<Response>
  readonly closed: boolean
  close(): Promise<void>
}

/** Longest silence within an answer's body, in milliseconds; a break that no packet tells is noticed after it. */
const SILENCE_MS = 60_000

/** @throws Error when the address is no HTTP address, or the file of authorities cannot be read */
export function openTransport(options: ClientOptions): Transport {
  const base = baseUrl(options.url)
  const dispatcher = options.fetch ? undefined : openDispatcher(options)
  const send = dispatcher ? fetchThrough(dispatcher) : (options.fetch ?? fetch)
  let closed = false

  return {
    get closed() {
      return closed
    },
    async close() {
      closed = true
      await dispatcher?.destroy()
    },
    async send(operation, parts, deadline) {
      const shown = fillPath(operation, parts.params, true)
      const address = `${base}${fillPath(operation, parts.params, false)}${queryText(parts.query)}`
      const token = typeof options.token === 'string' ? options.token : await options.token()
      // A refused header would be quoted, with the token, in the error of fetch.
      if (!/^[\x21-\x7e]+$/.test(token)) throw notSendable(operation, shown, 'the token is empty or has odd characters')
      try {
        const response = await send(address, {
          method: operation.method,
          headers: {
            accept: 'application/json, */*;q=0.1',
            'user-agent': options.userAgent ?? 'fulcrum-client',
            ...(parts.body === undefined ? {} : { 'content-type': 'application/json' }),
            ...parts.headers,
            authorization: `Bearer ${token}`,
          },
          ...(parts.body === undefined ? {} : { body: parts.body }),
          // Following would send requests to an address that nobody configured.
          redirect: 'manual',
          signal: deadline.signal,
        })
        if (response.ok) return response
        const text = (await response.text()).replaceAll(token, '…')
        throw refusal(operation, shown, response.status, text, response.headers.get('retry-after'))
      } catch (error) {
        throw broken(operation, shown, deadline, error)
      }
    },
  }
}

/**
 * What a failed exchange means: errors of the closed set stay, an abort by the caller stays its reason, everything else is a
 * missing answer.
 */
export function broken(operation: Operation, path: string, deadline: Deadline, error: unknown): unknown {
  if (error instanceof FulcrumError) return error
  if (deadline.timedOut) return noAnswer(operation, path, 'no answer in time')
  if (deadline.signal.aborted) return deadline.signal.reason
  return noAnswer(operation, path, `no answer from the server (${networkReason(error)})`, error)
}

/** The path as it is shown (install tokens masked) or sent (values percent-encoded). */
export function fillPath(operation: Operation, params: Parts['params'], shown: boolean): string {
  return `/api/v1${operation.path.replaceAll(/\{(\w+)\}/g, (placeholder, name: string) => {
    if (shown && name === 'token') return placeholder
    const value = String(params?.[name] ?? '')
    // URL parsers resolve dot segments even when percent-encoded: such a value would address something else.
    if (value === '' || value === '.' || value === '..')
      throw notSendable(operation, operation.path, `'${value}' is no value for ${name}`)
    return encodeURIComponent(value)
  })}`
}

function queryText(query: Parts['query']): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue
    for (const one of Array.isArray(value) ? value : [value]) search.append(name, String(one))
  }
  return search.size === 0 ? '' : `?${search}`
}

function baseUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:')
    throw new Error('the address of the server must start with http:// or https://')
  if (parsed.username || parsed.password) throw new Error('the address of the server must not hold credentials')
  return `${parsed.origin}${parsed.pathname.replace(/\/+$/, '').replace(/\/api\/v1$/, '')}`
}

function openDispatcher({ caFile, proxyUrl }: ClientOptions): Dispatcher {
  const tls = caFile ? { ca: readFileSync(caFile) } : {}
  const limits = { headersTimeout: 0, bodyTimeout: SILENCE_MS }
  return proxyUrl
    ? new ProxyAgent({ uri: proxyUrl, requestTls: tls, proxyTls: tls, ...limits })
    : new UndiciAgent({ connect: tls, ...limits })
}

function fetchThrough(dispatcher: Dispatcher): typeof globalThis.fetch {
  // The package's fetch and the global one have the same behaviour and separately declared types.
  return ((input: string, init: object) => undiciFetch(input, { ...init, dispatcher })) as unknown as typeof fetch
}

function networkReason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (!(cause instanceof Error)) return 'unknown error'
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  return cause.message.includes(code) && cause.message
    ? cause.message
    : [code, cause.message].filter(Boolean).join(': ')
}
