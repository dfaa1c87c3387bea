/** `printf` of templates: Go's format verbs for JSON values (https://pkg.go.dev/fmt). */
import { goNumber, goQuote, isJsonObject, type Json } from '@fulcrum/schema'
import { numberText, print, sortedEntries, typeName } from './values.ts'

/** Wider or more precise output is refused as Go refuses what is over its own bound. */
const MAX_WIDTH = 1000

const DIRECTIVE = /%([-+# 0]*)(\d*)(?:\.(\d*))?(?:\[(\d{1,3})\])?([\s\S]|$)/gu

type Directive = { verb: string; flags: string; width: number; precision: number | null }

/**
 * @param values  more or fewer than the format names, or of another type, show in the result, as Go shows them
 */
export function formatText(format: string, values: readonly Json[]): string {
  let next = 0
  let chosen = false
  const text = format.replaceAll(DIRECTIVE, (_, flags: string, width: string, precision, index, verb: string) => {
    if (verb === '%') return '%'
    if (verb === '') return '%!(NOVERB)'
    if (Number(width) > MAX_WIDTH) return '%!(BADWIDTH)'
    if (Number(precision ?? 0) > MAX_WIDTH) return '%!(BADPREC)'
    if (index !== undefined) {
      next = Number(index) - 1
      chosen = true
      if (next < 0 || next >= values.length) return `%!${verb}(BADINDEX)`
    }
    if (next >= values.length) return `%!${verb}(MISSING)`
    const value = values[next++] ?? null
    return formatValue(value, {
      verb,
      flags,
      width: Number(width),
      precision: precision === undefined ? null : Number(precision),
    })
  })
  const extra = chosen ? [] : values.slice(next)
  if (extra.length === 0) return text
  return `${text}%!(EXTRA ${extra.map((value) => (value === null ? '<nil>' : `${typeName(value)}=${print(value)}`)).join(', ')})`
}

function formatValue(value: Json, directive: Directive): string {
  const { verb } = directive
  if (verb === 'T') return pad(typeName(value), directive)
  if (value !== null && Array.isArray(value)) return `[${value.map((item) => formatValue(item, directive)).join(' ')}]`
  if (isJsonObject(value))
    return `map[${sortedEntries(value)
      .map(([key, item]) => `${formatValue(key, directive)}:${formatValue(item, directive)}`)
      .join(' ')}]`
  const text = scalar(value, directive)
  if (text !== null) return text
  return value === null ? `%!${verb}(<nil>)` : `%!${verb}(${typeName(value)}=${print(value)})`
}

/** Null when the verb is none for this type. */
function scalar(value: Json, directive: Directive): string | null {
  const { verb, flags } = directive
  if (verb === 'v') {
    if (flags.includes('#') && typeof value === 'string') return pad(goQuote(value), directive)
    return typeof value === 'number' && flags.includes('+')
      ? number(value, 'v', directive)
      : pad(print(value), directive)
  }
  if (typeof value === 'boolean') return verb === 't' ? pad(String(value), directive) : null
  if (typeof value === 'string') return string(value, directive)
  if (typeof value !== 'number') return null
  // stored numbers were text in the Go control plane: its templates may print them so
  return verb === 's' || verb === 'q' ? string(numberText(value), directive) : number(value, verb, directive)
}

function string(value: string, directive: Directive): string | null {
  const { verb, precision, flags } = directive
  const cut = precision === null ? value : Array.from(value).slice(0, precision).join('')
  switch (verb) {
    case 's':
      return pad(cut, directive)
    case 'q':
      return pad(flags.includes('#') && !cut.includes('`') ? `\`${cut}\`` : goQuote(cut), directive)
    case 'x':
      return pad(Buffer.from(cut).toString('hex'), directive)
    case 'X':
      return pad(Buffer.from(cut).toString('hex').toUpperCase(), directive)
    default:
      return null
  }
}

const RADIX: Readonly<Record<string, { radix: number; prefix: string }>> = {
  d: { radix: 10, prefix: '' },
  b: { radix: 2, prefix: '0b' },
  o: { radix: 8, prefix: '0' },
  O: { radix: 8, prefix: '' },
  x: { radix: 16, prefix: '0x' },
  X: { radix: 16, prefix: '0X' },
}

function number(value: number, verb: string, directive: Directive): string | null {
  const digits = digitsOf(Math.abs(value), verb, directive)
  if (digits === null) return null
  const negative = value < 0 || Object.is(value, -0)
  const sign = negative ? '-' : directive.flags.includes('+') ? '+' : directive.flags.includes(' ') ? ' ' : ''
  const zeros = directive.flags.includes('0') && !directive.flags.includes('-')
  return zeros ? sign + digits.padStart(directive.width - sign.length, '0') : pad(sign + digits, directive)
}

function digitsOf(value: number, verb: string, { flags, precision }: Directive): string | null {
  const base = RADIX[verb]
  if (base) {
    if (!Number.isInteger(value)) return null
    const digits = BigInt(value)
      .toString(base.radix)
      .padStart(precision ?? 0, '0')
    const prefix = verb === 'O' ? '0o' : flags.includes('#') ? base.prefix : ''
    return prefix + (verb === 'X' ? digits.toUpperCase() : digits)
  }
  switch (verb) {
    case 'v':
      return numberText(value)
    case 'c':
      return isCharacter(value) ? String.fromCodePoint(value) : null
    case 'U':
      return isCharacter(value) ? `U+${value.toString(16).toUpperCase().padStart(4, '0')}` : null
    case 'f':
    case 'F':
      // above this JavaScript has no plain form
      return value < 1e21 ? value.toFixed(Math.min(precision ?? 6, 100)) : BigInt(value).toString()
    case 'e':
    case 'E': {
      const text = value.toExponential(Math.min(precision ?? 6, 100)).replace(/e([+-])(\d)$/, 'e$10$2')
      return verb === 'E' ? text.toUpperCase() : text
    }
    case 'g':
    case 'G': {
      const rounded = precision === null ? value : Number(value.toPrecision(Math.min(Math.max(precision, 1), 100)))
      const text = goNumber(rounded)
      return verb === 'G' ? text.toUpperCase() : text
    }
    default:
      return null
  }
}

function isCharacter(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 0x10ffff
}

function pad(text: string, { flags, width }: Directive): string {
  const missing = width - Array.from(text).length
  if (missing <= 0) return text
  return flags.includes('-') ? text + ' '.repeat(missing) : ' '.repeat(missing) + text
}
