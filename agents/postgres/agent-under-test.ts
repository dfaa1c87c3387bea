/** What the agent's tests share: a PostgreSQL server, a test server of the API, the agent between them, and services. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLog, type RunningAgent, type RunOptions, runAgent } from '@fulcrum/agent-sdk'
import { type TestServer as Api, startTestServer as startApi } from '@fulcrum/agent-sdk/testing'
import type { Job, JsonObject, Service, ServiceType } from '@fulcrum/contract'
import { postgresAgent } from './agent.ts'
import type { Place } from './configuration.ts'
import type { Plan } from './database/index.ts'
import { freePort, startTestServer as startDatabaseServer, type TestServer } from './database/test-server.ts'
import { run as runAs } from './database/test-tenant.ts'

export const SMALL: Plan = { name: 'small', connectionLimit: 5, statementTimeoutMs: 60_000, storageLimitMb: 16 }
export const BIG: Plan = { ...SMALL, name: 'big', storageLimitMb: 256 }

/** Longest time for one job, in milliseconds. */
const IN_TIME_MS = 60_000

/** The states of the demo's service type. */
const anyway = (to?: string) => ['Running', 'Stopped'].map((from) => ({ from, to: to ?? from }))
const SERVICE_TYPE = {
  lifecycleSchema: {
    initialState: 'New',
    terminalStates: ['Deleted'],
    actions: [
      {
        name: 'create',
        transitions: [
          { from: 'New', to: 'Running' },
          { from: 'Failed', to: 'Running' },
          { from: 'New', to: 'Failed', onError: true },
        ],
      },
      { name: 'stop', transitions: [{ from: 'Running', to: 'Stopped' }] },
      { name: 'start', transitions: [{ from: 'Stopped', to: 'Running' }] },
      ...['update', 'rotate-credentials', 'backup', 'restore', 'export', 'import'].map((name) => ({
        name,
        transitions: anyway(),
      })),
      { name: 'delete', transitions: [...anyway('Deleted'), { from: 'Failed', to: 'Deleted' }] },
    ],
  },
  // Only the lifecycle matters here.
} as unknown as ServiceType

export type World = {
  database: TestServer
  api: Api
  dir: string
  routesFile: string
  /** Where the agents keep dumps that they restore. */
  spoolDir: string
  /** All that the agents logged. */
  lines: string[]
  startAgent(place?: Place, options?: Partial<RunOptions>): Promise<RunningAgent>
  /** A service that was ordered and not created yet, with a free port at the provider. */
  order(properties?: JsonObject): Promise<Service>
  /** Runs one job to its end. */
  act(service: Service, action: string, params?: JsonObject): Promise<Job>
  /** The same for a job that must succeed. */
  done(service: Service, action: string, params?: JsonObject): Promise<void>
  /** Runs a statement as the tenant, by the properties that the agent told. */
  sql(service: Service, text: string, change?: { port?: number; password?: string }): Promise<JsonObject[]>
  /** Runs a statement as the server's administrator. */
  asAdmin(text: string): Promise<JsonObject[]>
  close(): Promise<void>
}

export async function openWorld(configuration: JsonObject = {}): Promise<World> {
  const database = await startDatabaseServer()
  const { host, port, user, password } = database.admin
  const serverDsn = `postgresql://${user}:${encodeURIComponent(password)}@${host}:${port}/postgres`
  const api = await startApi({ configuration: { serverDsn: 'vault://dsn', host, port, ...configuration } })
  api.secrets.set('dsn', serverDsn)
  const dir = mkdtempSync(join(tmpdir(), 'postgres-agent-'))
  const agents: RunningAgent[] = []
  const lines: string[] = []

  const world: World = {
    database,
    api,
    dir,
    routesFile: join(dir, 'routes.json'),
    spoolDir: join(dir, 'journal', 'restore'),
    lines,
    async startAgent(place = { routesFile: world.routesFile, spoolDir: world.spoolDir }, options = {}) {
      const agent = await runAgent(postgresAgent(place), {
        url: api.url,
        token: api.token,
        journalDir: join(dir, 'journal'),
        log: createLog({ level: 'debug', write: (line) => lines.push(line) }),
        ...options,
      })
      agents.push(agent)
      return agent
    },
    async order(properties = {}) {
      const wish = { plan: SMALL, databaseName: 'shop', extensions: [], hostPort: await freePort(), ...properties }
      return api.addService({ serviceType: SERVICE_TYPE, properties: wish })
    },
    act(service, action, params) {
      const wanted = params ?? (action === 'create' ? service.properties : undefined)
      return api.ended(api.addJob(service, action, wanted), IN_TIME_MS)
    },
    async done(service, action, params) {
      const { status, errorMessage } = await world.act(service, action, params)
      if (status !== 'Completed') throw new Error(`${action}: ${errorMessage}`)
    },
    sql: (service, text, change = {}) => runAs(database, credentials(service), text, change),
    asAdmin: (text) => runAs(database, { database: 'postgres', username: user, password }, text),
    async close() {
      await Promise.all(agents.map((agent) => agent.stop()))
      await api.close()
      await database.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
  return world
}

function credentials({ properties = {} }: Service): { database: string; username: string; password: string } {
  const { database, username, password } = properties
  if (typeof database !== 'string' || typeof username !== 'string' || typeof password !== 'string')
    throw new Error('the service has no credentials')
  return { database, username, password }
}

/** About 12 MB: rows too short to be compressed. */
export const FILL = `CREATE TABLE filling AS SELECT n, repeat(md5(n::text), 32) AS text FROM generate_series(1, 10000) n`
