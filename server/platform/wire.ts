/** How values look on the wire of API v1: times and ids; and how to look into JSON of others. */

/** UTC with whole seconds: `2026-11-23T23:51:45Z` (source: contract, API.md 1.4). */
export function timestamp(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`
}

const UUID = /^(?:urn:uuid:)?(?:\{([0-9a-f-]{36})\}|([0-9a-f-]{36})|([0-9a-f]{32}))$/i
const HYPHENATED = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/**
 * Reads an id in any form that API v1 accepts: any case, with or without hyphens, in braces, with `urn:uuid:` in front.
 *
 * @returns lower case with hyphens; null when it is no id
 */
export function parseUuid(text: string): string | null {
  const match = UUID.exec(text)
  if (!match) return null
  const bare = match[3]
  const id = (
    match[1] ??
    match[2] ??
    (bare ? bare.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') : '')
  ).toLowerCase()
  return HYPHENATED.test(id) ? id : null
}

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/

/** Reads an RFC 3339 time with any offset and fraction; null when it is none. */
export function parseTime(text: string): Date | null {
  if (!RFC3339.test(text)) return null
  const time = new Date(text)
  return Number.isNaN(time.getTime()) ? null : time
}

/** A member of a JSON object; undefined when there is none. */
export function member(value: unknown, name: string): unknown {
  return value !== null && typeof value === 'object' && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined
}
