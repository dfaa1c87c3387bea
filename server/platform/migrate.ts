/**
 * Brings the database to the newest version: the numbered files of `migrations/`, each once, in order. Files are never changed
 * after a release. Several servers may start at the same time: one migrates, the others wait.
 */
import { readdirSync, readFileSync } from 'node:fs'
import pg from 'pg'

const DIRECTORY = new URL('./migrations/', import.meta.url)
/** Key of the advisory lock that one migrating process holds. */
const LOCK = 4_205_401
const FILE = /^(\d{4})-[a-z0-9-]+\.sql$/

/**
 * @returns the names of the files that were run now
 * @throws Error when the database is newer than this program, or a statement fails (then nothing of that file remains)
 */
export async function migrate(config: pg.ClientConfig): Promise<string[]> {
  const client = new pg.Client(config)
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK])
    await client.query(
      'CREATE TABLE IF NOT EXISTS schema_migrations (version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
    )
    const { rows } = await client.query<{ version: number }>('SELECT version FROM schema_migrations')
    const applied = new Set(rows.map((row) => row.version))
    const files = readdirSync(DIRECTORY)
      .filter((name) => FILE.test(name))
      .toSorted()
    const newest = Number(files.at(-1)?.slice(0, 4) ?? 0)
    const ahead = Math.max(0, ...applied)
    if (ahead > newest)
      throw new Error(`the database is at version ${ahead}, this program knows only ${newest}: install a newer release`)

    const run: string[] = []
    for (const name of files) {
      const version = Number(name.slice(0, 4))
      if (applied.has(version)) continue
      await client.query('BEGIN')
      await client.query(readFileSync(new URL(name, DIRECTORY), 'utf8'))
      await client.query('INSERT INTO schema_migrations (version, name) VALUES ($1, $2)', [version, name])
      await client.query('COMMIT')
      run.push(name)
    }
    return run
  } finally {
    await client.end()
  }
}
