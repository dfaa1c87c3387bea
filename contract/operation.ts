/**
 * How an operation of the API is described. One description serves everybody: the server routes, decodes and authorizes by
 * it, the client and the command line are typed by it, the OpenAPI document is made from it.
 */
import { type Static, type TSchema, Type } from 'typebox'

export const ROLES = ['admin', 'participant', 'agent'] as const
export type Role = (typeof ROLES)[number]

/** The columns by which an object belongs to somebody. `participantId` is an owner that is neither provider nor consumer. */
export type OwnerField = 'participantId' | 'providerId' | 'consumerId' | 'agentId'

/**
 * Who may call. A role that is not named is refused. `any`: whatever the object. A list: only objects of which at least one
 * of these fields names the caller (`agentId` the calling agent, the others the caller's participant; an agent's is its provider).
 * Lists show exactly the objects that the same rule lets through. `public`: without authentication.
 */
export type Access = { readonly [R in Role]?: 'any' | readonly OwnerField[] } | 'public'

export type Operation = {
  readonly id: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below `/api/v1`, placeholders in braces. */
  readonly path: string
  readonly summary: string
  readonly access: Access
  readonly params?: TSchema
  readonly query?: TSchema
  readonly body?: TSchema
  /** Set where no body at all counts as an empty object; elsewhere it is refused. */
  readonly mayBeEmpty?: true
  /** Status of success. */
  readonly status: 200 | 201 | 204
  readonly answer: TSchema | null
  /** Set on operations that API v1 of the Go control plane does not have. */
  readonly addition?: true
  /** Set where the request or the answer is a stream of bytes instead of JSON. */
  readonly stream?: 'request' | 'answer'
  /** When it answers 404 although nothing in its path is missing: what the body, or the token, refers to is not there. */
  readonly missing?: string
  /** Set where properties are held against the schema of a service type: its 400 may list every fault by itself. */
  readonly checksProperties?: true
  /** When it answers 409. Said only where it can happen. */
  readonly conflict?: string
  /** Set where a role that may not call is told so whatever the body; elsewhere a body that cannot be read is refused first. */
  readonly roleBeforeBody?: true
}

/** How a list can be narrowed by one query parameter; repeated values are alternatives. */
export type Filter =
  | { readonly kind: 'contains' | 'exact' | 'uuid' | 'bool' }
  | { readonly kind: 'enum'; readonly values: readonly string[] }

export const contains: Filter = { kind: 'contains' }
export const exact: Filter = { kind: 'exact' }
export const uuidFilter: Filter = { kind: 'uuid' }
export const bool: Filter = { kind: 'bool' }
export function oneOf(schema: { enum: readonly string[] }): Filter {
  return { kind: 'enum', values: schema.enum }
}

export type ListOperation = Operation & {
  readonly item: TSchema
  readonly filters: Readonly<Record<string, Filter>>
  /** Fields that `sort` accepts; `-` in front sorts descending. */
  readonly sort: readonly string[]
}

/** What a list answers. `totalItems` is exact for the caller; pages count from 1. */
export type Page<T> = {
  items: T[]
  totalItems: number
  totalPages: number
  currentPage: number
  hasNext: boolean
  hasPrev: boolean
}

export function operation<const O extends Operation>(description: O): O {
  return description
}

type ListDescription = {
  readonly id: string
  readonly path: string
  readonly summary: string
  readonly access: Access
  readonly item: TSchema
  readonly filters: Readonly<Record<string, Filter>>
  readonly sort: readonly string[]
  readonly addition?: true
}

/** A list: GET with paging, filters and one sort field; answers a `Page`. */
export function list<const D extends ListDescription>(description: D) {
  const { item, filters } = description
  const query = Type.Object({
    page: Type.Optional(Type.String()),
    pageSize: Type.Optional(Type.String()),
    sort: Type.Optional(Type.String()),
    ...Object.fromEntries(Object.keys(filters).map((name) => [name, Type.Optional(Type.String())])),
  })
  const answer = Type.Object({
    items: Type.Array(item),
    totalItems: Type.Integer(),
    totalPages: Type.Integer({ description: 'ceil(totalItems / pageSize); 0 when empty.' }),
    currentPage: Type.Integer({ description: 'Echo of page, also beyond the last page.' }),
    hasNext: Type.Boolean(),
    hasPrev: Type.Boolean(),
  })
  return {
    ...description,
    method: 'GET' as const,
    status: 200 as const,
    query: query as TSchema,
    answer: answer as TSchema,
  }
}

/** What a caller passes: only the parts that the operation has. */
export type Input<O extends Operation> = (O extends { params: infer P extends TSchema }
  ? { params: Static<P> }
  : unknown) &
  (O extends { body: infer B extends TSchema } ? { body: Static<B> } : unknown) &
  (O extends { filters: infer F }
    ? { query?: { page?: number; pageSize?: number; sort?: string } & { [K in keyof F]?: string | readonly string[] } }
    : O extends { query: infer Q extends TSchema }
      ? { query?: Static<Q> }
      : unknown)

/** What a successful call answers; `undefined` for 204. */
export type Answer<O extends Operation> = O extends { item: infer I extends TSchema }
  ? Page<Static<I>>
  : O['answer'] extends infer A extends TSchema
    ? Static<A>
    : undefined
