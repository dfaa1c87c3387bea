/**
 * Whether a demo at rest is whole: services, jobs, events, pool values, the providers' servers and the consumers' passwords must
 * all tell the same. For tests that have broken something on the way.
 */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { FulcrumClient } from '@fulcrum/client'
import {
  type Event,
  events,
  type Job,
  jobs,
  participants,
  type Service,
  type ServicePoolValue,
  type ServiceType,
  servicePoolValues,
  services,
  serviceTypes,
} from '@fulcrum/contract'
import pg from 'pg'
import { parse } from 'yaml'
import type { DemoProcess } from './demo-process.ts'
import { gapsInStory } from './event-story.ts'

/** The gateway sees a new route by looking at its file. */
const GATEWAY_MS = 10_000
const MARK = 'fulcrum service '
/** Login, owner and parked; see agents/postgres/database/roles.ts. */
const ROLES_OF_A_DATABASE = 3

type World = {
  services: Service[]
  types: Map<string, ServiceType>
  jobs: Map<string, Job[]>
  events: Event[]
  values: ServicePoolValue[]
}

/**
 * Looks at everything; nothing may be under way. Reveals the password of every running service, which is an event.
 *
 * @returns what is wrong, one sentence each; never a secret
 */
export async function findInconsistencies(demo: DemoProcess): Promise<string[]> {
  const admin = new FulcrumClient({ url: demo.url, token: demo.adminToken })
  try {
    const world = await readWorld(admin)
    return [
      ...world.services.flatMap((service) => serviceProblems(service, world)),
      ...sequenceProblems(world.events),
      ...poolProblems(world),
      ...(await serverProblems(demo, world.services)),
      ...(await passwordProblems(demo, admin, world.services)),
    ]
  } finally {
    await admin.close()
  }
}

/** All items of a list of the API. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

async function readWorld(admin: FulcrumClient): Promise<World> {
  const types = await collect(admin.all(serviceTypes.list, {}))
  return {
    services: await collect(admin.all(services.list, { query: { sort: 'createdAt' } })),
    types: new Map(types.map((type) => [type.id, type])),
    jobs: Map.groupBy(
      await collect(admin.all(jobs.list, { query: { sort: 'createdAt' } })),
      ({ serviceId }) => serviceId,
    ),
    events: await collect(admin.all(events.list, { query: { sort: 'sequenceNumber' } })),
    values: await collect(admin.all(servicePoolValues.list, {})),
  }
}

/** State, jobs and events of one service. */
function serviceProblems(service: Service, world: World): string[] {
  const problems: string[] = []
  const say = (text: string) => problems.push(`service ${service.name} (${service.id}): ${text}`)
  const lifecycle = world.types.get(service.serviceTypeId)?.lifecycleSchema
  const own = world.jobs.get(service.id) ?? []
  const ended = (action: string, status: Job['status']) =>
    own.filter((job) => job.action === action && job.status === status).length

  if (!lifecycle?.states.some(({ name }) => name === service.status)) say(`${service.status} is no state of its type`)
  if (service.status === lifecycle?.initialState) say(`it is still ${service.status}`)
  for (const job of own) {
    if (job.status !== 'Completed' && job.status !== 'Failed') say(`its job ${job.action} is still ${job.status}`)
    if (job.status === 'Failed' && !job.errorMessage) say(`its job ${job.action} failed without a reason`)
  }
  const created = ended('create', 'Completed')
  if (created !== (service.status === 'Failed' ? 0 : 1))
    say(`it is ${service.status}, and was created ${created} times`)
  const deleted = ended('delete', 'Completed')
  if (deleted !== (isOver(service, world) ? 1 : 0)) say(`it is ${service.status}, and was deleted ${deleted} times`)

  const story = world.events.filter(({ type, entityId }) => entityId === service.id && type.startsWith('service.'))
  const transitions = story.filter(({ type }) => type === 'service.transitioned').length
  if (transitions !== own.length) say(`${own.length} jobs made ${transitions} transitions`)
  return [...problems, ...gapsInStory(service, story, lifecycle?.initialState ?? '')]
}

function isOver({ status, serviceTypeId }: Service, { types }: Pick<World, 'types'>): boolean {
  return types.get(serviceTypeId)?.lifecycleSchema.terminalStates?.includes(status) ?? false
}

function sequenceProblems(all: readonly Event[]): string[] {
  const wrong = all.findIndex(({ sequenceNumber }, index) => sequenceNumber !== index + 1)
  return wrong < 0 ? [] : [`the event at place ${wrong + 1} has number ${all[wrong]?.sequenceNumber}`]
}

/** Each live service holds exactly the port that it shows, and nobody else holds any. */
function poolProblems(world: World): string[] {
  const held = Map.groupBy(
    world.values.filter(({ serviceId }) => serviceId !== undefined),
    ({ serviceId }) => serviceId,
  )
  const problems: string[] = []
  for (const service of world.services) {
    const values = (held.get(service.id) ?? []).map(({ value }) => value)
    held.delete(service.id)
    const expected = isOver(service, world) ? [] : [service.properties?.hostPort]
    if (JSON.stringify(values) !== JSON.stringify(expected))
      problems.push(`service ${service.name} (${service.id}) holds ${JSON.stringify(values)} of the pools`)
  }
  for (const id of held.keys()) problems.push(`a pool value is held by ${id}, which is no service`)
  return problems
}

type Marked = { name: string; mark: string | null }
type ProviderAgent = { name: string; server: { port: number } }

/** Databases, roles and routes of all providers against the services. */
async function serverProblems(demo: DemoProcess, all: readonly Service[]): Promise<string[]> {
  const problems: string[] = []
  const seen = new Map<string, { databases: number; logins: number; roles: number; routes: number }>()
  const of = (id: string) => {
    const found = seen.get(id) ?? { databases: 0, logins: 0, roles: 0, routes: 0 }
    seen.set(id, found)
    return found
  }
  for (const agent of agentsOf(demo)) {
    const dir = path.join(demo.dataDir, 'demo', 'agents', agent.name)
    const { databases, roles } = await readServer(agent, path.join(dir, 'postgres'))
    for (const { name, mark } of databases)
      if (mark?.startsWith(MARK) && !mark.slice(MARK.length).includes(' ')) of(mark.slice(MARK.length)).databases++
      else problems.push(`database ${name} of ${agent.name} belongs to no service: ${mark}`)
    for (const { name, mark } of roles) {
      const [id, word] = mark?.startsWith(MARK) ? mark.slice(MARK.length).split(' ') : []
      if (!id) problems.push(`role ${name} of ${agent.name} belongs to no service: ${mark}`)
      else {
        of(id).roles++
        if (word === undefined) of(id).logins++
      }
    }
    const routesFile = path.join(dir, 'routes.json')
    // an agent that never had a service has written none
    const { routes } = existsSync(routesFile) ? JSON.parse(readFileSync(routesFile, 'utf8')) : { routes: [] }
    for (const { serviceId } of routes) of(serviceId).routes++
  }
  for (const { id, name, status } of all) {
    const found = JSON.stringify(of(id))
    seen.delete(id)
    const whole = JSON.stringify({ databases: 1, logins: 1, roles: ROLES_OF_A_DATABASE, routes: 1 })
    const none = JSON.stringify({ databases: 0, logins: 0, roles: 0, routes: 0 })
    // a creation that failed may have left a part, which its deletion takes away
    if (status !== 'Failed' && found !== (status === 'Deleted' ? none : whole))
      problems.push(`service ${name} (${id}) is ${status}, and its provider has ${found}`)
  }
  for (const [id, found] of seen) problems.push(`a provider has ${JSON.stringify(found)} of ${id}, which is no service`)
  return problems
}

function agentsOf({ dataDir }: DemoProcess): ProviderAgent[] {
  const { providers } = parse(readFileSync(path.join(dataDir, 'federation.yaml'), 'utf8'))
  return providers.flatMap(({ agents }: { agents: ProviderAgent[] }) => agents)
}

async function readServer({ server }: ProviderAgent, dir: string): Promise<{ databases: Marked[]; roles: Marked[] }> {
  const password = readFileSync(path.join(dir, 'secret'), 'utf8').trim()
  const connection = { host: '127.0.0.1', port: server.port, user: 'fulcrum', database: 'postgres', password }
  return withClient(connection, async (client) => {
    const databases = await client.query<Marked>(
      `SELECT datname AS name, shobj_description(oid, 'pg_database') AS mark
       FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'`,
    )
    const roles = await client.query<Marked>(
      `SELECT rolname AS name, shobj_description(oid, 'pg_authid') AS mark
       FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> 'fulcrum'`,
    )
    return { databases: databases.rows, roles: roles.rows }
  })
}

/** Every running service lets its consumer in, at the address and with the password that it shows. */
async function passwordProblems(demo: DemoProcess, admin: FulcrumClient, all: readonly Service[]): Promise<string[]> {
  const problems: string[] = []
  const running = Map.groupBy(
    all.filter(({ status }) => status === 'Running'),
    ({ consumerId }) => consumerId,
  )
  for (const [id, own] of running) {
    const { name: consumer } = await admin.call(participants.get, { params: { id } })
    const client = new FulcrumClient({ url: demo.url, token: demo.token(consumer) })
    try {
      for (const { id, name, properties } of own) {
        const { secrets } = await client.call(services.reveal, { params: { id } })
        const { host, port, database, username: user } = properties ?? {}
        const connection = { host, port, database, user, password: secrets.password }
        const fault = await opens(connection as pg.ClientConfig) // a wrong value is refused by the connection
        if (fault) problems.push(`service ${name} (${id}) lets nobody in: ${fault}`)
      }
    } finally {
      await client.close()
    }
  }
  return problems
}

/** @returns the last reason why not; undefined when it opens */
async function opens(connection: pg.ClientConfig): Promise<string | undefined> {
  for (const until = performance.now() + GATEWAY_MS; ; ) {
    try {
      await withClient(connection, (client) => client.query('CREATE TEMPORARY TABLE mine AS SELECT 1'))
      return undefined
    } catch (error) {
      if (performance.now() > until) return error instanceof Error ? error.message : String(error)
      await sleep(100)
    }
  }
}

async function withClient<T>(connection: pg.ClientConfig, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: 10_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    return await use(client)
  } finally {
    await client.end().catch(() => {})
  }
}
