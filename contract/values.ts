/** Values that many shapes share: ids, times, free JSON. */
import { Type } from 'typebox'

/** A free JSON value. Numbers are IEEE doubles, as everywhere in API v1. */
export type AnyJson = null | boolean | number | string | AnyJson[] | { [key: string]: AnyJson }
export type JsonObject = { [key: string]: AnyJson }

export const AnyJson = Type.Unsafe<AnyJson>({ description: 'Any JSON value.' })
export const JsonObject = Type.Unsafe<JsonObject>({ type: 'object', description: 'Any JSON object.' })

/** An id in an answer: lower case with hyphens. */
export const Uuid = UuidWith('UUID, lower case with hyphens.')
/** An id in a request: any case, with or without hyphens, `{…}` and `urn:uuid:…` are accepted too. */
export const UuidInput = UuidInputWith('UUID in any usual form.')
/** A time in an answer: UTC, whole seconds, `2026-11-23T23:51:45Z`. */
export const Timestamp = TimestampWith('UTC, whole seconds.')
/** A time in a request: RFC 3339 with any offset; a fraction is accepted. */
export const TimestampInput = TimestampInputWith('RFC 3339.')

export function UuidWith(description: string) {
  return Type.String({ format: 'uuid', description })
}
export function UuidInputWith(description: string) {
  return Type.String({ format: 'uuid-input', description })
}
export function TimestampWith(description: string) {
  return Type.String({ format: 'date-time', pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}Z$', description })
}
/** A query parameter: text on the wire, described by the schema of what is written in it. */
export function InQuery(schema: Readonly<Record<string, unknown>>) {
  return Type.Unsafe<string>(schema)
}
export function TimestampInputWith(description: string) {
  return Type.String({ format: 'date-time-input', description })
}
