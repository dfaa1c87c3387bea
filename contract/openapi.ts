/** The OpenAPI 3.1 document of API v1, made from the operations: shapes that have a name here have the same name there. */
import type { TSchema } from 'typebox'
import type { ListOperation, Operation } from './operation.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
type JsonObject = { [key: string]: Json }

/** Formats of ours that accept more than the standard's format says: documented in words only. */
const WIDER: Readonly<Record<string, string>> = {
  'uuid-input': 'UUID, any case, with or without hyphens, in braces or with urn:uuid: in front.',
  'date-time-input': 'RFC 3339 with any offset.',
}

const ERRORS: readonly { status: string; when: string }[] = [
  { status: '400', when: 'The request is malformed or breaks a rule.' },
  { status: '401', when: 'No bearer token, or one that is unknown or expired.' },
  { status: '403', when: 'The role may not do this, or the object is somebody else’s.' },
  { status: '404', when: 'The object does not exist.' },
  { status: '409', when: 'Something else refers to the object, or its state does not allow this.' },
  { status: '413', when: 'The body is too large.' },
  { status: '503', when: 'The database cannot be reached; Retry-After says when to come back.' },
]

/**
 * @param operations  in the order in which they are to appear
 * @param named       shapes by name; what has the same content as one of them refers to it
 */
export function openApiDocument(
  operations: readonly Operation[],
  named: Readonly<Record<string, TSchema>>,
  version: string,
): JsonObject {
  const document = new Document(named)
  const paths: { [path: string]: JsonObject } = {}
  for (const operation of operations.filter(({ access }) => access !== 'public')) {
    const path = `/api/v1${operation.path}`
    const item = paths[path] ?? {}
    item[operation.method.toLowerCase()] = document.operation(operation)
    paths[path] = item
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Fulcrum API',
      version,
      summary: 'Order and run cloud resources of many providers.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    tags: [...new Set(operations.filter(({ access }) => access !== 'public').map(tagOf))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      responses: Object.fromEntries(
        ERRORS.map(({ status, when }) => [
          `Error${status}`,
          { description: when, content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } },
        ]),
      ),
      schemas: { Error: ERROR, ...document.schemas() },
    },
  }
}

/** Of the exports of a module those that are shapes, by their names. */
export function namedShapes(module: Readonly<Record<string, unknown>>): Record<string, TSchema> {
  return Object.fromEntries(Object.entries(module).filter((entry): entry is [string, TSchema] => isShape(entry[1])))
}

/** What describes a whole object or a choice of words is worth a name; a single text or number is not. */
function isShape(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return false
  return ('type' in value && value.type === 'object' && 'properties' in value) || 'enum' in value || '$defs' in value
}

const ERROR: JsonObject = {
  type: 'object',
  required: ['status'],
  properties: {
    status: { type: 'string', description: 'The kind of refusal.' },
    error: { type: 'string', description: 'The reason, for a person.' },
    valid: { type: 'boolean', description: 'false, when properties violate their schema.' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'message'],
        properties: { path: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
}

function tagOf({ id }: Pick<Operation, 'id'>): string {
  return id.split('.')[0] ?? id
}

/** Turns shapes into schemas of the document and remembers which names were used. */
class Document {
  readonly #names: ReadonlyMap<string, string>
  readonly #used = new Map<string, JsonObject>()

  constructor(named: Readonly<Record<string, TSchema>>) {
    this.#names = new Map(Object.entries(named).map(([name, schema]) => [JSON.stringify(schema), name]))
  }

  schemas(): JsonObject {
    return Object.fromEntries([...this.#used].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }

  operation(operation: Operation): JsonObject {
    const { id, summary, addition, body, mayBeEmpty, stream } = operation
    const parameters = [...this.#inPath(operation), ...this.#inQuery(operation)]
    return {
      operationId: id,
      tags: [tagOf(operation)],
      summary,
      ...(addition && { description: 'An addition to API v1 of the Go control plane.' }),
      ...(parameters.length > 0 && { parameters }),
      ...(body && {
        requestBody: { required: !mayBeEmpty, content: { 'application/json': { schema: this.#schema(body) } } },
      }),
      ...(stream === 'request' && { requestBody: { required: true, content: { 'application/octet-stream': {} } } }),
      responses: {
        [String(operation.status)]: this.#success(operation),
        ...Object.fromEntries(ERRORS.map(({ status }) => [status, { $ref: `#/components/responses/Error${status}` }])),
      },
    }
  }

  #success({ answer, stream }: Operation): JsonObject {
    if (stream === 'answer') return { description: 'The content.', content: { 'application/octet-stream': {} } }
    if (!answer) return { description: 'Done.' }
    return { description: 'Done.', content: { 'application/json': { schema: this.#schema(answer) } } }
  }

  #inPath({ params }: Operation): JsonObject[] {
    return members(params).map(([name, schema]) => ({ name, in: 'path', required: true, schema: this.#schema(schema) }))
  }

  #inQuery(operation: Operation): JsonObject[] {
    if (!isList(operation))
      return members(operation.query).map(([name, schema]) => ({ name, in: 'query', schema: this.#schema(schema) }))
    const one = (name: string, schema: JsonObject, description: string) => ({ name, in: 'query', schema, description })
    return [
      one('page', { type: 'integer', minimum: 1, default: 1 }, 'Page, from 1.'),
      one('pageSize', { type: 'integer', minimum: 1, maximum: 100, default: 10 }, 'Items of a page.'),
      ...(operation.sort.length > 0
        ? [one('sort', { enum: operation.sort.flatMap((field) => [field, `-${field}`]) }, 'A minus sorts descending.')]
        : []),
      ...Object.entries(operation.filters).map(([name, filter]) =>
        one(
          name,
          { type: 'array', items: filter.kind === 'enum' ? { enum: [...filter.values] } : FILTER_SCHEMA[filter.kind] },
          `Repeated values are alternatives; ${filter.kind === 'contains' ? 'finds part of the text in any letter case' : 'exact'}.`,
        ),
      ),
    ]
  }

  #schema(schema: TSchema): Json {
    // a shape is plain JSON Schema; functions and symbols of its builder are no part of it
    return this.#walk(JSON.parse(JSON.stringify(schema)))
  }

  #walk(node: Json): Json {
    if (Array.isArray(node)) return node.map((item) => this.#walk(item))
    if (node === null || typeof node !== 'object') return node
    const name = this.#names.get(JSON.stringify(node))
    if (name !== undefined) {
      if (!this.#used.has(name)) {
        // named before it is walked, for shapes that contain themselves
        this.#used.set(name, {})
        this.#used.set(name, this.#members(node))
      }
      return { $ref: `#/components/schemas/${name}` }
    }
    return this.#members(node)
  }

  #members({ $defs, $ref, $id: _id, ...rest }: JsonObject): JsonObject {
    if (typeof $ref === 'string') {
      if (isObject($defs) && isObject($defs[$ref]) && !this.#used.has($ref)) {
        this.#used.set($ref, {})
        this.#used.set($ref, this.#members($defs[$ref]))
      }
      return { $ref: `#/components/schemas/${$ref}` }
    }
    const shape = withFormerNames(rest)
    const { format, ...others } = shape
    const wider = typeof format === 'string' ? WIDER[format] : undefined
    const kept: JsonObject = wider ? { description: wider, ...others } : shape
    return Object.fromEntries(
      Object.entries(kept).map(([key, value]) => [
        key,
        key === 'properties' || key === 'patternProperties'
          ? this.#each(value)
          : key === 'enum'
            ? value
            : this.#walk(value),
      ]),
    )
  }

  /** Names of members are no keywords. */
  #each(value: Json): Json {
    return isObject(value)
      ? Object.fromEntries(Object.entries(value).map(([key, member]) => [key, this.#walk(member)]))
      : value
  }
}

/** Members under their former names are members, too; what is required may come under either name. */
function withFormerNames({ formerNames, ...shape }: JsonObject): JsonObject {
  const { properties, required, ...others } = shape
  if (!isObject(formerNames) || !isObject(properties)) return shape
  const former = Object.entries(formerNames).map(([name, before]): [string, Json] => [
    String(before),
    {
      ...(isObject(properties[name]) && properties[name]),
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

const FILTER_SCHEMA: Readonly<Record<'contains' | 'exact' | 'uuid' | 'bool', JsonObject>> = {
  contains: { type: 'string' },
  exact: { type: 'string' },
  uuid: { type: 'string', description: 'UUID in any usual form.' },
  bool: { enum: ['true', 'false', '1', '0'] },
}

function isList(operation: Operation): operation is ListOperation {
  return 'item' in operation
}

function members(schema: TSchema | undefined): [string, TSchema][] {
  return schema && 'properties' in schema ? Object.entries(schema.properties as Record<string, TSchema>) : [] // TypeBox objects have it
}

function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
