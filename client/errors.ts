/** What can go wrong with a call: one class for each thing that a caller would do differently. */
import type { Operation } from '@fulcrum/contract'

/** One property that the server did not accept. */
export type Violation = { path: string; message: string }

/** What is known about a failed call. `status` is 0 when there was no answer. */
export type Failure = {
  operation: string
  status: number
  title: string
  message: string
  violations: Violation[]
  cause?: unknown
}

/** Any failed call. The message holds method, path and the server's text; never a token and never a query. */
export class FulcrumError extends Error {
  /** Id of the operation, for example `jobs.claim`. */
  readonly operation: string
  /** Status of the answer; 0 when there was none. */
  readonly status: number
  /** The server's short name of the refusal, for example `Conflict`; empty when there was no answer. */
  readonly title: string
  readonly violations: readonly Violation[]

  constructor(failure: Failure) {
    super(failure.message, failure.cause === undefined ? undefined : { cause: failure.cause })
    this.name = new.target.name
    this.operation = failure.operation
    this.status = failure.status
    this.title = failure.title
    this.violations = failure.violations
  }
}

/** The token is missing, unknown, expired or revoked: get another one. */
export class UnauthenticatedError extends FulcrumError {}
/** The caller is known and may not do this. */
export class ForbiddenError extends FulcrumError {}
/** The thing does not exist, or not any more. */
export class NotFoundError extends FulcrumError {}
/** The thing is not in the state that the call needs: read it again and decide anew. */
export class ConflictError extends FulcrumError {}
/** The request itself is wrong or too large; repeating it does not help. */
export class InvalidRequestError extends FulcrumError {}

/** Too many calls: repeat it after `retryAfterMs`. */
export class RateLimitedError extends FulcrumError {
  readonly retryAfterMs: number

  constructor(failure: Failure, retryAfterMs: number) {
    super(failure)
    this.retryAfterMs = retryAfterMs
  }
}

/** No answer, or none in time, or the server cannot work now: repeat it later. The call may have taken effect. */
export class UnavailableError extends FulcrumError {
  /** How long the server asked to wait, if it did. */
  readonly retryAfterMs: number | undefined

  constructor(failure: Failure, retryAfterMs?: number) {
    super(failure)
    this.retryAfterMs = retryAfterMs
  }
}

const DEFAULT_RATE_LIMIT_MS = 1_000

/**
 * Turns a refusing answer into its error.
 *
 * @param path  as it may be shown: without query and without tokens
 * @param text  the body as it came; JSON of API v1, or whatever a proxy on the way wrote
 * @param retryAfter  value of the Retry-After header, in seconds or as a date
 */
export function refusal(
  operation: Operation,
  path: string,
  status: number,
  text: string,
  retryAfter: string | null,
): FulcrumError {
  const body = readRefusal(text)
  const detail = [body.error, ...body.violations.map((violation) => violation.message)].filter(Boolean).join('; ')
  const failure: Failure = {
    operation: operation.id,
    status,
    title: body.title,
    message: `${operation.method} ${path}: ${[`${status} ${body.title}`.trim(), detail].filter(Boolean).join(': ')}`,
    violations: body.violations,
  }
  switch (status) {
    case 400:
    case 413:
      return new InvalidRequestError(failure)
    case 401:
      return new UnauthenticatedError(failure)
    case 403:
      // The Go control plane answers 403 with this text for a token that is no good.
      return /^authentication failed/i.test(body.error)
        ? new UnauthenticatedError(failure)
        : new ForbiddenError(failure)
    case 404:
      return new NotFoundError(failure)
    case 409:
    case 412:
      return new ConflictError(failure)
    case 429:
      return new RateLimitedError(failure, retryAfterMs(retryAfter) ?? DEFAULT_RATE_LIMIT_MS)
    case 502:
    case 503:
    case 504:
      return new UnavailableError(failure, retryAfterMs(retryAfter))
    default:
      return new FulcrumError(failure)
  }
}

/** The error of a call that got no answer. `reason` is shown. */
export function noAnswer(operation: Operation, path: string, reason: string, cause?: unknown): UnavailableError {
  const message = `${operation.method} ${path}: ${reason}`
  return new UnavailableError({ operation: operation.id, status: 0, title: '', message, violations: [], cause })
}

/** The error of a call that was not even sent, because its input cannot be right. */
export function notSendable(operation: Operation, path: string, reason: string): InvalidRequestError {
  const message = `${operation.method} ${path}: ${reason}`
  return new InvalidRequestError({ operation: operation.id, status: 0, title: '', message, violations: [] })
}

/** The error of a good answer whose body is no JSON. The body is not quoted: it may hold a secret. */
export function unreadable(operation: Operation, path: string): FulcrumError {
  const message = `${operation.method} ${path}: the answer is not JSON; is this the address of a Fulcrum server?`
  return new FulcrumError({ operation: operation.id, status: 0, title: '', message, violations: [] })
}

const LONGEST_FOREIGN_TEXT = 300

function readRefusal(text: string): { title: string; error: string; violations: Violation[] } {
  const body = parsed(text)
  if (typeof body !== 'object' || body === null)
    return { title: '', error: text.trim().slice(0, LONGEST_FOREIGN_TEXT), violations: [] }
  const title = 'status' in body && typeof body.status === 'string' ? body.status : ''
  const error = 'error' in body && typeof body.error === 'string' ? body.error : ''
  const errors: unknown[] = 'errors' in body && Array.isArray(body.errors) ? body.errors : []
  return { title, error, violations: errors.flatMap(toViolation) }
}

function toViolation(value: unknown): Violation[] {
  if (typeof value !== 'object' || value === null) return []
  if (!('message' in value) || typeof value.message !== 'string') return []
  return [{ path: 'path' in value && typeof value.path === 'string' ? value.path : '', message: value.message }]
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function retryAfterMs(value: string | null): number | undefined {
  if (value === null || value.trim() === '') return undefined
  const seconds = Number(value)
  const ms = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}
