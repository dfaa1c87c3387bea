/** For tests: a database as the Go control plane leaves it, and imports of it. */
import { readFileSync } from 'node:fs'
import pg from 'pg'
import { testDatabase, VAULT_KEY } from '../testing/test-server.ts'
import { importFromGo } from './import.ts'
import type { ImportReport } from './report.ts'
import { type ImportWords, readImportSettings } from './settings.ts'

export type GoDatabase = {
  url: string
  query<Row extends pg.QueryResultRow>(statement: string, values?: unknown[]): Promise<Row[]>
  drop(): Promise<void>
}

/** Ids of `testdata/go-database`: the number at the end of an id otherwise the same. */
export const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

export async function aGoDatabase(files: readonly ('rows' | 'flaws')[] = ['rows']): Promise<GoDatabase> {
  const database = await testDatabase()
  const client = await openClient(database.url)
  for (const file of ['schema', ...files])
    await client.query(readFileSync(new URL(`../testdata/go-database/${file}.sql`, import.meta.url), 'utf8'))
  return {
    url: database.url,
    query: async (statement, values) => (await client.query(statement, values)).rows,
    drop: async () => {
      await client.end()
      await database.drop()
    },
  }
}

/** For looking into a database beside everything else. */
export async function openClient(url: string): Promise<pg.Client> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  client.setTypeParser(pg.types.builtins.INT8, Number)
  await client.connect()
  return client
}

export async function importGo(
  from: { url: string },
  to: string,
  words: Partial<ImportWords> = {},
  environment: Record<string, string> = {},
): Promise<ImportReport> {
  const settings = readImportSettings(
    { fromGo: from.url, to, ...words },
    { FULCRUM_VAULT_ENCRYPTION_KEY: VAULT_KEY, ...environment },
  )
  return await importFromGo(settings)
}

/** Everything in a database that an import could write, as text; two that are equal hold the same. */
export async function contents(url: string): Promise<string> {
  const client = await openClient(url)
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables
       WHERE table_schema = 'public' AND table_name <> 'go_imports' ORDER BY 1`,
    )
    const parts: string[] = []
    for (const { name } of tables) {
      const { rows } = await client.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t ORDER BY 1`)
      parts.push(`${name}\n${rows.map(({ row }) => row).join('\n')}`)
    }
    return parts.join('\n\n')
  } finally {
    await client.end()
  }
}
