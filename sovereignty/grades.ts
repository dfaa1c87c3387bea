/**
 * Grades that follow from a profile by themselves, for the factors of the EU Cloud Sovereignty Framework that are facts. The rest
 * needs an assessor. What is not known has no grade: it is left out here, and counts 0 where the whole framework is scored.
 */
import { controlFrom, shares } from './control.ts'
import { LOCATION_ASPECTS, type LocationAspect, type Profile } from './profile.ts'
import { reach } from './reach.ts'
import { daysBetween, isFresh } from './time.ts'
import { outside, type Reaches, type Zone, type ZoneGroups } from './zones.ts'

/** The zone of the framework. */
const EEA: Zone = { groups: ['EEA'] }
const YEAR_DAYS = 365

type Asked = { profile: Profile; at: string; foreign: Reaches }
type Grade = 0 | 1 | 2 | 3 | 4

/** By factor, in the numbering of `data/ec-csf.json`. */
const GRADERS: Readonly<Record<string, (asked: Asked) => Grade | null>> = {
  'SOV-1.1': decisiveBodies,
  'SOV-1.2': changeOfControl,
  'SOV-1.6': survivesCeaseOrder,
  'SOV-2.1': law,
  'SOV-2.2': foreignReach,
  'SOV-2.3': foreignReach,
  'SOV-3.1': cryptoControl,
  'SOV-3.3': confinement,
  'SOV-4.1': migrationEase,
  'SOV-4.2': survivesCeaseOrder,
  'SOV-4.4': support,
  'SOV-5.4': reliance,
  'SOV-5.5': chainVisibility,
  'SOV-6.1': openness,
  'SOV-6.2': openness,
  'SOV-7.3': securityCentre,
  'SOV-8.1': environmentTargets,
  'SOV-8.4': environmentTargets,
}

/** What each of these grades rests on, as JSON Pointers into the profile: they say how well a grade is proved. */
export const FACTOR_PATHS: Readonly<Record<string, readonly string[]>> = {
  'SOV-1.1': [
    ...['/legal/registeredCountry', '/legal/headquartersCountry', '/legal/mainEstablishmentCountry'],
    '/control/owners',
  ],
  'SOV-1.2': ['/control/changeOfControl'],
  'SOV-1.6': ['/operations/disconnect'],
  'SOV-2.1': ['/legal/governingLaw'],
  'SOV-2.2': ['/legal', '/control', '/location', '/data', '/operations/adminAccessCountries'],
  'SOV-2.3': ['/legal', '/control', '/location', '/data', '/operations/adminAccessCountries'],
  'SOV-3.1': ['/data/encryption', '/location/keys'],
  'SOV-3.3': ['/location'],
  'SOV-4.1': ['/portability'],
  'SOV-4.2': ['/operations/disconnect'],
  'SOV-4.4': ['/location/support'],
  'SOV-5.4': ['/supplyChain/components'],
  'SOV-5.5': ['/supplyChain'],
  'SOV-6.1': ['/technology'],
  'SOV-6.2': ['/technology'],
  'SOV-7.3': ['/operations/socCountries'],
  'SOV-8.1': ['/environment'],
  'SOV-8.4': ['/environment'],
}

export type AutomaticGrade = { factor: string; grade: Grade }

export function automaticGrades(profile: Profile, at: string, groups: ZoneGroups): AutomaticGrade[] {
  const asked = { profile, at, foreign: outside([EEA], groups) }
  return Object.entries(GRADERS).flatMap(([factor, grader]) => {
    const grade = grader(asked)
    return grade === null ? [] : [{ factor, grade }]
  })
}

function decisiveBodies({ profile, foreign }: Asked): Grade | null {
  const { registeredCountry, headquartersCountry, mainEstablishmentCountry } = profile.legal ?? {}
  const seats = [registeredCountry, headquartersCountry, mainEstablishmentCountry]
  if (seats.includes(undefined)) return null
  if (seats.some((country) => country !== undefined && foreign(country))) return 0
  const control = controlFrom(profile, foreign)
  const held = shares(profile, foreign)
  if (control.state === 'unknown' || held === null) return null
  if (control.state === 'yes') return 1
  if (held.together === 0) return 4
  return held.largest <= 24 && held.together <= 39 ? 3 : 2
}

function changeOfControl({ profile: { control } }: Asked): Grade | null {
  const by = { statutory: 4, consent: 3, notice: 2, none: 0 } as const
  return control?.changeOfControl ? by[control.changeOfControl] : null
}

function survivesCeaseOrder({ profile, at }: Asked): Grade | null {
  const { disconnect } = profile.operations ?? {}
  if (disconnect?.supported === undefined) return null
  if (!disconnect.supported) return 0
  const days = disconnect.autonomyDays ?? 0
  if (!disconnect.testedAt || !isFresh(disconnect.testedAt, at, YEAR_DAYS)) return 1
  if (days >= 365) return 4
  if (days >= 180) return 3
  return days >= 90 ? 2 : 1
}

function law({ profile: { legal }, foreign }: Asked): Grade | null {
  const countries = legal?.governingLaw
  if (!countries?.length) return null
  if (countries.every((country) => !foreign(country))) return 4
  const [first] = countries
  if (first !== undefined && !foreign(first)) return 3
  return countries.some((country) => !foreign(country)) ? 2 : 0
}

function foreignReach({ profile, at, foreign }: Asked): Grade | null {
  const { level } = reach('data-access', profile, foreign, at)
  if (level === 'unknown') return null
  if (level === 'none') return 4
  if (level === 'mitigated') return 3
  return profile.operations?.governmentRequests?.challenges ? 1 : 0
}

function cryptoControl({ profile: { data, location }, foreign }: Asked): Grade | null {
  if (!data?.encryption) return null
  const places = [...(data.kmsCountry ? [data.kmsCountry] : []), ...(location?.keys ?? [])]
  const inside = places.length > 0 && !places.some(foreign)
  switch (data.encryption) {
    case 'client-side':
    case 'hyok':
      return inside ? 4 : 3
    case 'byok':
      return 2
    case 'provider-managed':
      return inside ? 1 : 0
    case 'none':
      return 0
  }
}

function confinement({ profile: { location }, foreign }: Asked): Grade | null {
  if (!location) return null
  const inside = (aspects: readonly LocationAspect[]) =>
    aspects.every((aspect) => location[aspect]?.length && !location[aspect].some(foreign))
  if (inside(LOCATION_ASPECTS) && location.fallbackOutside === false) return 4
  if (inside(['storage', 'processing', 'backup', 'keys'])) return 3
  if (inside(['storage', 'processing'])) return 2
  return inside(['storage']) ? 1 : 0
}

function migrationEase({ profile: { portability, technology }, at }: Asked): Grade | null {
  if (!portability) return null
  const open = (portability.exportFormats?.length ?? 0) > 0 && technology?.apiKind !== 'closed'
  const tested = portability.exportTestedAt
  if (open && tested && isFresh(tested, at, 90)) return 4
  if (open && tested && isFresh(tested, at, YEAR_DAYS)) return 3
  if (open) return 2
  return portability.exportAction ? 1 : 0
}

function support({ profile: { location }, foreign }: Asked): Grade | null {
  return staffIn(location?.support, foreign)
}

function securityCentre({ profile: { operations }, foreign }: Asked): Grade | null {
  return staffIn(operations?.socCountries, foreign)
}

function staffIn(countries: readonly string[] | undefined, foreign: Reaches): Grade | null {
  if (!countries?.length) return null
  if (!countries.some(foreign)) return 4
  return countries.every(foreign) ? 0 : 1
}

function reliance({ profile: { supplyChain }, foreign }: Asked): Grade | null {
  if (!supplyChain?.components) return null
  const critical = supplyChain.components.filter(
    ({ criticality, supplierCountry, controllerCountry }) =>
      criticality === 'critical' && [supplierCountry, controllerCountry].some((country) => country && foreign(country)),
  )
  const fixed = critical.filter(({ substitutable }) => substitutable === 'none').length
  if (critical.length === 0) return 4
  if (critical.every(({ substitutable }) => substitutable === 'easy')) return 3
  if (fixed === 0) return 2
  return fixed === 1 ? 1 : 0
}

function chainVisibility({ profile: { supplyChain } }: Asked): Grade | null {
  if (!supplyChain) return null
  const { sbom = [], provenance = [], auditRight, components } = supplyChain
  if (sbom.length > 0 && provenance.some(({ level = 0 }) => level > 0) && auditRight) return 4
  if (sbom.length > 0) return 3
  return components?.length ? 2 : 0
}

function openness({ profile: { technology } }: Asked): Grade | null {
  if (!technology?.apiKind) return null
  const share = technology.openSourceShare ?? 0
  if (technology.apiKind === 'closed') return 0
  if (technology.apiKind === 'open-standard' && share >= 0.9) return 4
  return share >= 0.7 ? 3 : 2
}

/** The targets of the Climate Neutral Data Centre Pact; `measured` needs evidence of that kind about the environment. */
function environmentTargets({ profile: { environment, evidences = [] }, at }: Asked): Grade | null {
  const { climate, pue, wue, renewablePct } = environment ?? {}
  if (pue === undefined || renewablePct === undefined) return null
  const met =
    pue <= (climate === 'warm' ? 1.4 : 1.3) && renewablePct >= (at < '2030-12-31' ? 75 : 100) && (wue ?? 0) <= 0.4
  if (!met) return 0
  const measured = evidences.some(
    ({ kind, assertsPaths, validUntil }) =>
      kind === 'measurement' &&
      assertsPaths.some((path) => path.startsWith('/environment')) &&
      (validUntil === undefined || daysBetween(at, validUntil) >= 0),
  )
  return measured ? 4 : 3
}
