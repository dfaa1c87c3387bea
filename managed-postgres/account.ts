/** The operating system account that PostgreSQL runs as. PostgreSQL refuses to run as root, so root drops to another. */
import fs from 'node:fs'
import path from 'node:path'
import { errorCode, PostgresStartError } from './errors.ts'

/** User and group ids for `spawn` and `chown`. */
export type Account = { uid: number; gid: number }

const CANDIDATES = ['fulcrum', 'postgres', 'nobody']

/**
 * The account to switch to, or undefined when this process is not root and PostgreSQL runs as its own user.
 * A data directory that exists keeps its owner; a new one gets the first of fulcrum, postgres and nobody.
 *
 * @throws PostgresStartError when root finds none of them
 */
export function accountFor(dataDir: string): Account | undefined {
  if (process.geteuid?.() !== 0) return undefined
  const data = statOf(dataDir)
  if (data && data.uid !== 0) return { uid: data.uid, gid: data.gid }
  const users = readUsers()
  for (const name of CANDIDATES) {
    const user = users.find((line) => line[0] === name)
    const account = { uid: Number(user?.[2]), gid: Number(user?.[3]) }
    if (account.uid > 0 && account.gid >= 0) return account
  }
  throw new PostgresStartError(
    `PostgreSQL does not run as root, and there is no user ${CANDIDATES.join(', ')} to run it as; create one of them`,
  )
}

/**
 * The outermost folder on the way to `dir`, itself included, that `account` cannot enter; undefined when all are open.
 * Folders that do not exist yet are taken as open. Access control lists are not read.
 */
export function closedFolder(dir: string, account: Account): string | undefined {
  const steps: string[] = []
  for (let step = dir; ; step = path.dirname(step)) {
    steps.unshift(step)
    if (step === path.dirname(step)) break
  }
  return steps.find((step) => {
    const stat = statOf(step)
    if (!stat) return false
    const bit = stat.uid === account.uid ? 0o100 : stat.gid === account.gid ? 0o010 : 0o001
    return (stat.mode & bit) === 0
  })
}

function statOf(file: string): fs.Stats | undefined {
  try {
    return fs.statSync(file)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

function readUsers(): string[][] {
  try {
    return fs
      .readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
  } catch {
    return []
  }
}

/**
 * The folder that keeps a data directory at `dir` from working, because the account that PostgreSQL would run as cannot enter
 * it; undefined when nothing does. Lets a caller choose another place before it starts a server.
 */
export function folderClosedToDatabase(dir: string): string | undefined {
  const account = accountFor(dir)
  return account && closedFolder(path.dirname(path.resolve(dir)), account)
}
