// JSON values as they come out of a request body or a jsonb column, and the few operations on them that the languages
// need. Only own members count, so that names such as `__proto__` or `constructor` are names like any other.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

/** A JSON object: neither null nor an array. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A member as data; undefined when the object itself has none of that name, whatever its prototype offers. */
export function ownMember<T>(object: { [key: string]: T }, name: string): T | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

/** As `ownMember`, with null read as absent: the languages know no difference at property level. */
export function givenMember(object: JsonObject, name: string): Json | undefined {
  return ownMember(object, name) ?? undefined
}

/**
 * Equality of JSON values: order of keys is free, order of arrays is not, numbers compare as numbers (4 = 4.0, -0 = 0),
 * strings exactly and byte for byte.
 */
export function jsonEqual(a: Json, b: Json): boolean {
  if (a === b) return true
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false
    return a.every((item, index) => {
      const other = b[index]
      return other !== undefined && jsonEqual(item, other)
    })
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return false
  return names.every((name) => {
    const mine = ownMember(a, name)
    const other = ownMember(b, name)
    return mine !== undefined && other !== undefined && jsonEqual(mine, other)
  })
}

/** A text that two values share exactly when they are equal as `jsonEqual` has it: for sets of many values. */
export function jsonKey(value: Json): string {
  return JSON.stringify(value, (_name, member: Json) =>
    isJsonObject(member) ? Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1))) : member,
  )
}

const encoder = new TextEncoder()

/** Length in bytes of the UTF-8 form: that is how the contract counts the length of strings. */
export function byteLength(text: string): number {
  return encoder.encode(text).length
}
