/** Finds the members of requests that may name objects: by their format, by their name, or because they may hold anything. */
import type { Operation } from '@fulcrum/contract'

/** The keywords of JSON Schema that shapes in `contract/` use. */
type Shape = {
  type?: string
  enum?: readonly unknown[]
  const?: unknown
  format?: string
  properties?: Record<string, Shape>
  patternProperties?: Record<string, Shape>
  items?: Shape
  $ref?: string
}

/** `any`: free JSON, in which an id may stand. Path: `body.entries[].serviceId`, `query.serviceId`, `params.typeId`. */
export type Member = { path: string; kind: 'id' | 'any' }

/** Members of an operation, without what its path names first: that is the object of the matrix. */
export function membersOf(operation: Operation): Member[] {
  const [object] = /(?<=\{)\w+/.exec(operation.path) ?? []
  const query = 'item' in operation ? undefined : operation.query
  return [
    ...find(operation.params, 'params').filter(({ path }) => path !== `params.${object}`),
    ...find(query, 'query'),
    ...find(operation.body, 'body'),
  ]
}

function find(shape: Shape | undefined, path: string): Member[] {
  if (shape === undefined || shape.enum || shape.const !== undefined) return []
  // a language within the body, which names kinds and not objects: see `NO_IDS`
  if (shape.$ref !== undefined) return [{ path, kind: 'any' }]
  switch (shape.type) {
    case 'array':
      return find(shape.items, `${path}[]`)
    case 'object':
    case undefined: {
      const each = Object.values(shape.patternProperties ?? {})
      if (each.length > 0) return each.flatMap((one) => find(one, `${path}.*`))
      if (!shape.properties) return [{ path, kind: 'any' }]
      return Object.entries(shape.properties).flatMap(([name, member]) => find(member, `${path}.${name}`))
    }
    case 'string':
      return shape.format === 'uuid-input' || /(?:id|ids\[\]|reference)$/i.test(path) ? [{ path, kind: 'id' }] : []
    default:
      return []
  }
}
