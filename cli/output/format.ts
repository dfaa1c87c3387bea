/** How values look: ages, durations, sizes, JSON, YAML. */
import { usage } from '../errors.ts'
import { printable } from './terminal.ts'

export const FORMATS = ['table', 'wide', 'json', 'yaml', 'name'] as const
export type Format = (typeof FORMATS)[number]

/** @throws CliError (usage) */
export function toFormat(text: string): Format {
  const format = FORMATS.find((known) => known === text)
  if (format === undefined) throw usage(`-o ${text} is not known; use ${FORMATS.join(', ')}.`)
  return format
}

const UNITS = [
  ['y', 365 * 86_400],
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const

/** Seconds as one unit, cut down: 59s, 3m, 5h, 12d, 2y. */
export function shortDuration(seconds: number): string {
  for (const [unit, size] of UNITS) if (seconds >= size) return `${Math.floor(seconds / size)}${unit}`
  return '0s'
}

/** How long ago, for example 3m; what lies ahead as `in 3m`. */
export function age(time: string, now: number = Date.now()): string {
  const at = Date.parse(time)
  if (Number.isNaN(at)) return printable(time)
  const seconds = Math.floor((now - at) / 1000)
  return seconds < -1 ? `in ${shortDuration(-seconds)}` : shortDuration(Math.max(0, seconds))
}

/**
 * Reads 30s, 5m, 2h, 30d, 1y.
 *
 * @returns milliseconds, above 0
 * @throws CliError (usage)
 */
export function parseDurationMs(text: string): number {
  const match = /^(\d{1,9})([smhdy])$/.exec(text)
  const size = UNITS.find(([unit]) => unit === match?.[2])?.[1]
  const ms = Number(match?.[1]) * (size ?? Number.NaN) * 1000
  if (!(ms > 0)) throw usage(`"${text}" is not a duration: write 30s, 5m, 2h or 30d.`)
  return ms
}

/** Bytes with a binary unit: 812 B, 4.0 KiB, 1.5 GiB. */
export function size(bytes: number): string {
  let rest = bytes
  let unit = 0
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  while (rest >= 1024 && unit < units.length - 1) {
    rest /= 1024
    unit++
  }
  return unit === 0 ? `${bytes} B` : `${rest.toFixed(1)} ${units[unit]}`
}

/** A value on one line: text as it is, the rest as JSON. */
export function inline(value: unknown): string {
  if (value === undefined || value === null) return ''
  return printable(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))
}

/** The text of `-o json` and `-o yaml`. */
export async function serialize(format: 'json' | 'yaml', value: unknown): Promise<string> {
  if (format === 'json') return `${JSON.stringify(value, null, 2)}\n`
  const { stringify } = await import('yaml')
  return stringify(value, { lineWidth: 0 })
}
