/**
 * What stands between the network and the API: limits of connections, requests and headers, request rates, CORS, and the
 * headers that tell browsers what an answer must never be used for.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import cors, { type FastifyCorsOptions } from '@fastify/cors'
import helmet from '@fastify/helmet'
import rateLimit, { type CreateRateLimitOptions } from '@fastify/rate-limit'
import type { FastifyHttpOptions, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Config, RateLimit } from './config.ts'
import { Refusal } from './errors.ts'

export type ConnectionLimits = {
  /** Bytes of a request's first line and headers together. */
  readonly headerBytes: number
  readonly headers: number
  /** Connections at one time; what comes beyond is closed at once. Each agent that waits for a job has one. */
  readonly connections: number
  /**
   * While there are more, each answer ends its connection. agent-lib-go keeps one for each heartbeat and measurement, and uses none
   * of them again; without this bound such agents would in time take all, and nobody else could connect. Others only connect anew.
   */
  readonly keptConnections: number
  readonly requestsPerConnection: number
  /** From the first byte, or from the connection when nothing comes. */
  readonly headersMs: number
  /** From the headers to the last byte of the body; streams that a handler takes over have limits of their own. */
  readonly bodyMs: number
  /** Between two requests. Above the 60 s of usual proxies, so that they close first. */
  readonly idleMs: number
  /** How often late headers are looked for. */
  readonly checkMs: number
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  headerBytes: 16_384,
  headers: 100,
  connections: 10_000,
  keptConnections: 5_000,
  requestsPerConnection: 10_000,
  headersMs: 20_000,
  bodyMs: 60_000,
  idleMs: 72_000,
  checkMs: 5_000,
}

/** So many addresses and callers are counted; with more at the same time, those not seen for longest start anew. */
const COUNTED_KEYS = 50_000
const HSTS = 'max-age=31536000'

/** The part of Fastify's options that bounds connections. The time-outs of Node.js for whole requests would end long uploads. */
export function serverOptions(
  { trustedProxies }: Pick<Config, 'trustedProxies'>,
  limits: ConnectionLimits = CONNECTION_LIMITS,
) {
  return {
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    keepAliveTimeout: limits.idleMs,
    maxRequestsPerSocket: limits.requestsPerConnection,
    requestTimeout: 0,
    clientErrorHandler: refuseConnection,
    http: {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersMs,
      requestTimeout: 0,
      connectionsCheckingInterval: limits.checkMs,
    },
  } satisfies FastifyHttpOptions<Server>
}

/**
 * Guards every route of this server, those that are added later too. Hooks that are added `after` it see only requests that
 * passed.
 *
 * A route may have looser headers: `config: { helmet: { contentSecurityPolicy: … } }`, or it sets the header itself.
 */
export function protect(
  http: FastifyInstance,
  config: Pick<Config, 'corsOrigins' | 'publicBaseUrl' | 'rateLimitPerAddress'>,
  limits: ConnectionLimits = CONNECTION_LIMITS,
): void {
  http.server.maxConnections = limits.connections
  let connections = 0
  http.server.on('connection', (socket) => {
    connections++
    socket.once('close', () => connections--)
  })
  // one more than allowed, so that too many can be told from just enough
  http.server.maxHeadersCount = limits.headers + 1
  // the type is wider than what a server of TCP gives
  http.server.on('connect', (_request, socket) =>
    answerRaw(socket as Socket, 405, 'Method not allowed', 'CONNECT is not served'),
  )
  http.server.on('request', (request, response) => {
    responses.set(request.socket, response)
    limitBody(request, limits.bodyMs)
  })
  http.addHook('onRequest', async (request, reply) => {
    if (request.raw.rawHeaders.length > 2 * limits.headers)
      return reply.code(431).send({ status: TOO_LARGE, error: `a request may have ${limits.headers} headers at most` })
    if (connections > limits.keptConnections) reply.header('connection', 'close')
    reply.header('cache-control', 'no-store')
    if (request.protocol === 'https' || config.publicBaseUrl.startsWith('https:'))
      reply.header('strict-transport-security', HSTS)
  })
  http.register(helmet, SECURITY_HEADERS)
  if (config.corsOrigins === 'any' || config.corsOrigins.length > 0) http.register(cors, corsFor(config.corsOrigins))
  http.register(rateLimit, { global: false })
  // preflights are answered before: they cost nothing, and a page could not read a refusal of its own
  limitRate(http, config.rateLimitPerAddress)
}

/**
 * Counts requests of one key, and refuses those beyond the limit. Call it behind the hooks that make the key.
 *
 * @param keyOf  absent: the address of the caller, of its /64 with IPv6; null: the request is not counted
 */
export function limitRate(
  http: FastifyInstance,
  limit: RateLimit | null,
  keyOf?: (request: FastifyRequest) => string | null,
): void {
  if (!limit) return
  http.after(() => {
    const options: CreateRateLimitOptions & { cache: number } = {
      max: limit.requests,
      timeWindow: limit.windowMs,
      cache: COUNTED_KEYS,
      ...(keyOf && { keyGenerator: (request) => keyOf(request) ?? '' }),
    }
    const count = http.createRateLimit(options)
    http.addHook('onRequest', async (request, reply) => {
      if (keyOf?.(request) === null) return
      const counted = await count(request)
      if (counted.isAllowed) return
      tellRate(reply, counted)
      if (!counted.isExceeded) return
      reply.header('retry-after', Math.max(1, counted.ttlInSeconds))
      throw new Refusal('rate', `more than ${limit.requests} requests in ${limit.windowMs / 1_000} s: try again later`)
    })
  })
}

/** Header names: https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/03/; times in seconds. */
function tellRate(reply: FastifyReply, counted: { max: number; remaining: number; ttlInSeconds: number }): void {
  reply
    .header('ratelimit-limit', counted.max)
    .header('ratelimit-remaining', counted.remaining)
    .header('ratelimit-reset', counted.ttlInSeconds)
}

/** Answers are data for programs: no page may frame, embed or run them. */
const SECURITY_HEADERS = {
  contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
  referrerPolicy: { policy: 'no-referrer' },
  xFrameOptions: { action: 'deny' },
  xContentTypeOptions: true,
  crossOriginResourcePolicy: { policy: 'same-origin' },
  // depends on the request
  strictTransportSecurity: false,
  // for documents and plug-ins of old browsers only
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xPoweredBy: false,
  xXssProtection: false,
} as const

/** Methods, headers and times: contract, API.md 1.1; beyond it the header that clients send with what must happen once only. */
function corsFor(origins: 'any' | readonly string[]) {
  const options: FastifyCorsOptions = {
    origin: origins === 'any' ? /^https?:\/\/./ : [...origins],
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    allowedHeaders: ['Accept', 'Authorization', 'Content-Type', 'X-CSRF-Token', 'Idempotency-Key'],
    exposedHeaders: ['Link'],
    maxAge: 300,
    optionsSuccessStatus: 200,
    strictPreflight: false,
  }
  const plain: FastifyCorsOptions = { ...options, preflight: false }
  return () => (request: FastifyRequest, use: (error: Error | null, options: FastifyCorsOptions) => void) =>
    use(null, isPreflight(request) ? options : plain)
}

function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined
}

const responses = new WeakMap<Socket, ServerResponse>()
const bodyDeadlines = new WeakMap<IncomingMessage, NodeJS.Timeout>()

/** A body that nobody takes over has to be there in time, also when it is only read to be dropped. */
function limitBody(request: IncomingMessage, bodyMs: number): void {
  if (request.headers['transfer-encoding'] === undefined && !(Number(request.headers['content-length']) > 0)) return
  const late = setTimeout(() => {
    if (!request.complete)
      refuseConnection(Object.assign(new Error('late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), request.socket)
  }, bodyMs)
  bodyDeadlines.set(request, late)
  request.once('close', () => clearTimeout(late))
}

/** For a handler that reads the body as a stream and watches over its progress itself. */
export function takeOverBody(request: IncomingMessage): void {
  clearTimeout(bodyDeadlines.get(request))
}

const TOO_LARGE = 'Request header fields too large'

/** So long the rest of what is refused is read and dropped: a connection that is cut at once can swallow the answer. */
const LINGER_MS = 1_000
const refused = new WeakSet<Socket>()

/** What is no HTTP, or comes too slowly: answered where the answer cannot be taken for a part of another one. */
function refuseConnection(error: Error & { code?: string }, socket: Socket): void {
  if (refused.has(socket)) return
  const response = responses.get(socket)
  const answering = response?.headersSent && !response.writableFinished
  if (error.code === 'ECONNRESET' || !socket.writable || answering) socket.destroy()
  else if (error.code === 'HPE_HEADER_OVERFLOW')
    answerRaw(socket, 431, TOO_LARGE, 'the headers of the request are too large')
  else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT')
    answerRaw(socket, 408, 'Request timeout', 'the request did not arrive in time')
  else answerRaw(socket, 400, 'Invalid request', 'the request is not valid HTTP')
}

function answerRaw(socket: Socket, status: number, title: string, error: string): void {
  refused.add(socket)
  const body = `${JSON.stringify({ status: title, error })}\n`
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'X-Content-Type-Options: nosniff',
    'Connection: close',
  ]
  socket.on('error', () => socket.destroy())
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
  setTimeout(() => socket.destroy(), LINGER_MS).unref()
}
