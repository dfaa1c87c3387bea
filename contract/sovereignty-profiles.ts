/** Sovereignty profiles: what is known about providers, their agents and offerings; the evidence behind it, and its end. */
import { type Static, type TSchema, Type } from 'typebox'
import { exact, list, oneOf, operation, uuidFilter } from './operation.ts'
import { SovereigntyFacts } from './sovereignty-facts.ts'
import { InQuery, Timestamp, TimestampInput, TimestampInputWith, Uuid, UuidInput, UuidInputWith } from './values.ts'

export const SovereigntyAssurance = Type.Enum(['none', 'self-declared', 'credential-verified', 'auditor-attested'])
export type SovereigntyAssurance = Static<typeof SovereigntyAssurance>

export const SovereigntyEvidenceKind = Type.Enum([
  ...(['self-declaration', 'verifiable-credential', 'certificate', 'audit-report'] as const),
  ...(['contract', 'registry-lookup', 'measurement'] as const),
])
const EvidenceStatus = Type.Enum(['unverified', 'verified', 'failed', 'expired', 'revoked', 'stale'])

const subject = {
  participantId: Uuid,
  agentId: Type.Optional(Uuid),
  serviceTypeId: Type.Optional(Uuid),
}
const subjectInput = {
  participantId: UuidInputWith('Whom it is about; of an agent its provider.'),
  agentId: Type.Optional(UuidInputWith('It is about this agent of the participant.')),
  serviceTypeId: Type.Optional(UuidInputWith('It is about this service type at the agent, an offering.')),
}
/** Read as it is, and then held against `SovereigntyFacts`: members that are not described are refused and not dropped. */
const FactsInput = Type.Unsafe<SovereigntyFacts>({
  type: 'object',
  description: 'As SovereigntyFacts; refused with the JSON Pointer of what does not fit.',
})

export const SovereigntyProfile = Type.Object({
  id: Uuid,
  kind: Type.Enum(['participant', 'agent', 'offering']),
  ...subject,
  version: Type.Integer({ description: 'Counts from 1 for each subject. A published version never changes.' }),
  status: Type.Enum(['draft', 'published', 'withdrawn']),
  facts: SovereigntyFacts,
  validFrom: Timestamp,
  validUntil: Type.Optional(Timestamp),
  publishedAt: Type.Optional(Timestamp),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type SovereigntyProfile = Static<typeof SovereigntyProfile>

const validity = {
  validFrom: Type.Optional(TimestampInputWith('From then on it can count; now, when it is left out.')),
  validUntil: Type.Optional(TimestampInput),
}

export const SovereigntyProfileCreate = Type.Object({ ...subjectInput, facts: FactsInput, ...validity })
export type SovereigntyProfileCreate = Static<typeof SovereigntyProfileCreate>

export const SovereigntyProfileUpdate = Type.Object({ facts: Type.Optional(FactsInput), ...validity })
export type SovereigntyProfileUpdate = Static<typeof SovereigntyProfileUpdate>

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

const PathAssurance = Type.Object({
  path: Type.String({ description: 'JSON Pointer into the facts.' }),
  level: SovereigntyAssurance,
  evidenceIds: Type.Array(Type.String()),
  lost: Type.Array(
    Type.Object({
      evidenceId: Type.String(),
      claimed: SovereigntyAssurance,
      finding: Type.String({ description: 'Why it counts for less: expired, revoked, failed, stale, unverified.' }),
    }),
  ),
})

const Seals = Type.Object({
  score: Type.Number({ description: '0 to 100.' }),
  seal: Type.Integer({ description: '0 to 4: the lowest objective.' }),
  objectives: Type.Record(
    Type.String(),
    Type.Object({ points: Type.Number(), maxPoints: Type.Number(), ratio: Type.Number(), seal: Type.Integer() }),
  ),
})

const Need = Type.Object({
  path: Type.String({ description: 'JSON Pointer into the facts; empty when the profile has no place for it.' }),
  need: Type.Enum(['fact', 'better-fact', 'evidence', 'assessment'], {
    description: 'fact: not known. better-fact: known, and not good enough. evidence: not proved well enough.',
  }),
  hint: Type.String({ description: 'For a person.' }),
})

export const EffectiveSovereigntyProfile = Type.Object({
  ...{ participantId: Uuid, agentId: Uuid, serviceTypeId: Uuid },
  at: Timestamp,
  facts: SovereigntyFacts,
  versions: Type.Array(Type.Object({ profileId: Uuid, version: Type.Integer() }), {
    description: 'What the facts were merged from: the provider, its agent, the offering.',
  }),
  sections: Type.Array(
    Type.Object({
      section: Type.String(),
      level: Type.Enum(['none', 'self-declared', 'credential-verified', 'auditor-attested'], {
        description: 'The lowest of its paths.',
      }),
      paths: Type.Array(PathAssurance),
    }),
  ),
  evidences: Type.Array(SovereigntyEvidenceSummary),
  grades: Type.Array(
    Type.Object({
      factor: Type.String({ description: 'Factor of the EU Cloud Sovereignty Framework, SOV-1.1.' }),
      grade: Type.Integer({ description: '0 to 4, from the facts by themselves.' }),
      assurance: SovereigntyAssurance,
    }),
  ),
  scores: Type.Object({ declared: Seals, verified: Seals }),
  next: Type.Object({
    gaiaX: Type.Object({
      level: Type.Optional(Type.String()),
      next: Type.Optional(Type.String({ description: 'Absent at the highest label.' })),
      missing: Type.Array(Type.Object({ criterion: Type.String(), ...Need.properties })),
    }),
    seals: Type.Array(
      Type.Object({
        objective: Type.String(),
        seal: Type.Integer({ description: 'As verified.' }),
        next: Type.Optional(Type.Integer({ description: 'Absent at the highest.' })),
        missing: Type.Array(Type.Object({ factor: Type.String(), ...Need.properties })),
      }),
    ),
  }),
})
export type EffectiveSovereigntyProfile = Static<typeof EffectiveSovereigntyProfile>

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

const ById = Type.Object({ id: UuidInput })
const own = { admin: 'any', participant: ['participantId'] } as const
const everybody = { admin: 'any', participant: 'any' } as const
const additions = { addition: true } as const

function one<const Id extends string, A extends TSchema>(
  id: Id,
  verb: string,
  path: string,
  summary: string,
  answer: A,
) {
  return { id, method: 'POST', path: `${path}/{id}/${verb}`, summary, params: ById, status: 200, answer } as const
}

export const sovereigntyProfiles = {
  list: list({
    id: 'sovereigntyProfiles.list',
    path: '/sovereignty-profiles',
    summary: 'List profiles: published ones of everybody, and all versions of the caller.',
    access: everybody,
    item: SovereigntyProfile,
    filters: {
      participantId: uuidFilter,
      agentId: uuidFilter,
      serviceTypeId: uuidFilter,
      status: oneOf({ enum: ['draft', 'published', 'withdrawn'] }),
    },
    sort: ['version', 'createdAt'],
    ...additions,
  }),
  create: operation({
    id: 'sovereigntyProfiles.create',
    method: 'POST',
    path: '/sovereignty-profiles',
    summary: 'Start a draft of the next version of a profile.',
    access: own,
    body: SovereigntyProfileCreate,
    status: 201,
    answer: SovereigntyProfile,
    conflict: 'The subject has a draft already.',
    ...additions,
  }),
  effective: operation({
    id: 'sovereigntyProfiles.effective',
    method: 'GET',
    path: '/sovereignty-profiles/effective',
    summary: 'Read what holds for an offering: its merged facts, how well they are proved, and what they score.',
    access: everybody,
    query: Type.Object({
      agentId: InQuery({ type: 'string', format: 'uuid', description: 'Required.' }),
      serviceTypeId: InQuery({ type: 'string', format: 'uuid', description: 'Required.' }),
      at: Type.Optional(InQuery({ type: 'string', format: 'date-time', description: 'Now, when it is left out.' })),
    }),
    status: 200,
    answer: EffectiveSovereigntyProfile,
    missing: 'There is no such agent, or its type does not offer the service type.',
    ...additions,
  }),
  get: operation({
    id: 'sovereigntyProfiles.get',
    method: 'GET',
    path: '/sovereignty-profiles/{id}',
    summary: 'Read one version of a profile; a draft or withdrawn one only of oneself.',
    access: everybody,
    params: ById,
    status: 200,
    answer: SovereigntyProfile,
    ...additions,
  }),
  update: operation({
    id: 'sovereigntyProfiles.update',
    method: 'PATCH',
    path: '/sovereignty-profiles/{id}',
    summary: 'Change a draft. Facts are replaced as a whole.',
    access: own,
    params: ById,
    body: SovereigntyProfileUpdate,
    status: 200,
    answer: SovereigntyProfile,
    conflict: 'It is no draft any more.',
    ...additions,
  }),
  delete: operation({
    id: 'sovereigntyProfiles.delete',
    method: 'DELETE',
    path: '/sovereignty-profiles/{id}',
    summary: 'Delete a draft.',
    access: own,
    params: ById,
    status: 204,
    answer: null,
    conflict: 'It is no draft any more.',
    ...additions,
  }),
  publish: operation({
    ...one(
      'sovereigntyProfiles.publish',
      'publish',
      '/sovereignty-profiles',
      'Publish a draft: it never changes again, and counts from its validity on.',
      SovereigntyProfile,
    ),
    access: own,
    conflict: 'It is no draft any more.',
    ...additions,
  }),
  withdraw: operation({
    ...one(
      'sovereigntyProfiles.withdraw',
      'withdraw',
      '/sovereignty-profiles',
      'Withdraw a published version: the newest other published one counts again.',
      SovereigntyProfile,
    ),
    access: own,
    conflict: 'It is not published.',
    ...additions,
  }),
} as const

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
