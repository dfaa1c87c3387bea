/**
 * agent-proxmox (commit 278c8f4, PHP with Guzzle 7) as it is on the wire, one step a call, with machines in memory instead of
 * Proxmox. Headers, their order and the bodies are those that the agent sends.
 */
import type { RawAnswer, Wire } from './wire.ts'

type Waiting = { id: string; action: string; serviceId: string; properties: { cpu: number; memory: number } | null }

/** An error that no handler of the agent catches: its worker process ends. */
export class WorkerEnded extends Error {}

export class ProxmoxAgent {
  readonly #wire: Wire
  readonly #token: string
  /** Its own table: the service's id, and the row's id, which is the name that the control plane knows. */
  readonly #machines = new Map<string, { row: number; cores: number; memory: number }>()
  /** Its local queue. */
  readonly #queue: Waiting[] = []
  #rows = 0

  constructor(wire: Wire, token: string) {
    this.#wire = wire
    this.#token = token
  }

  /** The request as Guzzle writes it: the length comes last, but first where there is no body. */
  request(method: string, path: string, body?: object): string {
    const content = body && JSON.stringify(body)
    return [
      `${method} ${path} HTTP/1.1`,
      `Host: ${this.#wire.host}`,
      ...(content === undefined && method !== 'GET' ? ['Content-Length: 0'] : []),
      'User-Agent: GuzzleHttp/7',
      `Authorization: Bearer ${this.#token}`,
      'Content-Type: application/json',
      ...(content === undefined ? [] : [`Content-Length: ${Buffer.byteLength(content)}`]),
      '',
      content ?? '',
    ].join('\r\n')
  }

  async heartbeat(): Promise<void> {
    await this.#send('PUT', '/api/v1/agents/me/status', { state: 'Connected' })
  }

  /** Takes all pending jobs into its queue, also those that are there already. @returns how many */
  async fetchJobs(): Promise<number> {
    const answer = await this.#send('GET', '/api/v1/jobs/pending')
    if (answer.status !== 200) throw new Error(`Unexpected status code: ${answer.status}`)
    const jobs: unknown = JSON.parse(answer.body)
    if (!Array.isArray(jobs)) throw new WorkerEnded('foreach over what is no array')
    this.#queue.push(...jobs.map(toWaiting))
    return jobs.length
  }

  /** Works off the queue. @returns for each job how it went */
  async work(): Promise<string[]> {
    const went: string[] = []
    for (let job = this.#queue.shift(); job; job = this.#queue.shift()) {
      const claim = await this.#try('POST', `/api/v1/jobs/${job.id}/claim`)
      if (claim.status >= 400) {
        went.push(`claim ${claim.status}`)
        continue
      }
      const row = this.#run(job)
      if (row === null) await this.#send('POST', `/api/v1/jobs/${job.id}/fail`)
      else await this.#send('POST', `/api/v1/jobs/${job.id}/complete`, { externalId: String(row) })
      went.push(row === null ? `${job.action} failed` : job.action)
    }
    return went
  }

  /** @returns the row of the machine; null when the job has failed */
  #run({ action, serviceId, properties }: Waiting): number | null {
    const machine = this.#machines.get(serviceId)
    if (action === 'ServiceCreate') {
      if (!properties) return null
      const row = ++this.#rows
      this.#machines.set(serviceId, { row, cores: properties.cpu, memory: properties.memory })
      return row
    }
    if (!machine) return null
    switch (action) {
      case 'ServiceColdUpdate':
        if (!properties) return null
        this.#machines.set(serviceId, { row: machine.row, cores: properties.cpu, memory: properties.memory })
        return machine.row
      case 'ServiceStart':
      case 'ServiceStop':
        return machine.row
      case 'ServiceDelete':
        this.#machines.delete(serviceId)
        return machine.row
      default:
        return null
    }
  }

  /** Cores and MiB of a machine; null when there is none. */
  machine(serviceId: string): { cores: number; memory: number } | null {
    const machine = this.#machines.get(serviceId)
    return machine ? { cores: machine.cores, memory: machine.memory } : null
  }

  /** @param seconds  the time, which the agent uses as the resource's id */
  async reportMetrics(seconds: number): Promise<void> {
    for (const { row } of this.#machines.values())
      for (const [typeName, value] of [
        ['vm.memory.usage', 50],
        ['vm.cpu.usage', 0.25],
      ] as const)
        await this.#send('POST', '/api/v1/metric-entries', {
          externalId: String(row),
          resourceId: String(seconds),
          typeName,
          value,
        })
  }

  async #send(method: string, path: string, body?: object): Promise<RawAnswer> {
    const answer = await this.#try(method, path, body)
    if (answer.status >= 400) throw new Error(`${method} ${path}: status ${answer.status} ${answer.body}`)
    return answer
  }

  #try(method: string, path: string, body?: object): Promise<RawAnswer> {
    return this.#wire.send(this.request(method, path, body))
  }
}

/** Typed properties of PHP: a string that is null or missing is a TypeError. */
function toWaiting(job: unknown): Waiting {
  const text = (of: unknown, name: string): string => {
    const value = member(of, name)
    if (typeof value !== 'string') throw new WorkerEnded(`cannot assign ${value} to ${name} of type string`)
    return value
  }
  text(job, 'state')
  const service = member(job, 'service')
  const target = member(service, 'targetProperties')
  return {
    id: text(job, 'id'),
    action: text(job, 'action'),
    serviceId: text(service, 'id'),
    properties:
      target === null || target === undefined
        ? null
        : { cpu: Number(member(target, 'cpu') ?? 0), memory: Number(member(target, 'memory')) * 1024 },
  }
}

function member(of: unknown, name: string): unknown {
  return of !== null && typeof of === 'object' ? Object.entries(of).find(([key]) => key === name)?.[1] : undefined
}
