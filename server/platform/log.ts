/** Structured logs. Bearer values, passwords and secrets never get here; what could hold one is removed all the same. */
import { type Logger, pino } from 'pino'

export type Log = Logger

const SECRET_KEYS = ['authorization', 'password', 'token', 'secret', 'value', 'dsn', 'connectionString']

/** @param format  `json`: one object a line; `text`: for people at a terminal */
export function createLog(level: 'debug' | 'info' | 'warn' | 'error' | 'silent', format: 'json' | 'text'): Log {
  const options = {
    level,
    base: null,
    redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[removed]' },
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
  }
  return format === 'json'
    ? pino(options)
    : pino(options, { write: (line: string) => process.stdout.write(asText(line)) })
}

function asText(line: string): string {
  const { time, level, msg, ...rest } = JSON.parse(line) as Record<string, unknown> // pino wrote it a moment ago
  const more = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  return `${String(time).slice(11, 23)} ${String(level).padEnd(5)} ${msg ?? ''} ${more.join(' ')}\n`
}
