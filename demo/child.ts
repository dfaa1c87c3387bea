/**
 * A process of the demo: started with a log file of its own, started again when it dies, and found again by the next start when
 * this program was killed.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { processStart } from '@fulcrum/managed-postgres'

export type ChildSpec = {
  /** Name of its log and of the file that remembers it. */
  name: string
  script: string
  args?: readonly string[]
  env: Record<string, string>
  /** Directory for the log and for what is remembered. */
  dir: string
  /** What exit code must not be followed by another start; the reason stands in the log. */
  fatalCodes?: readonly number[]
  /** Whether it is worth starting again now; without it: always. */
  mayRestart?: () => boolean
}

export type Child = {
  readonly log: string
  /** Resolves with the exit code when the process ended and is not started again. */
  readonly ended: Promise<number>
  /** SIGTERM; SIGKILL after `graceMs`. */
  stop(graceMs?: number): Promise<void>
}

const MIN_PAUSE_MS = 500
const MAX_PAUSE_MS = 10_000
/** A process that lived for so long starts again without delay. */
const SETTLED_MS = 10_000
const GRACE_MS = 15_000

/** @param onDown  told when the process died and is about to be started again */
export function runChild(spec: ChildSpec, onDown: (name: string) => void): Child {
  const log = path.join(spec.dir, `${spec.name}.log`)
  let current: ChildProcess | undefined
  let stopping = false
  const wake = new AbortController()

  const keepRunning = async (): Promise<number> => {
    for (let pauseMs = MIN_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
      const started = performance.now()
      const child = launch(spec, log)
      current = child
      const code = await new Promise<number>((resolve) => {
        child.once('exit', (exitCode) => resolve(exitCode ?? 1))
        child.once('error', () => resolve(1))
      })
      forget(spec)
      if (stopping || spec.fatalCodes?.includes(code) || spec.mayRestart?.() === false) return code
      onDown(spec.name)
      if (performance.now() - started > SETTLED_MS) pauseMs = MIN_PAUSE_MS
      await sleep(pauseMs, undefined, { signal: wake.signal }).catch(() => {})
      if (stopping) return code
    }
  }
  const ended = keepRunning()
  return {
    log,
    ended,
    stop: async (graceMs = GRACE_MS) => {
      stopping = true
      wake.abort()
      current?.kill('SIGTERM')
      const force = setTimeout(() => current?.kill('SIGKILL'), graceMs)
      await ended
      clearTimeout(force)
    },
  }
}

function launch({ name, script, args = [], env, dir }: ChildSpec, log: string): ChildProcess {
  const out = openSync(log, 'a', 0o600)
  // a group of its own: Ctrl-C reaches this program, which ends the others in order
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', out, out],
    detached: true,
  })
  closeSync(out)
  if (child.pid) writeFileSync(pidFile(dir, name), `${child.pid} ${processStart(child.pid)}`, { mode: 0o600 })
  return child
}

/** Ends the process of this name that an earlier, killed start has left behind. */
export async function endLeftover(dir: string, name: string): Promise<void> {
  let text: string
  try {
    text = readFileSync(pidFile(dir, name), 'utf8')
  } catch {
    return
  }
  const [pid, start] = text.split(/ (.*)/s)
  const lives = () => start !== undefined && processStart(Number(pid)) === start
  for (const [signal, patienceMs] of [
    ['SIGTERM', GRACE_MS],
    ['SIGKILL', GRACE_MS],
  ] as const) {
    if (!lives()) break
    process.kill(Number(pid), signal)
    for (const until = performance.now() + patienceMs; lives() && performance.now() < until; ) await sleep(50)
  }
  forget({ dir, name })
}

function forget({ dir, name }: Pick<ChildSpec, 'dir' | 'name'>): void {
  rmSync(pidFile(dir, name), { force: true })
}

function pidFile(dir: string, name: string): string {
  return path.join(dir, `${name}.pid`)
}

/** The last lines of a log, for telling why a process does not start. */
export function lastLines(log: string, count: number): string {
  try {
    return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-count).join('\n')
  } catch {
    return ''
  }
}
