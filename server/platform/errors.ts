/**
 * The closed set of ways in which a request can be refused, and how API v1 says each of them.
 *
 * Domain and store code throws a `Refusal`; anything else that is thrown is a defect and becomes 500 without its message.
 */

export type RefusalKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'precondition'
  | 'too-large'
  | 'rate'
  | 'unavailable'

export type Violation = { path: string; message: string }

export class Refusal extends Error {
  readonly kind: RefusalKind
  /** Set when properties violate their schema: one entry for each fault. */
  readonly violations: readonly Violation[] | undefined
  /** Where API v1 heads this refusal otherwise than others of its kind. */
  readonly title: string | undefined
  /** Further members of the answer, for a program. */
  readonly details: Readonly<Record<string, unknown>> | undefined

  /** `message` is shown to the caller: name the thing, the reason and what to do, no internals. */
  constructor(
    kind: RefusalKind,
    message: string,
    options?: ErrorOptions & {
      violations?: readonly Violation[]
      title?: string
      details?: Readonly<Record<string, unknown>> | undefined
    },
  ) {
    super(message, options)
    this.name = 'Refusal'
    this.kind = kind
    this.violations = options?.violations
    this.title = options?.title
    this.details = options?.details
  }
}

/** Status code and title for each kind in API v1. The one table to change when a kind is added. */
export const V1_ANSWER = {
  invalid: { status: 400, title: 'Invalid request' },
  unauthenticated: { status: 401, title: 'Unauthorized' },
  forbidden: { status: 403, title: 'Forbidden' },
  'not-found': { status: 404, title: 'Resource not found' },
  conflict: { status: 409, title: 'Conflict' },
  precondition: { status: 412, title: 'Precondition failed' },
  'too-large': { status: 413, title: 'Request too large' },
  rate: { status: 429, title: 'Too many requests' },
  unavailable: { status: 503, title: 'Service unavailable' },
} as const satisfies Record<RefusalKind, { status: number; title: string }>

/** Seconds after which a caller may try again when the database is away. */
export const RETRY_AFTER_SECONDS = 2

export function notFound(what: string, id: string): Refusal {
  return new Refusal('not-found', `resource not found: ${what} ${id} does not exist`)
}

/** A rule of the domain was broken; the prefix is part of API v1. */
export function invalidInput(text: string): Refusal {
  return new Refusal('invalid', `invalid input: ${text}`)
}

export function conflict(text: string): Refusal {
  return new Refusal('conflict', `conflict: ${text}`)
}
