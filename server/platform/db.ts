/** The connection to PostgreSQL, and what its errors mean to a caller. */
import { Kysely, PostgresDialect, type Transaction } from 'kysely'
import pg from 'pg'
import { conflict, Refusal } from './errors.ts'
import type { Tables } from './tables.ts'

/** Anything that can run a query: the pool, or the one connection of a transaction. */
export type Db = Kysely<Tables>
export type Tx = Transaction<Tables>

const INT8 = 20
// sequence numbers and sizes stay far below 2^53
pg.types.setTypeParser(INT8, Number)

/**
 * Opens a pool of connections.
 *
 * A connection that PostgreSQL cuts (restart, failover) must not end the process, and the pool removes its own listener while
 * it closes a client: hence one on the client, too.
 */
export function connect(config: pg.PoolConfig): Db {
  const pool = new pg.Pool({ connectionTimeoutMillis: 5_000, idleTimeoutMillis: 60_000, max: 8, ...config })
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
}

/** What a broken constraint means, for those that a race can break after the check before it has passed. */
const CONSTRAINTS: Readonly<Record<string, string>> = {
  service_types_name: 'a service type with this name already exists',
  agent_types_name: 'an agent type with this name already exists',
  metric_types_name: 'a metric type with this name already exists',
  service_option_types_type: 'a service option type with this type already exists',
  service_pools_type: 'a service pool with this type already exists for this provider',
  config_pools_type: 'a config pool with this type already exists in this scope',
  services_agent_instance: 'another service of this agent already has this agentInstanceId',
  jobs_one_active: 'the service already has an active job',
  agent_install_tokens_agent: 'an install token for this agent already exists',
  service_pool_values_address: 'the pool already holds this address',
  vault_copies_open: 'a copy of the service to this store is on its way',
  vault_schedules_target: 'there is a schedule for the same and the same store',
}

const UNIQUE_VIOLATION = '23505'
const FOREIGN_KEY_VIOLATION = '23503'
/** PostgreSQL is starting, stopping, in recovery, read-only after a failover, or out of connections. */
const AWAY = new Set([
  '57P01',
  '57P02',
  '57P03',
  '25006',
  '53300',
  '53400',
  '08000',
  '08001',
  '08003',
  '08004',
  '08006',
  '57P05',
])
const SOCKET = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'EAI_AGAIN',
])
/** Messages of `pg` for connections that break or cannot be had; it gives them no code. */
const CLIENT_MESSAGES =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable/

/** The refusal that an error of the database stands for; the error itself when it is a defect. */
export function asRefusal(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (AWAY.has(code) || SOCKET.has(code) || CLIENT_MESSAGES.test(error.message))
    return new Refusal('unavailable', 'the database cannot be reached; try again', { cause: error })
  const constraint = 'constraint' in error && typeof error.constraint === 'string' ? error.constraint : ''
  if (code === UNIQUE_VIOLATION && CONSTRAINTS[constraint]) return conflict(CONSTRAINTS[constraint])
  if (code === FOREIGN_KEY_VIOLATION)
    return conflict('something else refers to this object, or what it refers to was just deleted')
  return error
}

/** True for the two errors after which the same transaction may simply be run again: serialization failure and deadlock. */
export function isRetryable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '40001' || error.code === '40P01')
}
