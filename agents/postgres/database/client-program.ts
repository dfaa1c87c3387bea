/** Running PostgreSQL's client programs as the worker role. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { basename } from 'node:path'
import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Target } from './provider.ts'

/** How much of a program's messages is kept, in characters: its end, where the reason is. */
const KEPT_MESSAGES = 2000

/** A client program ended with a failure. The message is its own, which names objects of the tenant's database. */
export class ProgramFailed extends Error {
  constructor(program: string, exit: string, messages: string) {
    super(`${basename(program)} ended with ${exit}: ${messages.trim()}`)
    this.name = 'ProgramFailed'
  }
}

/**
 * Runs a client program to its end; its output goes to `output`, which stays open.
 *
 * @param target  null for a program that connects to nothing
 * @throws ProgramFailed if it does not end with 0; the signal's reason when aborted, the program being killed
 */
export async function runProgram(
  program: string,
  parameters: readonly string[],
  target: Target | null,
  output: Writable,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted()
  const child = spawn(program, parameters, {
    env: { ...systemEnvironment(), ...(target ? connectionEnvironment(target) : {}) },
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  })
  const closed = once(child, 'close')
  closed.catch(() => {})
  let messages = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    messages = (messages + text).slice(-KEPT_MESSAGES)
  })
  try {
    await pipeline(child.stdout, output, { end: false, signal })
    await closed
  } catch (error) {
    child.kill('SIGKILL')
    await closed.catch(() => {})
    signal.throwIfAborted()
    throw error
  }
  if (child.exitCode !== 0) throw new ProgramFailed(program, `${child.exitCode ?? child.signalCode}`, messages)
}

/** The agent's own environment, which may hold its secrets, is not passed on. */
function systemEnvironment(): Record<string, string> {
  const kept = ['PATH', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'SystemRoot', 'TMPDIR', 'TEMP']
  return Object.fromEntries(kept.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])))
}

/** By environment, because parameters are visible to all users of the machine. */
function connectionEnvironment(target: Target): Record<string, string> {
  return {
    PGHOST: target.host,
    PGPORT: String(target.port),
    PGDATABASE: target.database,
    PGUSER: target.user,
    PGPASSWORD: target.password,
    PGSSLMODE: target.ssl ? 'require' : 'disable',
    PGCONNECT_TIMEOUT: '15',
    PGAPPNAME: 'fulcrum-agent-postgres',
    LC_ALL: 'C',
  }
}
