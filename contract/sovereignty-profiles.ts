/** Sovereignty profiles: what is known about providers, their agents and offerings, and what holds for an offering. */
import { type Static, Type } from 'typebox'
import { list, oneOf, operation, uuidFilter } from './operation.ts'
import {
  additions,
  ById,
  everybody,
  one,
  own,
  SovereigntyAssurance,
  SovereigntyEvidenceSummary,
  subject,
  subjectInput,
} from './sovereignty-evidences.ts'
import { SovereigntyFacts } from './sovereignty-facts.ts'
import { InQuery, Timestamp, TimestampInput, TimestampInputWith, Uuid } from './values.ts'

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
