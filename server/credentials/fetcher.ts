/**
 * Fetches documents that strangers name, and gives them no way into our own network: https only, hosts and ports that the
 * configuration allows, public addresses only, checked after the name was resolved and connected to as checked, again after each
 * redirect. What comes is bounded in size and time and must have a type that fits.
 */

import type { LookupAddress } from 'node:dns'
import { lookup as lookupName } from 'node:dns/promises'
import { isIP } from 'node:net'
import { rootCertificates } from 'node:tls'
import { Agent, buildConnector, type Dispatcher, request as send } from 'undici'
import { isPublicAddress } from './addresses.ts'
import { BoundedCache } from './bounded-cache.ts'

/** Why something could not be had. `passing`: asking again later may help. The message may be shown to whoever named the URL. */
export class FetchError extends Error {
  readonly passing: boolean
  constructor(url: string, reason: string, passing: boolean, options?: ErrorOptions) {
    super(`${url}: ${reason}`, options)
    this.name = 'FetchError'
    this.passing = passing
  }
}

export type FetchRules = {
  /** Hosts that may be asked: `any` public one, or `host`, `host:port`, `*.domain`. */
  readonly hosts: 'any' | readonly string[]
  /** `host` or `host:port` whose addresses may be private. */
  readonly privateHosts: readonly string[]
  /** Certificate authorities in PEM that TLS connections may rest on, besides the usual ones. */
  readonly tlsAuthorities: string | null
}

export type Wanted = {
  /** Media types without parameters. */
  readonly types: readonly string[]
  readonly maxBytes: number
  /** How long what came may be given again. */
  readonly keepMs: number
}

export type Fetcher = {
  /** @throws FetchError */
  fetchText(url: string, wanted: Wanted, signal: AbortSignal): Promise<string>
  close(): Promise<void>
}

export type FetcherDeps = {
  readonly now: () => Date
  /** All addresses of a name. */
  readonly lookup?: (host: string) => Promise<readonly LookupAddress[]>
  readonly connectMs?: number
  /** From the first byte asked to the last one read, redirects included. */
  readonly totalMs?: number
}

const MAX_REDIRECTS = 3
const LONGEST_URL = 2_000
const REDIRECTS = [301, 302, 303, 307, 308]
const CACHE = { maxEntries: 500, maxBytes: 16 * 2 ** 20 }

export function createFetcher(rules: FetchRules, deps: FetcherDeps): Fetcher {
  const { now, lookup = allAddresses, connectMs = 5_000, totalMs = 15_000 } = deps
  const cache = new BoundedCache(CACHE)
  const agent = new Agent({
    connect: checkedConnector(rules, lookup, connectMs),
    headersTimeout: totalMs,
    bodyTimeout: totalMs,
    maxHeaderSize: 16 * 2 ** 10,
    // an address that was checked is good for one request
    pipelining: 0,
    keepAliveTimeout: 1,
    keepAliveMaxTimeout: 1,
  })

  const fetchFresh = async (url: string, wanted: Wanted, signal: AbortSignal): Promise<string> => {
    for (let at = url, redirects = 0; ; redirects++) {
      const target = allowedTarget(at, rules)
      const answer = await ask(agent, target, wanted, signal)
      if (typeof answer === 'string') return answer
      if (redirects === MAX_REDIRECTS) throw new FetchError(url, 'it redirects too often', false)
      at = URL.canParse(answer.location, target.href) ? new URL(answer.location, target).href : answer.location
    }
  }

  return {
    fetchText: async (url, wanted, signal) => {
      const time = now().getTime()
      const key = `${wanted.types[0]} ${url}`
      const known = cache.get(key, time)
      if (known !== undefined) return known
      const text = await fetchFresh(url, wanted, AbortSignal.any([signal, AbortSignal.timeout(totalMs)]))
      cache.set(key, text, time + wanted.keepMs)
      return text
    },
    close: () => agent.destroy(),
  }
}

/** Whether a host and port may be asked at all. @throws FetchError */
function allowedTarget(url: string, { hosts, privateHosts }: FetchRules): URL {
  if (url.length > LONGEST_URL || !URL.canParse(url)) throw new FetchError(url.slice(0, 200), 'it is no URL', false)
  const target = new URL(url)
  if (target.protocol !== 'https:') throw new FetchError(url, 'only https is fetched', false)
  if (target.username !== '' || target.password !== '') throw new FetchError(url, 'it holds a user name', false)
  const { host, hostname, port } = target
  if (privateHosts.includes(host)) return target
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) throw new FetchError(url, 'it names an address, not a host', false)
  const named = hosts !== 'any' && hosts.some((rule) => fits(rule, host))
  if (!named && hosts !== 'any') throw new FetchError(url, `${host} is not among the hosts that may be asked`, false)
  if (!named && port !== '') throw new FetchError(url, `port ${port} is not allowed`, false)
  return target
}

/** `*.domain` stands for every host below a domain, at the usual port. */
function fits(rule: string, host: string): boolean {
  return rule.startsWith('*.') ? host.endsWith(rule.slice(1)) : rule === host
}

/** Resolves, checks every address, and connects to one that was checked: a name that changes meanwhile changes nothing. */
function checkedConnector(
  { privateHosts, tlsAuthorities }: FetchRules,
  lookup: (host: string) => Promise<readonly LookupAddress[]>,
  timeout: number,
): buildConnector.connector {
  const connect = buildConnector({
    timeout,
    maxCachedSessions: 0,
    ...(tlsAuthorities !== null && { ca: [...rootCertificates, tlsAuthorities] }),
  })
  return (options, done) => {
    const { hostname, port } = options
    const host = port === '' || port === '443' ? hostname : `${hostname}:${port}`
    checkedAddress(hostname, privateHosts.includes(host), lookup).then(
      (address) => connect({ ...options, hostname: address, servername: hostname }, done),
      (error: unknown) => done(error instanceof Error ? error : new Error(String(error)), null),
    )
  }
}

class AddressError extends Error {}

async function checkedAddress(
  hostname: string,
  mayBePrivate: boolean,
  lookup: (host: string) => Promise<readonly LookupAddress[]>,
): Promise<string> {
  const addresses = await lookup(hostname)
  const [first] = addresses
  if (!first) throw new Error(`${hostname} has no address`)
  if (!mayBePrivate && !addresses.every(({ address }) => isPublicAddress(address)))
    throw new AddressError('its address is not a public one')
  return first.address
}

const allAddresses = (host: string) => lookupName(host, { all: true })

type Redirect = { location: string }

async function ask(agent: Agent, target: URL, wanted: Wanted, signal: AbortSignal): Promise<string | Redirect> {
  const url = target.href
  let response: Dispatcher.ResponseData
  try {
    response = await send(target, {
      dispatcher: agent,
      method: 'GET',
      headers: { accept: wanted.types.join(', '), 'accept-encoding': 'identity', 'user-agent': 'fulcrum' },
      signal,
    })
  } catch (error) {
    throw asFetchError(url, error, signal)
  }
  const { statusCode, headers, body } = response
  try {
    if (REDIRECTS.includes(statusCode) && typeof headers.location === 'string') return { location: headers.location }
    if (statusCode !== 200)
      throw new FetchError(url, `it answers ${statusCode}`, statusCode >= 500 || statusCode === 429)
    const type =
      String(headers['content-type'] ?? '')
        .split(';')[0]
        ?.trim()
        .toLowerCase() ?? ''
    if (!wanted.types.includes(type))
      throw new FetchError(url, `its type is ${type.slice(0, 100) || 'not said'}`, false)
    const encoding = String(headers['content-encoding'] ?? 'identity').toLowerCase()
    // nobody asked for it, and what it unpacks to has no bound
    if (encoding !== 'identity') throw new FetchError(url, 'it comes compressed', false)
    if (Number(headers['content-length'] ?? 0) > wanted.maxBytes) throw tooLarge(url, wanted)
    return await readText(url, body, wanted)
  } catch (error) {
    throw error instanceof FetchError ? error : asFetchError(url, error, signal)
  } finally {
    body.on('error', () => {})
    body.destroy()
  }
}

async function readText(url: string, body: AsyncIterable<Buffer>, wanted: Wanted): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    if (length > wanted.maxBytes) throw tooLarge(url, wanted)
    chunks.push(chunk)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch {
    throw new FetchError(url, 'it is no text in UTF-8', false)
  }
}

function tooLarge(url: string, { maxBytes }: Wanted): FetchError {
  return new FetchError(url, `it is larger than ${maxBytes} bytes`, false)
}

/** Connections that fail tell no more than that: who named the URL learns nothing of what is behind a port. */
function asFetchError(url: string, error: unknown, signal: AbortSignal): FetchError {
  if (error instanceof AddressError) return new FetchError(url, error.message, false, { cause: error })
  const reason = signal.aborted ? 'it took too long' : 'it cannot be reached'
  return new FetchError(url, reason, true, { cause: error })
}
