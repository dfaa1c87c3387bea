/**
 * The HTTP side of API v1. A feature hands in an operation of the contract and a handler; everything around it happens here:
 * routing, authentication, decoding, roles, and the one place where errors become answers.
 */
import { Readable } from 'node:stream'
import type { Answer, Input, Operation } from '@fulcrum/contract'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { type Owners, requireOwner, requireRole, type Scope, scopeOf } from './access.ts'
import { type Command, runCommand } from './command.ts'
import type { Platform } from './context.ts'
import { asRefusal } from './db.ts'
import { decode } from './decode.ts'
import { RETRY_AFTER_SECONDS, Refusal, V1_ANSWER } from './errors.ts'
import type { Identity } from './identity.ts'
import { parseJson, utf8 } from './json-body.ts'
import { limitRate, protect, serverOptions } from './protection.ts'
import { onlyReadable } from './visibility.ts'

export const API_PREFIX = '/api/v1'
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE'] as const

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the authentication hook; null on operations without authentication. */
    identity: Identity | null
  }
}

/** What a handler gets: decoded input, the caller, and the platform bound to both. */
export type Call<O extends Operation> = Omit<Input<O>, 'query'> & {
  identity: Identity
  /** Raw query parameters; lists and handlers read them by their own rules. */
  query: URLSearchParams
  /** What the caller may see of a list. */
  scope: Scope
  /** Refuses when none of these owners is the caller. Call it with what was loaded, before anything is written. */
  authorize(owners: Owners): void
  /** Runs a transaction in the caller's name. */
  command<T>(run: (command: Command) => Promise<T>): Promise<T>
  /** Aborted when the caller goes away or the server stops. */
  signal: AbortSignal
  request: FastifyRequest
  reply: FastifyReply
}

type Handler<O extends Operation> = (call: Call<O>) => Promise<Answer<O> extends undefined ? void : Answer<O>>

export class Api {
  readonly http: FastifyInstance
  readonly #platform: Platform
  readonly #methodsByPath = new Map<string, Set<string>>()
  readonly #stopping = new AbortController()
  readonly #handled = new Set<string>()
  readonly #running = new Set<Promise<unknown>>()

  /** @param openPaths  paths below `/api/v1` that are read without a token */
  constructor(platform: Platform, openPaths: ReadonlySet<string> = new Set()) {
    this.#platform = platform
    this.http = createHttp(platform, openPaths)
  }

  /** The ids of all operations that have a handler. */
  get handled(): ReadonlySet<string> {
    return this.#handled
  }

  handle<const O extends Operation>(operation: O, handler: Handler<O>): void {
    this.#handled.add(operation.id)
    const path = API_PREFIX + operation.path.replaceAll(/\{(\w+)\}/g, ':$1')
    // collections answer with and without a trailing slash
    const paths = operation.path.includes('{') ? [path] : [path, `${path}/`]
    for (const url of paths) {
      const methods = this.#methodsByPath.get(url) ?? new Set()
      this.#methodsByPath.set(url, methods.add(operation.method))
      const route = (scope: FastifyInstance) =>
        scope.route({
          method: operation.method,
          url,
          exposeHeadRoute: false,
          handler: (request, reply) => {
            const running = this.#answer(operation, handler, request, reply)
            this.#running.add(running)
            const ended = () => this.#running.delete(running)
            running.then(ended, ended)
            return running
          },
        })
      if (operation.stream === 'request')
        this.http.register((scope, _options, done) => {
          scope.removeAllContentTypeParsers()
          scope.addContentTypeParser('*', (_request, payload, parsed) => parsed(null, payload))
          route(scope)
          done()
        })
      else route(this.http)
    }
  }

  /** Call once when every operation is there: known paths answer 405 to the methods they do not have. */
  complete(): void {
    for (const [url, methods] of this.#methodsByPath) {
      const missing = METHODS.filter((method) => !methods.has(method))
      if (missing.length === 0) continue
      this.http.route({
        method: missing,
        url,
        exposeHeadRoute: false,
        handler: (_request, reply) =>
          reply
            .code(405)
            .header('allow', [...methods].toSorted().join(', '))
            .send(),
      })
    }
  }

  /**
   * Lets waiting requests go, closes the port, and waits for what is still being handled: a request whose connection has broken
   * may have something to write down.
   */
  async close(): Promise<void> {
    this.#stopping.abort()
    await this.http.close()
    await Promise.allSettled(this.#running)
  }

  async #answer<O extends Operation>(operation: O, handler: Handler<O>, request: FastifyRequest, reply: FastifyReply) {
    const identity = request.identity
    if (!identity) throw new Refusal('unauthenticated', NO_HEADER)
    if (operation.roleBeforeBody) requireRole(operation, identity)
    const input = decodeInput(operation, request)
    requireRole(operation, identity)

    const gone = new AbortController()
    const onClose = () => gone.abort()
    request.raw.socket.once('close', onClose)
    try {
      const call = {
        ...input,
        identity,
        query: queryOf(request.url),
        scope: scopeOf(operation, identity) ?? [],
        authorize: (owners: Owners) => requireOwner(operation, identity, owners),
        command: <T>(run: (command: Command) => Promise<T>) =>
          runCommand(this.#platform, { type: 'user', id: identity.id }, run),
        signal: AbortSignal.any([gone.signal, this.#stopping.signal]),
        request,
        reply,
      } as Call<O> // decodeInput made params and body by the operation's own schemas
      const answer = await handler(call)
      if (reply.sent || operation.stream === 'answer') return reply
      if (operation.status === 204) return reply.code(204).send()
      reply.code(operation.status)
      if (typeof answer === 'string') return sendText(reply, answer)
      return reply.type('application/json').send(`${JSON.stringify(onlyReadable(answer, identity))}\n`)
    } finally {
      request.raw.socket.off('close', onClose)
    }
  }
}

/** The target may be a path or name its host, too. */
function queryOf(target: string): URLSearchParams {
  const start = target.indexOf('?')
  return new URLSearchParams(start < 0 ? '' : target.slice(start + 1))
}

/** A text as it is, with the content type that its handler has set: of a string Fastify would change it. */
function sendText(reply: FastifyReply, text: string): FastifyReply {
  return reply.header('content-length', Buffer.byteLength(text)).send(Readable.from([Buffer.from(text)]))
}

const NO_HEADER = "invalid token format, expected 'Bearer <token>'"
const REFUSED_TOKEN = 'authentication failed: no valid identity found'
const BEARER = /^Bearer (\S+)$/
/** A secret in a path: not even that of a request without a route is logged with it. */
const INSTALL_TOKEN = /(\/agents\/install\/)[^/]+/

function decodeInput(operation: Operation, request: FastifyRequest): { params?: unknown; body?: unknown } {
  const params = operation.params && decode(operation.params, request.params)
  if (!operation.body) return { params }
  const body = request.body
  // Fastify leaves the body undefined when there is neither content nor a content type
  const text = Buffer.isBuffer(body) ? utf8(body) : ''
  const none = operation.mayBeEmpty && text.trim() === ''
  return { params, body: decode(operation.body, none ? {} : parseJson(text)) }
}

/** A body that is too large but not larger than this is read to its end: who still sends would not see the answer otherwise. */
const DRAINED_BYTES = 64 * 2 ** 20

function createHttp({ log, config, authenticate }: Platform, openPaths: ReadonlySet<string>): FastifyInstance {
  const http = Fastify({
    loggerInstance: log as FastifyBaseLogger, // pino's own type would become a type parameter of every route
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: config.bodyLimitBytes,
    requestIdHeader: false,
    genReqId: () => crypto.randomUUID(),
    routerOptions: { maxParamLength: 500, caseSensitive: true },
    return503OnClosing: true,
    forceCloseConnections: 'idle',
    ...serverOptions(config),
    // before there is a route, and before any hook
    frameworkErrors: (error, _request, reply) => {
      refuse(reply.header('x-content-type-options', 'nosniff'), new Refusal('invalid', error.message))
    },
  })
  http.removeAllContentTypeParsers()
  http.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))

  http.decorateRequest('identity', null)
  http.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
  })
  protect(http, config)
  const authenticateRequest = async (request: FastifyRequest) => {
    const route = request.routeOptions.url ?? ''
    // the path may be written in other ways than its route
    const belowApi = [route, request.url].some((path) => path.startsWith(`${API_PREFIX}/`))
    if (!belowApi || openPaths.has(route)) return
    const bearer = BEARER.exec(request.headers.authorization ?? '')?.[1]
    if (bearer === undefined) throw new Refusal('unauthenticated', NO_HEADER)
    request.identity = await authenticate(bearer)
    if (!request.identity) throw new Refusal('unauthenticated', REFUSED_TOKEN)
  }
  http.after(() => {
    http.addHook('onRequest', authenticateRequest)
  })
  limitRate(http, config.rateLimitPerToken, ({ identity }) => identity?.id ?? null)
  http.addHook('onResponse', async (request, reply) => {
    request.log.info(
      {
        method: request.method,
        path: request.routeOptions.url ?? request.url.split('?')[0]?.replace(INSTALL_TOKEN, '$1…'),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        caller: request.identity?.id,
      },
      'request',
    )
  })

  http.setNotFoundHandler((_request, reply) => reply.code(404).send(errorBody('Resource not found')))
  http.setErrorHandler((error, request, reply) => {
    const cause = asRefusal(error)
    if (cause instanceof Refusal) return refuse(reply, cause)
    if (isFastifyError(cause)) return refuseFastify(request, reply, cause)
    request.log.error({ err: cause }, 'defect')
    return reply.code(500).send(errorBody(INTERNAL))
  })
  return http
}

const INTERNAL = 'Internal server error'

function errorBody(status: string, error?: string): { status: string; error?: string } {
  return error === undefined ? { status } : { status, error }
}

/** Writes a refusal the way API v1 says it. */
export function refuse(reply: FastifyReply, refusal: Refusal): FastifyReply {
  const { status, title } = V1_ANSWER[refusal.kind]
  if (refusal.kind === 'unavailable') reply.header('retry-after', RETRY_AFTER_SECONDS)
  if (refusal.kind === 'unauthenticated') reply.header('www-authenticate', 'Bearer')
  return reply.code(status).send({
    ...(refusal.violations
      ? { status: 'Validation failed', valid: false, errors: refusal.violations }
      : errorBody(refusal.title ?? title, refusal.message)),
    ...refusal.details,
  })
}

type FastifyFault = Error & { code: string; statusCode: number }

function isFastifyError(error: unknown): error is FastifyFault {
  return (
    error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number' && error.statusCode < 500
  )
}

function refuseFastify(request: FastifyRequest, reply: FastifyReply, error: FastifyFault): FastifyReply {
  const announced = Number(request.headers['content-length'])
  if (error.statusCode === 413 && announced <= DRAINED_BYTES) reply.removeHeader('connection')
  if (error.statusCode === 413) return refuse(reply, new Refusal('too-large', 'the request body is too large'))
  return refuse(reply, new Refusal('invalid', error.message))
}
