/** A PostgreSQL for a test file: fast, without durability, and gone with the process. */
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { startPostgres } from './start-postgres.ts'

export type TestPostgres = {
  /** Superuser, database `postgres`. */
  url: string
  /**
   * Creates a database of its own name.
   *
   * @param template  name or URL of a database to copy, to which nobody may be connected
   * @returns its URL
   */
  createDatabase(template?: string): Promise<string>
  /** Stops the server and removes its files. */
  stop(): Promise<void>
}

/**
 * Starts a server in a temporary directory. Call `stop` in the test's `after`; if the process ends without it, the
 * server is killed and its files are removed.
 *
 * @example
 * const server = await startTestPostgres()
 * const template = await server.createDatabase()
 * const database = await server.createDatabase(template)
 * await server.stop()
 */
export async function startTestPostgres(): Promise<TestPostgres> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'fulcrum-test-'))
  const server = await startPostgres({
    dir,
    durable: false,
    settings: { shared_buffers: '64MB', max_connections: '200' },
  }).catch((error: unknown) => {
    fs.rmSync(dir, { recursive: true, force: true })
    throw error
  })
  const kill = () => {
    try {
      process.kill(server.pid, 'SIGQUIT')
      fs.rmSync(dir, { recursive: true, force: true })
    } catch {
      // there is nobody left to tell
    }
  }
  process.once('exit', kill)
  return {
    url: server.url,
    async createDatabase(template) {
      // loaded here, so that only tests need the client
      const { default: pg } = await import('pg')
      const client = new pg.Client({ connectionString: server.url })
      client.on('error', () => {})
      const name = `test_${randomBytes(8).toString('hex')}`
      await client.connect()
      try {
        const source = template === undefined ? 'template1' : databaseName(template)
        await client.query(`CREATE DATABASE ${name} TEMPLATE ${client.escapeIdentifier(source)}`)
      } finally {
        await client.end()
      }
      return server.url.replace(/\/postgres(\?|$)/, `/${name}$1`)
    },
    async stop() {
      await server.stop()
      process.off('exit', kill)
      fs.rmSync(dir, { recursive: true, force: true })
    },
  }
}

function databaseName(nameOrUrl: string): string {
  return /^postgres(?:ql)?:\/\/.*\/([^/?]+)(?:\?|$)/.exec(nameOrUrl)?.[1] ?? nameOrUrl
}
