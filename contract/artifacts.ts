/**
 * Artifacts: dumps and other files that belong to a service. The content is streamed in and out, in pieces where a connection
 * breaks; a finished artifact never changes.
 */
import { type Static, Type } from 'typebox'
import { exact, list, oneOf, operation, uuidFilter } from './operation.ts'
import { InQuery, Timestamp, Uuid, UuidInput } from './values.ts'

export const ArtifactState = Type.Enum(['Uploading', 'Complete'])
export type ArtifactState = Static<typeof ArtifactState>

export const Artifact = Type.Object({
  id: Uuid,
  serviceId: Uuid,
  providerId: Uuid,
  consumerId: Uuid,
  agentId: Uuid,
  kind: Type.String({ description: 'What it is for: backup, export, import, …' }),
  format: Type.String({ description: 'How to read it, for example pg_dump-custom.' }),
  state: ArtifactState,
  sizeBytes: Type.Integer({ description: 'Bytes received so far; the size once Complete.' }),
  sha256: Type.Optional(Type.String({ description: 'Hex; present once Complete.' })),
  expiresAt: Type.Optional(Timestamp),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type Artifact = Static<typeof Artifact>

export const ArtifactUploadQuery = Type.Object({
  serviceId: Type.Optional(InQuery({ type: 'string', format: 'uuid', description: 'Required with the first piece.' })),
  kind: Type.Optional(
    InQuery({ type: 'string', pattern: '^[a-z0-9-]{1,50}$', description: 'Required with the first piece.' }),
  ),
  format: Type.Optional(
    InQuery({ type: 'string', pattern: '^[a-z0-9._-]{1,50}$', description: 'Required with the first piece.' }),
  ),
  offset: Type.Optional(
    InQuery({
      type: 'integer',
      minimum: 0,
      maximum: 999_999_999_999_999,
      default: 0,
      description: 'Where this piece starts, in bytes. 409 when it does not continue what is there.',
    }),
  ),
  complete: Type.Optional(
    InQuery({ type: 'boolean', default: true, description: 'true: the last piece. false: more will follow.' }),
  ),
  sha256: Type.Optional(
    InQuery({
      type: 'string',
      pattern: '^[0-9A-Fa-f]{64}$',
      description: 'Hex digest of the whole content, checked with the last piece.',
    }),
  ),
  retentionDays: Type.Optional(
    InQuery({
      type: 'integer',
      minimum: 1,
      maximum: 3_650,
      description: 'Deleted after so many days; without it, kept.',
    }),
  ),
})
export type ArtifactUploadQuery = Static<typeof ArtifactUploadQuery>

const OWNERS = { admin: 'any', participant: ['providerId', 'consumerId'], agent: ['agentId'] } as const

export const artifacts = {
  list: list({
    id: 'artifacts.list',
    path: '/artifacts',
    summary: 'List artifacts, one page at a time.',
    access: OWNERS,
    item: Artifact,
    filters: { serviceId: uuidFilter, kind: exact, state: oneOf(ArtifactState) },
    sort: ['createdAt'],
    addition: true,
  }),
  describe: operation({
    id: 'artifacts.describe',
    method: 'GET',
    path: '/artifacts/{id}/info',
    summary:
      'Describe one artifact, also an unfinished one: its size is where an interrupted upload goes on. An agent that imports it into another service may, too.',
    access: OWNERS,
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: Artifact,
    addition: true,
  }),
  upload: operation({
    id: 'artifacts.upload',
    method: 'PUT',
    path: '/artifacts/{id}',
    summary:
      'Write an artifact, whole or in pieces, under an id that the caller chose. Repeating the last finished piece changes nothing.',
    access: { admin: 'any', participant: ['consumerId'], agent: ['agentId'] },
    params: Type.Object({ id: UuidInput }),
    query: ArtifactUploadQuery,
    status: 200,
    answer: Artifact,
    conflict:
      'The piece does not continue what is there, another request is uploading, or the artifact is complete. Upload-Offset says where the next piece starts, if that is the reason.',
    addition: true,
    stream: 'request',
  }),
  download: operation({
    id: 'artifacts.download',
    method: 'GET',
    path: '/artifacts/{id}',
    summary:
      'Read the content of a finished artifact; honours Range. An agent that imports it into another service may, too.',
    access: OWNERS,
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: null,
    conflict: 'The upload is not finished.',
    addition: true,
    stream: 'answer',
  }),
  delete: operation({
    id: 'artifacts.delete',
    method: 'DELETE',
    path: '/artifacts/{id}',
    summary: 'Delete an artifact and its content.',
    access: { admin: 'any', participant: ['providerId', 'consumerId'], agent: ['agentId'] },
    params: Type.Object({ id: UuidInput }),
    status: 204,
    answer: null,
    conflict: 'It is being uploaded.',
    addition: true,
  }),
} as const
