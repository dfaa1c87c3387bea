/** A whole server for a test file: its own database, any free port, and short ways to call it. */

import { startTestPostgres } from '@fulcrum/managed-postgres'
import pg from 'pg'
import { type RunningServer, startServer } from '../main.ts'
import { type Config, readConfig } from '../platform/config.ts'
import { parseDsn } from '../platform/dsn.ts'
import { createLog } from '../platform/log.ts'

export const ADMIN_TOKEN = 'admin-token-for-tests'
export const VAULT_KEY = '11'.repeat(32)

export type Reply = {
  status: number
  /** The parsed JSON; undefined when the body is empty. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape; a wrong path fails the assertion
  body: any
  headers: Headers
}

/** Calls the API as one caller. `path` is below `/api/v1`. */
export type Caller = {
  token: string
  get(path: string): Promise<Reply>
  post(path: string, body?: unknown): Promise<Reply>
  put(path: string, body?: unknown): Promise<Reply>
  patch(path: string, body?: unknown): Promise<Reply>
  delete(path: string): Promise<Reply>
}

export type TestServer = RunningServer & {
  admin: Caller
  as(token: string): Caller
  /** A participant with its token. */
  participant(name: string): Promise<{ id: string; caller: Caller }>
  database: string
}

/**
 * Starts a server on a fresh database: of the PostgreSQL that `FULCRUM_TEST_DSN` names (the test runner starts one for all
 * files), else of one started for this file. Call `stop` in `after`.
 */
export async function startTestServer(environment: Record<string, string> = {}, now?: () => Date): Promise<TestServer> {
  // a second process on the database of another server: that one drops it
  const shared = environment.FULCRUM_DB_DSN
  const { url: database, drop } = shared ? { url: shared, drop: async () => {} } : await testDatabase()
  const config: Config = readConfig({
    FULCRUM_PORT: '0',
    FULCRUM_HEALTH_PORT: '0',
    FULCRUM_BOOTSTRAP_ADMIN_TOKEN: ADMIN_TOKEN,
    FULCRUM_VAULT_ENCRYPTION_KEY: VAULT_KEY,
    FULCRUM_DB_DSN: database,
    ...environment,
  })
  const log = createLog(process.env.FULCRUM_TEST_LOG ? 'debug' : 'silent', 'text')
  const server = await startServer(config, parseDsn(database), log, now)
  const as = (token: string) => caller(server.url, token)
  const admin = as(ADMIN_TOKEN)
  return {
    ...server,
    admin,
    as,
    database,
    participant: async (name) => {
      const { body: participant } = await admin.post('/participants', { name, status: 'Enabled' })
      const { body: token } = await admin.post('/tokens', { name, role: 'participant', scopeId: participant.id })
      return { id: participant.id, caller: as(token.value) }
    },
    stop: async () => {
      await server.stop()
      await drop()
    },
  }
}

/** A fresh, empty database. */
export async function testDatabase(): Promise<{ url: string; drop: () => Promise<void> }> {
  const shared = process.env.FULCRUM_TEST_DSN
  if (!shared) {
    const postgres = await startTestPostgres()
    return { url: await postgres.createDatabase(), drop: () => postgres.stop() }
  }
  const name = `test_${crypto.randomUUID().replaceAll('-', '')}`
  await onServer(shared, `CREATE DATABASE ${name}`)
  const url = shared.replace(/\/postgres(\?|$)/, `/${name}$1`)
  return { url, drop: () => onServer(shared, `DROP DATABASE ${name} WITH (FORCE)`) }
}

async function onServer(dsn: string, statement: string): Promise<void> {
  const client = new pg.Client(dsn)
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

function caller(url: string, token: string): Caller {
  const send = async (method: string, path: string, body?: unknown): Promise<Reply> => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text), headers: response.headers }
  }
  return {
    token,
    get: (path) => send('GET', path),
    post: (path, body) => send('POST', path, body),
    put: (path, body) => send('PUT', path, body),
    patch: (path, body) => send('PATCH', path, body),
    delete: (path) => send('DELETE', path),
  }
}
