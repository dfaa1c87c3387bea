/** Typed client of API v1, for everything that talks to a Fulcrum server. */
export type { Download } from './artifact-download.ts'
export type { UploadOptions, UploadSource } from './artifact-upload.ts'
export { type CallOptions, FulcrumClient, type Item } from './client.ts'
export {
  ConflictError,
  ForbiddenError,
  FulcrumError,
  InvalidRequestError,
  NotFoundError,
  RateLimitedError,
  UnauthenticatedError,
  UnavailableError,
  type Violation,
} from './errors.ts'
export type { ClientOptions } from './transport.ts'
