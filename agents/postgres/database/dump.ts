/** Dumps of a tenant's database: a consistent snapshot, taken while the tenant works. */
import { PassThrough, Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { BUNDLED_DUMP_LIMIT_BYTES, bundledDump } from './bundled-dump.ts'
import { runProgram } from './client-program.ts'
import { locate } from './located.ts'
import { noDatabase, type Provider, type Session, type Target, withServiceLock } from './provider.ts'
import { DatabaseRefusal } from './refusal.ts'
import { withWorker } from './worker.ts'

/**
 * Paths of PostgreSQL's own programs, not older than the server; or the bundled pg_dump, for small databases and
 * connections without TLS.
 */
export type Tools = { pgDump: string; pgRestore: string } | 'bundled'

export type DumpFormat = 'pg_dump-custom' | 'pg_dump-plain'

export type Dump = { format: DumpFormat; stream: Readable }

/**
 * What a dump leaves out: owners and grants, because the roles are this service's alone, and what only a superuser can
 * restore. It waits at most a minute for a table that the tenant holds locked.
 */
const PARAMETERS = [
  '--no-owner',
  '--no-acl',
  '--no-tablespaces',
  '--no-publications',
  '--no-subscriptions',
  '--no-security-labels',
  '--lock-wait-timeout=60000',
]

/**
 * Begins a dump. The stream ends only when the dump is complete; if it fails the stream is destroyed with the reason.
 * The caller reads it to its end or destroys it. Dumps and restores of one service wait for each other.
 *
 * @throws DatabaseRefusal `not-found`; `unsupported` if the database is too big for the bundled program
 */
export async function dump(provider: Provider, serviceId: string, tools: Tools, signal: AbortSignal): Promise<Dump> {
  const stream = new PassThrough()
  // Whoever reads gets the error from its reading; without this one nobody listening would end the process.
  stream.on('error', () => {})
  const begun = Promise.withResolvers<void>()
  withServiceLock(
    provider,
    serviceId,
    signal,
    async (admin) => {
      const located = await locate(admin, serviceId)
      if (!located?.database?.opened) return noDatabase(serviceId)
      const { names } = located
      if (tools === 'bundled') await checkBundledSize(admin, names.database)
      const job = { names, serviceId, database: names.database, purpose: 'read' } as const
      await withWorker(provider, admin, job, signal, async (target) => {
        begun.resolve()
        await writeDump(tools, target, stream, signal)
      })
    },
    'content',
  ).then(
    () => stream.end(),
    (error: unknown) => {
      begun.reject(error)
      stream.destroy(error instanceof Error ? error : new Error(String(error)))
    },
  )
  await begun.promise
  return { format: tools === 'bundled' ? 'pg_dump-plain' : 'pg_dump-custom', stream }
}

async function writeDump(tools: Tools, target: Target, output: Writable, signal: AbortSignal): Promise<void> {
  if (tools !== 'bundled') return runProgram(tools.pgDump, ['--format=custom', ...PARAMETERS], target, output, signal)
  const sql = await bundledDump(target, PARAMETERS, signal)
  await pipeline(Readable.from(pieces(sql)), output, { end: false, signal })
}

/** A megabyte at a time, so that no second copy of the whole dump is made; never between the halves of a character. */
function* pieces(text: string): Generator<Buffer> {
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at + 2 ** 20 - 1)
    const end = at + 2 ** 20 - (code >= 0xd800 && code < 0xdc00 ? 1 : 0)
    yield Buffer.from(text.slice(at, end))
    at = end
  }
}

async function checkBundledSize(admin: Session, database: string): Promise<void> {
  const [row] = await admin.query<{ bytes: string }>('SELECT pg_database_size($1::name) AS bytes', [database])
  if (Number(row?.bytes) > BUNDLED_DUMP_LIMIT_BYTES)
    throw new DatabaseRefusal(
      'unsupported',
      `a database of more than ${BUNDLED_DUMP_LIMIT_BYTES / 2 ** 20} MiB needs the programs pg_dump and pg_restore of PostgreSQL`,
    )
}
