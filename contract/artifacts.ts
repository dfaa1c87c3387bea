/**
 * Artifacts: dumps and other files that belong to a service. The content is streamed in and out, in pieces where a connection
 * breaks; a finished artifact never changes.
 */
import { type Static, Type } from 'typebox'
import { exact, list, oneOf, operation, uuidFilter } from './operation.ts'
import { Timestamp, Uuid, UuidInput } from './values.ts'

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
  serviceId: Type.Optional(Type.String({ description: 'Required with the first piece.' })),
  kind: Type.Optional(Type.String({ description: 'Required with the first piece; 1 to 50 of a-z, 0-9, -.' })),
  format: Type.Optional(Type.String({ description: 'Required with the first piece; 1 to 50 of a-z, 0-9, -, _, .' })),
  offset: Type.Optional(
    Type.String({
      description: 'Where this piece starts, in bytes; default 0. 409 when it does not continue what is there.',
    }),
  ),
  complete: Type.Optional(Type.String({ description: 'true (default): the last piece. false: more will follow.' })),
  sha256: Type.Optional(Type.String({ description: 'Hex digest of the whole content, checked with the last piece.' })),
  retentionDays: Type.Optional(Type.String({ description: 'Deleted after so many days; 1 to 3650, default: kept.' })),
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
    summary: 'Describe one artifact, also an unfinished one: its size is where an interrupted upload goes on.',
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
    addition: true,
    stream: 'request',
  }),
  download: operation({
    id: 'artifacts.download',
    method: 'GET',
    path: '/artifacts/{id}',
    summary: 'Read the content of a finished artifact; honours Range.',
    access: OWNERS,
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: null,
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
    addition: true,
  }),
} as const
