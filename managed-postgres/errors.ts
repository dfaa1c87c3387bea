/** The one error of this room, and how failures of the file system become it. */

/** PostgreSQL could not be started. The message is one sentence that a person can act on; it holds no secret. */
export class PostgresStartError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'PostgresStartError'
  }
}

const REASONS: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'a part of the path is not a directory',
  EISDIR: 'a directory stands where a file is expected',
  ENAMETOOLONG: 'the path is too long',
  ENOENT: 'it does not exist',
  ELOOP: 'a symbolic link stands where none may be',
  EMFILE: 'too many open files',
}

/** The `code` of a system error such as `ENOENT`; undefined for everything else. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** Turns a system error into a `PostgresStartError` about `dir`; other errors are returned as they are. */
export function toStartError(error: unknown, dir: string): unknown {
  const code = errorCode(error)
  if (error instanceof PostgresStartError || !(error instanceof Error) || !('syscall' in error) || !code) return error
  const path = 'path' in error && typeof error.path === 'string' ? error.path : dir
  return new PostgresStartError(`cannot use ${path}: ${REASONS[code] ?? error.message}`, { cause: error })
}
