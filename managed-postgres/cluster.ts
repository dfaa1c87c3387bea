/** The cluster's files: which version made them, creating them, who may connect, and the superuser's password. */
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { type Place, writePrivate } from './directories.ts'
import { errorCode, PostgresStartError } from './errors.ts'
import { bundledInstallation, type Installation, systemInstallations } from './installations.ts'
import { runProgram } from './run-program.ts'

/** The name of the superuser of every cluster here. */
export const SUPERUSER = 'fulcrum'

/**
 * The major version that made the cluster; undefined when there is none yet.
 *
 * @throws PostgresStartError when something else stands in its place
 */
export function clusterMajor(dataDir: string): number | undefined {
  let text: string
  try {
    text = fs.readFileSync(path.join(dataDir, 'PG_VERSION'), 'utf8').trim()
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
    if (!fs.existsSync(dataDir)) return undefined
    if (fs.readdirSync(dataDir).length === 0) {
      fs.rmdirSync(dataDir)
      return undefined
    }
    throw new PostgresStartError(`${dataDir} is not a PostgreSQL data directory: PG_VERSION is missing`)
  }
  if (!/^\d{2}$/.test(text))
    throw new PostgresStartError(`${dataDir} is not a PostgreSQL data directory: PG_VERSION holds no known version`)
  return Number(text)
}

/**
 * The installation to run a cluster with: the named one, else the bundled one if it has the cluster's major, else the
 * system's newest of that major.
 *
 * @param major  of the existing cluster
 * @throws PostgresStartError when the majors differ: only a dump and restore takes data to another major
 */
export function chooseInstallation(named: Installation | undefined, major: number | undefined): Installation {
  if (named) {
    if (major === undefined || named.major === major) return named
    throw new PostgresStartError(
      `the data directory was made by PostgreSQL ${major}, but PostgreSQL ${named.version} was chosen; dump and restore it`,
    )
  }
  if (major === undefined) return bundledInstallation()
  const found = [...bundledOrNone(), ...systemInstallations()].find((one) => one.major === major)
  if (!found)
    throw new PostgresStartError(
      `the data directory was made by PostgreSQL ${major}, which is not installed; install it, or dump and restore`,
    )
  return found
}

function bundledOrNone(): Installation[] {
  try {
    return [bundledInstallation()]
  } catch {
    return []
  }
}

/**
 * The superuser's password from `<base>/secret`; made up (192 random bits) before the cluster is created.
 *
 * @throws PostgresStartError when a cluster exists and its password is lost
 */
export function readOrCreateSecret(place: Place, clusterExists: boolean): string {
  const file = path.join(place.base, 'secret')
  const secret = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim() : ''
  if (secret !== '') return secret
  if (clusterExists)
    throw new PostgresStartError(`${file} is missing or empty; put the password of user ${SUPERUSER} back into it`)
  const fresh = randomBytes(24).toString('base64url')
  writePrivate(file, `${fresh}\n`, place.account)
  return fresh
}

/**
 * Creates the cluster under another name and renames it, so an interrupted first start leaves no half-made one.
 * Text is UTF-8 and sorted by code point, the same on every machine.
 *
 * @param durable  false skips writing through to the disk
 */
export async function createCluster(
  place: Place,
  binDir: string,
  major: number,
  durable: boolean,
  signal?: AbortSignal,
): Promise<void> {
  for (const name of fs.readdirSync(place.base))
    if (name.startsWith('data.new.')) fs.rmSync(path.join(place.base, name), { recursive: true, force: true })
  // a new name each time: the initdb of a killed supervisor may still be writing to the last one
  const fresh = `${place.dataDir}.new.${randomBytes(6).toString('hex')}`
  const args = [
    '-D',
    fresh,
    `--username=${SUPERUSER}`,
    `--pwfile=${path.join(place.base, 'secret')}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--no-locale',
    '--data-checksums',
    ...(major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : []),
    ...(durable ? [] : ['--no-sync']),
  ]
  try {
    await runProgram(path.join(binDir, 'initdb'), args, place, signal)
    fs.renameSync(fresh, place.dataDir)
  } finally {
    fs.rmSync(fresh, { recursive: true, force: true })
  }
}

/** Writes who may connect: by password only, over the private socket, and over loopback if a TCP port is open. */
export function writeAccessRules(place: Place, tcp: boolean): void {
  const rules = ['local all all scram-sha-256', ...(tcp ? ['host all all 127.0.0.1/32 scram-sha-256'] : [])]
  writePrivate(
    path.join(place.dataDir, 'pg_hba.conf'),
    `# written at every start, changes are lost\n${rules.join('\n')}\n`,
    place.account,
  )
}
