/** Runs one short program of PostgreSQL to its end. */
import { spawn } from 'node:child_process'
import path from 'node:path'
import type { Place } from './directories.ts'
import { PostgresStartError } from './errors.ts'

// initdb writes about 40 MB; a slow network disk gets this long
const LIMIT_MS = 300_000

/** The environment of PostgreSQL's programs: nothing of ours is handed on, so no PG* variable can change them. */
export function programEnvironment(place: Place): NodeJS.ProcessEnv {
  return { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC', HOME: place.base }
}

/**
 * @throws PostgresStartError with the program's own reason when it cannot be run or fails
 * @throws the signal's reason when it is aborted; the program is killed before
 */
export async function runProgram(program: string, args: string[], place: Place, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  const name = path.basename(program)
  const child = spawn(program, args, {
    ...place.account,
    env: programEnvironment(place),
    cwd: place.base,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  })
  let output = ''
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString('utf8')).slice(-20_000)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  // initdb removes what it has written when it is terminated
  const abort = () => child.kill('SIGTERM')
  signal?.addEventListener('abort', abort, { once: true })
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (cause) =>
        reject(new PostgresStartError(`cannot run ${program}: ${cause.message}`, { cause })),
      )
      child.once('close', resolve)
    })
    signal?.throwIfAborted()
    if (code !== 0) throw new PostgresStartError(`${name} failed: ${lastReason(output) ?? `exit code ${code}`}`)
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

/**
 * The reason in the output of a PostgreSQL program: of the last line with FATAL, PANIC or error the text behind that
 * word, else the last line that is not blank; undefined for blank output.
 */
export function lastReason(output: string): string | undefined {
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  const reasons = lines.flatMap((line) => /(?:\bFATAL|\bPANIC|\berror): +(.*)/.exec(line)?.[1] ?? [])
  return (reasons.at(-1) ?? lines.at(-1))?.trim()
}
