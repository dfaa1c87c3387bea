/** Finding PostgreSQL's programs pg_dump and pg_restore on the agent's machine. */
import { execFile } from 'node:child_process'
import { access, constants, readdir } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import { promisify } from 'node:util'
import type { Tools } from './database/index.ts'

/** Parent, form of the version's directory, and the programs within: Debian, Red Hat, Homebrew twice, the installers. */
const USUAL_PLACES: readonly [parent: string, version: RegExp, bin: string][] = [
  ['/usr/lib/postgresql', /^\d+$/, 'bin'],
  ['/usr', /^pgsql-\d+$/, 'bin'],
  ['/opt/homebrew/opt', /^postgresql@\d+$/, 'bin'],
  ['/usr/local/opt', /^postgresql@\d+$/, 'bin'],
  ['/Library/PostgreSQL', /^\d+$/, 'bin'],
  ['/Applications/Postgres.app/Contents/Versions', /^\d+$/, 'bin'],
  ['C:\\Program Files\\PostgreSQL', /^\d+$/, 'bin'],
]

const PROGRAM_TIMEOUT_MS = 10_000
const SUFFIX = process.platform === 'win32' ? '.exe' : ''

/**
 * Programs that can dump a server of this version: of those that are as new, the oldest, since a newer pg_dump writes settings
 * that an older server does not know.
 *
 * @param serverMajor  for example 17
 * @param binDir  the only place to look in, when given
 * @returns `bundled` when the machine has none
 * @throws Error when `binDir` does not have what is needed
 */
export async function findTools(serverMajor: number, binDir?: string): Promise<Tools> {
  const found = []
  for (const dir of binDir ? [binDir] : [...(await usualDirs()), ...pathDirs()]) {
    const tools = { pgDump: join(dir, `pg_dump${SUFFIX}`), pgRestore: join(dir, `pg_restore${SUFFIX}`) }
    const major = await majorOf(tools)
    if (major !== null && major >= serverMajor) found.push({ tools, major })
  }
  const [best] = found.toSorted((a, b) => a.major - b.major)
  if (best) return best.tools
  if (binDir)
    throw new Error(`FULCRUM_POSTGRES_BIN_DIR has no pg_dump and pg_restore of PostgreSQL ${serverMajor} or later`)
  return 'bundled'
}

async function majorOf(tools: { pgDump: string; pgRestore: string }): Promise<number | null> {
  try {
    for (const program of Object.values(tools)) await access(program, constants.X_OK)
    const { stdout } = await promisify(execFile)(tools.pgDump, ['--version'], { timeout: PROGRAM_TIMEOUT_MS })
    const major = Number(/ (\d+)/.exec(stdout)?.[1])
    return Number.isInteger(major) ? major : null
  } catch {
    return null
  }
}

async function usualDirs(): Promise<string[]> {
  const dirs = USUAL_PLACES.map(async ([parent, version, bin]) => {
    const names = await readdir(parent).catch(() => [])
    return names.filter((name) => version.test(name)).map((name) => join(parent, name, bin))
  })
  return (await Promise.all(dirs)).flat()
}

const pathDirs = () => (process.env.PATH ?? '').split(delimiter).filter(isAbsolute)
