import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, test } from 'node:test'
import { agents, jobs, metricEntries, services, vault } from '@fulcrum/contract'
import {
  ConflictError,
  ForbiddenError,
  FulcrumClient,
  FulcrumError,
  InvalidRequestError,
  NotFoundError,
  RateLimitedError,
  UnauthenticatedError,
  UnavailableError,
} from './index.ts'

type Seen = { method: string; url: string; headers: IncomingMessage['headers']; body: string }
type Answer = (request: Seen, response: ServerResponse) => void

const TOKEN = 'a-very-secret-token'
let cleanUp: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const step of cleanUp) await step()
  cleanUp = []
})

async function aServer(answer: Answer, options: { timeoutMs?: number; path?: string } = {}) {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const entry = { method, url, headers, body: Buffer.concat(chunks).toString() }
      seen.push(entry)
      answer(entry, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on TCP
  const { timeoutMs = 2_000, path = '' } = options
  const client = new FulcrumClient({ url: url + path, token: TOKEN, timeoutMs })
  cleanUp.push(async () => {
    await client.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { client, seen, url }
}

function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

test('a call fills and encodes the path and sends the token', async () => {
  const { client, seen } = await aServer((_, response) => json(response, 200, { value: 1 }))
  assert.deepEqual(await client.call(vault.getSecret, { params: { reference: 'a/b ?' } }), { value: 1 })
  assert.equal(seen[0]?.url, '/api/v1/vault/secrets/a%2Fb%20%3F')
  assert.equal(seen[0]?.headers.authorization, `Bearer ${TOKEN}`)
})

test('a base address with a path is kept, and one with /api/v1 is not doubled', async () => {
  for (const path of ['/f/', '/f/api/v1']) {
    const { client, seen } = await aServer((_, response) => json(response, 200, []), { path })
    await client.call(jobs.pending, {})
    assert.equal(seen[0]?.url, '/f/api/v1/jobs/pending')
  }
})

for (const reference of ['..', '.', ''])
  test(`a path value '${reference}' that would address something else is not sent`, async () => {
    const { client, seen } = await aServer((_, response) => json(response, 200, {}))
    await assert.rejects(client.call(vault.getSecret, { params: { reference } }), InvalidRequestError)
    assert.equal(seen.length, 0)
  })

test('an empty POST has no body and length 0, and 204 answers undefined', async () => {
  const { client, seen } = await aServer((_, response) => response.writeHead(204).end())
  assert.equal(await client.call(jobs.claim, { params: { id: 'x' } }), undefined)
  assert.equal(seen[0]?.headers['content-length'], '0')
})

test('a body goes as JSON without its undefined members', async () => {
  const { client, seen } = await aServer((_, response) => json(response, 201, {}))
  const body = { serviceId: 's', resourceId: 'r', typeName: 't', value: 0, ...{ agentInstanceId: undefined } }
  // exactOptionalPropertyTypes refuses undefined here; callers from JavaScript do it.
  await client.call(metricEntries.create, { body: body as never })
  assert.deepEqual(JSON.parse(seen[0]?.body ?? ''), { serviceId: 's', resourceId: 'r', typeName: 't', value: 0 })
  assert.equal(seen[0]?.headers['content-type'], 'application/json')
})

test('query values may repeat and undefined ones are left out', async () => {
  const { client, seen } = await aServer((_, response) => json(response, 200, {}))
  await client.call(services.list, { query: { pageSize: 5, status: ['A', 'B'], ...{ sort: undefined } } as never })
  assert.equal(seen[0]?.url, '/api/v1/services?pageSize=5&status=A&status=B')
})

test('an answer that is text is returned as it is', async () => {
  const { client } = await aServer((_, response) => response.end('key: "value"\n'))
  assert.equal(await client.call(agents.installConfig, { params: { token: 't' } }), 'key: "value"\n')
})

test('all pages of a list are read', async () => {
  const { client, seen } = await aServer((request, response) => {
    const page = Number(new URL(request.url, 'http://x').searchParams.get('page'))
    json(response, 200, { items: [{ id: `${page}a` }, { id: `${page}b` }], totalItems: 6, totalPages: 3 })
  })
  const ids: string[] = []
  for await (const job of client.all(jobs.list, { query: { status: 'Pending' } })) ids.push(job.id)
  assert.deepEqual(ids, ['1a', '1b', '2a', '2b', '3a', '3b'])
  assert.equal(seen[1]?.url, '/api/v1/jobs?pageSize=100&status=Pending&page=2')
})

const REFUSALS = [
  [400, 'bad', InvalidRequestError],
  [401, 'x', UnauthenticatedError],
  [403, 'authentication failed: no valid identity found', UnauthenticatedError],
  [403, 'not yours', ForbiddenError],
  [404, 'gone', NotFoundError],
  [409, 'not Pending', ConflictError],
  [413, 'too large', InvalidRequestError],
  [429, 'slow down', RateLimitedError],
  [500, 'oops', FulcrumError],
  [503, 'later', UnavailableError],
] as const
for (const [status, error, type] of REFUSALS)
  test(`${status} '${error}' is a ${type.name} that says what happened`, async () => {
    const { client } = await aServer((_, response) => json(response, status, { status: 'Title', error }))
    await assert.rejects(client.call(jobs.claim, { params: { id: 'j1' } }), (thrown) => {
      assert.ok(thrown instanceof FulcrumError)
      assert.equal(thrown.constructor, type)
      assert.equal(thrown.name, type.name)
      assert.equal(thrown.operation, 'jobs.claim')
      assert.equal(thrown.status, status)
      assert.equal(thrown.title, 'Title')
      assert.equal(thrown.message, `POST /api/v1/jobs/j1/claim: ${status} Title: ${error}`)
      return true
    })
  })

test('violations of properties are listed', async () => {
  const errors = [{ path: 'cpu', message: 'cpu: expected integer, got string' }]
  const { client } = await aServer((_, response) => json(response, 400, { status: 'Validation failed', errors }))
  await assert.rejects(client.call(services.get, { params: { id: 's' } }), {
    violations: errors,
    message: 'GET /api/v1/services/s: 400 Validation failed: cpu: expected integer, got string',
  })
})

test('a refusal that is no JSON is quoted', async () => {
  const { client } = await aServer((_, response) => response.writeHead(418).end('<h1>teapot</h1>'))
  await assert.rejects(client.call(jobs.pending, {}), { message: 'GET /api/v1/jobs/pending: 418: <h1>teapot</h1>' })
})

test('no error shows the token, even when the server repeats it', async () => {
  const { client } = await aServer((request, response) =>
    json(response, 400, { status: 'Bad', error: `what is ${request.headers.authorization}?` }),
  )
  await assert.rejects(client.call(jobs.pending, {}), {
    message: 'GET /api/v1/jobs/pending: 400 Bad: what is Bearer …?',
  })
  const broken = new FulcrumClient({ url: 'http://127.0.0.1:1', token: `${TOKEN}\n` })
  await assert.rejects(broken.call(jobs.pending, {}), (error) => !String(error).includes(TOKEN))
})

test('no error shows an install token or a query', async () => {
  const { client } = await aServer((_, response) => json(response, 404, { status: 'Not found' }))
  await assert.rejects(client.call(agents.installConfig, { params: { token: 'hush' } }), {
    message: 'GET /api/v1/agents/install/{token}/config: 404 Not found',
  })
  await assert.rejects(client.call(services.list, { query: { name: 'x' } }), {
    message: 'GET /api/v1/services: 404 Not found',
  })
})

test('the time to wait is read from the answer', async () => {
  const { client } = await aServer((_, response) => json(response, 429, { status: 'x' }, { 'retry-after': '7' }))
  await assert.rejects(client.call(jobs.pending, {}), { retryAfterMs: 7_000 })
})

test('a GET is repeated while the server is unavailable', async () => {
  let calls = 0
  const { client } = await aServer((_, response) => {
    calls++
    if (calls === 1) response.socket?.destroy()
    else if (calls === 2) json(response, 503, { status: 'x' }, { 'retry-after': '0' })
    else json(response, 200, [])
  })
  assert.deepEqual(await client.call(jobs.pending, {}), [])
  assert.equal(calls, 3)
})

test('a GET is not repeated when its caller wants it so', async () => {
  const { client, seen } = await aServer((_, response) => json(response, 503, { status: 'x' }))
  await assert.rejects(client.call(jobs.pending, {}, { repeat: false }), UnavailableError)
  assert.equal(seen.length, 1)
})

test('a POST is not repeated', async () => {
  const { client, seen } = await aServer((_, response) => json(response, 503, { status: 'x' }))
  await assert.rejects(client.call(jobs.claim, { params: { id: 'x' } }), UnavailableError)
  assert.equal(seen.length, 1)
})

test('a GET gives up within its time, with the last error', async () => {
  const { client } = await aServer((_, response) => json(response, 503, { status: 'Down' }))
  const started = performance.now()
  await assert.rejects(client.call(jobs.pending, {}, { timeoutMs: 400 }), { title: 'Down' })
  assert.ok(performance.now() - started < 1_500)
})

test('no answer in time is an UnavailableError', async () => {
  const { client } = await aServer(() => undefined)
  await assert.rejects(client.call(jobs.claim, { params: { id: 'x' } }, { timeoutMs: 60 }), {
    name: 'UnavailableError',
    status: 0,
    message: 'POST /api/v1/jobs/x/claim: no answer in time',
  })
})

test('a body that does not end in time is an UnavailableError', async () => {
  const { client } = await aServer((_, response) => response.writeHead(200).write('['))
  await assert.rejects(client.call(jobs.pending, {}, { timeoutMs: 60 }), UnavailableError)
})

test('no server is an UnavailableError that names the reason', async () => {
  const client = new FulcrumClient({ url: 'http://127.0.0.1:1', token: TOKEN })
  await assert.rejects(
    client.call(jobs.claim, { params: { id: 'x' } }),
    /no answer from the server \(.*(ECONNREFUSED|bad port)/,
  )
  await client.close()
})

test('an abort by the caller throws its reason', async () => {
  const controller = new AbortController()
  const { client } = await aServer(() => controller.abort(new Error('enough')))
  await assert.rejects(client.call(jobs.pending, {}, { signal: controller.signal }), { message: 'enough' })
})

test('an answer that is no JSON is an error and is not quoted', async () => {
  const { client, seen } = await aServer((_, response) => response.end('{"value": secret}'))
  await assert.rejects(client.call(vault.getSecret, { params: { reference: 'r' } }), (error) => {
    assert.ok(error instanceof FulcrumError)
    return !error.message.includes('secret}') && error.message.includes('not JSON')
  })
  assert.equal(seen.length, 1)
})

test('a redirect is not followed', async () => {
  const { client, seen } = await aServer((_, response) => response.writeHead(302, { location: '/other' }).end())
  await assert.rejects(client.call(jobs.pending, {}), { status: 302 })
  assert.equal(seen.length, 1)
})

test('the token is asked anew for each request', async () => {
  const { url, seen } = await aServer((_, response) => json(response, 200, []))
  let number = 0
  const client = new FulcrumClient({ url, token: async () => `t${++number}` })
  await client.call(jobs.pending, {})
  await client.call(jobs.pending, {})
  await client.close()
  assert.deepEqual(
    seen.map((request) => request.headers.authorization),
    ['Bearer t1', 'Bearer t2'],
  )
})

test('close ends calls that wait', async () => {
  const { client, seen } = await aServer(() => undefined)
  const waiting = assert.rejects(client.call(jobs.pending, {}), UnavailableError)
  while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve))
  await client.close()
  await waiting
})

for (const url of ['fulcrum.example', 'ftp://x', 'http://user:pass@x'])
  test(`the address ${url} is refused`, () => {
    assert.throws(() => new FulcrumClient({ url, token: TOKEN }), /address of the server/)
  })
