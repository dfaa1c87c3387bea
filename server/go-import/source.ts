/** The database of the Go control plane: opened read-only, in one snapshot for all that is read of it. */
import pg from 'pg'
import type { ParsedConnection } from '../platform/dsn.ts'
import { ImportRefusal } from './report.ts'
import { METRIC_TABLE, SOURCE_TABLE_NAMES, SOURCE_TABLES, type SourceTable } from './source-tables.ts'

/** Both sides write values as the other reads them, whatever the defaults of server and role are. */
export const SESSION = `SET TIME ZONE 'UTC'; SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; SET bytea_output = 'hex';
  SET extra_float_digits = 1; SET statement_timeout = 0; SET client_encoding = 'UTF8'`

export type Source = {
  readonly main: pg.Client
  /** The same as `main` unless metric entries live in another database. */
  readonly metrics: pg.Client
  close(): Promise<void>
}

/**
 * @throws ImportRefusal when it cannot be reached, or is not the database of a Go control plane that this program knows
 */
export async function openSource(main: ParsedConnection, metrics: ParsedConnection | null): Promise<Source> {
  const open: pg.Client[] = []
  const close = async () => {
    for (const client of open) await client.end().catch(() => {})
  }
  try {
    const snapshot = async (connection: ParsedConnection, what: string) => {
      const client = await connect(connection, what)
      open.push(client)
      await client.query(SESSION)
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
      return client
    }
    const client = await snapshot(main, 'the database of the Go control plane (--from-go)')
    const metricClient = metrics
      ? await snapshot(metrics, 'the metric database of the Go control plane (--from-go-metrics)')
      : client
    await checkTables(client, metricClient, metrics !== null)
    return { main: client, metrics: metricClient, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** @param what  as a message calls it @throws ImportRefusal `unavailable`, without the password */
export async function connect(connection: ParsedConnection, what: string): Promise<pg.Client> {
  const client = new pg.Client({
    ...connection,
    application_name: 'fulcrum import',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  })
  client.on('error', () => {})
  // counts and sequence numbers stay far below 2^53
  client.setTypeParser(pg.types.builtins.INT8, Number)
  try {
    await client.connect()
    return client
  } catch (error) {
    const { message = '', code = '' } = error instanceof Error ? { code: '', ...error, message: error.message } : {}
    throw new ImportRefusal('unavailable', `Cannot connect to ${what}: ${message || code}`)
  }
}

async function checkTables(main: pg.Client, metrics: pg.Client, ownMetrics: boolean): Promise<void> {
  const inMain = await columnsOf(main)
  const inMetrics = ownMetrics ? await columnsOf(metrics) : inMain
  if (!inMain.has('participants') && !inMain.has('tokens'))
    throw new ImportRefusal('usage', 'The source (--from-go) has none of the tables of a Go control plane.')
  if (inMain.has('schema_migrations') && inMain.has('event_inbox'))
    throw new ImportRefusal('usage', 'The source (--from-go) is a database of this control plane, not of the Go one.')
  if (!inMetrics.has(METRIC_TABLE))
    throw new ImportRefusal('usage', 'The metric entries are not in that database.', [
      'Name the database that FULCRUM_METRIC_DB_DSN of the Go control plane names: --from-go-metrics DSN',
    ])
  const missing = SOURCE_TABLE_NAMES.flatMap((table) => {
    const there = (table === METRIC_TABLE ? inMetrics : inMain).get(table)
    if (!there) return [`the table ${table}`]
    return Object.keys(SOURCE_TABLES[table]).flatMap((column) => (there.has(column) ? [] : [`${table}.${column}`]))
  })
  if (missing.length > 0)
    throw new ImportRefusal('usage', `The source lacks ${missing.slice(0, 5).join(', ')}.`, [
      'It was written by another version of the Go control plane than the newest one (499230a of 2026-05-27).',
      'Start that version on it once: it brings its tables up to date. Then import.',
    ])
}

async function columnsOf(client: pg.Client): Promise<Map<string, Set<string>>> {
  const { rows } = await client.query<{ table: string; columns: string[] }>(`
    SELECT table_name AS table, array_agg(column_name::text) AS columns
    FROM information_schema.columns WHERE table_schema = current_schema() GROUP BY table_name`)
  return new Map(rows.map(({ table, columns }) => [table, new Set(columns)]))
}

/** The database behind a connection, as no other has it; to see that source and target are two. */
export async function databaseIdentity(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ identity: string }>(`
    SELECT pg_postmaster_start_time()::text || ' ' || (SELECT oid FROM pg_database WHERE datname = current_database()) AS identity`)
  return rows[0]?.identity ?? ''
}

export function copyQuery(table: SourceTable): string {
  return `SELECT ${Object.keys(SOURCE_TABLES[table]).join(', ')} FROM ${table}`
}
