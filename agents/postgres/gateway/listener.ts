/** One route in operation: a listener and the connections that came by it. */
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Route } from './routes.ts'

export type Log = (event: string, fields?: Record<string, unknown>) => void

export type Listener = {
  readonly route: Route
  /** Stops listening and ends the route's connections. */
  close(): Promise<void>
}

/** Longest time for reaching the target, in milliseconds. */
const CONNECT_TIMEOUT_MS = 10_000

/** A client that vanished without a word is noticed by the system's keep-alive, which begins after this, in milliseconds. */
const KEEP_ALIVE_MS = 60_000

/**
 * Listens for a route. Bytes go both ways as they come; each side's end is passed on to the other. Nothing that a
 * connection does reaches another one.
 *
 * @throws the system's error if the address cannot be listened on
 */
export async function openListener(route: Route, log: Log): Promise<Listener> {
  const sockets = new Set<Socket>()
  // allowHalfOpen: a client may end its side and still wait for the answer.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => join(client, route, sockets, log))
  await listen(server, route)
  server.on('error', (error) => log('listener-failed', { ...place(route), error: codeOf(error) }))
  return {
    route,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function join(client: Socket, route: Route, sockets: Set<Socket>, log: Log): void {
  const target = connect({ ...route.target, allowHalfOpen: true, noDelay: true, timeout: CONNECT_TIMEOUT_MS })
  const began = Date.now()
  let failure: string | null = null
  const fail = (side: string, error: Error) => {
    failure ??= `${side}: ${codeOf(error)}`
    client.destroy()
    target.destroy()
  }
  const closed = (socket: Socket) => {
    sockets.delete(socket)
    if (sockets.has(client) || sockets.has(target)) return
    const bytes = { bytesIn: client.bytesRead, bytesOut: target.bytesRead }
    log('connection-closed', { ...place(route), ...bytes, durationMs: Date.now() - began, failure })
  }
  for (const [side, socket, other] of [
    ['client', client, target],
    ['target', target, client],
  ] as const) {
    sockets.add(socket)
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    socket.on('error', (error) => fail(side, error))
    // A side that is gone takes the other with it once that has what was sent before.
    socket.on('close', (hadError) => {
      closed(socket)
      if (hadError || !socket.readableEnded) other.destroy()
    })
    socket.pipe(other)
  }
  target.on('timeout', () => fail('target', new Error('connect timed out')))
  target.on('connect', () => target.setTimeout(0))
}

function listen(server: Server, route: Route): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ ...route.listen }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

export const place = ({ serviceId, listen: at }: Route) => ({ serviceId, host: at.host, port: at.port })

/** The system's code if it has one; messages of other errors are short and without payload. */
export const codeOf = (error: unknown) =>
  error instanceof Error ? ('code' in error ? String(error.code) : error.message) : String(error)
