/** For tests: two providers with an agent each, a service type that can be moved, and agents that do what they are told. */
import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import pg from 'pg'
import type { Caller, TestServer } from '../../testing/test-server.ts'

const states = ['New', 'Started', 'Quiesced', 'Failed', 'Deleted'].map((name) => ({ name }))
const stays = (...from: string[]) => from.map((state) => ({ from: state, to: state }))

export const MOVABLE_LIFECYCLE = {
  states,
  initialState: 'New',
  terminalStates: ['Deleted'],
  runningStates: ['Started'],
  actions: [
    {
      name: 'create',
      transitions: [
        { from: 'New', to: 'Started' },
        { from: 'New', to: 'Failed', onError: true },
      ],
    },
    { name: 'update', transitions: stays('Started') },
    { name: 'export', transitions: stays('Started', 'Quiesced') },
    { name: 'import', transitions: stays('Started') },
    { name: 'quiesce', transitions: [{ from: 'Started', to: 'Quiesced' }] },
    { name: 'resume', transitions: [{ from: 'Quiesced', to: 'Started' }] },
    { name: 'delete', transitions: ['Started', 'Quiesced', 'Failed'].map((from) => ({ from, to: 'Deleted' })) },
  ],
}

const MOVABLE_PROPERTIES = {
  properties: {
    size: { type: 'integer', default: 1 },
    plan: { type: 'string', validators: [{ type: 'serviceOption', config: { value: 'movable_plan' } }] },
    password: { type: 'string', secret: { type: 'persistent' } },
    host: { type: 'string', authorizers: [{ type: 'actor', config: { actors: ['agent'] } }] },
  },
}

export const PORTABILITY = {
  exportAction: 'export',
  importAction: 'import',
  quiesceAction: 'quiesce',
  resumeAction: 'resume',
  exportFormats: ['rows'],
  importFormats: ['rows'],
}

/** How an agent answers a job that it got; absent: as it should. */
export type Mood = {
  fail?: (action: string) => string | undefined
  /** The digest that an import reports. */
  digest?: (digest: string) => string | undefined
  /** Jobs that it leaves pending. */
  ignore?: (action: string) => boolean
}

export class DrivenAgent {
  readonly id: string
  readonly providerId: string
  readonly caller: Caller
  /** What each service holds. */
  readonly rows = new Map<string, string>()
  /** Actions that were done, in order, with the service. */
  readonly done: { action: string; serviceId: string }[] = []
  /** Services that take writes, as far as this agent knows. */
  readonly writable = new Set<string>()
  mood: Mood = {}
  readonly #url: string

  constructor(id: string, providerId: string, caller: Caller, url: string) {
    this.id = id
    this.providerId = providerId
    this.caller = caller
    this.#url = url
  }

  /** Does every job that is there now. @returns how many */
  async work(): Promise<number> {
    const pending = (await this.caller.get('/jobs/pending?limit=50')).body
    let count = 0
    for (const job of pending) {
      if (this.mood.ignore?.(job.action)) continue
      if ((await this.caller.post(`/jobs/${job.id}/claim`)).status !== 204) continue
      await this.#do(job)
      count++
    }
    return count
  }

  async connect(): Promise<void> {
    assert.equal((await this.caller.put('/agents/me/status', { status: 'Connected' })).status, 200)
  }

  // biome-ignore lint/suspicious/noExplicitAny: a job as the API shows it
  async #do(job: any): Promise<void> {
    const { action, serviceId } = job
    const failure = this.mood.fail?.(action)
    if (failure !== undefined) {
      assert.equal((await this.caller.post(`/jobs/${job.id}/fail`, { errorMessage: failure })).status, 204)
      return
    }
    const result = await this.#act(action, serviceId, job.params?.portability)
    const reply = await this.caller.post(`/jobs/${job.id}/complete`, { ...(result && { result }) })
    // a job that was taken back meanwhile is not an agent's fault
    if (reply.status === 204) this.done.push({ action, serviceId })
  }

  // biome-ignore lint/suspicious/noExplicitAny: parameters and results are JSON
  async #act(action: string, serviceId: string, portability: any): Promise<object | undefined> {
    const startedAt = new Date().toISOString()
    switch (action) {
      case 'create':
        this.rows.set(serviceId, '')
        this.writable.add(serviceId)
        return undefined
      case 'quiesce':
        this.writable.delete(serviceId)
        return undefined
      case 'resume':
        this.writable.add(serviceId)
        return undefined
      case 'delete':
        this.rows.delete(serviceId)
        this.writable.delete(serviceId)
        return undefined
      case 'export': {
        const content = this.rows.get(serviceId) ?? ''
        const { artifactId, kind } = portability
        const { sha256, sizeBytes } = await this.#upload(artifactId, serviceId, kind, content)
        const times = { takenAt: startedAt, startedAt, finishedAt: new Date().toISOString() }
        return { artifactId, sha256, sizeBytes, format: 'rows', ...times, ...this.#content(content) }
      }
      case 'import': {
        const { artifactId } = portability
        const response = await fetch(`${this.#url}/api/v1/artifacts/${artifactId}`, { headers: this.#headers() })
        assert.equal(response.status, 200, 'the artifact can be read by the agent that imports it')
        const content = await response.text()
        this.rows.set(serviceId, content)
        return { artifactId, startedAt, finishedAt: new Date().toISOString(), ...this.#content(content) }
      }
      default:
        return undefined
    }
  }

  #content(content: string): object {
    const told = this.mood.digest ? this.mood.digest(digestOf(content)) : digestOf(content)
    return told === undefined ? {} : { content: { algorithm: 'rows-sha256', digest: told } }
  }

  #headers(): Record<string, string> {
    return { authorization: `Bearer ${this.caller.token}` }
  }

  async #upload(id: string, serviceId: string, kind: string, content: string) {
    const query = new URLSearchParams({ serviceId, kind, format: 'rows' })
    const response = await fetch(`${this.#url}/api/v1/artifacts/${id}?${query}`, {
      method: 'PUT',
      headers: this.#headers(),
      body: content === '' ? ' ' : content,
    })
    assert.equal(response.status, 200, await response.clone().text())
    // the answer of the upload
    return (await response.json()) as { sha256: string; sizeBytes: number }
  }
}

export function digestOf(content: string): string {
  return createHash('sha256').update(content.trim()).digest('hex')
}

export type MovableWorld = {
  consumer: { id: string; caller: Caller }
  providers: { id: string; caller: Caller }[]
  source: DrivenAgent
  target: DrivenAgent
  groupId: string
  serviceTypeId: string
  /** A service at the source that runs and holds these rows. @param more  of the order */
  service(rows?: string, more?: object): Promise<string>
  /** A further agent of a provider of its own. */
  agent(name: string): Promise<DrivenAgent>
}

let serial = 0

/** Portability as the type declares it; null: nothing. */
export async function aMovableWorld(
  server: TestServer,
  portability: object | null = PORTABILITY,
): Promise<MovableWorld> {
  const { admin } = server
  const unique = `movable ${serial++} ${randomUUID().slice(0, 8)}`
  const created = async (path: string, body: unknown) => {
    const reply = await admin.post(path, body)
    assert.equal(reply.status, 201, `${path} ${JSON.stringify(reply.body)}`)
    return reply.body
  }
  const optionTypes = (await admin.get('/service-option-types?type=movable_plan')).body.items
  const optionType =
    optionTypes[0] ?? (await created('/service-option-types', { name: 'movable plan', type: 'movable_plan' }))
  const type = await created('/service-types', {
    name: unique,
    propertySchema: MOVABLE_PROPERTIES,
    lifecycleSchema: MOVABLE_LIFECYCLE,
  })
  if (portability) {
    const reply = await admin.put(`/service-types/${type.id}/portability`, portability)
    assert.ok(reply.status < 300, JSON.stringify(reply.body))
  }
  const agentType = await created('/agent-types', {
    name: unique,
    serviceTypeIds: [type.id],
    configurationSchema: { properties: { url: { type: 'string' } } },
  })
  const providers: { id: string; caller: Caller }[] = []
  const agent = async (name: string) => {
    const provider = await server.participant(`${unique} ${name}`)
    providers.push(provider)
    // the same plan under another value at each provider
    await created('/service-options', {
      providerId: provider.id,
      serviceOptionTypeId: optionType.id,
      name: 'Small',
      value: `small of ${name}`,
      enabled: true,
      displayOrder: 1,
    })
    const { id } = await created('/agents', {
      name: `${unique} ${name}`,
      providerId: provider.id,
      agentTypeId: agentType.id,
    })
    const { value } = await created('/tokens', { name, role: 'agent', scopeId: id })
    const driven = new DrivenAgent(id, provider.id, server.as(value), server.url)
    await driven.connect()
    return driven
  }
  const [source, target] = [await agent('source'), await agent('target')]
  const consumer = await server.participant(`${unique} consumer`)
  const group = await created('/service-groups', { name: unique, consumerId: consumer.id })
  return {
    consumer,
    providers,
    source,
    target,
    groupId: group.id,
    serviceTypeId: type.id,
    agent,
    service: async (rows = 'a,b,c', more = {}) => {
      const reply = await consumer.caller.post('/services', {
        name: `database ${serial++}`,
        groupId: group.id,
        serviceTypeId: type.id,
        agentId: source.id,
        properties: { size: 7, plan: 'small of source', password: 'secret' },
        ...more,
      })
      assert.equal(reply.status, 201, JSON.stringify(reply.body))
      for (let turns = 0; (await source.work()) > 0; turns++) assert.ok(turns < 50)
      source.rows.set(reply.body.id, rows)
      return reply.body.id
    },
  }
}

/** Keeps servers of this database from driving migrations, so that a test does each step itself. @returns gives it back */
export async function holdDriver(database: string): Promise<() => Promise<void>> {
  const client = new pg.Client(database)
  client.on('error', () => {})
  await client.connect()
  await client.query('SELECT pg_advisory_lock(4205424)')
  return () => client.end()
}

/** A copy of the service's data in the vault, as it is now. The round of the worker that stores it is not waited for. */
export async function aVaultCopy(server: TestServer, source: DrivenAgent, serviceId: string): Promise<void> {
  const copy = await server.admin.post(`/services/${serviceId}/vault-copies`, { store: 'local' })
  assert.equal(copy.status, 201, JSON.stringify(copy.body))
  await eventually(
    async () => {
      await source.work()
      return (await server.admin.get(`/vault-copies/${copy.body.id}`)).body
    },
    ({ state }) => state === 'storing' || state === 'stored',
  )
  await sql`UPDATE vault_copies SET state = 'stored', stored_at = now() WHERE id = ${copy.body.id}`.execute(
    server.platform.db,
  )
}

/** Waits until it holds, or fails. */
export async function eventually<T>(
  read: () => Promise<T>,
  holds: (value: T) => boolean,
  withinMs = 20_000,
): Promise<T> {
  const end = performance.now() + withinMs
  for (;;) {
    const value = await read()
    if (holds(value)) return value
    assert.ok(performance.now() < end, `it did not happen in ${withinMs} ms: ${JSON.stringify(value).slice(0, 2_000)}`)
    await sleep(20)
  }
}

/** Of every service and those that it was moved to, exactly one counts. */
export async function assertOnePrimary(server: TestServer, sourceId: string): Promise<string> {
  const { rows } = await sql<{ service_id: string }>`
    SELECT service_id FROM service_roles
    WHERE role = 'primary' AND (service_id = ${sourceId} OR service_id IN (
      SELECT target_service_id FROM migrations WHERE service_id = ${sourceId} AND kind = 'migration'))
      AND NOT (terminal AND service_id <> ${sourceId})`.execute(server.platform.db)
  assert.equal(rows.length, 1, `services that count: ${JSON.stringify(rows)}`)
  return rows[0]?.service_id ?? ''
}
