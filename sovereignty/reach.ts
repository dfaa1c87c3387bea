/**
 * How far foreign power reaches a provider, by three effects that are different questions: reading data, switching services off,
 * making them dearer. Keys that the customer holds help against the first and never against the second.
 */
import { controlFrom } from './control.ts'
import type { Component, Country, Effect, Profile } from './profile.ts'
import { isFresh } from './time.ts'
import type { Reaches } from './zones.ts'

export type ReachLevel = 'none' | 'mitigated' | 'unknown' | 'exposed'

export type Obligation =
  | 'OBL_CUSTOMER_HELD_KEYS'
  | 'OBL_KEEP_DISCONNECT_TEST_FRESH'
  | 'OBL_REPLACE_COMPONENT_IN_TIME'
  | 'OBL_MONITOR_PRICE_LOCK'

export type Reach = {
  level: ReachLevel
  /** Codes such as `CONTROLLED_FROM`, hard ones first. */
  reasons: readonly string[]
  /** What has to stay true for `mitigated` to hold. */
  obligations: readonly Obligation[]
  /** Cut-off: days until it bites; 0 at once; null when it never does. */
  days: number | null
}

export type ReachLimits = { maxTestAgeDays?: number; minAutonomyDays?: number }

const MAX_TEST_AGE_DAYS = 365
const MIN_AUTONOMY_DAYS = 90

const NONE: Reach = { level: 'none', reasons: [], obligations: [], days: null }

export function reach(effect: Effect, profile: Profile, reaches: Reaches, at: string, limits: ReachLimits = {}): Reach {
  switch (effect) {
    case 'data-access':
      return dataAccess(profile, reaches)
    case 'cut-off':
      return cutOff(profile, reaches, at, limits)
    case 'tariff':
      return tariff(profile, reaches, at)
  }
}

/** Metadata stays readable also where keys keep the content closed: `mitigated`, never `none`. */
function dataAccess(profile: Profile, reaches: Reaches): Reach {
  const { location = {}, operations, supplyChain, extraterritorial = [], data } = profile
  const held = [...(location.storage ?? []), ...(location.processing ?? []), ...(location.backup ?? [])]
  const control = controlFrom(profile, reaches)
  const reasons = [
    ...seat(profile, reaches),
    ...(control.state === 'yes' ? ['CONTROLLED_FROM'] : []),
    ...(held.some(reaches) ? ['DATA_LOCATED_IN'] : []),
    ...(operations?.adminAccessCountries?.some(reaches) ? ['ADMIN_ACCESS_FROM'] : []),
    ...(supplyChain?.subprocessors ?? [])
      .filter(
        ({ dataAccess: access, registeredCountry, controllerCountry }) =>
          access !== 'none' && [registeredCountry, controllerCountry].some((country) => country && reaches(country)),
      )
      .map(({ name }) => `SUBPROCESSOR:${name}`),
    ...extraterritorial
      .filter(({ jurisdiction, effects }) => effects.includes('data-access') && reaches(jurisdiction))
      .map(({ instrument }) => `INSTRUMENT:${instrument}`),
  ]
  if (reasons.length === 0)
    return control.state === 'unknown' ? { ...NONE, level: 'unknown', reasons: ['CONTROL_UNKNOWN'] } : NONE
  const closed =
    data?.keyHolder === 'customer' &&
    data.kmsCountry !== undefined &&
    !reaches(data.kmsCountry) &&
    data.providerPlaintextAccess === 'technically-impossible'
  if (!closed) return { ...NONE, level: 'exposed', reasons }
  return { level: 'mitigated', reasons, obligations: ['OBL_CUSTOMER_HELD_KEYS'], days: null }
}

function cutOff(profile: Profile, reaches: Reaches, at: string, limits: ReachLimits): Reach {
  const { location = {}, operations } = profile
  const control = controlFrom(profile, reaches)
  const hard = [
    ...seat(profile, reaches),
    ...(control.state === 'yes' ? ['CONTROLLED_FROM'] : []),
    ...(location.controlPlane?.some(reaches) ? ['CONTROL_PLANE_IN'] : []),
  ]
  const components = (profile.supplyChain?.components ?? []).filter((part) => isLever(part, reaches))
  const reasons = [...hard, ...components.map(({ name }) => `CRITICAL_COMPONENT:${name}`)]
  if (hard.length > 0) return { level: 'exposed', reasons, obligations: [], days: 0 }
  if (control.state === 'unknown')
    return { level: 'unknown', reasons: ['CONTROL_UNKNOWN', ...reasons], obligations: [], days: null }
  if (components.length === 0) return NONE

  const enough = limits.minAutonomyDays ?? MIN_AUTONOMY_DAYS
  const { supported, testedAt, autonomyDays = 0 } = operations?.disconnect ?? {}
  const tested = supported && testedAt && isFresh(testedAt, at, limits.maxTestAgeDays ?? MAX_TEST_AGE_DAYS)
  const survives = Math.min(...components.map(({ survivesDays = 0 }) => survivesDays))
  const days = Math.max(survives, tested ? autonomyDays : 0)
  if (tested && autonomyDays >= enough)
    return { level: 'mitigated', reasons, obligations: ['OBL_KEEP_DISCONNECT_TEST_FRESH'], days }
  if (survives >= enough) return { level: 'mitigated', reasons, obligations: ['OBL_REPLACE_COMPONENT_IN_TIME'], days }
  return { level: 'exposed', reasons, obligations: [], days }
}

function tariff(profile: Profile, reaches: Reaches, at: string): Reach {
  if (costShareFrom(profile, reaches) <= 0) return NONE
  const lock = profile.commercial?.priceLockUntil
  const locked = lock !== undefined && Date.parse(lock) > Date.parse(at)
  if (!locked) return { ...NONE, level: 'exposed', reasons: ['COST_SHARE'] }
  return { level: 'mitigated', reasons: ['COST_SHARE'], obligations: ['OBL_MONITOR_PRICE_LOCK'], days: null }
}

/** The share of what is sold that is bought there, 0 to 1. */
export function costShareFrom({ supplyChain }: Profile, reaches: Reaches): number {
  return (supplyChain?.components ?? [])
    .filter(({ supplierCountry }) => supplierCountry !== undefined && reaches(supplierCountry))
    .reduce((total, { costShare = 0 }) => total + costShare, 0)
}

function seat({ legal }: Profile, reaches: Reaches): string[] {
  const places = [legal?.registeredCountry, legal?.headquartersCountry, legal?.mainEstablishmentCountry]
  return places.some((country) => country !== undefined && reaches(country)) ? ['SEAT_IN'] : []
}

/** A component by which somebody there can stop the service: critical, and not easily replaced. */
function isLever(part: Component, reaches: Reaches): boolean {
  const from = (country: Country | undefined) => country !== undefined && reaches(country)
  return (
    part.criticality === 'critical' &&
    part.substitutable !== 'easy' &&
    (from(part.supplierCountry) || from(part.controllerCountry))
  )
}
