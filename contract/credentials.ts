/**
 * Gaia-X credentials: labels and other verifiable credentials of providers, verified in the background, and descriptions of providers
 * and of this instance as credentials that it signs.
 */
import { type Static, Type } from 'typebox'
import { exact, list, oneOf, operation, uuidFilter } from './operation.ts'
import { JsonObject, Timestamp, Uuid, UuidInput } from './values.ts'

export const CredentialState = Type.Enum(['pending', 'verified', 'failed'])
export type CredentialState = Static<typeof CredentialState>

export const CredentialCheck = Type.Object({
  code: Type.String({ description: 'FETCH, FORMAT, TYP, …, DIGEST_SRI, REVOKED_BEFORE, SUPERSEDED, SUBJECT.' }),
  ok: Type.Boolean(),
  detail: Type.Optional(Type.String()),
})
export type CredentialCheck = Static<typeof CredentialCheck>

export const Credential = Type.Object({
  id: Uuid,
  participantId: Uuid,
  agentId: Type.Optional(Uuid),
  serviceTypeId: Type.Optional(Uuid),
  presentationId: Type.Optional(Uuid),
  state: CredentialState,
  reason: Type.Optional(
    Type.String({ description: 'The first check that failed; of a pending one that of the last attempt.' }),
  ),
  detail: Type.Optional(Type.String({ description: 'The reason, or what it waits for, for a person.' })),
  checks: Type.Array(CredentialCheck, { description: 'What was checked, in order, up to the first failure.' }),
  url: Type.Optional(Type.String({ description: 'Where it was fetched from, if it was.' })),
  issuer: Type.Optional(Type.String({ description: 'DID; as it says itself until it is verified.' })),
  types: Type.Array(Type.String()),
  subjectId: Type.Optional(Type.String({ description: 'Of whom or what it speaks.' })),
  labelLevel: Type.Optional(Type.Enum(['SC', 'L1', 'L2', 'L3'])),
  rulesVersion: Type.Optional(Type.String()),
  criteria: Type.Array(Type.String(), { description: 'Ids of the criteria of a label.' }),
  validFrom: Type.Optional(Timestamp),
  validUntil: Type.Optional(Timestamp),
  evidenceIds: Type.Array(Uuid, { description: 'Evidence that it became.' }),
  attempts: Type.Integer({ description: 'How often in a row something could not be fetched.' }),
  checkedAt: Type.Optional(Timestamp),
  nextCheckAt: Type.Optional(Timestamp),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type Credential = Static<typeof Credential>

export const CredentialImport = Type.Object({
  participantId: UuidInput,
  agentId: Type.Optional(UuidInput),
  serviceTypeId: Type.Optional(UuidInput),
  jwt: Type.Optional(
    Type.String({ description: 'A credential (vc+jwt) or a presentation that envelops some (vp+jwt). This or url.' }),
  ),
  url: Type.Optional(Type.String({ description: 'Where one of them is fetched from; https.' })),
})
export type CredentialImport = Static<typeof CredentialImport>

export const GaiaXDescription = Type.Object({
  did: Type.Optional(Type.String({ description: 'Who signed; absent where this instance has no DID.' })),
  credentials: Type.Array(
    Type.Object({
      type: Type.String({ description: 'gx:LegalPerson or gx:ServiceOffering.' }),
      document: JsonObject,
      jwt: Type.Optional(Type.String({ description: 'The document signed, with typ vc+jwt.' })),
    }),
  ),
})
export type GaiaXDescription = Static<typeof GaiaXDescription>

export const CredentialSigningRequest = Type.Object({
  did: Type.Optional(Type.String({ description: 'Absent where this instance has none.' })),
  publicKeyJwk: JsonObject,
  pem: Type.Optional(Type.String({ description: 'PKCS #10, for a certificate authority; absent without a DID.' })),
})
export type CredentialSigningRequest = Static<typeof CredentialSigningRequest>

const OWNERS = { admin: 'any', participant: ['participantId'] } as const

export const credentials = {
  list: list({
    id: 'credentials.list',
    path: '/credentials',
    summary: 'List credentials, one page at a time.',
    access: OWNERS,
    item: Credential,
    filters: {
      participantId: uuidFilter,
      agentId: uuidFilter,
      serviceTypeId: uuidFilter,
      state: oneOf(CredentialState),
      issuer: exact,
    },
    sort: ['createdAt', 'state', 'validUntil'],
    addition: true,
  }),
  create: operation({
    id: 'credentials.create',
    method: 'POST',
    path: '/credentials',
    summary:
      'Hand a credential in, for a participant, an agent of it or a service type at that agent. It is verified in the background. Of a presentation the first credential is answered, a label before others.',
    access: OWNERS,
    body: CredentialImport,
    status: 201,
    answer: Credential,
    conflict: 'The same credential was handed in for the same before, or there are too many.',
    missing: 'The participant, agent or service type is not there.',
    addition: true,
  }),
  get: operation({
    id: 'credentials.get',
    method: 'GET',
    path: '/credentials/{id}',
    summary: 'Get one credential with all its checks.',
    access: OWNERS,
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: Credential,
    addition: true,
  }),
  recheck: operation({
    id: 'credentials.recheck',
    method: 'POST',
    path: '/credentials/{id}/recheck',
    summary: 'Verify a credential again, soon. One that failed is pending until then; one that is verified stays it.',
    access: OWNERS,
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: Credential,
    addition: true,
  }),
  delete: operation({
    id: 'credentials.delete',
    method: 'DELETE',
    path: '/credentials/{id}',
    summary: 'Delete a credential, and the evidence that it became.',
    access: OWNERS,
    params: Type.Object({ id: UuidInput }),
    status: 204,
    answer: null,
    addition: true,
  }),
  describeParticipant: operation({
    id: 'credentials.describeParticipant',
    method: 'GET',
    path: '/participants/{id}/gaia-x-description',
    summary:
      'Describe a participant and its offerings as Gaia-X credentials, from its published profile. Not checked against SHACL shapes.',
    access: OWNERS,
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: GaiaXDescription,
    addition: true,
  }),
  describePlatform: operation({
    id: 'credentials.describePlatform',
    method: 'GET',
    path: '/gaia-x-description',
    summary: 'Describe this instance, and who operates it, as Gaia-X credentials. Not checked against SHACL shapes.',
    access: { admin: 'any', participant: 'any', agent: 'any' },
    status: 200,
    answer: GaiaXDescription,
    addition: true,
  }),
  signingRequest: operation({
    id: 'credentials.signingRequest',
    method: 'GET',
    path: '/gaia-x-signing-request',
    summary: 'The public key with which this instance signs, as a request for a certificate.',
    access: { admin: 'any' },
    status: 200,
    answer: CredentialSigningRequest,
    addition: true,
  }),
} as const
