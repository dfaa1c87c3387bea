/**
 * What is missing for the next level: the next Gaia-X label, and the next SEAL of each objective of the EU Cloud Sovereignty
 * Framework. Says which facts are not known, which are not good enough, and which are not proved well enough.
 */
import { CSF_FACTORS, CSF_WEIGHTS, GAIA_X_CRITERIA, GAIA_X_LABELS } from './catalogues.ts'
import { atLeast, prove } from './evidence.ts'
import { automaticGrades, FACTOR_PATHS } from './grades.ts'
import type { Assurance, Profile } from './profile.ts'
import { type Factor, type Score, score } from './scoring.ts'
import type { ZoneGroups } from './zones.ts'

export type Need = {
  /** JSON Pointer; empty when the profile has no place for it. */
  path: string
  /**
   * `fact`: not known; `better-fact`: known, and too little; `evidence`: not proved well enough; `assessment`: no fact of a
   * profile, somebody has to look.
   */
  need: 'fact' | 'better-fact' | 'evidence' | 'assessment'
  /** For a person. */
  hint: string
}

export type NextLevels = {
  gaiaX: { level?: string; next?: string; missing: readonly (Need & { criterion: string })[] }
  seals: readonly { objective: string; seal: number; next?: number; missing: readonly (Need & { factor: string })[] }[]
}

const MAX_SEAL = 4

/** What counts as verified in `verifiedScore`. */
const VERIFIED: Assurance = 'credential-verified'

/** What it takes to get a better grade, for factors that follow from facts. */
const HINTS: Readonly<Record<string, string>> = {
  'SOV-1.1': 'seats in the EEA, no control from outside, and holders outside below 24 % each and 39 % together',
  'SOV-1.2': 'a statutory or golden share, consent, or notice before control changes',
  'SOV-1.6': 'disconnect from suppliers tested within a year, with 90, 180 or 365 days of autonomy',
  'SOV-2.1': 'governing law of EEA countries only',
  'SOV-2.2':
    'no foreign reach to data, or keys that the customer holds and plain text that is technically out of reach',
  'SOV-2.3':
    'no foreign reach to data, or keys that the customer holds and plain text that is technically out of reach',
  'SOV-3.1': 'keys that the customer holds (hyok, client-side), inside the EEA',
  'SOV-3.3': 'storage, processing, backup and keys in the EEA; then all seven aspects without fallback outside',
  'SOV-4.1': 'open formats, and an export drill within 365, then 90 days',
  'SOV-4.2': 'disconnect from suppliers tested within a year, with 90, 180 or 365 days of autonomy',
  'SOV-4.4': 'support by staff in the EEA only',
  'SOV-5.4': 'critical components from outside the EEA that are easy to replace, or none',
  'SOV-5.5': 'a list of components, an SBOM, provenance of its build, and the right to audit',
  'SOV-6.1': 'open standards, and 70, then 90 % of open source',
  'SOV-6.2': 'open standards, and 70, then 90 % of open source',
  'SOV-7.3': 'a security operations centre in the EEA only',
  'SOV-8.1': 'PUE, renewable energy and WUE within the targets of the pact, then measured',
  'SOV-8.4': 'PUE, renewable energy and WUE within the targets of the pact, then measured',
}

/**
 * All factors of the framework as far as the profile answers them: grades that follow from facts with how well these are proved.
 * What does not follow from facts has grade 0 and no proof.
 */
export function profileFactors(profile: Profile, at: string, groups: ZoneGroups): Factor[] {
  const grades = new Map(automaticGrades(profile, at, groups).map(({ factor, grade }) => [factor, grade]))
  return CSF_FACTORS.map((id) => ({
    id,
    // the number of the factor stands behind the objective, after a dot
    objective: id.slice(0, id.indexOf('.')) as Factor['objective'],
    grade: grades.get(id) ?? 0,
    assurance: grades.has(id) ? weakest(profile, FACTOR_PATHS[id] ?? [], at) : 'none',
  }))
}

/** Declared and verified score over all factors of the framework. */
export function profileScores(factors: readonly Factor[]): { declared: Score; verified: Score } {
  return { declared: score(factors, CSF_WEIGHTS, 'none'), verified: score(factors, CSF_WEIGHTS, VERIFIED) }
}

export function nextLevels(profile: Profile, at: string, groups: ZoneGroups): NextLevels {
  const factors = profileFactors(profile, at, groups)
  const { verified } = profileScores(factors)
  const known = new Set(automaticGrades(profile, at, groups).map(({ factor }) => factor))
  return {
    gaiaX: nextLabel(profile, at),
    seals: Object.keys(CSF_WEIGHTS).map((objective) => {
      const seal = verified.objectives[objective]?.seal ?? 0
      if (seal >= MAX_SEAL) return { objective, seal, missing: [] }
      const own = factors.filter((factor) => factor.objective === objective)
      return {
        objective,
        seal,
        next: seal + 1,
        missing: own.flatMap((factor) => needsOfFactor(factor, known, seal + 1, profile, at)),
      }
    }),
  }
}

function needsOfFactor(
  { id, grade, assurance }: Factor,
  known: ReadonlySet<string>,
  wanted: number,
  profile: Profile,
  at: string,
): (Need & { factor: string })[] {
  const paths = FACTOR_PATHS[id]
  if (!paths) return [{ factor: id, path: '', need: 'assessment', hint: 'an assessor grades it: no fact answers it' }]
  const hint = HINTS[id] ?? ''
  if (!known.has(id)) {
    const absent = paths.filter((path) => lookUp(profile, path) === undefined)
    return (absent.length > 0 ? absent : paths).map((path) => ({ factor: id, path, need: 'fact', hint }))
  }
  if ((grade ?? 0) < wanted) return paths.map((path) => ({ factor: id, path, need: 'better-fact', hint }))
  if (atLeast(assurance, VERIFIED)) return []
  return paths
    .filter((path) => lookUp(profile, path) !== undefined && !atLeast(prove(profile, path, at).level, VERIFIED))
    .map((path) => ({
      factor: id,
      path,
      need: 'evidence',
      hint: `${prove(profile, path, at).level}, has to be ${VERIFIED}`,
    }))
}

function nextLabel(profile: Profile, at: string): NextLevels['gaiaX'] {
  const level = profile.assessments?.['gaia-x']?.level
  const held = GAIA_X_LABELS.find((label) => label === level)
  const next = held === undefined ? GAIA_X_LABELS[0] : GAIA_X_LABELS[GAIA_X_LABELS.indexOf(held) + 1]
  const current = level === undefined ? {} : { level }
  if (next === undefined) return { ...current, missing: [] }
  const missing = Object.entries(GAIA_X_CRITERIA).flatMap(([criterion, { path, ...labels }]) => {
    const kind = labels[next]
    // a lower label that demands the same has shown it already
    if (kind === undefined || (held !== undefined && labels[held] === kind)) return []
    const need = needOfCriterion(profile, at, kind, path)
    return need ? [{ criterion, ...need }] : []
  })
  return { ...current, next, missing }
}

/** @param kind  declaration or certification */
function needOfCriterion(profile: Profile, at: string, kind: string, path: string | undefined): Need | null {
  if (path === undefined) return { path: '', need: 'assessment', hint: `${kind}; the profile has no place for it` }
  if (lookUp(profile, path) === undefined) return { path, need: 'fact', hint: kind }
  const wanted: Assurance = kind === 'certification' ? 'auditor-attested' : 'self-declared'
  const { level } = prove(profile, path, at)
  return atLeast(level, wanted) ? null : { path, need: 'evidence', hint: `${kind}: ${level}, has to be ${wanted}` }
}

function weakest(profile: Profile, paths: readonly string[], at: string): Assurance {
  return paths
    .filter((path) => lookUp(profile, path) !== undefined)
    .map((path) => prove(profile, path, at).level)
    .reduce<Assurance>((least, level) => (atLeast(level, least) ? least : level), 'auditor-attested')
}

/** What stands at a JSON Pointer of a profile; pointers here have no escapes. */
function lookUp(profile: Profile, path: string): unknown {
  return path
    .split('/')
    .slice(1)
    .reduce<unknown>(
      (value, name) => (value !== null && typeof value === 'object' ? Reflect.get(value, name) : undefined),
      profile,
    )
}
