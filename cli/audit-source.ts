/**
 * Where an audit log to verify comes from: the server, or a file that was exported from it. The file is JSON lines: what the log is,
 * its signed checkpoints (the newest first), then its entries in order.
 */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { FulcrumError } from '@fulcrum/client'
import type { AuditRecord } from '@fulcrum/contract'
import { CliError, usage } from './errors.ts'
import type { Session } from './session.ts'

export type LogSource = {
  origin: string
  /** Base64, as the source says. */
  publicKey: string
  /** Signed notes, the newest first; one at least. */
  notes: readonly string[]
  records: AsyncIterable<AuditRecord>
}

export const EXPORT_KIND = 'fulcrum-audit-log'
/** Older checkpoints narrow down where a changed entry is. */
const OLDER = 100
const PAGE = 1_000

/**
 * Signs a checkpoint first, so that everything until now is covered.
 *
 * @throws CliError (forbidden) for all but admins: what others may read has gaps, and would look like a log that was changed
 */
export async function serverSource(session: Session): Promise<LogSource> {
  const { client, contract } = session
  const newest = await client.call(contract.audit.sign, {}).catch(async (error: unknown) => {
    if (error instanceof FulcrumError && error.status === 403)
      throw new CliError('forbidden', 'Only an admin sees all entries of the audit log.', [
        'Verify an export that an admin made: fulcrum audit verify FILE',
        'Or prove a single event of yours: fulcrum audit proof NUMBER',
      ])
    // a log that was changed is not signed any more: it is verified against what was
    if (!(error instanceof FulcrumError) || error.status !== 409) throw error
    return await client.call(contract.audit.checkpoint, {})
  })
  const { publicKey } = await client.call(contract.audit.key, {})
  const { items } = await client.call(contract.audit.checkpoints, {
    query: { before: String(newest.size), limit: String(OLDER) },
  })
  const notes = [newest, ...items].map(({ note }) => note)
  return { origin: newest.origin, publicKey, notes, records: recordsOf(session) }
}

async function* recordsOf({ client, contract }: Session): AsyncGenerator<AuditRecord, void, undefined> {
  for (let from: number | undefined = 1; from !== undefined; ) {
    const query = { from: String(from), limit: String(PAGE) }
    const page: { items: AuditRecord[]; next?: number } = await client.call(contract.audit.entries, { query })
    yield* page.items
    if (page.next !== undefined && page.next <= from)
      throw new CliError('failed', 'The server lists its entries in a circle.')
    from = page.next
  }
}

/** Lines of an export, without line ends. Entries that no checkpoint covers are left out. @param size  entries of the newest one */
export async function* exportLines(source: LogSource, size: number): AsyncGenerator<string, void, undefined> {
  const { origin, publicKey, notes } = source
  yield JSON.stringify({ kind: EXPORT_KIND, v: 1, origin, publicKey, exportedAt: new Date().toISOString() })
  for (const note of notes) yield JSON.stringify({ kind: 'checkpoint', note })
  for await (const record of source.records) {
    if (record.index >= size) return
    yield JSON.stringify({ kind: 'entry', ...record })
  }
}

type Line = { kind?: unknown; origin?: unknown; publicKey?: unknown; note?: unknown; entry?: unknown; index?: unknown }

/** Reads a file line by line, however long it is. @throws CliError (usage) when it is none of ours */
export async function fileSource(path: string): Promise<LogSource> {
  const lines = createInterface({ input: path === '-' ? process.stdin : createReadStream(path) })
  const iterator = readLines(path, lines)
  const first = (await iterator.next()).value
  if (first?.kind !== EXPORT_KIND || typeof first.origin !== 'string' || typeof first.publicKey !== 'string')
    throw usage(`${path} is no exported audit log.`)
  const notes: string[] = []
  let next = await iterator.next()
  for (; next.value?.kind === 'checkpoint'; next = await iterator.next())
    if (typeof next.value.note === 'string') notes.push(next.value.note)
  if (notes.length === 0) throw usage(`${path} holds no checkpoint.`)
  async function* records(): AsyncGenerator<AuditRecord, void, undefined> {
    for (let line = next; !line.done; line = await iterator.next()) yield toRecord(path, line.value)
  }
  return { origin: first.origin, publicKey: first.publicKey, notes, records: records() }
}

async function* readLines(path: string, lines: AsyncIterable<string>): AsyncGenerator<Line, undefined, undefined> {
  let number = 0
  for await (const text of lines) {
    number++
    if (text.trim() === '') continue
    const value: unknown = parse(text)
    if (typeof value !== 'object' || value === null)
      throw new CliError('failed', `Line ${number} of ${path} is not JSON: the export is damaged.`)
    yield value
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function toRecord(path: string, line: Line): AuditRecord {
  const { kind: _, ...record } = line
  if (typeof record.index !== 'number' || typeof record.entry !== 'object' || record.entry === null)
    throw new CliError('failed', `${path} holds a line that is no entry: the export is damaged.`)
  return record as AuditRecord // what the verifier reads of it, it checks
}
