// Texts of values inside error messages. Clients see these messages, and the contract fixes them as Go's fmt package
// prints values (https://pkg.go.dev/fmt): `%v`, `%T` and `%q`.

import { isJsonObject, type Json } from './json.ts'

/**
 * A double as Go's `%v`: the shortest digits that read back to the same number, in plain form while the decimal exponent
 * is -4 to 5, otherwise as `d.ddde±XX` with at least two digits of exponent. 70000, 1e+06, 1e-05.
 */
export function goNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  if (Object.is(value, -0)) return '-0'
  if (value === 0) return '0'
  const [digits = '', exponentText = '0'] = value.toExponential().split('e')
  const exponent = Number(exponentText)
  // JavaScript's own plain form covers 1e-6 to 1e20, more than the range wanted here.
  if (exponent >= -4 && exponent <= 5) return String(value)
  const sign = exponent < 0 ? '-' : '+'
  return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`
}

/** The Go name of the type into which a JSON value decodes, as `%T`. */
export function goType(value: Json): string {
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return '[]interface {}'
  if (isJsonObject(value)) return 'map[string]interface {}'
  if (typeof value === 'number') return 'float64'
  return typeof value === 'boolean' ? 'bool' : 'string'
}

/** A JSON value as Go's `%v`: strings bare, arrays as `[1 2]`, objects as `map[x:1 y:2]` with the keys in byte order. */
export function goValue(value: Json): string {
  if (value === null) return '<nil>'
  if (typeof value === 'number') return goNumber(value)
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`
  if (!isJsonObject(value)) return String(value)
  const members = Object.entries(value).sort(([a], [b]) => compareCodePoints(a, b))
  return `map[${members.map(([name, member]) => `${name}:${goValue(member)}`).join(' ')}]`
}

// UTF-8 byte order is code point order; JavaScript's own order of UTF-16 units differs beyond the basic plane.
function compareCodePoints(a: string, b: string): number {
  const left = Array.from(a, (character) => character.codePointAt(0) ?? 0)
  const right = Array.from(b, (character) => character.codePointAt(0) ?? 0)
  const differing = left.findIndex((point, index) => point !== right[index])
  if (differing === -1) return left.length - right.length
  return (left[differing] ?? 0) - (right[differing] ?? -1)
}

const NAMED_ESCAPES = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
])

/** A string as Go's `%q`: in double quotes, what does not print escaped. */
export function goQuote(text: string): string {
  const escaped = Array.from(text, (character) => {
    const named = NAMED_ESCAPES.get(character)
    if (named !== undefined) return named
    if (character === ' ' || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character)) return character
    const point = character.codePointAt(0) ?? 0
    if (point < 0x80) return `\\x${point.toString(16).padStart(2, '0')}`
    return point > 0xffff ? `\\U${point.toString(16).padStart(8, '0')}` : `\\u${point.toString(16).padStart(4, '0')}`
  })
  return `"${escaped.join('')}"`
}
