/**
 * Values inside templates are JSON values; a missing one is null. A number is a number, printed as its JSON text. Where Go's
 * rules need a type, whole numbers are `int` and others `float64`.
 */
import { isJsonObject, type Json, type JsonObject } from '@fulcrum/schema'
import { Fault } from './template-error.ts'

/** As Go's `if` sees it: false, 0, null and everything empty are false. */
export function isTrue(value: Json): boolean {
  if (Array.isArray(value)) return value.length > 0
  return isJsonObject(value) ? Object.keys(value).length > 0 : Boolean(value)
}

export function typeName(value: Json): string {
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'object') return 'map[string]interface {}'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float64'
  return typeof value === 'boolean' ? 'bool' : 'string'
}

/** JSON text, with at least two digits of exponent: `10000000`, `1234567.5`, `1e-07`. */
export function numberText(value: number): string {
  return String(value).replace(/e([+-])(\d)$/, 'e$10$2')
}

/** Strings bare, arrays as `[1 2]`, objects as `map[k:v]` with sorted keys. */
export function print(value: Json): string {
  if (value === null) return '<nil>'
  if (typeof value === 'number') return numberText(value)
  if (Array.isArray(value)) return `[${value.map(print).join(' ')}]`
  if (!isJsonObject(value)) return String(value)
  return `map[${sortedEntries(value)
    .map(([key, member]) => `${key}:${print(member)}`)
    .join(' ')}]`
}

/** By the bytes of the keys. */
export function sortedEntries(value: JsonObject): [string, Json][] {
  return Object.entries(value).toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

/** A member of an object, not of its prototype; undefined when there is none. */
export function member(value: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(value, name) ? value[name] : undefined
}

/**
 * As Go's `eq`. A number also equals its text: templates written for the Go control plane, where stored numbers are text,
 * compare them so.
 *
 * @throws Fault when they cannot be compared
 */
export function equal(a: Json, b: Json): boolean {
  if (isContainer(a) || isContainer(b)) throw new Fault('non-comparable type')
  if (a === null || b === null || typeof a === typeof b) return a === b
  if (typeof a === 'boolean' || typeof b === 'boolean') throw incompatible(a, b)
  return print(a) === print(b)
}

/** @returns below 0, 0, or above 0 @throws Fault unless both are numbers or both are strings */
export function compare(a: Json, b: Json): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b))
  if (typeof a === typeof b || a === null || b === null) throw new Fault('invalid type for comparison')
  throw incompatible(a, b)
}

function isContainer(value: Json): boolean {
  return value !== null && typeof value === 'object'
}

function incompatible(a: Json, b: Json): Fault {
  return new Fault(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`)
}
