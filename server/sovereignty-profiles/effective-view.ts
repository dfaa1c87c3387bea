/** What holds for an offering, in the words of the wire: facts, how well each is proved, grades, scores, and the next levels. */
import type { EffectiveSovereigntyProfile, SovereigntyAssurance, SovereigntyFacts } from '@fulcrum/contract'
import {
  ASSURANCES,
  automaticGrades,
  type Evidence,
  nextLevels,
  type Profile,
  profileFactors,
  profileScores,
  prove,
  type Score,
  weigh,
  ZONE_GROUPS,
} from '@fulcrum/sovereignty'
import { timestamp } from '../platform/wire.ts'
import type { OfferingProfile } from './effective-store.ts'

export function effectiveView(offering: OfferingProfile, time: Date): EffectiveSovereigntyProfile {
  const at = time.toISOString()
  const { evidences = [], id: _, ...facts } = offering.profile
  const factors = new Map(profileFactors(offering.profile, at, ZONE_GROUPS).map((factor) => [factor.id, factor]))
  const scores = profileScores([...factors.values()])
  const { gaiaX, seals } = nextLevels(offering.profile, at, ZONE_GROUPS)
  return {
    participantId: offering.providerId,
    agentId: offering.agentId,
    serviceTypeId: offering.serviceTypeId,
    at: timestamp(time),
    // merged from facts that fit the contract; the rules' type only forbids writing to them
    facts: facts as SovereigntyFacts,
    versions: [...offering.versions],
    sections: sectionsOf(offering.profile, at),
    evidences: evidences.map((evidence) => summaryOf(evidence, at)),
    grades: automaticGrades(offering.profile, at, ZONE_GROUPS).map(({ factor, grade }) => ({
      factor,
      grade,
      assurance: factors.get(factor)?.assurance ?? 'none',
    })),
    scores: { declared: sealsOf(scores.declared), verified: sealsOf(scores.verified) },
    next: {
      gaiaX: { ...gaiaX, missing: [...gaiaX.missing] },
      seals: seals.map((seal) => ({ ...seal, missing: [...seal.missing] })),
    },
  }
}

/** Each section with the facts that it states; what is not stated has no proof to speak of. */
function sectionsOf(profile: Profile, at: string): EffectiveSovereigntyProfile['sections'] {
  const { id: _, evidences: __, ...facts } = profile
  return Object.entries(facts).map(([section, value]) => {
    const members = Array.isArray(value) ? [`/${section}`] : Object.keys(value).map((name) => `/${section}/${name}`)
    const paths = members.map((path) => {
      const { level, evidenceIds, lost } = prove(profile, path, at)
      return { path, level, evidenceIds: [...evidenceIds], lost: [...lost] }
    })
    return { section, level: lowest(paths.map(({ level }) => level)), paths }
  })
}

function lowest(levels: readonly SovereigntyAssurance[]): SovereigntyAssurance {
  return ASSURANCES.find((level) => levels.includes(level)) ?? 'none'
}

function summaryOf(evidence: Evidence, at: string): EffectiveSovereigntyProfile['evidences'][number] {
  const { id, kind, assertsPaths, issuer, validFrom, validUntil, sha256 } = evidence
  return {
    id,
    kind,
    assertsPaths: [...assertsPaths],
    ...(issuer && { issuer }),
    ...(validFrom !== undefined && { validFrom }),
    ...(validUntil !== undefined && { validUntil }),
    ...(sha256 !== undefined && { sha256 }),
    weight: weigh(evidence, at),
  }
}

function sealsOf({ score, seal, objectives }: Score) {
  return { score, seal, objectives: { ...objectives } }
}
