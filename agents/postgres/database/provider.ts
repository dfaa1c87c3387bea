/**
 * The provider's server as the admin sees it: sessions in any of its databases, one lock for each service, statements
 * that an AbortSignal ends.
 */
import pg from 'pg'
import { checkServiceId } from './names.ts'
import { DatabaseRefusal } from './refusal.ts'

export type ProviderOptions = {
  /** Called before each statement; what it throws stops the operation there. Tests cut operations short with it. */
  beforeStatement?: (sql: string) => void
  /** Where dumps are kept while they are restored, for this process alone; default the system's temporary directory. */
  spoolDir?: string
}

/** How to reach a database of the server as some role; also what client programs are given. */
export type Target = {
  host: string
  port: number
  database: string
  user: string
  password: string
  ssl: NonNullable<pg.ClientConfig['ssl']>
}

export type Provider = {
  readonly pool: pg.Pool
  readonly options: ProviderOptions
  readonly adminDatabase: string
  /** The admin's own settings with another database. */
  readonly adminConfig: (database: string) => pg.ClientConfig
  /** Where another role finds a database. */
  readonly target: (database: string, user: string, password: string) => Target
  close(): Promise<void>
}

/** One connection; statements run one after the other. */
export type Session = {
  readonly isSuperuser: boolean
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>
  /** All or nothing; `work` runs between BEGIN and COMMIT. */
  transaction<T>(work: () => Promise<T>): Promise<T>
}

/** Longest wait for a lock that a tenant's session may hold, in milliseconds; then the operation fails and is repeated. */
const LOCK_TIMEOUT_MS = 30_000

/**
 * The admin resolves names in pg_catalog alone: otherwise a tenant's function or operator in `public` could be taken
 * for PostgreSQL's and run with the admin's rights.
 */
const SESSION_OPTIONS = '-c search_path=pg_catalog -c statement_timeout=0 -c idle_in_transaction_session_timeout=0'

/**
 * Opens the provider's server. Nothing is connected before the first operation.
 *
 * @param config  the admin's connection: a superuser, or a role with CREATEROLE and CREATEDB
 */
export function openProvider(config: pg.ClientConfig, options: ProviderOptions = {}): Provider {
  const parsed = new pg.Client(config)
  const { host, port, ssl } = parsed
  const user = parsed.user ?? 'postgres'
  const adminDatabase = parsed.database ?? 'postgres'
  const adminConfig = (database: string): pg.ClientConfig => ({
    host,
    port,
    user,
    database,
    ssl,
    keepAlive: true,
    connectionTimeoutMillis: 15_000,
    application_name: 'fulcrum-agent-postgres',
    options: [config.options, SESSION_OPTIONS].filter(Boolean).join(' '),
    ...(parsed.password === undefined || parsed.password === null ? {} : { password: parsed.password }),
  })
  const pool = new pg.Pool({ ...adminConfig(adminDatabase), max: 4, allowExitOnIdle: true })
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return {
    pool,
    options,
    adminDatabase,
    adminConfig,
    target: (database, user, password) => ({ host, port, database, user, password, ssl }),
    close: () => pool.end(),
  }
}

/** Runs `work` with a session of the admin in the admin's own database. */
export async function withAdmin<T>(
  provider: Provider,
  signal: AbortSignal,
  work: (admin: Session) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  const client = await provider.pool.connect()
  let broken = true
  try {
    const result = await work(await sessionOn(provider, client, signal))
    broken = false
    return result
  } finally {
    client.release(broken)
  }
}

/** Runs `work` with a session of the admin in one database, for example a tenant's. */
export async function withDatabase<T>(
  provider: Provider,
  database: string,
  signal: AbortSignal,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  const client = new pg.Client(provider.adminConfig(database))
  client.on('error', () => {})
  await client.connect()
  try {
    const session = await sessionOn(provider, client, signal)
    await session.query(`SET lock_timeout = ${LOCK_TIMEOUT_MS}`)
    return await work(session)
  } finally {
    await client.end()
  }
}

/**
 * Runs `work` with a connection of its own as somebody who need not be the admin. An abort ends the connection, and its reason is
 * what is thrown then.
 */
export async function withClient<T>(
  target: Target,
  signal: AbortSignal,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  const client = new pg.Client(target)
  client.on('error', () => {})
  await client.connect()
  const abort = () => void client.end()
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await work(client)
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
    await client.end()
  }
}

/**
 * Runs `work` while no other process works on the same service. The lock belongs to the session that runs the
 * statements, and ends with it: a crashed caller's lock goes only when its last statement has ended on the server.
 *
 * @param part  dumps have a lock of their own, so that a long dump does not hold up a stop or a new password
 */
export async function withServiceLock<T>(
  provider: Provider,
  serviceId: string,
  signal: AbortSignal,
  work: (admin: Session) => Promise<T>,
  part: 'service' | 'content' = 'service',
): Promise<T> {
  checkServiceId(serviceId)
  return withDatabase(provider, provider.adminDatabase, signal, async (admin) => {
    await admin.query('SET lock_timeout = 0')
    await admin.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [`fulcrum ${part} ${serviceId}`])
    await admin.query(`SET lock_timeout = ${LOCK_TIMEOUT_MS}`)
    return work(admin)
  })
}

async function sessionOn(provider: Provider, client: pg.ClientBase, signal: AbortSignal): Promise<Session> {
  async function query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    signal.throwIfAborted()
    provider.options.beforeStatement?.(text)
    const running = client.query<Row>(text, values)
    const cancel = () => void cancelBackend(provider, client)
    signal.addEventListener('abort', cancel, { once: true })
    try {
      return (await running).rows
    } catch (error) {
      signal.throwIfAborted()
      throw error
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  }

  async function transaction<T>(work: () => Promise<T>): Promise<T> {
    await query('BEGIN')
    try {
      const result = await work()
      await query('COMMIT')
      return result
    } catch (error) {
      // A connection that is gone has rolled back by itself.
      await client.query('ROLLBACK').catch(() => {})
      throw error
    }
  }

  const [role] = (
    await client.query<{ rolsuper: boolean }>(`SELECT rolsuper FROM pg_roles WHERE rolname = current_user`)
  ).rows
  return { isSuperuser: role?.rolsuper === true, query, transaction }
}

/** Ends the statement that runs on `client`, from another connection; its query then rejects. */
async function cancelBackend(provider: Provider, client: pg.ClientBase): Promise<void> {
  // `processID` comes with the server's BackendKeyData; pg's types leave it out.
  const pid = 'processID' in client && typeof client.processID === 'number' ? client.processID : null
  if (pid === null) return
  await provider.pool.query('SELECT pg_cancel_backend($1)', [pid]).catch(() => {})
}

/** Quotes an identifier for SQL text. */
export const ident = pg.escapeIdentifier

/** Quotes a literal for SQL text where a statement takes no parameters. */
export const literal = pg.escapeLiteral

/** PostgreSQL's error code, or null if the error is none of the server's. */
export function sqlState(error: unknown): string | null {
  return error instanceof pg.DatabaseError ? (error.code ?? null) : null
}

/** @throws DatabaseRefusal `not-found`, always */
export function noDatabase(serviceId: string): never {
  throw new DatabaseRefusal('not-found', `service ${serviceId} has no database on this server`)
}
