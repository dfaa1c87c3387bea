/**
 * The postmaster process: launching it, finding one that a dead supervisor left, waiting for its states, stopping it.
 *
 *     postmaster.pid, line 8:  starting ──▶ ready ──▶ stopping ──▶ (file removed)
 */
import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Place } from './directories.ts'
import { errorCode, PostgresStartError } from './errors.ts'
import { clusterProcesses, processStart } from './processes.ts'
import { lastReason, programEnvironment } from './run-program.ts'

/** A live postmaster. `isGone` becomes true when it has ended, also as a zombie. */
export type Postmaster = { pid: number; isGone: () => boolean; child?: ChildProcess }

// recovery after a crash reads all of the write-ahead log since the last checkpoint
const START_LIMIT_MS = 300_000
const FAST_STOP_LIMIT_MS = 20_000
// after SIGQUIT the postmaster itself kills its backends when 5 s have passed
const QUIT_LIMIT_MS = 10_000
// backends notice the postmaster's death when they wait for something; one that computes goes on until its query ends
const BACKENDS_GRACE_MS = 2_000
const BACKENDS_LIMIT_MS = 15_000
const MAX_LOG_BYTES = 10 * 1024 * 1024
const POLL_MS = 15

/**
 * Starts PostgreSQL in a process group of its own (Ctrl-C in a terminal must reach only us, who then stop it in order)
 * with a file as its log (a pipe would break with this process), and waits until it accepts connections.
 *
 * @throws PostgresStartError with the last FATAL line of the log
 * @throws the signal's reason when it is aborted; the server is stopped before
 */
export async function launch(
  program: string,
  args: string[],
  place: Place,
  signal: AbortSignal | undefined,
): Promise<Postmaster> {
  signal?.throwIfAborted()
  const log = openLog(place)
  const child = spawn(program, args, {
    ...place.account,
    env: programEnvironment(place),
    cwd: place.base,
    stdio: ['ignore', log.descriptor, log.descriptor],
    detached: true,
  })
  fs.closeSync(log.descriptor)
  let failure: Error | undefined
  child.once('error', (error) => {
    failure = error
  })
  if (child.pid === undefined) {
    await sleep(0)
    throw new PostgresStartError(`cannot run ${program}: ${failure?.message ?? 'unknown reason'}`, { cause: failure })
  }
  child.unref()
  const postmaster = {
    pid: child.pid,
    isGone: () => child.exitCode !== null || child.signalCode !== null,
    child,
  }
  try {
    if (await becomesReady(postmaster, place, signal)) return postmaster
  } catch (error) {
    await stop(postmaster)
    throw error
  }
  const output = fs.readFileSync(place.logFile).subarray(log.startByte).toString('utf8')
  throw new PostgresStartError(
    `PostgreSQL did not start: ${lastReason(output) ?? `it ended with ${child.signalCode ?? child.exitCode}`}`,
  )
}

/**
 * What a dead supervisor left in the data directory: its live postmaster, or undefined when nothing runs any more and
 * the lock files, if any, are out of the way. Backends of a dead postmaster are ended: their shared memory is lost.
 *
 * @throws PostgresStartError when backends of a dead postmaster do not leave; starting beside them would destroy data
 */
export async function findSurvivor(
  place: Place,
  socketDir: string,
  signal: AbortSignal | undefined,
): Promise<Postmaster | undefined> {
  const begin = Date.now()
  for (;;) {
    signal?.throwIfAborted()
    const running = clusterProcesses(place.dataDir, place.account)
    const lock = readLock(place.dataDir)
    const start = lock && running.some(({ pid }) => pid === lock.pid) ? processStart(lock.pid) : undefined
    if (lock && start !== undefined) {
      const { pid } = lock
      return { pid, isGone: () => processStart(pid) !== start }
    }
    if (running.length === 0) break
    const waitedMs = Date.now() - begin
    if (waitedMs > BACKENDS_LIMIT_MS) {
      const ids = running.map(({ pid }) => pid).join(', ')
      throw new PostgresStartError(
        `PostgreSQL processes are still at work in ${place.dataDir} (process ids ${ids}); end them first`,
      )
    }
    if (waitedMs > BACKENDS_GRACE_MS) for (const { pid, certain } of running) if (certain) send(pid, 'SIGQUIT')
    await sleep(POLL_MS)
  }
  fs.rmSync(path.join(place.dataDir, 'postmaster.pid'), { force: true })
  for (const name of fs.readdirSync(socketDir))
    if (name.startsWith('.s.PGSQL.')) fs.rmSync(path.join(socketDir, name), { force: true })
  return undefined
}

/**
 * Waits until the postmaster accepts connections.
 *
 * @returns false when it ended instead
 * @throws PostgresStartError after 5 minutes
 */
export async function becomesReady(
  postmaster: Postmaster,
  place: Place,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const until = Date.now() + START_LIMIT_MS
  for (;;) {
    signal?.throwIfAborted()
    if (postmaster.isGone()) return false
    const lock = readLock(place.dataDir)
    if (lock?.pid === postmaster.pid && lock.state === 'ready') return true
    if (Date.now() > until)
      throw new PostgresStartError(
        `PostgreSQL was not ready after ${START_LIMIT_MS / 60_000} minutes; see ${place.logFile}`,
      )
    await sleep(POLL_MS)
  }
}

/** True when the postmaster has been told to end and waits for its backends. */
export function isStopping(dataDir: string): boolean {
  return readLock(dataDir)?.state === 'stopping'
}

/** SIGINT rolls back and writes a checkpoint; SIGQUIT after 20 s skips that, and the next start recovers. */
export async function stop(postmaster: Postmaster): Promise<void> {
  for (const [name, limitMs] of [
    ['SIGINT', FAST_STOP_LIMIT_MS],
    ['SIGQUIT', QUIT_LIMIT_MS],
    ['SIGKILL', QUIT_LIMIT_MS],
  ] as const) {
    const until = Date.now() + limitMs
    if (postmaster.isGone()) return
    send(postmaster.pid, name)
    while (Date.now() < until && !postmaster.isGone()) await sleep(POLL_MS)
  }
}

function send(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error
  }
}

/** What `postmaster.pid` says (miscadmin.h, "LOCK_FILE_LINE"); undefined when it is missing or not written yet. */
function readLock(dataDir: string): { pid: number; state: string } | undefined {
  try {
    const lines = fs.readFileSync(path.join(dataDir, 'postmaster.pid'), 'utf8').split('\n')
    const pid = Number(lines[0])
    return Number.isInteger(pid) && pid > 0 ? { pid, state: lines[7]?.trim() ?? '' } : undefined
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Opens the log for appending; more than 10 MB are put aside as postgres.log.1, over the ones before. */
function openLog(place: Place): { descriptor: number; startByte: number } {
  const size = fs.lstatSync(place.logFile, { throwIfNoEntry: false })?.size ?? 0
  if (size > MAX_LOG_BYTES) fs.renameSync(place.logFile, `${place.logFile}.1`)
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = fs.constants
  const descriptor = fs.openSync(place.logFile, O_APPEND | O_CREAT | O_NOFOLLOW | O_WRONLY, 0o600)
  if (place.account) fs.fchownSync(descriptor, place.account.uid, place.account.gid)
  return { descriptor, startByte: fs.fstatSync(descriptor).size }
}
