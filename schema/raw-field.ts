// Reading a definition that somebody sent. Field names match in any letter case, the last one written wins, and null is
// the same as absent: that is how the contract's clients are used to be read (OURS.md, "Easily missed").

import { isJsonObject, type Json, type JsonObject } from './json.ts'
import { SchemaError } from './schema-error.ts'

/** A field of a fixed shape, found in any letter case; undefined when absent or null. Never for maps keyed by the user. */
export function field(raw: JsonObject, name: string): Json | undefined {
  const wanted = name.toLowerCase()
  const spelled = Object.keys(raw).findLast((key) => key.toLowerCase() === wanted && raw[key] !== null)
  return spelled === undefined ? undefined : raw[spelled]
}

/** @throws SchemaError `⟨subject⟩ must be a string` */
export function textField(raw: JsonObject, name: string, subject: string): string | undefined {
  const value = field(raw, name)
  if (value === undefined || typeof value === 'string') return value
  throw new SchemaError(`${subject} must be a string`)
}

/** @throws SchemaError `⟨subject⟩ must be a boolean` */
export function flagField(raw: JsonObject, name: string, subject: string): boolean {
  const value = field(raw, name) ?? false
  if (typeof value === 'boolean') return value
  throw new SchemaError(`${subject} must be a boolean`)
}

/** @throws SchemaError `⟨subject⟩ must be an object` */
export function objectField(raw: JsonObject, name: string, subject: string): JsonObject | undefined {
  const value = field(raw, name)
  return value === undefined ? undefined : asObject(value, subject)
}

/** @throws SchemaError `⟨subject⟩ must be an array` */
export function listField(raw: JsonObject, name: string, subject: string): Json[] | undefined {
  const value = field(raw, name)
  if (value === undefined || Array.isArray(value)) return value
  throw new SchemaError(`${subject} must be an array`)
}

/** @throws SchemaError `⟨subject⟩ must contain only strings` */
export function textListField(raw: JsonObject, name: string, subject: string): string[] | undefined {
  return listField(raw, name, subject)?.map((entry) => {
    if (typeof entry === 'string') return entry
    throw new SchemaError(`${subject} must contain only strings`)
  })
}

/** @throws SchemaError `⟨subject⟩ must be an object` */
export function asObject(value: Json, subject: string): JsonObject {
  if (isJsonObject(value)) return value
  throw new SchemaError(`${subject} must be an object`)
}

/**
 * The value as JSON. The caller parsed it from JSON text, so nothing but its depth could be wrong, and that is the
 * caller's to bound.
 *
 * @throws SchemaError `⟨subject⟩ must be an object` when it is anything else; null and undefined read as `{}`
 */
export function rootObject(input: unknown, subject: string): JsonObject {
  if (input === null || input === undefined) return {}
  if (typeof input !== 'object' || Array.isArray(input)) throw new SchemaError(`${subject} must be an object`)
  return input as JsonObject // members of a parsed JSON object are JSON
}
