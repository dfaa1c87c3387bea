/**
 * The private directories around a cluster, and files in them.
 *
 *     <dir>/data            the cluster          <dir>/run           its socket
 *     <dir>/runtime/<v>     the binaries         <dir>/secret        the superuser's password
 *     <dir>/postgres.log    the server's log     <dir>/owner.<n>     who supervises it
 *
 * When root prepares them they belong to PostgreSQL's account, so nothing here follows a symbolic link inside `<dir>`.
 */
import { createHash, randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { type Account, accountFor, closedFolder } from './account.ts'
import { errorCode, PostgresStartError } from './errors.ts'

/** Where a cluster lives and as whom it runs. Paths are real paths. */
export type Place = {
  base: string
  dataDir: string
  logFile: string
  account: Account | undefined
}

// the first files that a start writes
const OURS = /^owner(\.\d+|-claim-[0-9a-f]+)$/
// a freshly formatted volume is not quite empty
const HARMLESS = new Set(['lost+found'])
// sun_path holds 108 bytes on Linux and 104 on macOS, the end mark included
const MAX_SOCKET_PATH_BYTES = 103

/**
 * Creates `dir` (mode 0700) with its parents, or checks that it can be used.
 *
 * @throws PostgresStartError when it is no directory, has an impossible name, holds other things, belongs to somebody else, or lies in a folder
 *   that PostgreSQL's account cannot enter
 */
export function preparePlace(dir: string): Place {
  const wanted = path.resolve(dir)
  checkName(wanted)
  const found = fs.statSync(wanted, { throwIfNoEntry: false })
  if (found && !found.isDirectory()) throw new PostgresStartError(`cannot use ${wanted}: it is not a directory`)
  const account = accountFor(path.join(wanted, 'data'))
  if (found) checkContent(wanted)
  if (account) checkWay(path.dirname(found ? fs.realpathSync(wanted) : wanted), account)
  if (!found) createWithParents(wanted, account)
  const base = fs.realpathSync(wanted)
  checkName(base)
  makePrivate(base, account)
  return { base, dataDir: path.join(base, 'data'), logFile: path.join(base, 'postgres.log'), account }
}

/**
 * The directory of the Unix socket: `<base>/run`, or where that is too long for a socket a private directory in /tmp
 * whose name follows from the secret, so that it is found again and cannot be guessed.
 *
 * @param port    PostgreSQL puts it in the socket's name
 */
export function prepareSocketDir(place: Place, port: number, secret: string): string {
  const near = path.join(place.base, 'run')
  const hash = createHash('sha256').update(`${secret} ${place.base}`).digest('hex')
  const fits = Buffer.byteLength(path.join(near, `.s.PGSQL.${port}`)) <= MAX_SOCKET_PATH_BYTES
  const dir = fits ? near : `/tmp/fulcrum-pg-${hash.slice(0, 16)}`
  ensurePrivate(dir, place.account)
  return dir
}

/** Removes a socket directory outside of the base when the server is gone; one that is not empty stays. */
export function removeSocketDir(place: Place, socketDir: string): void {
  if (path.dirname(socketDir) === place.base) return
  try {
    fs.rmdirSync(socketDir)
  } catch {
    // the next start finds it again by its name
  }
}

/** Writes a file of mode 0600 that PostgreSQL's account owns; readers see the old or the new content, never a part. */
export function writePrivate(file: string, content: string, account: Account | undefined): void {
  const fresh = `${file}.${randomBytes(6).toString('hex')}`
  const descriptor = fs.openSync(fresh, 'wx', 0o600)
  try {
    if (account) fs.fchownSync(descriptor, account.uid, account.gid)
    fs.writeFileSync(descriptor, content)
    fs.fsyncSync(descriptor)
  } finally {
    fs.closeSync(descriptor)
  }
  fs.renameSync(fresh, file)
}

/**
 * Creates a directory of mode 0700 that PostgreSQL's account owns, or makes an existing one so.
 *
 * @throws PostgresStartError when it is no directory (a symbolic link is none) or belongs to somebody else
 */
export function ensurePrivate(dir: string, account: Account | undefined): void {
  try {
    fs.mkdirSync(dir, { mode: 0o700 })
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
  }
  if (!fs.lstatSync(dir).isDirectory()) throw new PostgresStartError(`cannot use ${dir}: it is not a directory`)
  makePrivate(dir, account)
}

function makePrivate(dir: string, account: Account | undefined): void {
  const { uid } = fs.lstatSync(dir)
  const self = process.geteuid?.()
  if (uid !== self && uid !== account?.uid)
    throw new PostgresStartError(
      `cannot use ${dir}: it belongs to user id ${uid}, but PostgreSQL would run as user id ${account?.uid ?? self}`,
    )
  if (account && uid !== account.uid) fs.lchownSync(dir, account.uid, account.gid)
  fs.chmodSync(dir, 0o700)
}

/** initdb hands its path to a shell in double quotes. */
function checkName(dir: string): void {
  if (/["$`\\\n\r]/.test(dir))
    throw new PostgresStartError(
      `cannot use ${JSON.stringify(dir)}: PostgreSQL does not work in a path with quotation marks, $, \` or \\`,
    )
}

/** Refuses a directory of other things, because it is about to be closed to everybody else. */
function checkContent(dir: string): void {
  const names = fs.readdirSync(dir).filter((name) => !HARMLESS.has(name))
  const restored = names.includes('secret') && fs.existsSync(path.join(dir, 'data', 'PG_VERSION'))
  if (names.length > 0 && !restored && !names.some((name) => OURS.test(name)))
    throw new PostgresStartError(`cannot use ${dir}: it is not empty and was not made by Fulcrum; name a new directory`)
}

function checkWay(parent: string, account: Account): void {
  const closed = closedFolder(parent, account)
  if (closed)
    throw new PostgresStartError(
      `PostgreSQL runs as user id ${account.uid}, which cannot enter ${closed}; choose a data directory elsewhere`,
    )
}

function createWithParents(dir: string, account: Account | undefined): void {
  const parent = path.dirname(dir)
  const first = createParents(parent)
  // a strict umask would lock PostgreSQL's account out of the parents that were just made
  if (account && first)
    for (let step = parent; step.length >= first.length; step = path.dirname(step)) fs.chmodSync(step, 0o755)
  try {
    fs.mkdirSync(dir, { mode: 0o700 })
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
  }
}

/** @returns the outermost folder that was made, if any */
function createParents(parent: string): string | undefined {
  try {
    return fs.mkdirSync(parent, { recursive: true, mode: 0o755 })
  } catch (error) {
    // that folders exist is no error here: this is something else of the name
    if (errorCode(error) !== 'EEXIST') throw error
    throw new PostgresStartError(`cannot use ${parent}: it is not a directory`, { cause: error })
  }
}
