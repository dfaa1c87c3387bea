/** What the tests of artifacts share: a server with its own directory and a service, and requests that stream or break. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import http from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { insertServiceRows, type ServiceRows } from '../testing/service-rows.ts'
import { ADMIN_TOKEN, type Caller, startTestServer, type TestServer } from '../testing/test-server.ts'

export const MIB = 2 ** 20

export type ArtifactServer = {
  server: TestServer
  rows: ServiceRows
  provider: Caller
  consumer: Caller
  agent: Caller
  dataDir: string
  /** Where the content of an artifact lies. */
  fileOf(id: string): string
  stop(): Promise<void>
}

export async function startArtifactServer(
  environment: Record<string, string> = {},
  now?: () => Date,
): Promise<ArtifactServer> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'fulcrum-artifacts-'))
  const server = await startTestServer({ FULCRUM_DATA_DIR: dataDir, ...environment }, now)
  const provider = await server.participant('provider')
  const consumer = await server.participant('consumer')
  const rows = await insertServiceRows(server.platform.db, provider.id, consumer.id)
  const { body: token } = await server.admin.post('/tokens', { name: 'a', role: 'agent', scopeId: rows.agentId })
  return {
    server,
    rows,
    provider: provider.caller,
    consumer: consumer.caller,
    agent: server.as(token.value),
    dataDir,
    fileOf: (id) => path.join(dataDir, 'artifacts', id.slice(0, 2), id.slice(2, 4), id),
    stop: async () => {
      await server.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export type Query = Record<string, string | number | boolean | undefined>

/** The path of a piece of a `backup` in the format `raw`. */
export function piecePath(id: string, serviceId: string, query: Query = {}): string {
  const all: Query = { serviceId, kind: 'backup', format: 'raw', ...query }
  const search = new URLSearchParams(
    Object.entries(all).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, `${value}`]],
    ),
  )
  return `/artifacts/${id}?${search}`
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape; a wrong path fails the assertion
export type PutReply = { status: number; body: any; headers: Headers }

/** Sends one piece. An async iterable is sent in chunks, without a Content-Length. */
export async function putPiece(
  base: string,
  token: string,
  pathOfPiece: string,
  content: Uint8Array<ArrayBuffer> | AsyncIterable<Uint8Array>,
): Promise<PutReply> {
  const whole = content instanceof Uint8Array
  const response = await fetch(`${base}/api/v1${pathOfPiece}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' },
    body: whole ? content : ReadableStream.from(content),
    ...(!whole && { duplex: 'half' as const }),
  } as RequestInit) // `duplex` is missing in the type that Node ships
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text), headers: response.headers }
}

/** Begins to send `announced` bytes, and leaves the rest to the caller: more writes, an end, or a break. */
export function openPiece(base: string, token: string, pathOfPiece: string, announced: number): http.ClientRequest {
  const request = http.request(`${base}/api/v1${pathOfPiece}`, {
    method: 'PUT',
    agent: false,
    headers: { authorization: `Bearer ${token}`, 'content-length': announced },
  })
  request.on('error', () => {})
  request.flushHeaders()
  return request
}

export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

export function someBytes(size: number): Buffer<ArrayBuffer> {
  return randomBytes(size) as Buffer<ArrayBuffer> // never a shared buffer
}

export const anId = randomUUID

/** Waits until something holds, for at most ten seconds. */
export async function eventually<T>(look: () => Promise<T | false>): Promise<T> {
  const until = Date.now() + 10_000
  for (;;) {
    const found = await look()
    if (found !== false) return found
    if (Date.now() > until) throw new Error('it did not become true in time')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/**
 * A server as a process of its own, on any free ports.
 *
 * @param started  told of the process at once, so that it can be ended also when it never serves
 */
export async function serveProcess(
  dataDir: string,
  database: string,
  started: (child: ChildProcess) => unknown,
): Promise<{ url: string; child: ChildProcess }> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, '../serve.ts')], {
    env: {
      PATH: process.env.PATH,
      FULCRUM_PORT: '0',
      FULCRUM_HEALTH_PORT: '0',
      FULCRUM_DATA_DIR: dataDir,
      FULCRUM_DB_DSN: database,
      FULCRUM_BOOTSTRAP_ADMIN_TOKEN: ADMIN_TOKEN,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  started(child)
  for await (const line of createInterface({ input: child.stdout })) {
    const { url } = JSON.parse(line)
    if (typeof url !== 'string') continue
    child.stdout.resume()
    return { url, child }
  }
  throw new Error('the server did not start')
}
