/**
 * agent-kube (commit 44a27ff) as it is on the wire, one step a call, with its mock back ends: no Proxmox, no Kubernetes. Headers,
 * their order and the bodies are those that the built agent sends.
 */
import { type Go, goDecode, goType } from './go-decode.ts'
import type { RawAnswer, Wire } from './wire.ts'

const NODES = goType({
  pointer: { struct: { nodes: { slice: { struct: { id: 'string', size: 'string', status: 'string' } } } } },
})
const SERVICE = goType({
  struct: {
    id: 'string',
    name: 'string',
    externalId: { pointer: 'string' },
    currentProperties: NODES,
    targetProperties: NODES,
    resources: { pointer: { struct: { clusterIp: 'string', kubeConfig: 'string', nodes: { map: 'int' } } } },
    currentStatus: 'string',
    targetStatus: { pointer: 'string' },
  },
})
const JOB = goType({
  struct: {
    id: 'string',
    action: 'string',
    status: 'string',
    priority: 'int',
    service: SERVICE,
    errorMessage: 'string',
  },
})
const PAGE = goType({
  struct: {
    items: { slice: { pointer: SERVICE } },
    totalItems: 'int',
    totalPages: 'int',
    currentPage: 'int',
    hasNext: 'bool',
    hasPrev: 'bool',
  },
})

type Service = Go<typeof SERVICE>
type Resources = { clusterIp?: string; kubeConfig?: string; nodes?: Record<string, number> }
type Report = { resources: Resources | null; externalId: string | null }
export type KubeJob = Go<typeof JOB>

export class KubeAgent {
  readonly #wire: Wire
  readonly #token: string
  /** Running machines of the mock. */
  readonly #running = new Set<number>()
  #machines = 1000

  constructor(wire: Wire, token: string) {
    this.#wire = wire
    this.#token = token
  }

  /** The request as Go's own client writes it. */
  request(method: string, path: string, body?: object): string {
    const content = body && JSON.stringify(body)
    const length = content === undefined ? (method === 'GET' ? null : 0) : Buffer.byteLength(content)
    return [
      `${method} ${path} HTTP/1.1`,
      `Host: ${this.#wire.host}`,
      'User-Agent: Go-http-client/1.1',
      ...(length === null ? [] : [`Content-Length: ${length}`]),
      `Authorization: Bearer ${this.#token}`,
      'Content-Type: application/json',
      'Accept-Encoding: gzip',
      '',
      content ?? '',
    ].join('\r\n')
  }

  async start(): Promise<string> {
    const info: unknown = JSON.parse((await this.#send([200], 'GET', '/api/v1/agents/me')).body)
    if (info === null || typeof info !== 'object' || !('id' in info) || typeof info.id !== 'string')
      throw new Error('invalid agent information received')
    await this.#status('Connected')
    return info.id
  }

  heartbeat(): Promise<void> {
    return this.#status('Connected')
  }

  stop(): Promise<void> {
    return this.#status('Disconnected')
  }

  /** One tick. @returns the job that was taken, and the message with which it failed */
  async poll(): Promise<{ job: KubeJob; failure: string | null } | null> {
    const { body } = await this.#send([200], 'GET', '/api/v1/jobs/pending')
    const job = goDecode({ slice: JOB }, body)[0]
    if (!job) return null
    const path = `/api/v1/jobs/${job.id}`
    await this.#send([200, 204], 'POST', `${path}/claim`)
    let report: Report
    try {
      report = this.#work(job)
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error)
      await this.#send([200, 204], 'POST', `${path}/fail`, { errorMessage: failure })
      return { job, failure }
    }
    await this.#send([200, 204], 'POST', `${path}/complete`, report)
    return { job, failure: null }
  }

  #work({ action, service }: KubeJob): Report {
    switch (action) {
      case 'ServiceCreate': {
        const nodes = (service.targetProperties?.nodes ?? []).map(({ id }): [string, number] => [id, this.#machines++])
        return {
          resources: {
            clusterIp: `https://${service.name}.example.com:6443`,
            kubeConfig: 'apiVersion: v1\nkind: Config',
            ...(nodes.length > 0 && { nodes: Object.fromEntries(nodes) }),
          },
          externalId: `cluster-${service.name}`,
        }
      }
      case 'ServiceColdUpdate':
        return this.#update(service, false)
      case 'ServiceHotUpdate':
        return this.#update(service, true)
      case 'ServiceStart':
        for (const { id, status } of service.currentProperties?.nodes ?? [])
          if (status === 'On') this.#running.add(service.resources?.nodes[id] ?? 0)
        return asFound(service)
      case 'ServiceStop':
        for (const { id } of service.currentProperties?.nodes ?? [])
          this.#running.delete(service.resources?.nodes[id] ?? 0)
        return asFound(service)
      case 'ServiceDelete':
        return { resources: null, externalId: null }
      default:
        throw new Error(`unknown job type: ${action}`)
    }
  }

  #update(service: Service, hot: boolean): Report {
    if (!service.targetProperties) throw new Error('target properties are nil')
    if (!service.currentProperties) throw new Error('current properties are nil')
    const wanted = service.targetProperties.nodes
    const before = service.currentProperties.nodes
    for (const { id, size } of wanted)
      if (before.some((node) => node.id === id && node.size !== size))
        throw new Error(`changing VM size is not supported: node ${id}`)
    const nodes: Record<string, number> = {}
    for (const { id, status } of wanted) {
      const machine = service.resources?.nodes[id] ?? this.#machines++
      nodes[id] = machine
      if (hot && status === 'On') this.#running.add(machine)
      if (hot && status !== 'On') this.#running.delete(machine)
    }
    return { ...asFound(service), resources: { ...service.resources, nodes } }
  }

  /** It always asks for the first page, for as long as there is said to be a next. @returns how often it asked */
  async reportMetrics(mostPages: number): Promise<number> {
    for (let asked = 1; ; asked++) {
      if (asked > mostPages) throw new Error(`asked for page 1 more than ${mostPages} times`)
      const { items, hasNext } = goDecode(PAGE, (await this.#send([200], 'GET', '/api/v1/services')).body)
      for (const service of items) {
        if (service?.currentStatus !== 'Started' || !service.resources || service.externalId === null) continue
        for (const [node, machine] of Object.entries(service.resources.nodes)) {
          if (!this.#running.has(machine)) continue
          await this.#measure(service.externalId, node, 0.05, 'vm.cpu.usage')
          await this.#measure(service.externalId, node, 536870912, 'vm.memory.usage')
        }
      }
      if (!hasNext) return asked
    }
  }

  async #measure(externalId: string, resourceId: string, value: number, typeName: string): Promise<void> {
    await this.#send([200, 201], 'POST', '/api/v1/metric-entries', { externalId, resourceId, value, typeName })
  }

  async #status(status: string): Promise<void> {
    await this.#send([200], 'PUT', '/api/v1/agents/me/status', { status })
  }

  async #send(accepted: readonly number[], method: string, path: string, body?: object): Promise<RawAnswer> {
    const answer = await this.#wire.send(this.request(method, path, body))
    if (!accepted.includes(answer.status)) throw new Error(`${method} ${path}: status ${answer.status} ${answer.body}`)
    return answer
  }
}

function asFound({ resources, externalId }: Service): Report {
  return { resources, externalId }
}
