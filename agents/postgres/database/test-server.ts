/**
 * A PostgreSQL server of its own for a test file, in a temporary directory, passwords asked of everybody: of Debian's programs
 * where they are installed, else the bundled one.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { chmod, chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundledInstallation, startPostgres } from '@fulcrum/managed-postgres'
import type pg from 'pg'
import { findTools } from '../tools.ts'
import type { Tools } from './dump.ts'

export type TestServer = {
  admin: pg.ClientConfig & { host: string; port: number; user: string; password: string }
  /** What dumps this server. */
  tools: Tools
  stop(): Promise<void>
}

const DEBIAN = '/usr/lib/postgresql'
const PASSWORD = 'admin of the test server'

const programs = installedPrograms()

/** What dumps the servers of `startTestServer`, found as an agent finds it. */
const TOOLS: Tools = programs
  ? { pgDump: join(programs, 'pg_dump'), pgRestore: join(programs, 'pg_restore') }
  : await findTools(bundledInstallation().major)

/** Options of tests with archives of pg_dump --format=custom, which the bundled program neither writes nor reads. */
export const WITH_ARCHIVES = {
  skip: TOOLS === 'bundled' && `needs pg_dump and pg_restore, as Debian's postgresql-client brings them`,
}

/** The programs, for tests with the options `WITH_ARCHIVES`. */
export function archivePrograms(): Exclude<Tools, 'bundled'> {
  if (TOOLS === 'bundled') throw new Error('there is no pg_dump')
  return TOOLS
}

/** The newest of Debian's installed versions, or null. */
function installedPrograms(): string | null {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).toSorted((a, b) => Number(b) - Number(a)) : []
  const needed = ['initdb', 'postgres', 'pg_dump', 'pg_restore']
  const places = versions.map((version) => join(DEBIAN, version, 'bin'))
  return places.find((bin) => needed.every((program) => existsSync(join(bin, program)))) ?? null
}

/** Starts a server on a free port of 127.0.0.1; `stop` removes it with all its data. */
export async function startTestServer(): Promise<TestServer> {
  return programs ? startInstalled(programs) : { ...(await startBundledServer()), tools: TOOLS }
}

async function startInstalled(bin: string): Promise<TestServer> {
  const base = await mkdtemp(join(tmpdir(), 'agent-postgres-'))
  const account = unprivileged()
  const passwordFile = join(base, 'password')
  await writeFile(passwordFile, PASSWORD)
  await chmod(base, 0o700)
  if (account) for (const path of [base, passwordFile]) await chown(path, account.uid, account.gid)

  const data = join(base, 'data')
  const initdb = [
    '-D',
    data,
    '-U',
    'admin',
    '-A',
    'scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--no-sync',
    '-E',
    'UTF8',
  ]
  execFileSync(join(bin, 'initdb'), [...initdb, '--locale=C.UTF-8'], { stdio: 'ignore', cwd: base, ...account })
  const port = await freePort()
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: base,
    fsync: 'off',
    log_statement: 'all',
  }
  const flags = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])
  const child = spawn(join(bin, 'postgres'), ['-D', data, ...flags], { stdio: 'ignore', cwd: base, ...account })
  const admin = { host: '127.0.0.1', port, user: 'admin', password: PASSWORD, database: 'postgres' }
  const server = {
    admin,
    tools: TOOLS,
    async stop() {
      await ended(child)
      await rm(base, { recursive: true, force: true })
    },
  }
  try {
    await ready(data, child)
  } catch (error) {
    await server.stop()
    throw error
  }
  return server
}

/** The same with the PostgreSQL that is bundled, which has neither pg_dump nor pg_restore. */
export async function startBundledServer(): Promise<Omit<TestServer, 'tools'>> {
  const dir = await mkdtemp(join(tmpdir(), 'agent-postgres-'))
  const server = await startPostgres({ dir, tcpPort: await freePort(), durable: false })
  const { hostname: host, port, username: user, password } = new URL(server.url)
  return {
    admin: { host, port: Number(port), user, password: decodeURIComponent(password), database: 'postgres' },
    async stop() {
      await server.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** PostgreSQL refuses to run as root. */
function unprivileged(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/** Line 8 of postmaster.pid says when the server takes connections. */
async function ready(data: string, child: ChildProcess): Promise<void> {
  for (const until = Date.now() + 30_000; Date.now() < until && child.exitCode === null; ) {
    const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
    if (lines[7]?.trim() === 'ready') return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('the test server did not start')
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGINT')
  await exit
}

/** A port of 127.0.0.1 that nobody uses now. */
export async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
