/** Our database as the target of an import: opened or started, brought to the newest version, locked, and looked at. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PostgresStartError, startPostgres } from '@fulcrum/managed-postgres'
import type pg from 'pg'
import { type ParsedConnection, parseDsn } from '../platform/dsn.ts'
import { migrate } from '../platform/migrate.ts'
import { ImportRefusal } from './report.ts'
import type { ImportTarget } from './settings.ts'
import { connect, databaseIdentity, SESSION, type Source } from './source.ts'
import { REMEMBERED } from './target-tables.ts'

const MIGRATIONS = new URL('../platform/migrations/', import.meta.url)
/** Key of the advisory lock that one import holds until its transaction ends. */
const LOCK = 4_205_418

export type Target = { readonly client: pg.Client; readonly connection: ParsedConnection; close(): Promise<void> }

/**
 * Connects and begins the one transaction of the import. The database is migrated before, or in a dry run inside of the
 * transaction.
 *
 * @throws ImportRefusal
 */
export async function openTarget(target: ImportTarget, source: Source, dryRun: boolean): Promise<Target> {
  const { connection, stop } =
    target.kind === 'database'
      ? { connection: target.connection, stop: async () => {} }
      : await startEmbedded(target.dataDir, dryRun)
  const named = target.kind === 'database' ? `the target (${target.named})` : 'the embedded database'
  let client: pg.Client | undefined
  try {
    const opened = await connect(connection, named)
    client = opened
    await refuseGo(opened, source)
    if (!dryRun) await migrate(connection)
    await opened.query(SESSION)
    await opened.query('BEGIN; SET LOCAL jit = off')
    if (dryRun) await migrateInside(opened)
    const { rows } = await opened.query<{ locked: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS locked', [LOCK])
    if (!rows[0]?.locked) throw new ImportRefusal('conflict', 'Another import into this database is under way.')
    return {
      client: opened,
      connection,
      close: async () => {
        await opened.end().catch(() => {})
        await stop()
      },
    }
  } catch (error) {
    await client?.end().catch(() => {})
    await stop()
    throw error
  }
}

/** In a dry run what is not there yet is made somewhere else, and removed. */
async function startEmbedded(
  dataDir: string,
  dryRun: boolean,
): Promise<{ connection: ParsedConnection; stop: () => Promise<void> }> {
  const dir = path.join(dataDir, 'postgres')
  const elsewhere = dryRun && !existsSync(dir)
  const place = elsewhere ? mkdtempSync(path.join(tmpdir(), 'fulcrum-import-')) : dir
  try {
    if (!elsewhere) mkdirSync(dataDir, { recursive: true, mode: 0o711 })
    const server = await startPostgres({ dir: place })
    return {
      connection: parseDsn(server.url),
      stop: async () => {
        await server.stop()
        if (elsewhere) rmSync(place, { recursive: true, force: true })
      },
    }
  } catch (error) {
    if (elsewhere) rmSync(place, { recursive: true, force: true })
    if (!(error instanceof PostgresStartError)) throw error
    throw new ImportRefusal('conflict', `The embedded database in ${dataDir} does not start: ${error.message}`, [
      'Stop the server that uses it first, or name a database: --to DSN or FULCRUM_DB_DSN.',
    ])
  }
}

/** Once a variable of the old installation names the target, it would be the source. */
async function refuseGo(client: pg.Client, { main, metrics }: Source): Promise<void> {
  const identity = await databaseIdentity(client)
  if (identity === (await databaseIdentity(main)) || identity === (await databaseIdentity(metrics)))
    throw new ImportRefusal('usage', 'Source and target are the same database.', [
      'Name the new one: --to DSN, or FULCRUM_DB_DSN without what the Go control plane had there.',
    ])
  const { rows } = await client.query<{ foreign: boolean }>(
    `SELECT to_regclass('participants') IS NOT NULL AND to_regclass('schema_migrations') IS NULL AS foreign`,
  )
  if (rows[0]?.foreign)
    throw new ImportRefusal(
      'usage',
      'The target holds tables that are not of this control plane. Name an empty database.',
    )
}

async function migrateInside(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ known: boolean }>(
    `SELECT to_regclass('schema_migrations') IS NOT NULL AS known`,
  )
  const applied = rows[0]?.known
    ? (await client.query<{ version: number }>('SELECT version FROM schema_migrations')).rows.map(
        ({ version }) => version,
      )
    : []
  const files = readdirSync(MIGRATIONS).filter((name) => /^\d{4}-.*\.sql$/.test(name))
  for (const file of files.toSorted())
    if (!applied.includes(Number(file.slice(0, 4)))) await client.query(readFileSync(new URL(file, MIGRATIONS), 'utf8'))
}

/**
 * @returns the highest number of the source's events at an earlier import, 0 before the first
 * @throws ImportRefusal when the target has data that are not of an earlier import of this source
 */
export async function checkContents(client: pg.Client, merge: boolean): Promise<number> {
  const found: string[] = []
  for (const table of REMEMBERED.filter((name) => name !== 'tokens' && name !== 'vault_secrets')) {
    const { rowCount } = await client.query(`SELECT FROM ${table} LIMIT 1`)
    if (rowCount) found.push(table.replaceAll('_', ' '))
  }
  const overlap = REMEMBERED.map(
    (table) =>
      `EXISTS (SELECT FROM go_${table} g JOIN go_imported_rows r ON r.table_name = '${table}' AND r.id = g.id)`,
  )
  const { rows } = await client.query<{ again: boolean; highest: number }>(
    `SELECT ${overlap.join(' OR ')} AS again, (SELECT coalesce(max(highest_event), 0) FROM go_imports) AS highest`,
  )
  const { again = false, highest = 0 } = rows[0] ?? {}
  if (found.length > 0 && !again && !merge)
    throw new ImportRefusal('conflict', `The target holds data that are not of this source: ${found.join(', ')}.`, [
      'Import into an empty database, or add to what is there with --merge.',
    ])
  return again ? highest : 0
}
