/**
 * The OpenAPI 3.1 document of API v1, made from the operations: shapes that have a name here have the same name there, and every
 * answer that can happen is described.
 */
import type { TSchema } from 'typebox'
import {
  answerComponents,
  ERROR_SCHEMAS,
  HEADERS,
  OF_CONTENT,
  OF_PART,
  ON_EVERY_ANSWER,
  refusalsOf,
} from './openapi-answers.ts'
import { Schemas } from './openapi-schemas.ts'
import { INTRODUCTION, TAGS, type Tag, whoMay } from './openapi-text.ts'
import type { Filter, ListOperation, Operation } from './operation.ts'
import type { JsonObject } from './values.ts'

export { namedShapes } from './openapi-schemas.ts'

/**
 * @param operations  in the order in which they are to appear; those of the health port are left out
 * @param named       shapes by name; what has the same content as one of them refers to it
 * @param version     of the document
 */
export function openApiDocument(
  operations: readonly Operation[],
  named: Readonly<Record<string, TSchema>>,
  version: string,
): JsonObject {
  const schemas = new Schemas(named)
  const served = operations.filter(({ access }) => access !== 'public')
  const paths: { [path: string]: JsonObject } = {}
  for (const operation of served)
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method.toLowerCase()]: describe(operation, schemas),
    }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Fulcrum API',
      version,
      summary: 'Order and run cloud resources of many providers.',
      description: INTRODUCTION,
      license: { name: 'Apache License 2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/api/v1', description: 'The server that this document comes from.' }],
    security: [{ apiToken: [] }, { identityProvider: [] }],
    tags: [...new Set(served.map(tagOf))],
    paths,
    components: {
      securitySchemes: {
        apiToken: {
          type: 'http',
          scheme: 'bearer',
          description: 'An API token of this server: opaque text, sent as `Authorization: Bearer <token>`.',
        },
        identityProvider: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description:
            'An access token of the OpenID Connect provider that the server is configured for, sent in the same header. Its claims say role, participant and agent.',
        },
      },
      parameters: served.some(isList) ? PAGING : {},
      headers: HEADERS,
      responses: answerComponents(),
      schemas: { ...ERROR_SCHEMAS, ...schemas.components() },
    },
  }
}

function describe(operation: Operation, schemas: Schemas): JsonObject {
  const { id, summary, access, addition } = operation
  const parameters = [...inPath(operation, schemas), ...inQuery(operation, schemas)]
  const body = requestBody(operation, schemas)
  return {
    operationId: id,
    tags: [tagOf(operation).name],
    summary,
    description: `${whoMay(access, isList(operation))}${addition ? ' An addition to API v1 of the Go control plane.' : ''}`,
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: body }),
    responses: { ...successes(operation, schemas), ...refusalsOf(operation) },
  }
}

function requestBody({ body, mayBeEmpty, stream }: Operation, schemas: Schemas): JsonObject | null {
  if (stream === 'request') return { required: true, content: BYTES, description: 'The bytes of this piece.' }
  return body ? { required: !mayBeEmpty, content: { 'application/json': { schema: schemas.of(body) } } } : null
}

const BYTES: JsonObject = { 'application/octet-stream': {} }

function successes(operation: Operation, schemas: Schemas): JsonObject {
  const { answer, stream, status } = operation
  const headers = ON_EVERY_ANSWER
  if (stream === 'answer')
    return {
      [status]: { description: 'The content.', headers: { ...headers, ...OF_CONTENT }, content: BYTES },
      206: { description: 'The part that Range asks for.', headers: { ...headers, ...OF_PART }, content: BYTES },
    }
  if (!answer) return { [status]: { description: 'Done.', headers } }
  // a text has the content type that somebody has given it
  const type = 'type' in answer && answer.type === 'string' ? '*/*' : 'application/json'
  const schema = isList(operation) ? schemas.under(pageName(operation, schemas), answer) : schemas.of(answer)
  return { [status]: { description: DONE[status], headers, content: { [type]: { schema } } } }
}

const DONE: Readonly<Record<Operation['status'], string>> = { 200: 'Done.', 201: 'Created.', 204: 'Done.' }

/** `ServicePage` for a list of `Service`; where the items have no name, by the list's own: `ResourceIdsPage`. */
function pageName({ id, item }: ListOperation, schemas: Schemas): string {
  const own = id.split('.').at(-1) ?? id
  return `${schemas.nameOf(item) ?? `${own.charAt(0).toUpperCase()}${own.slice(1)}`}Page`
}

function inPath({ params }: Operation, schemas: Schemas): JsonObject[] {
  return members(params).map(([name, schema]) => ({ name, in: 'path', required: true, schema: schemas.of(schema) }))
}

function inQuery(operation: Operation, schemas: Schemas): JsonObject[] {
  if (!isList(operation))
    return members(operation.query).map(([name, shape]) => {
      const { description, ...schema } = schemas.of(shape)
      return { name, in: 'query', ...(description !== undefined && { description }), schema }
    })
  return [
    ...Object.keys(PAGING).map((name) => ({ $ref: `#/components/parameters/${name}` })),
    ...(operation.sort.length > 0 ? [sortParameter(operation.sort)] : []),
    ...Object.entries(operation.filters).map(([name, filter]) => ({
      name,
      in: 'query',
      description: `${FILTER_TEXT[filter.kind]} Of several values any may match.`,
      schema: { type: 'array', items: filterSchema(filter) },
    })),
  ]
}

const PAGING: JsonObject = {
  Page: {
    name: 'page',
    in: 'query',
    description: 'Which page, from 1.',
    schema: { type: 'integer', minimum: 1, default: 1 },
  },
  PageSize: {
    name: 'pageSize',
    in: 'query',
    description: 'Most items of a page.',
    schema: { type: 'integer', minimum: 1, maximum: 100, default: 10 },
  },
}

function sortParameter(fields: readonly string[]): JsonObject {
  return {
    name: 'sort',
    in: 'query',
    description: 'The field to sort by; - in front sorts descending, + ascending. Default: by time of creation.',
    schema: { type: 'string', enum: fields.flatMap((field) => [field, `-${field}`, `+${field}`]) },
  }
}

const FILTER_TEXT: Readonly<Record<Filter['kind'], string>> = {
  contains: 'Finds part of the text in any letter case.',
  exact: 'Finds exactly this text.',
  uuid: 'Finds this id.',
  enum: 'Finds exactly this word.',
  bool: 'Finds true or false; 1 and 0 are read, too.',
}

function filterSchema(filter: Filter): JsonObject {
  switch (filter.kind) {
    case 'enum':
      return { type: 'string', enum: [...filter.values] }
    case 'uuid':
      return { type: 'string', format: 'uuid' }
    case 'bool':
      return { type: 'boolean' }
    case 'contains':
    case 'exact':
      return { type: 'string' }
  }
}

/** @throws Error when nobody has said what the group is about */
function tagOf({ id }: Operation): Tag {
  const tag = TAGS[id.split('.')[0] ?? '']
  if (!tag) throw new Error(`contract/openapi-text.ts has no tag for ${id}`)
  return tag
}

function isList(operation: Operation): operation is ListOperation {
  return 'item' in operation
}

function members(schema: TSchema | undefined): [string, TSchema][] {
  return schema && 'properties' in schema ? Object.entries(schema.properties as Record<string, TSchema>) : [] // TypeBox objects have it
}
