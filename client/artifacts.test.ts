import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, test } from 'node:test'
import { ConflictError, FulcrumClient, FulcrumError, UnavailableError } from './index.ts'

/** Keeps one artifact as the contract says, and can be told to break connections. */
type Store = {
  client: FulcrumClient
  content: Buffer
  complete: boolean
  sha256: string
  puts: string[]
  ranges: (string | undefined)[]
  /** Called with each PUT; bytes after which its connection breaks, the received part being kept. */
  breakPutAfter: () => number | undefined
  /** When true the answer of this PUT is lost although everything was written. */
  losePutAnswer: () => boolean
  breakGetAfter: () => number | undefined
  honoursRange: boolean
}

const MIB = 1024 * 1024
const OPTIONS = { serviceId: 's', kind: 'backup', format: 'raw', patienceMs: 3_000 }
let cleanUp: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const step of cleanUp) await step()
  cleanUp = []
})

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex')

async function aStore(): Promise<Store> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://x')
    if (url.pathname === '/api/v1/artifacts/a/info') describe(response)
    else if (request.method === 'PUT') void put(request, response, url.searchParams)
    else get(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on TCP
  const store: Store = {
    client: new FulcrumClient({ url, token: 't', timeoutMs: 5_000 }),
    content: Buffer.alloc(0),
    complete: false,
    sha256: '',
    puts: [],
    ranges: [],
    breakPutAfter: () => undefined,
    losePutAnswer: () => false,
    breakGetAfter: () => undefined,
    honoursRange: true,
  }
  cleanUp.push(async () => {
    await store.client.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return store

  function describe(response: ServerResponse, status = 200) {
    if (store.puts.length === 0 && !store.complete) return response.writeHead(404).end('{}')
    const body = { id: 'a', sizeBytes: store.content.length, state: store.complete ? 'Complete' : 'Uploading' }
    response.writeHead(status).end(JSON.stringify(store.complete ? { ...body, sha256: store.sha256 } : body))
  }

  async function put(request: IncomingMessage, response: ServerResponse, query: URLSearchParams) {
    store.puts.push(String(query))
    if (store.complete || Number(query.get('offset')) !== store.content.length)
      return response.writeHead(409).end('{"status":"Conflict"}')
    const limit = store.breakPutAfter()
    let received = 0
    for await (const chunk of request) {
      received += chunk.length
      store.content = Buffer.concat([store.content, chunk])
      if (limit !== undefined && received >= limit) return request.socket.destroy()
    }
    if (query.get('complete') === 'true') {
      if (query.get('sha256') !== sha256(store.content)) return response.writeHead(400).end('{"error":"digest"}')
      store.complete = true
      store.sha256 = sha256(store.content)
    }
    if (store.losePutAnswer()) return request.socket.destroy()
    describe(response)
  }

  function get(request: IncomingMessage, response: ServerResponse) {
    store.ranges.push(request.headers.range)
    const from = store.honoursRange ? Number(request.headers.range?.match(/^bytes=(\d+)-$/)?.[1] ?? 0) : 0
    const body = store.content.subarray(from)
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': body.length })
    const limit = store.breakGetAfter()
    if (limit === undefined) return response.end(body)
    response.write(body.subarray(0, limit), () => setTimeout(() => request.socket.destroy(), 20))
  }
}

/** True for the given numbers of calls, counted from 1. */
function atCalls(...numbers: number[]) {
  let calls = 0
  return () => numbers.includes(++calls)
}

function inChunks(content: Buffer, size = 100_000): () => AsyncIterable<Uint8Array> {
  return async function* () {
    for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size)
  }
}

test('content is uploaded in pieces of 8 MiB, the digest with the last one', async () => {
  const store = await aStore()
  const content = randomBytes(17 * MIB)
  const artifact = await store.client.uploadArtifact('a', Readable.from(inChunks(content)()), OPTIONS)
  assert.equal(artifact.state, 'Complete')
  assert.ok(store.content.equals(content))
  const start = 'serviceId=s&kind=backup&format=raw'
  assert.deepEqual(store.puts, [
    `${start}&offset=0&complete=false`,
    `${start}&offset=${8 * MIB}&complete=false`,
    `${start}&offset=${16 * MIB}&complete=true&sha256=${sha256(content)}`,
  ])
})

for (const size of [0, 8 * MIB])
  test(`content of ${size} bytes is one piece`, async () => {
    const store = await aStore()
    await store.client.uploadArtifact('a', inChunks(randomBytes(size)), OPTIONS)
    assert.equal(store.puts.length, 1)
    assert.equal(store.content.length, size)
  })

test('an upload survives broken connections at any place', async () => {
  const store = await aStore()
  const content = randomBytes(17 * MIB)
  const broken = atCalls(1, 2, 4)
  store.breakPutAfter = () => (broken() ? 3 * MIB : undefined)
  await store.client.uploadArtifact('a', inChunks(content), OPTIONS)
  assert.ok(store.complete && store.content.equals(content))
  assert.ok(store.puts.length >= 6)
})

test('a piece whose answer was lost is not sent again', async () => {
  const store = await aStore()
  const content = randomBytes(9 * MIB)
  store.losePutAnswer = atCalls(1, 2)
  const artifact = await store.client.uploadArtifact('a', inChunks(content), OPTIONS)
  assert.equal(artifact.sha256, sha256(content))
  assert.equal(store.puts.length, 2)
})

test('an upload of an earlier process is continued', async () => {
  const store = await aStore()
  const content = randomBytes(12 * MIB)
  store.breakPutAfter = () => 2 * MIB
  await assert.rejects(
    store.client.uploadArtifact('a', inChunks(content), { ...OPTIONS, patienceMs: 0 }),
    UnavailableError,
  )
  const before = store.content.length
  assert.ok(before > 0 && before < 8 * MIB)
  store.breakPutAfter = () => undefined
  await store.client.uploadArtifact('a', inChunks(content), OPTIONS)
  assert.ok(store.content.equals(content))
  assert.match(store.puts[1] ?? '', new RegExp(`offset=${before}&`))
})

test('an upload that is finished already is answered when the content is the same, else a conflict', async () => {
  const store = await aStore()
  await store.client.uploadArtifact('a', inChunks(Buffer.from('one')), OPTIONS)
  assert.equal((await store.client.uploadArtifact('a', inChunks(Buffer.from('one')), OPTIONS)).state, 'Complete')
  await assert.rejects(store.client.uploadArtifact('a', inChunks(Buffer.from('two')), OPTIONS), ConflictError)
  assert.equal(store.puts.length, 1)
})

test('an upload whose source fails is left unfinished', async () => {
  const store = await aStore()
  const source = async function* () {
    yield randomBytes(9 * MIB)
    throw new Error('disk')
  }
  await assert.rejects(store.client.uploadArtifact('a', source, OPTIONS), /disk/)
  assert.equal(store.complete, false)
})

async function aFinishedStore(content: Buffer) {
  const store = await aStore()
  Object.assign(store, { content, complete: true, sha256: sha256(content) })
  return store
}

for (const honoursRange of [true, false])
  test(`a download survives broken connections when ranges are ${honoursRange ? 'honoured' : 'ignored'}`, async () => {
    const content = randomBytes(3 * MIB)
    const store = await aFinishedStore(content)
    store.honoursRange = honoursRange
    const broken = atCalls(1, 2)
    store.breakGetAfter = () => (broken() ? 2 * MIB : undefined)
    const { stream, artifact } = await store.client.downloadArtifact('a')
    assert.equal(artifact.sizeBytes, content.length)
    assert.ok((await buffer(stream)).equals(content))
    assert.equal(store.ranges[0], undefined)
    assert.match(store.ranges[1] ?? '', /^bytes=\d+-$/)
  })

test('a download with another digest fails at its end', async () => {
  const store = await aFinishedStore(Buffer.from('right'))
  store.content = Buffer.from('wrong')
  const { stream } = await store.client.downloadArtifact('a')
  await assert.rejects(buffer(stream), (error) => error instanceof FulcrumError && /digest differs/.test(error.message))
})

test('an unfinished artifact cannot be downloaded', async () => {
  const store = await aFinishedStore(Buffer.from('part'))
  store.complete = false
  store.puts.push('')
  await assert.rejects(store.client.downloadArtifact('a'), ConflictError)
})

test('a download ends when its stream is destroyed', async () => {
  const store = await aFinishedStore(randomBytes(30 * MIB))
  const { stream } = await store.client.downloadArtifact('a')
  for await (const _ of stream) break
  assert.equal(stream.destroyed, true)
})
