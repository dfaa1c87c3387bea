/** What backs facts of sovereignty profiles: who brought it, who verified it, what it is worth, and when it ends. */
import { type Static, type TSchema, Type } from 'typebox'
import { exact, list, oneOf, operation, uuidFilter } from './operation.ts'
import { Timestamp, TimestampInput, TimestampInputWith, Uuid, UuidInput, UuidInputWith } from './values.ts'

export const SovereigntyAssurance = Type.Enum(['none', 'self-declared', 'credential-verified', 'auditor-attested'])
export type SovereigntyAssurance = Static<typeof SovereigntyAssurance>

export const SovereigntyEvidenceKind = Type.Enum([
  ...(['self-declaration', 'verifiable-credential', 'certificate', 'audit-report'] as const),
  ...(['contract', 'registry-lookup', 'measurement'] as const),
])
const EvidenceStatus = Type.Enum(['unverified', 'verified', 'failed', 'expired', 'revoked', 'stale'])

/** What facts and evidence are about: a participant, one of its agents, or a service type at that agent. */
export const subject = {
  participantId: Uuid,
  agentId: Type.Optional(Uuid),
  serviceTypeId: Type.Optional(Uuid),
}
export const subjectInput = {
  participantId: UuidInputWith('Whom it is about; of an agent its provider.'),
  agentId: Type.Optional(UuidInputWith('It is about this agent of the participant.')),
  serviceTypeId: Type.Optional(UuidInputWith('It is about this service type at the agent, an offering.')),
}

const EvidenceIssuer = Type.Object({ name: Type.String(), did: Type.Optional(Type.String()) })
const EvidenceCheck = Type.Object({
  code: Type.String(),
  ok: Type.Boolean(),
  detail: Type.Optional(Type.String()),
})

const EvidenceWeight = Type.Object(
  {
    level: SovereigntyAssurance,
    finding: Type.Enum(['valid', 'expired', 'not-yet-valid', 'revoked', 'failed', 'stale', 'unverified']),
  },
  { description: 'What it is worth at the moment of the answer, and why not more.' },
)

/** What everybody may read of evidence: not where the document is, and not the details of checks. */
export const SovereigntyEvidenceSummary = Type.Object({
  id: Uuid,
  kind: SovereigntyEvidenceKind,
  assertsPaths: Type.Array(Type.String()),
  issuer: Type.Optional(EvidenceIssuer),
  validFrom: Type.Optional(Timestamp),
  validUntil: Type.Optional(Timestamp),
  sha256: Type.Optional(Type.String()),
  weight: EvidenceWeight,
})

export const SovereigntyEvidence = Type.Object({
  id: Uuid,
  ...subject,
  kind: SovereigntyEvidenceKind,
  assertsPaths: Type.Array(Type.String({ description: 'JSON Pointer into the facts; covers everything below it.' })),
  issuer: Type.Optional(EvidenceIssuer),
  issuedAt: Type.Optional(Timestamp),
  validFrom: Type.Optional(Timestamp),
  validUntil: Type.Optional(Timestamp),
  mediaType: Type.Optional(Type.String()),
  uri: Type.Optional(Type.String()),
  sha256: Type.Optional(Type.String()),
  verification: Type.Object({
    status: EvidenceStatus,
    level: SovereigntyAssurance,
    checkedAt: Type.Optional(Timestamp),
    method: Type.Optional(Type.String()),
    checks: Type.Array(EvidenceCheck),
  }),
  weight: EvidenceWeight,
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type SovereigntyEvidence = Static<typeof SovereigntyEvidence>

export const SovereigntyEvidenceCreate = Type.Object({
  ...subjectInput,
  kind: SovereigntyEvidenceKind,
  assertsPaths: Type.Array(Type.String({ maxLength: 200 }), {
    minItems: 1,
    maxItems: 100,
    description: 'JSON Pointers into the facts; / is all of them.',
  }),
  issuer: Type.Optional(EvidenceIssuer),
  issuedAt: Type.Optional(TimestampInput),
  validFrom: Type.Optional(TimestampInput),
  validUntil: Type.Optional(TimestampInput),
  mediaType: Type.Optional(Type.String({ maxLength: 200 })),
  uri: Type.Optional(
    Type.String({ maxLength: 2000, description: 'An https link to the document; it is never fetched.' }),
  ),
  sha256: Type.Optional(Type.String({ description: 'Hex digest of the document.' })),
})
export type SovereigntyEvidenceCreate = Static<typeof SovereigntyEvidenceCreate>

export const SovereigntyEvidenceAttest = Type.Object({
  level: Type.Enum(['credential-verified', 'auditor-attested']),
  method: Type.String({ minLength: 1, maxLength: 500, description: 'How it was checked.' }),
  validUntil: Type.Optional(TimestampInputWith('Its end from now on.')),
  checks: Type.Optional(Type.Array(EvidenceCheck, { maxItems: 100 })),
})
export type SovereigntyEvidenceAttest = Static<typeof SovereigntyEvidenceAttest>

export const SovereigntyEvidenceRevoke = Type.Object({ reason: Type.String({ minLength: 1, maxLength: 1000 }) })
export type SovereigntyEvidenceRevoke = Static<typeof SovereigntyEvidenceRevoke>

export const SovereigntyNotice = Type.Object(
  {
    id: Uuid,
    kind: Type.Enum(['evidence', 'profile']),
    ...subject,
    validUntil: Timestamp,
    daysLeft: Type.Integer({ description: 'Whole days; negative when it is over.' }),
    state: Type.Enum(['expiring', 'expired']),
    paths: Type.Array(Type.String(), { description: 'Facts that it backs; / for a profile: all of its facts.' }),
    dependents: Type.Object(
      {
        count: Type.Integer(),
        services: Type.Array(Type.Object({ id: Uuid, name: Type.String() }), { description: 'The first 20 by name.' }),
      },
      { description: 'Services that run there; only those that the caller may read.' },
    ),
  },
  { description: 'Evidence or a profile that ends within 60 days, or ended within the last 30.' },
)
export type SovereigntyNotice = Static<typeof SovereigntyNotice>

export const ById = Type.Object({ id: UuidInput })
/** Who may write: admins, and a participant about itself. */
export const own = { admin: 'any', participant: ['participantId'] } as const
export const everybody = { admin: 'any', participant: 'any' } as const
export const additions = { addition: true } as const

/** An operation that does something with the object of its path, and answers it. */
export function one<const Id extends string, A extends TSchema>(
  id: Id,
  verb: string,
  path: string,
  summary: string,
  answer: A,
) {
  return { id, method: 'POST', path: `${path}/{id}/${verb}`, summary, params: ById, status: 200, answer } as const
}

export const sovereigntyEvidences = {
  list: list({
    id: 'sovereigntyEvidences.list',
    path: '/sovereignty-evidences',
    summary: 'List evidence in full. Others read its summary in effective profiles.',
    access: own,
    item: SovereigntyEvidence,
    filters: {
      participantId: uuidFilter,
      agentId: uuidFilter,
      serviceTypeId: uuidFilter,
      kind: oneOf(SovereigntyEvidenceKind),
      verificationStatus: oneOf(EvidenceStatus),
      sha256: exact,
    },
    sort: ['validUntil', 'createdAt'],
    ...additions,
  }),
  create: operation({
    id: 'sovereigntyEvidences.create',
    method: 'POST',
    path: '/sovereignty-evidences',
    summary: 'Bring evidence. It counts as self-declared until somebody attests it.',
    access: own,
    body: SovereigntyEvidenceCreate,
    status: 201,
    answer: SovereigntyEvidence,
    ...additions,
  }),
  get: operation({
    id: 'sovereigntyEvidences.get',
    method: 'GET',
    path: '/sovereignty-evidences/{id}',
    summary: 'Read evidence with its checks.',
    access: own,
    params: ById,
    status: 200,
    answer: SovereigntyEvidence,
    ...additions,
  }),
  delete: operation({
    id: 'sovereigntyEvidences.delete',
    method: 'DELETE',
    path: '/sovereignty-evidences/{id}',
    summary: 'Delete evidence. What was attested, checked or revoked only an admin may delete.',
    access: own,
    params: ById,
    status: 204,
    answer: null,
    conflict: 'Somebody attested, checked or revoked it, and the caller is no admin.',
    ...additions,
  }),
  attest: operation({
    ...one(
      'sovereigntyEvidences.attest',
      'attest',
      '/sovereignty-evidences',
      'Say that somebody else than the provider has verified the evidence, and how.',
      SovereigntyEvidence,
    ),
    access: { admin: 'any' },
    body: SovereigntyEvidenceAttest,
    conflict: 'It was revoked.',
    ...additions,
  }),
  revoke: operation({
    ...one(
      'sovereigntyEvidences.revoke',
      'revoke',
      '/sovereignty-evidences',
      'Take the worth of evidence away for good.',
      SovereigntyEvidence,
    ),
    access: { admin: 'any' },
    body: SovereigntyEvidenceRevoke,
    conflict: 'It was revoked already.',
    ...additions,
  }),
} as const

export const sovereigntyNotices = {
  list: list({
    id: 'sovereigntyNotices.list',
    path: '/sovereignty-notices',
    summary:
      'List evidence and profiles that end soon or have just ended: own ones, and those that own services rely on.',
    access: everybody,
    item: SovereigntyNotice,
    filters: {
      kind: oneOf({ enum: ['evidence', 'profile'] }),
      participantId: uuidFilter,
      agentId: uuidFilter,
      serviceTypeId: uuidFilter,
    },
    sort: ['validUntil'],
    ...additions,
  }),
} as const
