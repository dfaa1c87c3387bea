/** Dumps of a tenant's database: a consistent snapshot, taken while the tenant works. */
import { PassThrough, Readable, Transform, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createTocReader, isSequenceValue, type SequenceValue, sequenceValueOf } from './archive-toc.ts'
import { BUNDLED_DUMP_LIMIT_BYTES, bundledDump } from './bundled-dump.ts'
import { runProgram } from './client-program.ts'
import { type Content, withContentSession } from './content-digest.ts'
import { locate } from './located.ts'
import type { Names } from './names.ts'
import { noDatabase, type Provider, type Session, type Target, withServiceLock } from './provider.ts'
import { DatabaseRefusal } from './refusal.ts'
import { splitStatements, withoutComments } from './sql-statements.ts'
import { withWorker } from './worker.ts'

/**
 * Paths of PostgreSQL's own programs, not older than the server; or the bundled pg_dump, for small databases and
 * connections without TLS.
 */
export type Tools = { pgDump: string; pgRestore: string } | 'bundled'

export type DumpFormat = 'pg_dump-custom' | 'pg_dump-plain'

export type Dump = { format: DumpFormat; stream: Readable }

/** A dump that can prove itself: what is in it, and of which moment. */
export type PortableDump = Dump & {
  takenAt: Date
  /** Known when the stream has ended; rejects when the dump fails. */
  content: Promise<Content>
}

/** Owners and grants name the roles of this service alone: only an import that translates them can use them. */
const WITHOUT_ROLES = ['--no-owner', '--no-acl']

/** What no dump has: what only a superuser can restore. It waits at most a minute for a table that the tenant holds locked. */
const PARAMETERS = [
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
  const { stream } = await begin(provider, serviceId, tools, signal, async (target, output, begun) => {
    begun.resolve()
    await writeDump(tools, target, WITHOUT_ROLES, output, signal)
  })
  return { format: formatOf(tools), stream }
}

/**
 * The same with owners and grants, and with the digest of the content, both of one snapshot. Only the values of sequences are
 * outside of snapshots: the digest has those of the dump.
 *
 * @throws as `dump`
 */
export async function portableDump(
  provider: Provider,
  serviceId: string,
  tools: Tools,
  signal: AbortSignal,
): Promise<PortableDump> {
  const content = Promise.withResolvers<Content>()
  content.promise.catch(() => {})
  const failing = (error: unknown) => {
    content.reject(error)
    throw error
  }
  const { stream, first } = await begin<Date>(provider, serviceId, tools, signal, (target, output, begun, names) =>
    withContentSession(target, names, signal, async (session) => {
      begun.resolve(session.takenAt)
      const sequences = Promise.withResolvers<readonly SequenceValue[]>()
      sequences.promise.catch(() => {})
      const written = writeDump(tools, target, [`--snapshot=${session.snapshot}`], output, signal)
      written.then(sequences.resolve, sequences.reject)
      const [digested] = await Promise.all([session.content(() => sequences.promise), written])
      content.resolve(digested)
    }).catch(failing),
  ).catch(failing)
  return { format: formatOf(tools), stream, takenAt: first, content: content.promise }
}

const formatOf = (tools: Tools): DumpFormat => (tools === 'bundled' ? 'pg_dump-plain' : 'pg_dump-custom')

/**
 * Runs `write` while the worker may read, in the background.
 *
 * @returns as soon as `write` has resolved `begun`
 */
async function begin<First = void>(
  provider: Provider,
  serviceId: string,
  tools: Tools,
  signal: AbortSignal,
  write: (target: Target, output: Writable, begun: PromiseWithResolvers<First>, names: Names) => Promise<void>,
): Promise<{ stream: Readable; first: First }> {
  const stream = new PassThrough()
  // Whoever reads gets the error from its reading; without this one nobody listening would end the process.
  stream.on('error', () => {})
  const begun = Promise.withResolvers<First>()
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
      await withWorker(provider, admin, job, signal, (target) => write(target, stream, begun, names))
    },
    'content',
  ).then(
    () => stream.end(),
    (error: unknown) => {
      begun.reject(error)
      stream.destroy(error instanceof Error ? error : new Error(String(error)))
    },
  )
  return { stream, first: await begun.promise }
}

/** @returns the values of sequences that a restore of this dump sets; none where nobody asked for a snapshot */
async function writeDump(
  tools: Tools,
  target: Target,
  wishes: readonly string[],
  output: Writable,
  signal: AbortSignal,
): Promise<readonly SequenceValue[]> {
  const parameters = [...PARAMETERS, ...wishes]
  if (tools === 'bundled') {
    const sql = await bundledDump(target, parameters, signal)
    await pipeline(Readable.from(pieces(sql)), output, { end: false, signal })
    return wishes === WITHOUT_ROLES ? [] : sequencesIn(sql)
  }
  const toc = createTocReader()
  const passing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        if (wishes !== WITHOUT_ROLES) toc.add(chunk)
        done(null, chunk)
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)))
      }
    },
  })
  const passed = pipeline(passing, output, { end: false, signal })
  passed.catch(() => {})
  try {
    await runProgram(tools.pgDump, ['--format=custom', ...parameters], target, passing, signal)
    passing.end()
    await passed
  } finally {
    passing.destroy()
  }
  return wishes === WITHOUT_ROLES ? [] : toc.sequenceValues()
}

function sequencesIn(sql: string): SequenceValue[] {
  const values: SequenceValue[] = []
  let rest = ''
  for (const piece of pieces(sql)) {
    const split = splitStatements(rest + piece.toString())
    rest = split.rest
    for (const statement of split.statements) {
      const bare = withoutComments(statement)
      if (isSequenceValue(bare)) values.push(sequenceValueOf(bare))
    }
  }
  return values
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
