/** An empty database for servers that are processes of their own. */
import { startTestPostgres } from '@fulcrum/managed-postgres'
import pg from 'pg'

export type TestDatabase = { url: string; drop: () => Promise<void> }

/** Of the PostgreSQL that `FULCRUM_TEST_DSN` names (the test runner starts one for all files), else of one of its own. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const shared = process.env.FULCRUM_TEST_DSN
  if (!shared) {
    const postgres = await startTestPostgres()
    return { url: await postgres.createDatabase(), drop: () => postgres.stop() }
  }
  const name = `test_${crypto.randomUUID().replaceAll('-', '')}`
  await query(shared, `CREATE DATABASE ${name}`)
  const url = shared.replace(/\/postgres(\?|$)/, `/${name}$1`)
  return {
    url,
    drop: async () => {
      await query(shared, `DROP DATABASE ${name} WITH (FORCE)`)
    },
  }
}

/** Asks one question on a connection of its own. */
export async function query<T extends pg.QueryResultRow>(
  url: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<T[]> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<T>(text, [...values])).rows
  } finally {
    await client.end()
  }
}
