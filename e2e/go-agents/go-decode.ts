/**
 * Reads JSON as strictly as Go's encoding/json reads it into a struct: another kind of value is an error, null and what is
 * absent are the zero value, members that the struct does not have are ignored, names match in any letter case.
 */
export type GoType =
  | 'string'
  | 'int'
  | 'float'
  | 'bool'
  | 'time'
  | 'any'
  /** `*T`: null stays null. */
  | { readonly pointer: GoType }
  | { readonly slice: GoType }
  /** `map[string]T` */
  | { readonly map: GoType }
  | { readonly struct: { readonly [name: string]: GoType } }

/** The value as Go holds it. */
export type Go<T extends GoType> = T extends 'string' | 'time'
  ? string
  : T extends 'int' | 'float'
    ? number
    : T extends 'bool'
      ? boolean
      : T extends 'any'
        ? unknown
        : T extends { pointer: infer P extends GoType }
          ? Go<P> | null
          : T extends { slice: infer S extends GoType }
            ? Go<S>[]
            : T extends { map: infer M extends GoType }
              ? Record<string, Go<M>>
              : T extends { struct: infer S extends { [name: string]: GoType } }
                ? { [K in keyof S]: Go<S[K]> }
                : never

/** RFC 3339 as `time.Time` reads it. */
const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/

export function goType<const T extends GoType>(type: T): T {
  return type
}

/** @throws Error with the place, where Go's decoder would answer an error */
export function goDecode<const T extends GoType>(type: T, json: string): Go<T> {
  // `decode` returns what the type describes, or throws
  return decode(type, JSON.parse(json), '') as Go<T>
}

function decode(type: GoType, value: unknown, at: string): unknown {
  const wrong = (wanted: string) =>
    new Error(`cannot unmarshal ${JSON.stringify(value)?.slice(0, 60)} into ${wanted} at ${at || 'the top'}`)
  if (type === 'any') return value ?? null
  const none = value === undefined || value === null
  if (typeof type === 'object') {
    if ('pointer' in type) return none ? null : decode(type.pointer, value, at)
    if ('slice' in type) {
      if (none) return []
      if (!Array.isArray(value)) throw wrong('a slice')
      return value.map((item, index) => decode(type.slice, item, `${at}[${index}]`))
    }
    if (!none && !isObject(value)) throw wrong('an object')
    const given = isObject(value) ? value : {}
    if ('map' in type)
      return Object.fromEntries(Object.entries(given).map(([key, member]) => [key, decode(type.map, member, at)]))
    return Object.fromEntries(
      Object.entries(type.struct).map(([name, member]) => [
        name,
        decode(member, memberOf(given, name), `${at}.${name}`),
      ]),
    )
  }
  switch (type) {
    case 'string':
      if (none) return ''
      if (typeof value !== 'string') throw wrong('a string')
      return value
    case 'time':
      if (none) return '0001-01-01T00:00:00Z'
      if (typeof value !== 'string' || !RFC3339.test(value) || Number.isNaN(Date.parse(value))) throw wrong('a time')
      return value
    case 'int':
      if (none) return 0
      if (!Number.isSafeInteger(value)) throw wrong('an int')
      return value
    case 'float':
      if (none) return 0
      if (typeof value !== 'number') throw wrong('a float64')
      return value
    case 'bool':
      if (none) return false
      if (typeof value !== 'boolean') throw wrong('a bool')
      return value
  }
}

function memberOf(given: { [key: string]: unknown }, name: string): unknown {
  if (Object.hasOwn(given, name)) return given[name]
  return Object.entries(given).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]
}

function isObject(value: unknown): value is { [key: string]: unknown } {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
