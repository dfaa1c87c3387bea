/** What an event would do to services and consumers: an order to hand over data, a cut-off, a tariff, the end of a provider. */
import { round } from './concentration.ts'
import type { Country, Effect, Profile } from './profile.ts'
import { costShareFrom, reach } from './reach.ts'
import { within } from './zones.ts'

export const SCENARIO_TYPES = ['data-access-order', 'cut-off', 'tariff', 'provider-cut-off'] as const

export type Scenario = {
  type: (typeof SCENARIO_TYPES)[number]
  jurisdictions?: readonly Country[]
  providers?: readonly string[]
  at: string
  graceHours?: number
  tariffPct?: number
  /** The share of a tariff that the provider hands on, 0 to 1. */
  passThrough?: number
}

export const CRITICALITIES = ['critical', 'important', 'normal'] as const
export type Criticality = (typeof CRITICALITIES)[number]

export type ExposedService = {
  id: string
  consumer: string
  provider: string
  serviceType: string
  criticality: Criticality
  monthlySpend: number
  /** The customer holds the keys of this service, whatever the provider does for others. */
  customerKeys?: boolean
  kmsCountry?: Country
}

export type Impact =
  | 'data-exposed'
  | 'metadata-only'
  | 'lost'
  | 'lost-after'
  | 'at-risk'
  | 'cost'
  | 'cost-deferred'
  | 'unknown'
  | 'none'

/** Impacts that count as a hit. What cannot be known counts, too. */
const HITS: ReadonlySet<Impact> = new Set(['data-exposed', 'lost', 'lost-after', 'cost', 'unknown'])

export type ServiceImpact = {
  service: string
  consumer: string
  provider: string
  impact: Impact
  timeToImpactDays: number | null
  /** Per month, in the currency of the spend. */
  costDelta: number
  reasons: readonly string[]
}

export type ConsumerImpact = {
  services: number
  hit: number
  spend: number
  spendHit: number
  criticalHit: number
  costDelta: number
  /** Share of services that are hit, 0 to 1. */
  blastRadius: number
  /** Share of the spend that is hit, 0 to 1. */
  spendAtRisk: number
}

export type Exposure = {
  services: readonly ServiceImpact[]
  consumers: Readonly<Record<string, ConsumerImpact>>
}

export type Profiles = ReadonlyMap<string, Profile>

/** @param profiles  by provider; a service of a provider without a profile has the impact `unknown` */
export function expose(scenario: Scenario, services: readonly ExposedService[], profiles: Profiles): Exposure {
  const known = new Map<string, Effects>()
  const impacts = services.map((service) => serviceImpact(scenario, service, profiles, known))
  const consumers: Record<string, ConsumerImpact> = {}
  for (const [index, impact] of impacts.entries()) {
    const service = services[index]
    if (!service) continue
    const sum = consumers[service.consumer] ?? {
      services: 0,
      hit: 0,
      spend: 0,
      spendHit: 0,
      criticalHit: 0,
      costDelta: 0,
      blastRadius: 0,
      spendAtRisk: 0,
    }
    consumers[service.consumer] = sum
    sum.services++
    sum.spend += service.monthlySpend
    sum.costDelta += impact.costDelta
    if (!HITS.has(impact.impact)) continue
    sum.hit++
    sum.spendHit += service.monthlySpend
    if (service.criticality === 'critical') sum.criticalHit++
  }
  for (const sum of Object.values(consumers)) {
    sum.costDelta = round(sum.costDelta, 2)
    sum.blastRadius = round(sum.hit / sum.services, 4)
    sum.spendAtRisk = sum.spend > 0 ? round(sum.spendHit / sum.spend, 4) : 0
  }
  return { services: impacts, consumers }
}

type Effects = Omit<ServiceImpact, 'service' | 'consumer' | 'provider' | 'costDelta'> & { costShare: number }

const UNTOUCHED: Effects = { impact: 'none', timeToImpactDays: null, reasons: [], costShare: 0 }

function serviceImpact(
  scenario: Scenario,
  service: ExposedService,
  profiles: Profiles,
  known: Map<string, Effects>,
): ServiceImpact {
  const { id, consumer, provider, customerKeys, kmsCountry } = service
  // most services of a provider share the answer
  const key = `${provider}|${customerKeys ? kmsCountry : ''}`
  let effects = known.get(key)
  if (!effects) {
    effects = effectsAt(scenario, provider, profiles.get(provider), customerKeys ? kmsCountry : undefined)
    known.set(key, effects)
  }
  const { costShare, ...rest } = effects
  const costDelta = round(
    service.monthlySpend * costShare * ((scenario.tariffPct ?? 0) / 100) * (scenario.passThrough ?? 1),
    2,
  )
  return { service: id, consumer, provider, ...rest, costDelta }
}

/** What the scenario does to whatever runs at a provider. */
export function providerImpact(scenario: Scenario, provider: string, profile: Profile | undefined): Impact {
  return effectsAt(scenario, provider, profile).impact
}

function effectsAt(scenario: Scenario, provider: string, profile: Profile | undefined, keysIn?: Country): Effects {
  if (scenario.type === 'provider-cut-off') {
    if (!scenario.providers?.includes(provider)) return UNTOUCHED
    return { impact: 'lost', timeToImpactDays: graceDays(scenario), reasons: ['PROVIDER'], costShare: 0 }
  }
  if (scenario.providers && !scenario.providers.includes(provider)) return UNTOUCHED
  if (!profile) return { impact: 'unknown', timeToImpactDays: null, reasons: ['NO_PROFILE'], costShare: 0 }
  const reaches = within(scenario.jurisdictions ?? [])
  const effect = EFFECT_OF[scenario.type]
  const found = reach(effect, keysIn === undefined ? profile : withCustomerKeys(profile, keysIn), reaches, scenario.at)
  const { level, reasons, days } = found
  if (level === 'none') return UNTOUCHED
  const told = { reasons, timeToImpactDays: null, costShare: 0 }
  if (level === 'unknown') return { ...told, impact: 'unknown' }
  const hit = level === 'exposed'
  switch (effect) {
    case 'data-access':
      return { ...told, impact: hit ? 'data-exposed' : 'metadata-only' }
    case 'tariff':
      return hit
        ? { ...told, impact: 'cost', costShare: costShareFrom(profile, reaches) }
        : { ...told, impact: 'cost-deferred' }
    case 'cut-off':
      if (!hit) return { ...told, impact: 'at-risk', timeToImpactDays: days }
      return days
        ? { ...told, impact: 'lost-after', timeToImpactDays: days }
        : { ...told, impact: 'lost', timeToImpactDays: graceDays(scenario) }
  }
}

const EFFECT_OF: Readonly<Record<Exclude<Scenario['type'], 'provider-cut-off'>, Effect>> = {
  'data-access-order': 'data-access',
  'cut-off': 'cut-off',
  tariff: 'tariff',
}

/** Whole days of grace; a few hours are none. */
function graceDays({ graceHours = 0 }: Scenario): number {
  return Math.floor(graceHours / 24)
}

function withCustomerKeys(profile: Profile, kmsCountry: Country): Profile {
  return {
    ...profile,
    data: {
      ...profile.data,
      encryption: 'client-side',
      keyHolder: 'customer',
      kmsCountry,
      providerPlaintextAccess: 'technically-impossible',
    },
  }
}

export function isHit(impact: Impact): boolean {
  return HITS.has(impact)
}
