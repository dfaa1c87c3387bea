/** A temporary folder for a test file, with a finished cluster to copy, which is quicker than creating one each time. */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { fromPs } from './processes.ts'
import { startPostgres } from './start-postgres.ts'

/** Options for servers that need not survive a power cut. */
export const fast = { durable: false, settings: { shared_buffers: '16MB', max_connections: '10' } }

export const isRoot = process.geteuid?.() === 0

/** A folder that PostgreSQL's account can pass through. Remove it with `removeHome`. */
export function createHome(): string {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'fulcrum-postgres-'))
  fs.chmodSync(home, 0o711)
  return home
}

/** Removes the folder, and ends the servers that a failed test left in it. */
export function removeHome(home: string): void {
  for (const name of fs.readdirSync(home)) {
    const lock = path.join(home, name, 'data', 'postmaster.pid')
    const pid = fs.existsSync(lock) ? Number.parseInt(fs.readFileSync(lock, 'utf8'), 10) : 0
    if (pid > 0 && fromPs(path.join(home, name, 'data')).some((one) => one.certain && one.pid === pid))
      process.kill(pid, 'SIGQUIT')
  }
  fs.rmSync(home, { recursive: true, force: true })
}

/** A directory `<home>/<name>` with a fresh cluster in it, as a backup would be restored: data and secret. */
export async function restoreCluster(home: string, name: string): Promise<string> {
  const template = path.join(home, 'template')
  if (!fs.existsSync(template)) await (await startPostgres({ dir: template, ...fast })).stop()
  const dir = path.join(home, name)
  fs.mkdirSync(dir)
  // keeps the owner, which cpSync does not
  execFileSync('cp', ['-a', path.join(template, 'data'), path.join(template, 'secret'), dir])
  return dir
}

/** A client to end; that its server goes away is not an error. */
export async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  return client
}

/** The first column of the first row. */
export async function query(url: string, sql: string): Promise<unknown> {
  const client = await connect(url)
  try {
    const { rows } = await client.query({ text: sql, rowMode: 'array' })
    return rows[0]?.[0]
  } finally {
    await client.end()
  }
}
