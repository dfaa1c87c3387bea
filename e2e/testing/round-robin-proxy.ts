/**
 * A proxy as an operator puts it before several servers, on the smallest scale: each request goes to the next server that is
 * ready. What a server may have begun is sent again only when doing it twice is the same as once.
 */
import http from 'node:http'
import net from 'node:net'

/** How often a server is asked whether it is ready. */
const CHECK_MS = 200
const CHECK_PATIENCE_MS = 2_000
/** Longest to wait for a server when none is ready. */
const PATIENCE_MS = 5_000
const RETRY_SECONDS = '1'
const REPEATABLE = new Set(['GET', 'HEAD'])

export type Backend = { readonly url: string; readonly healthUrl: string }

export type RoundRobinProxy = {
  readonly url: string
  /** Answered by each server, in the order of the list. */
  readonly answered: readonly number[]
  /** Sent a second time, because the server was gone before it began, or repeating is safe. */
  readonly repeated: number
  /** Told to the caller as 502, because nobody knows whether it was done. */
  readonly lost: number
  close(): Promise<void>
}

/** Listens on a free port of 127.0.0.1. */
export async function startRoundRobinProxy(backends: readonly Backend[]): Promise<RoundRobinProxy> {
  const ready = backends.map(() => false)
  const answered = backends.map(() => 0)
  const sockets = new Set<net.Socket>()
  let [next, repeated, lost] = [0, 0, 0]
  let closed = false

  const check = async (index: number, { healthUrl }: Backend) => {
    const limit = AbortSignal.timeout(CHECK_PATIENCE_MS)
    const answer = await fetch(`${healthUrl}/ready`, { signal: limit }).catch(() => undefined)
    await answer?.body?.cancel()
    ready[index] = answer?.ok ?? false
  }
  const watch = async (index: number, backend: Backend) => {
    for (; !closed; await pause(CHECK_MS)) await check(index, backend)
  }
  const watching = backends.map((backend, index) => watch(index, backend))

  /** The next one that is ready, and was not tried for this request; undefined when there is none in time. */
  async function choose(tried: ReadonlySet<number>): Promise<number | undefined> {
    for (const until = performance.now() + PATIENCE_MS; !closed; await pause(20)) {
      for (let step = 0; step < backends.length; step++) {
        const index = next++ % backends.length
        if (ready[index] && !tried.has(index)) return index
      }
      if (tried.size > 0 || performance.now() > until) return undefined
    }
    return undefined
  }

  async function forward(message: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const tried = new Set<number>()
    for (;;) {
      const index = await choose(tried)
      const backend = index === undefined ? undefined : backends[index]
      if (index === undefined || !backend) return refuse(response, 503, 'no server is ready')
      tried.add(index)
      const socket = await connect(backend.url)
      if (socket) {
        const outcome = await exchange(message, response, backend.url, socket)
        if (outcome === 'answered') answered[index] = (answered[index] ?? 0) + 1
        if (outcome !== 'broken') return
        if (!REPEATABLE.has(message.method ?? '')) {
          lost++
          return refuse(response, 502, 'the server broke off; it may have done what was asked')
        }
      }
      ready[index] = false
      repeated++
    }
  }

  async function connect(url: string): Promise<net.Socket | undefined> {
    const { hostname, port } = new URL(url)
    const socket = net.connect(Number(port), hostname)
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    return new Promise((resolve) => {
      socket.once('connect', () => resolve(socket))
      socket.once('error', () => resolve(undefined))
    })
  }

  const server = http.createServer((message, response) => {
    forward(message, response).catch(() => response.destroy())
  })
  // an upload or a long poll takes as long as it takes
  server.requestTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  await Promise.all(backends.map((backend, index) => check(index, backend)))
  const address = server.address()

  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    answered,
    get repeated() {
      return repeated
    },
    get lost() {
      return lost
    },
    close: async () => {
      closed = true
      const ended = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      for (const socket of sockets) socket.destroy()
      await ended
      await Promise.all(watching)
    },
  }
}

/** One request on a fresh connection. `broken`: nothing has reached the caller yet; `gone`: there is nobody to tell any more. */
function exchange(
  message: http.IncomingMessage,
  response: http.ServerResponse,
  url: string,
  socket: net.Socket,
): Promise<'answered' | 'broken' | 'gone'> {
  return new Promise((resolve) => {
    const { method = 'GET', headers } = message
    const request = http.request(`${url}${message.url}`, { method, headers, createConnection: () => socket })
    const callerLeft = () => {
      request.destroy()
      resolve('gone')
    }
    response.once('close', callerLeft)
    request.once('error', () => {
      response.off('close', callerLeft)
      message.unpipe(request)
      resolve('broken')
    })
    request.once('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.once('error', () => {
        // half an answer must not look like a whole one
        response.destroy()
        resolve('gone')
      })
      response.once('finish', () => resolve('answered'))
      answer.pipe(response)
    })
    message.pipe(request)
  })
}

function refuse(response: http.ServerResponse, status: number, error: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'retry-after': RETRY_SECONDS })
  response.end(JSON.stringify({ status: http.STATUS_CODES[status], error }))
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
