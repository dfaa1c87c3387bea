/** Turns the shapes of the contract into schemas of the OpenAPI document: standard JSON Schema, each shape with a name once. */
import type { TSchema } from 'typebox'
import { EXAMPLES } from './openapi-examples.ts'
import type { AnyJson, JsonObject } from './values.ts'

/** Formats of ours accept more than the standard's; the introduction of the document says what. */
const STANDARD_FORMAT: Readonly<Record<string, string>> = { 'uuid-input': 'uuid', 'date-time-input': 'date-time' }

/** Of the exports of a module those that are shapes, by their names. */
export function namedShapes(module: Readonly<Record<string, unknown>>): Record<string, TSchema> {
  return Object.fromEntries(Object.entries(module).filter((entry): entry is [string, TSchema] => isShape(entry[1])))
}

/** What describes a whole object or a choice of words is worth a name; a single text or number is not. */
function isShape(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return false
  return ('type' in value && value.type === 'object' && 'properties' in value) || 'enum' in value || '$defs' in value
}

/** Writes schemas with references, and collects what they refer to. */
export class Schemas {
  /** Two shapes with the same content have their own names where they are used as they are. */
  readonly #names: ReadonlyMap<unknown, string>
  readonly #namesByContent: ReadonlyMap<string, string>
  readonly #used = new Map<string, JsonObject>()

  constructor(named: Readonly<Record<string, TSchema>>) {
    const entries = Object.entries(named)
    this.#names = new Map(entries.map(([name, shape]) => [shape, name]))
    // an optional member is a copy of its shape; of several names for one content the first counts
    this.#namesByContent = new Map(entries.toReversed().map(([name, shape]) => [JSON.stringify(shape), name]))
  }

  /** All that was referred to, by name. */
  components(): JsonObject {
    return Object.fromEntries([...this.#used].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }

  nameOf(shape: TSchema): string | undefined {
    return this.#nameOf(shape)
  }

  /** A reference where the shape has a name, else the schema itself. */
  of(shape: TSchema): JsonObject {
    const schema = this.#walk(shape)
    return isObject(schema) ? schema : {}
  }

  /** The same under a name that the shape has not by itself. */
  under(name: string, shape: TSchema): JsonObject {
    return this.#refer(name, () => this.#members(Object.fromEntries(Object.entries(shape))))
  }

  #nameOf(node: unknown): string | undefined {
    if (!isShape(node)) return undefined
    return this.#names.get(node) ?? this.#namesByContent.get(JSON.stringify(node))
  }

  #refer(name: string, schema: () => JsonObject): JsonObject {
    if (!this.#used.has(name)) {
      // named before it is walked, for shapes that contain themselves
      this.#used.set(name, {})
      const example = EXAMPLES[name]
      this.#used.set(name, { ...schema(), ...(example !== undefined && { examples: [example] }) })
    }
    return { $ref: `#/components/schemas/${name}` }
  }

  #walk(node: unknown): AnyJson {
    if (Array.isArray(node)) return node.map((item) => this.#walk(item))
    if (!isObject(node)) return node as AnyJson // a shape is JSON: what is no object is a plain value
    // what contains itself brings its name along
    const name = '$ref' in node ? undefined : this.#nameOf(node)
    return name === undefined ? this.#members(node) : this.#refer(name, () => this.#members(node))
  }

  #members(node: Readonly<Record<string, unknown>>): JsonObject {
    const { $defs, $ref, $id: _id, ...shape } = node
    if (typeof $ref === 'string') {
      const definition = isObject($defs) ? $defs[$ref] : undefined
      return this.#refer($ref, () => (isObject(definition) ? this.#members(definition) : {}))
    }
    return Object.fromEntries(
      Object.entries(standard(withFormerNames(shape))).map(([key, value]) => [
        key,
        // names of members are no keywords
        key === 'properties' && isObject(value)
          ? Object.fromEntries(Object.entries(value).map(([member, of]) => [member, this.#walk(of)]))
          : this.#walk(value),
      ]),
    )
  }
}

type Shape = Readonly<Record<string, unknown>>

/** Our own ways to say things, in the words of JSON Schema 2020-12. */
function standard({ format, patternProperties, additionalItems, items, ...shape }: Shape): Shape {
  const each = isObject(patternProperties) ? Object.values(patternProperties)[0] : undefined
  return {
    ...('enum' in shape && !('type' in shape) && { type: 'string' }),
    ...('const' in shape && !('type' in shape) && { type: typeof shape.const }),
    ...shape,
    ...(format !== undefined && { format: STANDARD_FORMAT[String(format)] ?? format }),
    ...(each !== undefined && { additionalProperties: each }),
    ...(Array.isArray(items) && { prefixItems: items, minItems: items.length, maxItems: items.length }),
    ...(items !== undefined && !Array.isArray(items) && { items }),
  }
}

/** Members under their former names are members, too; what is required may come under either name. */
function withFormerNames({ formerNames, ...shape }: Shape): Shape {
  const { properties, required, ...others } = shape
  if (!isObject(formerNames) || !isObject(properties)) return shape
  const former = Object.entries(formerNames).map(([name, before]): [string, unknown] => [
    String(before),
    {
      ...asObject(properties[name]),
      deprecated: true,
      description: `Former name of ${name}, which wins when both are given.`,
    },
  ])
  const names = Array.isArray(required) ? required.map(String) : []
  const eitherOf = names.filter((name) => Object.hasOwn(formerNames, name))
  return {
    ...others,
    properties: { ...properties, ...Object.fromEntries(former) },
    ...(names.length > eitherOf.length && { required: names.filter((name) => !eitherOf.includes(name)) }),
    ...(eitherOf.length > 0 && {
      allOf: eitherOf.map((name) => ({
        anyOf: [{ required: [name] }, { required: [String(formerNames[name])] }],
      })),
    }),
  }
}

function asObject(value: unknown): Shape {
  return isObject(value) ? value : {}
}

function isObject<T>(value: T): value is T & JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
