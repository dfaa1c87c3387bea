/** Log lines as JSON, one object a line, secrets masked. */
import { createRedactor, type Redactor } from './redact.ts'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** `fields` may hold anything; errors are written with their stack, and what is under a key like `password` is masked. */
export type Log = {
  debug(message: string, fields?: Record<string, unknown>): void
  info(message: string, fields?: Record<string, unknown>): void
  warn(message: string, fields?: Record<string, unknown>): void
  error(message: string, fields?: Record<string, unknown>): void
  /** A log whose lines all carry `fields`. */
  child(fields: Record<string, unknown>): Log
}

export type LogOptions = {
  /** Lines below it are not written; default `info`. */
  level?: LogLevel
  /** Takes one line with its end; default standard output. */
  write?: (line: string) => void
  redactor?: Redactor
  now?: () => Date
}

export function createLog(options: LogOptions = {}, bound: Record<string, unknown> = {}): Log {
  const redactor = options.redactor ?? createRedactor()
  const write = options.write ?? ((line: string) => void process.stdout.write(line))
  const lowest = LOG_LEVELS.indexOf(options.level ?? 'info')

  const line =
    (level: LogLevel) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      if (LOG_LEVELS.indexOf(level) < lowest) return
      const time = (options.now?.() ?? new Date()).toISOString()
      const rest = redactor.value({ ...bound, ...fields })
      write(`${JSON.stringify({ time, level, message: redactor.text(message), ...(rest as object) })}\n`) // a copy of an object
    }

  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    child: (fields) => createLog({ ...options, redactor }, { ...bound, ...fields }),
  }
}

/** A log that masks before it hands over to another one, which may be anybody's. */
export function maskedLog(log: Log, redactor: Redactor): Log {
  const line = (level: LogLevel) => (message: string, fields?: Record<string, unknown>) =>
    log[level](redactor.text(message), fields && (redactor.value(fields) as Record<string, unknown>)) // a copy of an object
  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    child: (fields) => maskedLog(log.child(redactor.value(fields) as Record<string, unknown>), redactor), // as above
  }
}
