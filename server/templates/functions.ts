/** The functions of templates: those of Go's text/template, without `call`, because no data is a function. */
import { isJsonObject, type Json } from '@fulcrum/schema'
import { formatText } from './printf.ts'
import { Fault } from './template-error.ts'
import { compare, equal, isTrue, member, print, typeName } from './values.ts'

type Arguments = readonly Json[]

/** `and` and `or` stand for themselves: the renderer ends them as soon as their result is known. */
export const SHORT_CIRCUITS: Readonly<Record<string, boolean>> = { and: false, or: true }

type BuiltIn = { least: number; most?: number; run: (values: Arguments) => Json }

const FUNCTIONS: ReadonlyMap<string, BuiltIn> = new Map<string, BuiltIn>([
  ['not', { least: 1, most: 1, run: ([value = null]) => !isTrue(value) }],
  ['eq', { least: 2, run: ([first = null, ...others]) => others.some((other) => equal(first, other)) }],
  ['ne', { least: 2, most: 2, run: ([a = null, b = null]) => !equal(a, b) }],
  ['lt', { least: 2, most: 2, run: ([a = null, b = null]) => compare(a, b) < 0 }],
  ['le', { least: 2, most: 2, run: ([a = null, b = null]) => compare(a, b) <= 0 }],
  ['gt', { least: 2, most: 2, run: ([a = null, b = null]) => compare(a, b) > 0 }],
  ['ge', { least: 2, most: 2, run: ([a = null, b = null]) => compare(a, b) >= 0 }],
  ['len', { least: 1, most: 1, run: ([value = null]) => length(value) }],
  ['index', { least: 1, run: ([value = null, ...keys]) => keys.reduce(at, value) }],
  ['slice', { least: 1, most: 3, run: slice }],
  ['print', { least: 0, run: sprint }],
  ['println', { least: 0, run: (values) => `${values.map(print).join(' ')}\n` }],
  ['printf', { least: 1, run: printf }],
  ['html', { least: 0, run: (values) => html(textOf(values)) }],
  ['js', { least: 0, run: (values) => js(textOf(values)) }],
  ['urlquery', { least: 0, run: (values) => urlquery(textOf(values)) }],
])

export const FUNCTION_NAMES: ReadonlySet<string> = new Set([...FUNCTIONS.keys(), ...Object.keys(SHORT_CIRCUITS)])

/** @throws Fault when the arguments are too few, too many or of the wrong type */
export function callFunction(name: string, values: Arguments): Json {
  const built = FUNCTIONS.get(name)
  if (!built) throw new Fault(`"${name}" is not a defined function`)
  const { least, most = Number.POSITIVE_INFINITY, run } = built
  if (values.length < least || values.length > most) {
    const want = most === least ? String(least) : values.length < least ? `at least ${least}` : `at most ${most}`
    throw new Fault(`wrong number of args for ${name}: want ${want} got ${values.length}`)
  }
  try {
    return run(values)
  } catch (error) {
    if (error instanceof Fault) throw new Fault(`error calling ${name}: ${error.message}`)
    throw error
  }
}

/** Strings count UTF-8 bytes. */
function length(value: Json): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (Array.isArray(value)) return value.length
  if (isJsonObject(value)) return Object.keys(value).length
  throw new Fault(value === null ? 'len of nil pointer' : `len of type ${typeName(value)}`)
}

function at(value: Json, key: Json): Json {
  if (value === null) throw new Fault('index of untyped nil')
  if (isJsonObject(value)) {
    if (typeof key !== 'string') throw new Fault(`value has type ${typeName(key)}; should be string`)
    return member(value, key) ?? null
  }
  if (Array.isArray(value)) return value[position(key, value.length - 1)] ?? null
  if (typeof value !== 'string') throw new Fault(`can't index item of type ${typeName(value)}`)
  const bytes = Buffer.from(value)
  return bytes[position(key, bytes.length - 1)] ?? null
}

function position(key: Json, most: number): number {
  if (typeof key !== 'number' || !Number.isInteger(key))
    throw new Fault(`cannot index slice/array with type ${typeName(key)}`)
  if (key < 0 || key > most) throw new Fault(`index out of range: ${key}`)
  return key
}

function slice([value = null, ...bounds]: Arguments): Json {
  if (typeof value !== 'string' && !Array.isArray(value)) throw new Fault(`can't slice item of type ${typeName(value)}`)
  const whole = typeof value === 'string' ? Buffer.from(value) : value
  const [from = 0, to = whole.length] = bounds.map((bound) => position(bound, whole.length))
  if (from > to) throw new Fault(`invalid slice index: ${from} > ${to}`)
  return Array.isArray(whole) ? whole.slice(from, to) : whole.subarray(from, to).toString('utf8')
}

/** A space stands between two values of which neither is a string. */
function sprint(values: Arguments): string {
  return values
    .map((value, index) => {
      const before = values[index - 1]
      const spaced = index > 0 && typeof before !== 'string' && typeof value !== 'string'
      return (spaced ? ' ' : '') + print(value)
    })
    .join('')
}

function printf([format = null, ...values]: Arguments): string {
  if (typeof format !== 'string') throw new Fault(`wrong type for value; expected string; got ${typeName(format)}`)
  return formatText(format, values)
}

function textOf(values: Arguments): string {
  return values.length === 1 && typeof values[0] === 'string' ? values[0] : sprint(values)
}

const HTML: Readonly<Record<string, string>> = {
  '\0': '\ufffd',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
}

function html(text: string): string {
  return text.replaceAll(/[\0"'&<>]/g, (character) => HTML[character] ?? '')
}

const JS: Readonly<Record<string, string>> = { '\\': '\\\\', "'": "\\'", '"': '\\"' }

/** What does not print, and what would end a script or an attribute, as `\u003C`. */
function js(text: string): string {
  return text.replaceAll(/[\\'"<>&=]|[^ \p{L}\p{M}\p{N}\p{P}\p{S}]/gu, (character) => {
    const named = JS[character]
    if (named !== undefined) return named
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
  })
}

function urlquery(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replaceAll('%20', '+')
    .replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}
