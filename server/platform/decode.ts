/**
 * Turns a parsed JSON value into the shape that an operation declares, by the rules of API v1: keys match in any letter case,
 * unknown keys are dropped, null counts as absent, ids and times are accepted in every usual form and normalised.
 */
import type { Static, TSchema } from 'typebox'
import { Refusal } from './errors.ts'
import { parseTime, parseUuid } from './wire.ts'

/** The keywords of JSON Schema that shapes in `contract/` use. */
type Shape = {
  type?: string
  enum?: readonly unknown[]
  format?: string
  properties?: Record<string, Shape>
  patternProperties?: Record<string, Shape>
  required?: readonly string[]
  /** What members were called before, by what they are called now. */
  formerNames?: Record<string, string>
  items?: Shape
  $ref?: string
  $defs?: Record<string, Shape>
}

/** @throws Refusal `invalid` that names the member and what was expected */
export function decode<S extends TSchema>(schema: S, value: unknown): Static<S> {
  // `walk` returns what the schema describes, or throws: the one place where the compiler has to take our word for it
  return walk(schema as Shape, value ?? {}, '', {}) as Static<S>
}

function walk(shape: Shape, value: unknown, path: string, defs: Record<string, Shape>): unknown {
  if (shape.$ref !== undefined) {
    const known = { ...defs, ...shape.$defs }
    const target = known[shape.$ref]
    if (!target) throw new Error(`contract shape refers to unknown ${shape.$ref}`)
    return walk(target, value, path, known)
  }
  if (shape.enum) {
    if (!shape.enum.includes(value)) throw wrong(path, `one of ${shape.enum.join(', ')}`, value)
    return value
  }
  switch (shape.type) {
    case undefined:
      return value
    case 'string':
      return text(shape, value, path)
    case 'integer':
      if (typeof value !== 'number' || !Number.isInteger(value)) throw wrong(path, 'integer', value)
      return value
    case 'number':
      if (typeof value !== 'number') throw wrong(path, 'number', value)
      return value
    case 'boolean':
      if (typeof value !== 'boolean') throw wrong(path, 'boolean', value)
      return value
    case 'array': {
      if (!Array.isArray(value)) throw wrong(path, 'array', value)
      const items = shape.items ?? {}
      return value.map((item, index) => walk(items, item, `${path}[${index}]`, defs))
    }
    case 'object':
      return object(shape, value, path, defs)
    default:
      throw new Error(`contract shape has unknown type ${shape.type}`)
  }
}

function text(shape: Shape, value: unknown, path: string): string {
  if (typeof value !== 'string') throw wrong(path, 'string', value)
  if (shape.format === 'uuid-input') {
    const id = parseUuid(value)
    if (id === null) throw new Refusal('invalid', `${path}: '${value.slice(0, 50)}' is not a UUID`)
    return id
  }
  if (shape.format === 'date-time-input' && parseTime(value) === null)
    throw new Refusal('invalid', `${path}: '${value.slice(0, 50)}' is not an RFC 3339 time`)
  return value
}

function object(shape: Shape, value: unknown, path: string, defs: Record<string, Shape>): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw wrong(path, 'object', value)
  const inside = (name: string) => (path === '' ? name : `${path}.${name}`)
  const each = shape.patternProperties && Object.values(shape.patternProperties)[0]
  if (each)
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, member]) => member !== null)
        .map(([name, member]) => [name, walk(each, member, inside(name), defs)]),
    )
  if (!shape.properties) return value

  const former = shape.formerNames ?? {}
  const given = byName(value, [...Object.keys(shape.properties), ...Object.values(former)])
  const result: [string, unknown][] = []
  for (const [name, member] of Object.entries(shape.properties)) {
    // a member that is there under both names counts under its present one
    const used = [name, former[name]].find((known) => known !== undefined && given.has(known))
    if (used !== undefined) result.push([name, walk(member, given.get(used), inside(used), defs)])
    else if (shape.required?.includes(name)) throw new Refusal('invalid', `${inside(name)} is required`)
  }
  return Object.fromEntries(result)
}

/** Given members by known name, nulls left out. The exact spelling wins over one that differs in case, then the last one given. */
function byName(value: object, names: readonly string[]): Map<string, unknown> {
  const folded = new Map(names.map((name) => [name.toLowerCase(), name]))
  const found = new Map<string, unknown>()
  for (const [key, member] of Object.entries(value)) {
    if (member === null) continue
    const name = names.includes(key) ? key : folded.get(key.toLowerCase())
    if (name !== undefined && (name === key || !Object.hasOwn(value, name))) found.set(name, member)
  }
  return found
}

function wrong(path: string, expected: string, value: unknown): Refusal {
  const got = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
  return new Refusal('invalid', `${path === '' ? 'the body' : path}: expected ${expected}, got ${got}`)
}
