/**
 * The part of the server that one agent sees, in memory behind a real HTTP listener. It keeps the rules that an agent can meet:
 * one job per group, claims of pending jobs only, ends of claimed jobs only, secrets that are gone, artifacts in pieces.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { FulcrumClient } from '@fulcrum/client'
import type { Agent, AgentStatus, Job, JsonObject, MetricEntryCreate, Service } from '@fulcrum/contract'
import type { Json } from '../agent.ts'
import { type ApiAnswer, type ApiRequest, answerRequest, type ServerState } from './answers.ts'
import { type ArtifactShelf, createArtifactShelf } from './artifact-shelf.ts'
import { aJob, anAgent, aService, timestamp } from './shapes.ts'

export type SeenRequest = { method: string; path: string; status: number }

/** What a test can make of a request: an answer of its own, a break before anything happens, or after it happened. */
export type Fault = { status: number; body?: Json; retryAfter?: number } | 'break' | 'lose answer' | undefined

export type TestServer = {
  readonly url: string
  /** A client with the agent's token, closed with the server. */
  readonly client: FulcrumClient
  readonly agent: Agent
  readonly services: Map<string, Service>
  readonly jobs: Map<string, Job>
  /** By reference without `vault://`. */
  readonly secrets: Map<string, Json>
  readonly metricEntries: MetricEntryCreate[]
  /** Every status that the agent told, in order. */
  readonly statuses: AgentStatus[]
  readonly artifacts: ArtifactShelf
  /** What was asked, with the status of the answer; 0 when the connection was broken. */
  readonly requests: SeenRequest[]
  /** The bearer that is accepted; may be changed. */
  token: string
  /** False: `wait` is ignored, as by a server that does not know it. */
  knowsWait: boolean
  /** Called for each request before it is answered. */
  fault: (request: { method: string; path: string }) => Fault
  addService(members?: Partial<Service>): Service
  addJob(service: Service, action: string, params?: JsonObject, members?: Partial<Job>): Job
  /** @throws Error when the condition does not hold in time; default 10 s */
  until(condition: () => boolean, timeoutMs?: number): Promise<void>
  /** Waits for the end of a job. */
  ended(job: Job, timeoutMs?: number): Promise<Job>
  /** Stops listening and breaks all connections; nothing is forgotten. */
  down(): Promise<void>
  /** Listens again on the same port. */
  up(): Promise<void>
  close(): Promise<void>
}

/**
 * Starts a server on a free port of 127.0.0.1.
 *
 *     const server = await startTestServer({ configuration: { region: 'eu' } })
 *     const job = server.addJob(server.addService(), 'create', { sizeGb: 5 })
 *     const running = await runAgent(definition, { url: server.url, token: server.token, journalDir })
 *     assert.equal((await server.ended(job)).status, 'Completed')
 *     await running.stop()
 *     await server.close()
 */
export async function startTestServer(agentMembers: Partial<Agent> = {}): Promise<TestServer> {
  const agent = anAgent(agentMembers)
  const state: ServerState = {
    agent,
    services: new Map(),
    jobs: new Map(),
    secrets: new Map(),
    metricEntries: [],
    statuses: [],
    artifacts: createArtifactShelf(agent),
    waiters: new Set(),
  }
  const requests: SeenRequest[] = []
  const http = createServer((request, response) => void handle(request, response))
  await listen(0)
  const { port } = http.address() as AddressInfo // it listens on TCP
  const url = `http://127.0.0.1:${port}`

  const server: TestServer = {
    ...state,
    url,
    client: new FulcrumClient({ url, token: () => server.token, timeoutMs: 5_000 }),
    requests,
    token: 'agent-token-of-the-test-server',
    knowsWait: true,
    fault: () => undefined,
    addService(members = {}) {
      const service = aService(agent, members)
      state.services.set(service.id, service)
      return service
    },
    addJob(service, action, params, members = {}) {
      const job = aJob(service, action, { ...(params ? { params } : {}), ...members })
      state.jobs.set(job.id, job)
      changed()
      return job
    },
    async until(condition, timeoutMs = 10_000) {
      const endsAt = performance.now() + timeoutMs
      while (!condition()) {
        if (performance.now() > endsAt) throw new Error(`not within ${timeoutMs} ms: ${condition}`)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    },
    async ended(job, timeoutMs) {
      const now = () => state.jobs.get(job.id) ?? job
      const isOver = () => now().status === 'Completed' || now().status === 'Failed'
      await server.until(isOver, timeoutMs)
      return now()
    },
    async down() {
      const closed = new Promise((resolve) => http.close(resolve))
      changed()
      http.closeAllConnections()
      await closed
    },
    up: () => listen(port),
    async close() {
      await server.client.close()
      if (http.listening) await server.down()
    },
  }
  return server

  async function listen(onPort: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      http.once('error', reject)
      http.listen(onPort, '127.0.0.1', () => {
        http.off('error', reject)
        resolve()
      })
    })
  }

  async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(message.url ?? '/', 'http://x')
    const { method = 'GET' } = message
    const path = pathname.replace(/^\/api\/v1/, '')
    const seen: SeenRequest = { method, path, status: 0 }
    requests.push(seen)
    try {
      const body = await read(message)
      const fault = server.fault({ method, path })
      if (fault === 'break') return void message.socket.destroy()
      const request: ApiRequest = { method, path, query: searchParams, body, range: message.headers.range }
      const answer = typeof fault === 'object' ? faulty(fault) : await answered(request, message)
      if (fault === 'lose answer') return void message.socket.destroy()
      seen.status = answer.status
      const isBytes = Buffer.isBuffer(answer.body)
      const content = isBytes ? answer.body : answer.body === undefined ? '' : JSON.stringify(answer.body)
      const type = isBytes ? 'application/octet-stream' : 'application/json'
      response.writeHead(answer.status, { 'content-type': type, ...answer.headers }).end(content)
    } catch {
      message.socket.destroy()
    }
  }

  async function answered(request: ApiRequest, message: IncomingMessage): Promise<ApiAnswer> {
    if (message.headers.authorization !== `Bearer ${server.token}`)
      return { status: 401, body: { status: 'Unauthorized', error: 'authentication failed: no valid identity found' } }
    const waitMs = server.knowsWait ? Number(request.query.get('wait') ?? 0) * 1_000 : 0
    if (request.path === '/jobs/pending' && waitMs > 0) await waitForJobs(request, waitMs)
    const answer = answerRequest(state, request)
    if (request.method !== 'GET') changed()
    return answer
  }

  async function waitForJobs(request: ApiRequest, waitMs: number): Promise<void> {
    const endsAt = performance.now() + waitMs
    for (;;) {
      const { body } = answerRequest(state, request)
      const leftMs = endsAt - performance.now()
      if (!Array.isArray(body) || body.length > 0 || leftMs <= 0 || !http.listening) return
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs)
        const wake = () => {
          clearTimeout(timer)
          state.waiters.delete(wake)
          resolve()
        }
        state.waiters.add(wake)
      })
    }
  }

  function changed(): void {
    agent.updatedAt = timestamp()
    for (const wake of [...state.waiters]) wake()
  }
}

function faulty({ status, body, retryAfter }: Exclude<Fault, string | undefined>): ApiAnswer {
  const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
  return { status, body: body ?? { status: 'Fault', error: 'wanted by the test' }, headers }
}

async function read(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk)
  return Buffer.concat(chunks)
}
