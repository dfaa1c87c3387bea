/**
 * One process per journal directory. The lock is the file `lock.<n>` with the highest number; whoever takes over from a dead
 * holder creates the next number, which only one of several can. Deleting and creating the same name would let two win.
 */
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Another process, or another agent in this one, uses the directory. */
export class JournalInUseError extends Error {
  override readonly name = 'JournalInUseError'
}

type Holder = { pid: number; startedAt: string; released?: boolean }

/**
 * Takes the lock of a directory, also from a holder that died. Works between processes of one machine; a directory on a network
 * share must not be used from two.
 *
 * @returns gives the lock back
 * @throws JournalInUseError while another holder lives
 */
export function lockJournal(dir: string): () => void {
  for (;;) {
    const [highest = 0] = lockNumbers(dir)
    const holder = highest > 0 ? readHolder(join(dir, `lock.${highest}`)) : undefined
    if (holder && isAlive(holder))
      throw new JournalInUseError(
        `${dir} is used by the agent process ${holder.pid}; each agent needs its own directory`,
      )

    const mine = join(dir, `lock.${highest + 1}`)
    if (!createWhole(mine, { pid: process.pid, startedAt: startOf(process.pid) })) continue
    const [newest, ...older] = lockNumbers(dir)
    if (newest !== highest + 1) {
      // Between reading and creating, others took, gave back and removed this number.
      rmSync(mine, { force: true })
      continue
    }
    for (const number of older) rmSync(join(dir, `lock.${number}`), { force: true })
    return () => replaceWhole(mine, { pid: process.pid, startedAt: '', released: true })
  }
}

function lockNumbers(dir: string): number[] {
  return readdirSync(dir)
    .flatMap((name) => /^lock\.(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => b - a)
}

/** False when the name is taken. The file is complete from its first moment. */
function createWhole(path: string, holder: Holder): boolean {
  const draft = writeDraft(path, holder)
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

function replaceWhole(path: string, holder: Holder): void {
  renameSync(writeDraft(path, holder), path)
}

function writeDraft(path: string, holder: Holder): string {
  const draft = `${path}.${randomUUID()}`
  writeFileSync(draft, JSON.stringify(holder), { mode: 0o600 })
  return draft
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder // written by createWhole only
  } catch {
    return undefined
  }
}

function isAlive({ pid, startedAt, released }: Holder): boolean {
  if (released) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  // Process ids are given again; the time of the start tells whether it is still the same process.
  return startOf(pid) === startedAt
}

/** What tells two processes with the same id apart; empty where the system does not say. */
function startOf(pid: number): string {
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
      // A zombie holds nothing any more. Field 22 of proc(5), starttime, is the 19th after the state.
      return state === 'Z' ? 'ended' : `${boot} ${fields[18]}`
    }
    if (process.platform === 'win32') return ''
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { LC_ALL: 'C', PATH: process.env.PATH },
    }).trim()
  } catch {
    return ''
  }
}
