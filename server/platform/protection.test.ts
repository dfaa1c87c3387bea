/** The limits of connections, with times that a test can wait for, and CORS, headers and rates over real sockets. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { text } from 'node:stream/consumers'
import { after, describe, test } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import { refuse } from './api.ts'
import { Refusal } from './errors.ts'
import {
  CONNECTION_LIMITS,
  type ConnectionLimits,
  limitRate,
  protect,
  serverOptions,
  takeOverBody,
} from './protection.ts'

const BOUND_MS = 5_000
const OFF = {
  corsOrigins: 'any' as 'any' | readonly string[],
  publicBaseUrl: 'http://127.0.0.1:3000',
  rateLimitPerAddress: null as { requests: number; windowMs: number } | null,
  rateLimitPerCaller: null as { requests: number; windowMs: number } | null,
  trustedProxies: [] as readonly string[],
}

const stops: (() => Promise<unknown>)[] = []
after(async () => {
  for (const stop of stops.toReversed()) await stop()
})

type Served = { http: FastifyInstance; url: string; port: number }

async function serve(config: Partial<typeof OFF> = {}, limits: Partial<ConnectionLimits> = {}): Promise<Served> {
  const all = { ...OFF, ...config }
  const connection = { ...CONNECTION_LIMITS, ...limits }
  const http = Fastify(serverOptions(all, connection))
  protect(http, all, connection)
  limitRate(http, all.rateLimitPerCaller, ({ headers }) => headers.authorization ?? null)
  http.removeAllContentTypeParsers()
  http.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  http.setErrorHandler((error, _request, reply) => {
    if (error instanceof Refusal) return refuse(reply, error)
    throw error
  })
  http.get('/', async ({ ip }) => ({ ip }))
  http.post('/', async () => ({}))
  http.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, payload, parsed) => parsed(null, payload))
    scope.post('/stream', async ({ raw }) => {
      takeOverBody(raw)
      return { received: await text(raw) }
    })
    done()
  })
  const url = await http.listen({ host: '127.0.0.1', port: 0 })
  stops.push(() => http.close())
  return { http, url, port: Number(new URL(url).port) }
}

/** A connection, and all that comes back until the other side ends it. */
async function connection({ port }: Served): Promise<{ socket: net.Socket; answer: Promise<string> }> {
  const socket = net.connect(port, '127.0.0.1')
  stops.push(async () => socket.destroy())
  await once(socket, 'connect')
  const parts: string[] = []
  socket.on('data', (part) => parts.push(String(part))).on('error', () => {})
  const ended = once(socket, 'close', { signal: AbortSignal.timeout(BOUND_MS) })
  return { socket, answer: ended.then(() => parts.join('')) }
}

async function answerTo(served: Served, request: string): Promise<string> {
  const { socket, answer } = await connection(served)
  socket.write(request)
  return answer
}

const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1])
const bodyOf = (answer: string) => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))

describe('connections', () => {
  test('headers that come too slowly, or not at all, end the connection', async () => {
    const served = await serve({}, { headersMs: 200, checkMs: 50 })
    const slow = await connection(served)
    slow.socket.write('GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ')
    const silent = await connection(served)
    assert.equal(statusOf(await slow.answer), 408)
    assert.deepEqual(bodyOf(await slow.answer), {
      status: 'Request timeout',
      error: 'the request did not arrive in time',
    })
    await silent.answer
  })

  test('a body that comes too slowly ends the connection, however steadily it trickles', async () => {
    const served = await serve({}, { bodyMs: 300 })
    for (const announced of ['Content-Length: 100000', 'Transfer-Encoding: chunked']) {
      const { socket, answer } = await connection(served)
      socket.write(`POST / HTTP/1.1\r\nHost: a\r\n${announced}\r\n\r\n`)
      const trickle = setInterval(() => socket.writable && socket.write('1\r\na\r\n'), 20)
      try {
        assert.equal(statusOf(await answer), 408)
      } finally {
        clearInterval(trickle)
      }
    }
  })

  test('a body that nobody reads because the request was refused does not hold the connection either', async () => {
    const served = await serve({ rateLimitPerAddress: { requests: 1, windowMs: 60_000 } }, { bodyMs: 300 })
    await fetch(served.url)
    const { socket, answer } = await connection(served)
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n')
    const trickle = setInterval(() => socket.writable && socket.write('a'), 20)
    try {
      assert.equal(statusOf(await answer), 429)
    } finally {
      clearInterval(trickle)
    }
  })

  test('a stream that its handler takes over may last longer', async () => {
    const served = await serve({}, { bodyMs: 150, headersMs: 150, checkMs: 50 })
    const { socket, answer } = await connection(served)
    socket.write('POST /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 20\r\n\r\n')
    for (let sent = 0; sent < 20; sent++) {
      await new Promise((resolve) => setTimeout(resolve, 30))
      socket.write('a')
    }
    assert.deepEqual(bodyOf(await answer), { received: 'a'.repeat(20) })
  })

  test('more connections than the limit are closed at once, and others may come when one ends', async () => {
    const served = await serve({}, { connections: 2 })
    const [first] = [await connection(served), await connection(served)]
    assert.equal(await answerTo(served, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'), '')
    first.socket.destroy()
    await first.answer
    const end = performance.now() + BOUND_MS
    for (;;) {
      const answer = await answerTo(served, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
      if (statusOf(answer) === 200) break
      assert.ok(performance.now() < end, answer)
    }
  })

  test('what is no HTTP is told so', async () => {
    const served = await serve()
    const broken: [string, number][] = [
      ['GET / HTTP/1.1\r\nHost: a\r\nbroken\r\n\r\n', 400],
      ['\u0016\u0003\u0001\u0002\u0000\u0001\r\n\r\n', 400],
      ['GET / HTTP/1.1\r\n\r\n', 400],
      ['POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 400],
      ['POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
      ['POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na', 400],
      ['POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\na', 400],
      [`GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${'a'.repeat(100_000)}\r\n\r\n`, 431],
      [`GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431],
      ['CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n', 405],
    ]
    for (const [request, status] of broken) {
      const answer = await answerTo(served, request)
      assert.equal(statusOf(answer), status, request.slice(0, 80))
      if (!answer.endsWith('\r\n\r\n')) assert.equal(typeof bodyOf(answer).status, 'string')
    }
  })

  test('a kept connection on which something broken follows is told so, too', async () => {
    const served = await serve()
    const { socket, answer } = await connection(served)
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await once(socket, 'data')
    socket.write('broken\r\n\r\n')
    assert.match(await answer, /^HTTP\/1\.1 200 [\s\S]*HTTP\/1\.1 400 /)
  })

  test('100 headers are read, 101 are refused', async () => {
    const served = await serve()
    const request = (headers: number) =>
      `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${'X-A: b\r\n'.repeat(headers - 2)}\r\n`
    assert.equal(statusOf(await answerTo(served, request(100))), 200)
    for (const headers of [101, 1_000]) {
      const answer = await answerTo(served, request(headers))
      assert.equal(statusOf(answer), 431)
      assert.match(bodyOf(answer).error, /headers/)
    }
  })
})

describe('rates', () => {
  const limit = { requests: 3, windowMs: 60_000 }

  test('an address gets so many answers, then 429 that says when to come again', async () => {
    const { url } = await serve({ rateLimitPerAddress: limit })
    const statuses = []
    for (let index = 0; index < 4; index++) {
      const { status, headers } = await fetch(url)
      statuses.push(status)
      assert.equal(headers.get('ratelimit-limit'), '3')
      assert.equal(headers.get('ratelimit-remaining'), String(Math.max(0, 2 - index)))
    }
    assert.deepEqual(statuses, [200, 200, 200, 429])
    const refused = await fetch(url)
    assert.ok(Number(refused.headers.get('retry-after')) > 50)
    assert.deepEqual(await refused.json(), {
      status: 'Too many requests',
      error: 'more than 3 requests in 60 s: try again later',
    })
    // the caller's page must be able to read that
    assert.equal((await fetch(url, { headers: { origin: 'https://a.example' } })).headers.get('vary'), 'Origin')
  })

  test('the window ends', async () => {
    const { url } = await serve({ rateLimitPerAddress: { requests: 1, windowMs: 100 } })
    assert.equal((await fetch(url)).status, 200)
    assert.equal((await fetch(url)).status, 429)
    const end = performance.now() + BOUND_MS
    while ((await fetch(url)).status !== 200) assert.ok(performance.now() < end)
  })

  test('each caller has a count of its own; who is nobody is not counted with them', async () => {
    const { url } = await serve({ rateLimitPerCaller: limit })
    const statuses = async (headers: Record<string, string>) => {
      const all = []
      for (let index = 0; index < 4; index++) all.push((await fetch(url, { headers })).status)
      return all
    }
    assert.deepEqual(await statuses({ authorization: 'a' }), [200, 200, 200, 429])
    assert.deepEqual(await statuses({ authorization: 'b' }), [200, 200, 200, 429])
    assert.deepEqual(await statuses({}), [200, 200, 200, 200])
  })

  test('only a trusted proxy may say for whom it asks', async () => {
    const ask = async ({ url }: Served, forwarded: string) => {
      const response = await fetch(url, { headers: { 'x-forwarded-for': forwarded } })
      return { status: response.status, body: await response.json() }
    }
    const one = { requests: 1, windowMs: 60_000 }
    const stranger = await serve({ rateLimitPerAddress: one, trustedProxies: ['10.0.0.0/8'] })
    assert.deepEqual(await ask(stranger, '192.0.2.1'), { status: 200, body: { ip: '127.0.0.1' } })
    assert.equal((await ask(stranger, '192.0.2.2')).status, 429)

    const proxy = await serve({ rateLimitPerAddress: one, trustedProxies: ['127.0.0.0/8'] })
    assert.deepEqual(await ask(proxy, '192.0.2.1'), { status: 200, body: { ip: '192.0.2.1' } })
    assert.deepEqual(await ask(proxy, '192.0.2.2'), { status: 200, body: { ip: '192.0.2.2' } })
    // what the client itself wrote stands before what the proxy adds
    assert.equal((await ask(proxy, '198.51.100.7, 192.0.2.2')).status, 429)
  })
})

describe('cross-origin requests', () => {
  const preflight = (url: string, origin: string) =>
    fetch(url, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'PATCH',
        'access-control-request-headers': 'idempotency-key',
      },
    })

  test('any http or https origin may call, and learns how from a preflight', async () => {
    const { url } = await serve()
    const asked = await preflight(url, 'https://console.example')
    assert.equal(asked.status, 200)
    const expected = {
      'access-control-allow-origin': 'https://console.example',
      'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE, OPTIONS',
      'access-control-allow-headers': 'Accept, Authorization, Content-Type, X-CSRF-Token, Idempotency-Key',
      'access-control-expose-headers': 'Link',
      'access-control-max-age': '300',
      vary: 'Origin',
    }
    for (const [name, value] of Object.entries(expected)) assert.equal(asked.headers.get(name), value, name)
    assert.equal(asked.headers.get('access-control-allow-credentials'), null)

    const answer = await fetch(url, { headers: { origin: 'http://localhost:5173' } })
    assert.equal(answer.headers.get('access-control-allow-origin'), 'http://localhost:5173')
    for (const origin of ['null', 'file://', 'javascript:alert(1)'])
      assert.equal((await preflight(url, origin)).headers.get('access-control-allow-origin'), null, origin)
    const plain = await fetch(url)
    assert.equal(plain.headers.get('access-control-allow-origin'), null)
    assert.equal(plain.headers.get('vary'), 'Origin')
  })

  test('of a list only its members may call', async () => {
    const { url } = await serve({ corsOrigins: ['https://console.example'] })
    const allowed = async (origin: string) => (await preflight(url, origin)).headers.get('access-control-allow-origin')
    assert.equal(await allowed('https://console.example'), 'https://console.example')
    for (const origin of ['https://console.example.evil', 'http://console.example', 'https://console.example:8443'])
      assert.equal(await allowed(origin), null, origin)
  })

  test('none leaves no trace of it', async () => {
    const { url } = await serve({ corsOrigins: [] })
    const { status, headers } = await preflight(url, 'https://console.example')
    assert.equal(status, 404)
    assert.deepEqual(
      [...headers.keys()].filter((name) => /^(access-control|vary)/.test(name)),
      [],
    )
  })
})

describe('headers for browsers', () => {
  test('every answer forbids to frame, run, sniff and keep it', async () => {
    const { url } = await serve()
    for (const path of ['/', '/missing']) {
      const { headers } = await fetch(url + path)
      const expected = {
        'content-security-policy': "default-src 'none';frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': 'no-store',
        'x-powered-by': null,
        'strict-transport-security': null,
      }
      for (const [name, value] of Object.entries(expected)) assert.equal(headers.get(name), value, `${path} ${name}`)
    }
  })

  test('strict transport is asked for where TLS is: before a trusted proxy, or by the public address', async () => {
    const hsts = async (served: Served, proto: string) =>
      (await fetch(served.url, { headers: { 'x-forwarded-proto': proto } })).headers.get('strict-transport-security')
    const proxied = await serve({ trustedProxies: ['127.0.0.1'] })
    assert.equal(await hsts(proxied, 'https'), 'max-age=31536000')
    assert.equal(await hsts(proxied, 'http'), null)
    assert.equal(await hsts(await serve(), 'https'), null)
    assert.equal(await hsts(await serve({ publicBaseUrl: 'https://api.example' }), 'http'), 'max-age=31536000')
  })

  test('a route may loosen its own', async () => {
    const http = Fastify(serverOptions(OFF))
    protect(http, OFF)
    http.route({
      method: 'GET',
      url: '/docs',
      config: { helmet: { contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'self'"] } } } },
      handler: (_request, reply) => reply.header('cache-control', 'public').send('page'),
    })
    const { headers } = await http.inject('/docs')
    assert.equal(headers['content-security-policy'], "default-src 'self'")
    assert.equal(headers['cache-control'], 'public')
    assert.equal(headers['x-frame-options'], 'DENY')
  })
})
