/** Clients that leave connections behind and never use them again, as agent-lib-go does, keep nobody else out. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { after, before, test } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import { CONNECTION_LIMITS, protect, serverOptions } from './protection.ts'

const LIMITS = { ...CONNECTION_LIMITS, connections: 10, keptConnections: 5 }
const BOUND_MS = 10_000

let http: FastifyInstance
let port: number
const left: net.Socket[] = []
before(async () => {
  http = Fastify(serverOptions({ trustedProxies: [] }, LIMITS))
  protect(http, { corsOrigins: [], publicBaseUrl: 'http://127.0.0.1', rateLimitPerAddress: null }, LIMITS)
  http.get('/', async () => ({ ok: true }))
  port = Number(new URL(await http.listen({ host: '127.0.0.1', port: 0 })).port)
})
after(async () => {
  for (const socket of left) socket.destroy()
  await http.close()
})

/** Asks on a new connection that is then left alone. @returns the answer's headers */
async function ask(): Promise<string> {
  const socket = net.connect(port, '127.0.0.1')
  left.push(socket)
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  const [answer] = await once(socket, 'data', { signal: AbortSignal.timeout(BOUND_MS) })
  return String(answer)
}

test('connections are kept up to a number, and beyond it each answer ends its own', async () => {
  for (let index = 0; index < LIMITS.keptConnections; index++)
    assert.match(await ask(), /\r\nConnection: keep-alive\r\n/i)
  // many more than there may be connections: each makes room for the next
  for (let index = 0; index < 3 * LIMITS.connections; index++) {
    assert.match(await ask(), /\r\nConnection: close\r\n/i)
    const last = left.at(-1) ?? assert.fail()
    if (!last.closed) await once(last, 'close', { signal: AbortSignal.timeout(BOUND_MS) })
  }
  const [first = assert.fail()] = left
  first.destroy()
  // the server hears of it a little later
  for (const until = Date.now() + BOUND_MS; !/keep-alive/i.test(await ask()); ) assert.ok(Date.now() < until)
})
