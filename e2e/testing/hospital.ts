/** The hospital of the demo as a test sees it: databases with content at its providers, and applications that write to them. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { FulcrumClient, UnavailableError } from '@fulcrum/client'
import { agents, type Service, serviceGroups, serviceOptions, services, serviceTypes } from '@fulcrum/contract'
import pg from 'pg'
import { type CarefulWriter, JOURNAL, startWriter } from './careful-writer.ts'
import { collect } from './consistency.ts'
import { type DemoProcess, startDemoProcess } from './demo-process.ts'

const CONSUMER = 'Klinikum Seeheim'
/** Longer than the 60 s between two heartbeats of an agent. */
const HEALTH_TIMEOUT = '75s'
const POLL_MS = 250
const PATIENCE_MS = 240_000

const CONTENT = `
  CREATE TABLE patients (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name citext NOT NULL, born date, note text);
  INSERT INTO patients (name, born, note) SELECT 'Patient ' || n, date '1950-01-01' + n, repeat(md5(n::text), 4) FROM generate_series(1, 3000) n;
  CREATE INDEX by_name ON patients (name);
  CREATE VIEW adults AS SELECT id, name FROM patients WHERE born < date '2008-01-01';
  GRANT SELECT ON adults TO PUBLIC`
/** Of the table that does not change. */
export const DIGEST = `SELECT count(*)::int AS rows, md5(string_agg(p::text, '' ORDER BY id)) AS digest FROM patients p`

/** A database with content, and an application that writes to it. */
export type Application = {
  service: Service
  connection: pg.ClientConfig
  writer: CarefulWriter
  content: pg.QueryResultRow
}

export type Hospital = {
  demo: DemoProcess
  /** As the hospital. */
  client: FulcrumClient
  admin: FulcrumClient
  placeOf(agent: string): { id: string; providerId: string }
  /** Asks again while the server is away. */
  insist<T>(call: () => Promise<T>): Promise<T>
  until<T>(look: () => Promise<T | false | undefined>, what: string): Promise<T>
  serviceOf(id: string): Promise<Service>
  ordered(name: string, agent: string, group: string): Promise<Service>
  connectionOf(service: Service): Promise<pg.ClientConfig>
  anApplication(name: string, agent: string, group: string): Promise<Application>
  close(): Promise<void>
}

/** Starts the demo; `close` ends it and removes its data. */
export async function openHospital(): Promise<Hospital> {
  const demo = await startDemoProcess({
    ports: 60,
    env: { FULCRUM_AGENT_HEALTH_TIMEOUT: HEALTH_TIMEOUT, FULCRUM_VAULT_INTERVAL: '1s' },
  })
  const client = new FulcrumClient({ url: demo.url, token: demo.token(CONSUMER), timeoutMs: PATIENCE_MS })
  const admin = new FulcrumClient({ url: demo.url, token: demo.adminToken })
  const serviceTypeId = (await client.call(serviceTypes.list, {})).items[0]?.id ?? assert.fail('no service type')
  const groups = new Map((await collect(client.all(serviceGroups.list, {}))).map(({ name, id }) => [name, id]))
  const options = await admin.call(serviceOptions.list, { query: { name: 'small' } })
  const plan = options.items[0]?.value ?? assert.fail('no plan')
  const all = await collect(admin.all(agents.list, {}))
  const places = new Map(all.map(({ name, id, providerId }) => [name, { id, providerId }]))

  const placeOf = (agent: string) => places.get(agent) ?? assert.fail(`there is no agent ${agent}`)

  async function insist<T>(call: () => Promise<T>): Promise<T> {
    for (const end = performance.now() + PATIENCE_MS; ; await sleep(POLL_MS))
      try {
        return await call()
      } catch (error) {
        if (!(error instanceof UnavailableError) || performance.now() > end) throw error
      }
  }

  async function until<T>(look: () => Promise<T | false | undefined>, what: string): Promise<T> {
    for (const end = performance.now() + PATIENCE_MS; ; await sleep(POLL_MS)) {
      const found = await look()
      if (found !== false && found !== undefined) return found
      if (performance.now() > end) assert.fail(`waited too long for ${what}\n${demo.output().slice(-2_000)}`)
    }
  }

  const serviceOf = (id: string) => insist(() => client.call(services.get, { params: { id } }))

  async function ordered(name: string, agent: string, group: string): Promise<Service> {
    const body = {
      name,
      serviceTypeId,
      groupId: groups.get(group) ?? assert.fail(),
      agentId: placeOf(agent).id,
      properties: { plan, databaseName: name.replaceAll('-', '_'), extensions: ['citext'], skipFinalBackup: true },
    }
    const { id } = await insist(() => client.call(services.create, { body }))
    return until(async () => {
      const service = await serviceOf(id)
      assert.notEqual(service.status, 'Failed')
      return service.status === 'Running' && service
    }, `${name} to run`)
  }

  async function connectionOf(service: Service): Promise<pg.ClientConfig> {
    const { secrets } = await insist(() => client.call(services.reveal, { params: { id: service.id } }))
    const { host, port, database, username } = service.properties ?? {}
    const config = { host, port, database, user: username, password: secrets.password }
    // a wrong value is refused by the connection
    return config as pg.ClientConfig
  }

  async function anApplication(name: string, agent: string, group: string): Promise<Application> {
    const service = await ordered(name, agent, group)
    const connection = await connectionOf(service)
    // the gateway sees a new route by looking at its file
    await until(
      () =>
        query(connection, 'SELECT 1').then(
          () => true,
          () => false,
        ),
      'the gateway',
    )
    await query(connection, CONTENT)
    await query(connection, JOURNAL)
    const [content = assert.fail()] = await query(connection, DIGEST)
    return { service, connection, content, writer: startWriter(connection) }
  }

  return {
    demo,
    client,
    admin,
    placeOf,
    insist,
    until,
    serviceOf,
    ordered,
    connectionOf,
    anApplication,
    async close() {
      await client.close()
      await admin.close()
      await demo.dispose()
    },
  }
}

/** Runs one statement in a session of its own. */
export async function query<Row extends pg.QueryResultRow>(connection: pg.ClientConfig, text: string): Promise<Row[]> {
  const session = new pg.Client({ ...connection, connectionTimeoutMillis: 10_000 })
  session.on('error', () => {})
  try {
    await session.connect()
    return (await session.query<Row>(text)).rows
  } finally {
    await session.end().catch(() => undefined)
  }
}
