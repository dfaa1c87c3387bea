/** Which answers an operation can give beside its success, and how the OpenAPI document describes them. */
import type { Operation } from './operation.ts'
import type { JsonObject } from './values.ts'

type Answer = {
  readonly description: string
  /** The kind of refusal, as `status` of the body says it. */
  readonly title: string
  /** A reason as it really comes. */
  readonly error: string
  readonly headers?: Readonly<Record<string, JsonObject>>
}

const header = (name: string): JsonObject => ({ $ref: `#/components/headers/${name}` })

export const HEADERS: JsonObject = {
  RequestId: { description: 'Finds the request in the server’s log.', schema: { type: 'string', format: 'uuid' } },
  RetryAfter: {
    description: 'Seconds after which to try again.',
    required: true,
    schema: { type: 'integer', minimum: 0 },
  },
  WwwAuthenticate: {
    description: 'How to authenticate (RFC 6750).',
    required: true,
    schema: { type: 'string', examples: ['Bearer'] },
  },
  ContentRange: {
    description: 'Which bytes are sent, of how many (RFC 9110, section 14.4).',
    required: true,
    schema: { type: 'string', examples: ['bytes 0-1023/146515'] },
  },
  UploadOffset: {
    description: 'Where the next piece has to start, in bytes; present when that is the reason.',
    schema: { type: 'integer', minimum: 0 },
  },
  ETag: { description: 'The SHA-256 of the whole content in quotes.', schema: { type: 'string' } },
  ReprDigest: { description: 'The SHA-256 of the whole content (RFC 9530).', schema: { type: 'string' } },
}

/** Every answer has it. */
export const ON_EVERY_ANSWER: JsonObject = { 'X-Request-Id': header('RequestId') }
export const OF_CONTENT: JsonObject = { ETag: header('ETag'), 'Repr-Digest': header('ReprDigest') }
export const OF_PART: JsonObject = { ...OF_CONTENT, 'Content-Range': header('ContentRange') }

const INVALID: Answer = {
  description: 'The request is malformed or breaks a rule.',
  title: 'Invalid request',
  error: 'invalid input: name cannot be empty',
}

const ANSWERS = {
  Invalid: INVALID,
  Unauthorized: {
    description: 'No bearer token, or one that is unknown, expired or deleted.',
    title: 'Unauthorized',
    error: 'authentication failed: no valid identity found',
    headers: { 'WWW-Authenticate': header('WwwAuthenticate') },
  },
  Forbidden: {
    description: 'The role may not do this, the object is somebody else’s, or the caller is disabled.',
    title: 'Forbidden',
    error: 'services.get: the object is not within your scope',
  },
  NotFound: {
    description: 'What is named does not exist.',
    title: 'Resource not found',
    error: 'resource not found: service 0d6f6a3c-1f0e-4c57-9a53-4b1f6f0c2a11 does not exist',
  },
  Conflict: {
    description: 'The state of the object, or something that refers to it, does not allow this.',
    title: 'Conflict',
    error: 'conflict: cannot claim a job not in pending status: it is Processing',
  },
  UploadConflict: {
    description: 'The piece does not fit what is there.',
    title: 'Conflict',
    error:
      'conflict: the next piece of artifact 3f3c4a43-6f0e-4b5f-9c0e-5a2a4c7f8d90 starts at 1048576, not at 2097152',
    headers: { 'Upload-Offset': header('UploadOffset') },
  },
  TooLarge: {
    description: 'The body is too large.',
    title: 'Request too large',
    error: 'the request body is too large',
  },
  RangeNotSatisfiable: {
    description: 'The content has none of the bytes that Range asks for.',
    title: 'Range not satisfiable',
    error: 'the artifact has 146515 bytes',
    headers: { 'Content-Range': header('ContentRange') },
  },
  TooManyRequests: {
    description: 'The caller, or its address, has sent too many requests.',
    title: 'Too many requests',
    error: 'more than 120000 requests in 60 s: try again later',
    headers: { 'Retry-After': header('RetryAfter') },
  },
  Unavailable: {
    description: 'The database, or something else that is needed, cannot be reached.',
    title: 'Service unavailable',
    error: 'the database cannot be reached; try again',
    headers: { 'Retry-After': header('RetryAfter') },
  },
} satisfies Record<string, Answer>

type AnswerName = keyof typeof ANSWERS | 'InvalidProperties'

/** The components that operations refer to. */
export function answerComponents(): JsonObject {
  return {
    ...Object.fromEntries(Object.entries(ANSWERS).map(([name, answer]) => [name, component(answer)])),
    InvalidProperties: {
      description: 'The request is malformed or breaks a rule, or properties violate the schema of the service type.',
      headers: ON_EVERY_ANSWER,
      content: {
        'application/json': {
          schema: { anyOf: [reference('ValidationFailed'), reference('Error')] },
          examples: {
            violations: {
              summary: 'Each fault of the properties.',
              value: {
                status: 'Validation failed',
                valid: false,
                errors: [{ path: 'cpu', message: 'cpu: expected integer, got string' }],
              },
            },
            other: { summary: 'Anything else.', value: { status: INVALID.title, error: INVALID.error } },
          },
        },
      },
    },
  }
}

export const ERROR_SCHEMAS: JsonObject = {
  Error: {
    type: 'object',
    description: 'Why a request was refused.',
    required: ['status'],
    properties: {
      status: { type: 'string', description: 'The kind of refusal.' },
      error: { type: 'string', description: 'The reason, for a person. Absent where the kind says everything.' },
      placement: {
        type: 'object',
        description:
          'Of an order that no offering qualifies for: decisionId, candidates and counterfactuals as in PlacementDecision, and possibleIf, what would help, for a person.',
      },
    },
  },
  ValidationFailed: {
    type: 'object',
    description: 'Properties of a service violate the schema of its type.',
    required: ['status', 'valid', 'errors'],
    properties: {
      status: { const: 'Validation failed' },
      valid: { const: false },
      errors: {
        type: 'array',
        minItems: 1,
        items: {
          type: 'object',
          required: ['path', 'message'],
          properties: {
            path: { type: 'string', description: 'Names and indexes, for example disks[0].size.' },
            message: { type: 'string', description: 'What is wrong, for a person.' },
          },
        },
      },
    },
  },
}

/** The refusals that an operation can give, by status. What follows from its parts is derived; the rest it says itself. */
export function refusalsOf(operation: Operation): JsonObject {
  const { method, path, params, query, body, stream, checksProperties, missing, conflict } = operation
  const reads = params ?? query ?? body
  const refusals: [status: number, name: AnswerName, when: string | undefined][] = []
  // whatever is sent beside GET has a content type and a length that can be wrong
  if (reads || method !== 'GET') refusals.push([400, checksProperties ? 'InvalidProperties' : 'Invalid', undefined])
  refusals.push([401, 'Unauthorized', undefined], [403, 'Forbidden', undefined])
  if (path.includes('{') || missing !== undefined) refusals.push([404, 'NotFound', missing])
  if (conflict !== undefined) refusals.push([409, stream === 'request' ? 'UploadConflict' : 'Conflict', conflict])
  if (method !== 'GET') refusals.push([413, 'TooLarge', undefined])
  if (stream === 'answer') refusals.push([416, 'RangeNotSatisfiable', undefined])
  refusals.push([429, 'TooManyRequests', undefined], [503, 'Unavailable', undefined])
  return Object.fromEntries(
    refusals.map(([status, name, when]) => [
      `${status}`,
      { $ref: `#/components/responses/${name}`, ...(when !== undefined && { description: when }) },
    ]),
  )
}

function component({ description, title, error, headers }: Answer): JsonObject {
  return {
    description,
    headers: { ...ON_EVERY_ANSWER, ...headers },
    content: { 'application/json': { schema: reference('Error'), example: { status: title, error } } },
  }
}

function reference(schema: string): JsonObject {
  return { $ref: `#/components/schemas/${schema}` }
}
