/** Restoring a plain dump, `pg_dump --inserts`, over an ordinary connection of the worker role. */
import { open } from 'node:fs/promises'
import type pg from 'pg'
import { isAuthority } from './authority.ts'
import { type Target, withClient } from './provider.ts'
import { DatabaseRefusal, refusing } from './refusal.ts'
import { splitStatements, withoutComments } from './sql-statements.ts'

/** Statements go together up to this length, in characters: one round trip for some thousand rows. */
const BATCH_LENGTH = 256 * 1024

/** One statement may have this many characters; PostgreSQL itself takes no more than 1 GB. */
const LONGEST_STATEMENT = 256 * 1024 * 1024

const COMPLETE = '-- PostgreSQL database dump complete'

/**
 * True if the file is a plain dump, and a whole one: pg_dump writes a last line by which that is known.
 *
 * @throws the file system's error
 */
export async function isCompletePlainDump(file: string): Promise<boolean> {
  await using handle = await open(file)
  const { size } = await handle.stat()
  const part = async (from: number) => {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(1000), 0, 1000, from)
    return buffer.toString('utf8', 0, bytesRead)
  }
  const isDump = /^-- PostgreSQL database dump$/m.test(await part(0))
  return isDump && (await part(Math.max(0, size - 1000))).includes(COMPLETE)
}

/**
 * Runs the statements of a dump in the target's empty database. What concerns extensions that are there already is left out;
 * all others run with the tenant's rights, so that one it may not do ends the restore.
 *
 * @param extensions  those that the database has
 * @param rights  `with rights`: statements about roles are not run, but returned for `writeAuthority`
 * @throws DatabaseRefusal `invalid` with PostgreSQL's reason, or if the dump is for psql (COPY, commands with a backslash)
 */
export async function restorePlainDump(
  file: string,
  target: Target,
  extensions: readonly string[],
  signal: AbortSignal,
  rights: 'with rights' | 'without',
): Promise<string[]> {
  const restore = async (client: pg.Client) => {
    const authority: string[] = []
    const isForNow = (statement: string) => {
      if (!isWanted(withoutComments(statement), extensions)) return false
      if (rights === 'without' || !isAuthority(statement)) return true
      authority.push(statement)
      return false
    }
    for await (const batch of batches(file, isForNow)) await client.query(batch)
    return authority
  }
  return withClient(target, signal, (client) => restore(client).catch(refusing('the dump cannot be restored')))
}

async function* batches(file: string, isForNow: (statement: string) => boolean): AsyncGenerator<string> {
  await using handle = await open(file)
  const parts = handle.createReadStream({ encoding: 'utf8', highWaterMark: BATCH_LENGTH, autoClose: false })
  let rest = ''
  // Waiting for twice the unfinished text keeps the work linear for a statement that is longer than a part.
  let wanted = BATCH_LENGTH
  for await (const part of parts) {
    rest += part
    if (rest.length < wanted) continue
    const split = splitStatements(rest)
    rest = split.rest
    if (rest.length > LONGEST_STATEMENT)
      throw new DatabaseRefusal('invalid', 'the dump has a statement that is too long')
    wanted = Math.max(BATCH_LENGTH, rest.length * 2)
    yield joined(split.statements, isForNow)
  }
  const last = splitStatements(`${rest}\n`)
  yield joined(last.statements, isForNow)
  if (withoutComments(last.rest) !== '')
    throw new DatabaseRefusal('invalid', 'the dump ends in the middle of a statement')
}

// The semicolon on a line of its own: a statement may end with a comment.
const joined = (statements: readonly string[], isForNow: (statement: string) => boolean) =>
  statements.filter(isForNow).join('\n;\n')

/** @throws DatabaseRefusal `invalid` for what only psql understands */
function isWanted(statement: string, extensions: readonly string[]): boolean {
  if (/^\\(?:un)?restrict\b/.test(statement)) return false
  if (statement.startsWith('\\') || /^COPY\b[^;]*\bFROM\s+stdin\b/i.test(statement))
    throw new DatabaseRefusal(
      'invalid',
      'the dump is for psql; make it with pg_dump --format=custom, or with --inserts',
    )
  const encoding = /^SET client_encoding = '(.*)'$/.exec(statement)?.[1]
  if (encoding !== undefined && encoding !== 'UTF8') throw new DatabaseRefusal('invalid', 'the dump must be in UTF-8')
  // A setting of PostgreSQL 17, which newer programs write for older servers, too.
  if (statement === 'SET transaction_timeout = 0') return false
  const extension = /^(?:CREATE EXTENSION IF NOT EXISTS|COMMENT ON EXTENSION) "?([\w-]+)"?/.exec(statement)?.[1]
  return extension === undefined || !(extensions.includes(extension) || extension === 'plpgsql')
}
