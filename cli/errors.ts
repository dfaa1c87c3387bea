/** What ends the command with another code than 0, and how it is said: one line, what to do, never a stack trace or a token. */

import type { FulcrumError, Violation } from '@fulcrum/client'
import { printable } from './output/terminal.ts'

export const EXIT = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  unauthenticated: 3,
  forbidden: 4,
  notFound: 5,
  conflict: 6,
  failed: 7,
  timedOut: 8,
  unavailable: 9,
  different: 10,
  interrupted: 130,
} as const
export type ExitKind = keyof typeof EXIT

export const EXIT_CODES = `Exit codes
  0    done
  1    unexpected: a defect of fulcrum or of the server, or something is missing on this machine
  2    wrong usage, or input that is not valid
  3    not logged in, or the token is unknown, expired or revoked
  4    logged in, but not permitted
  5    not found
  6    conflict, or refused in the present state
  7    the job or the service failed, or the audit log is not intact
  8    timed out while waiting; the order goes on
  9    the server cannot be reached, is not ready, or asks to slow down
  10   a decision is not what its record says
  130  interrupted with Ctrl-C`

/** Something the person at the keyboard can act on. `details` are printed one per line below the message. */
export class CliError extends Error {
  readonly kind: ExitKind
  readonly details: readonly string[]

  constructor(kind: ExitKind, message: string, details: readonly string[] = []) {
    super(message)
    this.name = 'CliError'
    this.kind = kind
    this.details = details
  }
}

export function usage(message: string, details: readonly string[] = []): CliError {
  return new CliError('usage', message, details)
}

type Told = { code: number; lines: string[] }

/** Turns whatever was thrown into an exit code and the lines for stderr. */
export async function explain(error: unknown): Promise<Told> {
  if (error instanceof CliError) return told(error.kind, error.message, error.details)
  if (isSystemError(error)) return told('usage', error.message)
  const client = await import('@fulcrum/client')
  if (!(error instanceof client.FulcrumError)) return told('unexpected', textOf(error), ['FULCRUM_DEBUG=1 shows more.'])
  const violations = error.violations.map(violationText)
  const message = violations.length > 0 ? NOT_ACCEPTED : withoutMethod(error.message)
  if (error instanceof client.UnauthenticatedError)
    return told('unauthenticated', message, ['Log in again with: fulcrum login'])
  if (error instanceof client.ForbiddenError)
    return told('forbidden', message, ['See who you are with: fulcrum whoami'])
  // A list is always there, be it empty; unless the server is older than the list.
  if (error instanceof client.NotFoundError && error.operation.endsWith('.list'))
    return told('notFound', `This server does not know ${error.operation.replace('.list', '')}.`)
  if (error instanceof client.NotFoundError) return told('notFound', message)
  if (error instanceof client.ConflictError) return told('conflict', message)
  if (error instanceof client.InvalidRequestError)
    return told(isStateRefusal(error) ? 'conflict' : 'usage', message, violations)
  if (error instanceof client.RateLimitedError)
    return told('unavailable', message, [`Try again in ${Math.ceil(error.retryAfterMs / 1000)} s.`])
  if (error instanceof client.UnavailableError)
    return told('unavailable', message, ['Check the address (fulcrum profile show), then try again.'])
  return told('unexpected', message)
}

export const NOT_ACCEPTED = 'The server did not accept the input.'

export function violationText({ path, message }: Violation): string {
  return path === '' || message.startsWith(path) ? message : `${path}: ${message}`
}

function told(kind: ExitKind, message: string, details: readonly string[] = []): Told {
  const text = oneLine(message).trimStart()
  const first = kind === 'interrupted' ? text : `Error: ${text}`
  return { code: EXIT[kind], lines: [first, ...details.map((line) => `  ${oneLine(line)}`)] }
}

/** API v1 answers 400 also when a service is in the wrong state or has a job under way; what these calls carry is right. */
function isStateRefusal({ operation, status, violations }: FulcrumError): boolean {
  const ofState = ['services.update', 'services.delete', 'services.action'].includes(operation)
  return ofState && status === 400 && violations.length === 0
}

/** `POST /services: 400 Invalid request: text` is for logs; people get the text. */
function withoutMethod(message: string): string {
  const text = message.replace(/^[A-Z]+ \/\S*: /, '').replace(/^\d{3} /, '')
  return /^[^:]+: \S/.test(text)
    ? text.replace(/^(Invalid request|Resource not found|Conflict): (invalid input: )?/, '')
    : text
}

/** Errors of the file system (`ENOENT`, `EACCES`, …) concern files that were named on the command line. */
function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error && 'path' in error
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** What others wrote may be in it; spaces in front make lists. */
function oneLine(text: string): string {
  return printable(text).trimEnd()
}
