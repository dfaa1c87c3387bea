/** Dumps of a tenant's database: a consistent snapshot, taken while the tenant works. */
import { PassThrough, type Readable, type Writable } from 'node:stream'
import { runProgram } from './client-program.ts'
import { locate } from './located.ts'
import { noDatabase, type Provider, type Target, withServiceLock } from './provider.ts'
import { withWorker } from './worker.ts'

/** Paths of PostgreSQL's own programs, not older than the server. */
export type Tools = { pgDump: string; pgRestore: string }

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
 * @throws DatabaseRefusal `not-found`
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
  return { format: 'pg_dump-custom', stream }
}

async function writeDump(tools: Tools, target: Target, output: Writable, signal: AbortSignal): Promise<void> {
  await runProgram(tools.pgDump, ['--format=custom', ...PARAMETERS], target, output, signal)
}
