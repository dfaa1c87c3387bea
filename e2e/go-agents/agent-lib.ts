/**
 * An agent on agent-lib-go (commit e3f1dde) as it is on the wire, one step a call: its loops without their clocks. Headers, their
 * order and the bodies are those that the built library sends.
 */
import { type Go, goDecode, goType } from './go-decode.ts'
import type { RawAnswer, Wire } from './wire.ts'

const JOB_SERVICE = goType({
  struct: {
    id: 'string',
    name: 'string',
    status: 'string',
    properties: { pointer: 'any' },
    agentInstanceData: { pointer: 'any' },
    agentInstanceId: { pointer: 'string' },
    providerId: 'string',
    consumerId: 'string',
    agentId: 'string',
    serviceTypeId: 'string',
    groupId: 'string',
    createdAt: 'time',
    updatedAt: 'time',
  },
})
const JOB = goType({
  struct: {
    id: 'string',
    action: 'string',
    status: 'string',
    params: { pointer: 'any' },
    priority: 'int',
    service: { pointer: JOB_SERVICE },
  },
})
const AGENT = goType({
  struct: {
    id: 'string',
    name: 'string',
    status: 'string',
    agentTypeId: 'string',
    configuration: { pointer: 'any' },
  },
})
const PAGE = goType({ struct: { items: { slice: { pointer: JOB_SERVICE } }, totalItems: 'int', totalPages: 'int' } })

export type LibJob = Go<typeof JOB>
export type LibService = Go<typeof JOB_SERVICE>
/** What a handler returns; nulls leave what is stored. */
export type LibReport = { agentInstanceData: object | null; agentInstanceId: string | null }
/** Throws to fail the job. */
export type LibHandler = (job: LibJob) => LibReport
export type LibMetric = { agentInstanceId: string; resourceId: string; value: number; typeName: string }

const PAGE_SIZE = 50

export class LibAgent {
  readonly #wire: Wire
  readonly #token: string
  readonly #handlers: Readonly<Record<string, LibHandler>>
  /** Its own idea of its status; jobs are polled for only while it is Connected. */
  status = 'New'

  constructor(wire: Wire, token: string, handlers: Readonly<Record<string, LibHandler>>) {
    this.#wire = wire
    this.#token = token
    this.#handlers = handlers
  }

  /** The request as resty writes it. A body ends with a line feed, as Go's JSON encoder does. */
  request(method: string, path: string, body?: object): string {
    const content = body && `${JSON.stringify(body)}\n`
    const length = content === undefined ? (method === 'GET' ? null : 0) : Buffer.byteLength(content)
    return [
      `${method} ${path} HTTP/1.1`,
      `Host: ${this.#wire.host}`,
      'User-Agent: go-resty/3.0.0-beta.1 (https://resty.dev)',
      ...(length === null ? [] : [`Content-Length: ${length}`]),
      'Accept-Encoding: gzip, deflate',
      `Authorization: Bearer ${this.#token}`,
      'Content-Type: application/json',
      '',
      content ?? '',
    ].join('\r\n')
  }

  /** Any error ends the start. @returns the configuration that its connect handler gets */
  async start(): Promise<{ id: string; configuration: unknown }> {
    const info = goDecode(AGENT, (await this.#ok('GET', '/api/v1/agents/me')).body)
    if (info.id === '') throw new Error('invalid agent information received: missing ID')
    const configuration = await this.#resolve(info.configuration)
    await this.#ok('PUT', '/api/v1/agents/me/status', { status: 'Connected' })
    this.status = 'Connected'
    return { id: info.id, configuration }
  }

  async heartbeat(healthy: boolean): Promise<void> {
    if (!healthy) {
      if (this.status !== 'Error') await this.#ok('PUT', '/api/v1/agents/me/status', { status: 'Error' })
      this.status = 'Error'
      return
    }
    await this.#ok('PUT', '/api/v1/agents/me/status', { status: 'Connected' })
    this.status = 'Connected'
  }

  /** One tick: the first of the pending jobs, from claim to report. @returns what was offered, in this order */
  async poll(): Promise<LibJob[]> {
    if (this.status !== 'Connected') return []
    const { body } = await this.#ok('GET', '/api/v1/jobs/pending')
    if (!body.startsWith('[')) throw new Error(`pending jobs are no array: ${body}`)
    const jobs = goDecode({ slice: JOB }, body)
    const job = jobs[0]
    if (job) await this.#work(job)
    return jobs
  }

  async #work(job: LibJob): Promise<void> {
    const path = `/api/v1/jobs/${job.id}`
    const handler = this.#handlers[job.action]
    if (!handler) {
      await this.#ok('POST', `${path}/fail`, { errorMessage: `unsupported job action '${job.action}'` })
      return
    }
    await this.#ok('POST', `${path}/claim`)
    let report: LibReport
    try {
      report = handler({ ...job, params: await this.#resolve(job.params) })
    } catch (error) {
      await this.#ok('POST', `${path}/fail`, { errorMessage: error instanceof Error ? error.message : String(error) })
      return
    }
    const { agentInstanceData, agentInstanceId } = report
    await this.#ok('POST', `${path}/complete`, { agentInstanceData, agentInstanceId })
  }

  /** @returns how many pages were read, and which entries were refused */
  async reportMetrics(measure: (service: LibService) => LibMetric[]): Promise<{ pages: number; refused: number[] }> {
    const refused: number[] = []
    for (let page = 1; ; page++) {
      const { body } = await this.#ok('GET', `/api/v1/services?page=${page}&pageSize=${PAGE_SIZE}`)
      const { items, totalPages } = goDecode(PAGE, body)
      if (items.length === 0) return { pages: page, refused }
      for (const service of items) {
        if (!service || service.status === 'New' || service.status === 'Deleted') continue
        for (const { agentInstanceId, resourceId, value, typeName } of measure(service)) {
          const answer = await this.#send('POST', '/api/v1/metric-entries', {
            agentInstanceId,
            resourceId,
            value,
            typeName,
          })
          if (answer.status >= 400) refused.push(answer.status)
        }
      }
      if (page >= totalPages) return { pages: page, refused }
    }
  }

  async stop(): Promise<void> {
    await this.#ok('PUT', '/api/v1/agents/me/status', { status: 'Disconnected' })
    this.status = 'Disconnected'
  }

  /** A secret of the vault; null when it is gone (404), an error for anything else. */
  async secret(reference: string): Promise<unknown> {
    const answer = await this.#send('GET', `/api/v1/vault/secrets/${reference}`)
    if (answer.status === 404) return null
    if (answer.status >= 400) throw new Error(`failed to get secret, status: ${answer.status}`)
    return goDecode({ struct: { value: 'any' } }, answer.body).value
  }

  /** Every string `vault://…` becomes its secret, wherever it is. */
  async #resolve(value: unknown): Promise<unknown> {
    if (typeof value === 'string') return value.startsWith('vault://') ? this.secret(value.slice(8)) : value
    if (Array.isArray(value)) {
      const items: unknown[] = []
      for (const item of value) items.push(await this.#resolve(item))
      return items
    }
    if (value === null || typeof value !== 'object') return value
    const resolved: [string, unknown][] = []
    for (const [key, member] of Object.entries(value)) resolved.push([key, await this.#resolve(member)])
    return Object.fromEntries(resolved)
  }

  async #ok(method: string, path: string, body?: object): Promise<RawAnswer> {
    const answer = await this.#send(method, path, body)
    if (answer.status >= 400) throw new Error(`${method} ${path}: status ${answer.status} ${answer.body}`)
    return answer
  }

  #send(method: string, path: string, body?: object): Promise<RawAnswer> {
    return this.#wire.send(this.request(method, path, body))
  }
}
