/** Follows something that goes on at the server: lines that are redrawn at a terminal, and elsewhere printed when they change. */
import { setTimeout as sleep } from 'node:timers/promises'
import { CliError } from './errors.ts'

const EVERY_MS = 1_000

export type Followed<T> = {
  read(): Promise<T>
  /** One line for each thing, without line ends. */
  lines(value: T): string[]
  done(value: T): boolean
}

/**
 * @param everyMs  between two looks
 * @returns what was read last
 * @throws CliError `interrupted` after Ctrl-C; what is followed goes on
 */
export async function follow<T>({ read, lines, done }: Followed<T>, everyMs = EVERY_MS): Promise<T> {
  const stop = new AbortController()
  const interrupt = () => stop.abort(new CliError('interrupted', 'Stopped watching; it goes on at the server.'))
  process.once('SIGINT', interrupt)
  const screen = process.stdout.isTTY === true ? redrawn() : appended()
  try {
    for (;;) {
      const value = await read()
      screen(lines(value))
      if (done(value)) return value
      await sleep(everyMs, undefined, { signal: stop.signal })
    }
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error
  } finally {
    process.off('SIGINT', interrupt)
  }
}

/** Each time over the lines of the time before. */
function redrawn(): (lines: readonly string[]) => void {
  let before = 0
  return (lines) => {
    const up = before > 0 ? `\u001b[${before}A` : ''
    const width = process.stdout.columns ?? 80
    process.stdout.write(`${up}${lines.map((line) => `\u001b[2K${line.slice(0, width - 1)}\n`).join('')}\u001b[J`)
    before = lines.length
  }
}

/** Only lines that were not there the time before. */
function appended(): (lines: readonly string[]) => void {
  let before = new Set<string>()
  return (lines) => {
    for (const line of lines) if (!before.has(line)) process.stdout.write(`${line}\n`)
    before = new Set(lines)
  }
}
