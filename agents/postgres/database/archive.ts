/** Restoring an archive of `pg_dump --format=custom` with pg_restore, as the worker role. */
import { writeFile } from 'node:fs/promises'
import { Writable } from 'node:stream'
import { isAuthority } from './authority.ts'
import { ProgramFailed, runProgram } from './client-program.ts'
import type { Target } from './provider.ts'
import { DatabaseRefusal } from './refusal.ts'
import { splitStatements } from './sql-statements.ts'

/** Longest table of contents that is read, in bytes: some 200,000 objects. */
const LONGEST_LIST = 32 * 1024 * 1024

/**
 * Restores an archive into the target's empty database. Entries for extensions that are there already are left out, as is
 * schema public; all others run with the tenant's rights, so that one it may not do ends the restore.
 *
 * @param file  a list of its entries is written beside it
 * @param role  the owner role
 * @param extensions  those that the database has
 * @param rights  `with rights`: policies are left to `writeAuthority`, because they name roles
 * @throws DatabaseRefusal `invalid` with pg_restore's reason
 */
export async function restoreArchive(
  pgRestore: string,
  file: string,
  target: Target,
  role: string,
  extensions: readonly string[],
  signal: AbortSignal,
  rights: 'with rights' | 'without',
): Promise<void> {
  try {
    const list = await output(pgRestore, ['--list', file], signal)
    const wanted = list.split('\n').filter((line) => !isPresent(line, extensions, rights))
    await writeFile(`${file}.list`, wanted.join('\n'), { mode: 0o600 })
    const parameters = [
      '--format=custom',
      `--use-list=${file}.list`,
      `--dbname=${target.database}`,
      `--role=${role}`,
      '--no-owner',
      '--no-acl',
      '--no-tablespaces',
      '--no-publications',
      '--no-subscriptions',
      '--no-security-labels',
      '--exit-on-error',
      file,
    ]
    await output(pgRestore, parameters, signal, target)
  } catch (error) {
    if (!(error instanceof ProgramFailed)) throw error
    throw new DatabaseRefusal('invalid', `the dump cannot be restored: ${error.message}`, { cause: error })
  }
}

/**
 * The statements of an archive that say who owns what and who may do what, for `writeAuthority`.
 *
 * @param file  a list of entries is written beside it
 * @throws DatabaseRefusal `invalid` with pg_restore's reason
 */
export async function authorityOfArchive(pgRestore: string, file: string, signal: AbortSignal): Promise<string[]> {
  try {
    const list = await output(pgRestore, ['--list', file], signal)
    const wanted = list.split('\n').filter((line) => !HOLDS_DATA.test(line))
    await writeFile(`${file}.list`, wanted.join('\n'), { mode: 0o600 })
    const script = await output(pgRestore, ['--format=custom', `--use-list=${file}.list`, '--file=-', file], signal)
    return splitStatements(`${script}\n`).statements.filter(isAuthority)
  } catch (error) {
    if (!(error instanceof ProgramFailed)) throw error
    throw new DatabaseRefusal('invalid', `the dump cannot be restored: ${error.message}`, { cause: error })
  }
}

const HOLDS_DATA = /^\d+; \d+ \d+ (?:TABLE DATA|BLOBS|SEQUENCE SET|MATERIALIZED VIEW DATA|STATISTICS DATA) /

/** Lines look like `3; 3079 16385 EXTENSION - citext ` and `3399; 0 0 COMMENT - EXTENSION citext `. */
function isPresent(line: string, extensions: readonly string[], rights: 'with rights' | 'without'): boolean {
  if (rights === 'with rights' && /^\d+; \d+ \d+ POLICY /.test(line)) return true
  const [, extension] = line.match(/^\d+; \d+ \d+ (?:EXTENSION -|COMMENT - EXTENSION) (\S+)/) ?? []
  if (extension !== undefined) return extensions.includes(extension) || extension === 'plpgsql'
  return /^\d+; \d+ \d+ SCHEMA - public /.test(line)
}

async function output(
  program: string,
  parameters: readonly string[],
  signal: AbortSignal,
  target: Target | null = null,
): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  const collect = new Writable({
    write(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      chunks.push(chunk)
      done(bytes > LONGEST_LIST ? new DatabaseRefusal('invalid', 'the dump has too many objects') : null)
    },
  })
  collect.on('error', () => {})
  await runProgram(program, parameters, target, collect, signal)
  return Buffer.concat(chunks).toString('utf8')
}
