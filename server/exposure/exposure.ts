/** What an event does to a portfolio: the rules of sovereignty applied to services, and their sums by consumer and currency. */
import {
  type Country,
  type ExposedService,
  expose,
  type Impact,
  isHit,
  type Profile,
  providerImpact,
  round,
  type Scenario,
  type ServiceImpact,
} from '@fulcrum/sovereignty'
import { Amounts, type Portfolio, type PortfolioOffering, type PortfolioService } from './portfolio.ts'
import type { AskedScenario } from './scenario.ts'

export type ImpactOnService = {
  service: PortfolioService
  impact: Impact
  hit: boolean
  timeToImpactDays: number | null
  costDelta: number
  reasons: readonly string[]
}

export type SpendAtRisk = { currency: string; amount: number; hitAmount: number; share: number; costDelta: number }

/** `open` members are null where the caller may not see what consumers say of their services. */
export type Sums = {
  services: number
  hit: number
  blastRadius: number
  open: { critical: number; criticalHit: number; spend: SpendAtRisk[]; unknownSpend: number } | null
  firstImpactDays: number | null
  byImpact: Readonly<Record<string, number>>
}

export type Unknown = {
  code: 'NO_PROFILE' | 'CONTROL_UNKNOWN' | 'FACT_MISSING' | 'NO_SPEND' | 'NOT_CLASSIFIED'
  path?: string
  services: number
  providerIds: readonly string[]
}

export type ExposureResult = {
  /** In the order of the services; see `inOrder`. */
  impacts: readonly ImpactOnService[]
  totals: Sums
  /** Most hits on critical services first. */
  consumers: readonly (Sums & { consumerId: string })[]
  offerings: readonly (PortfolioOffering & { services: number; impact: Impact })[]
  unknown: readonly Unknown[]
}

/** The worst first. */
export const SEVERITY: readonly Impact[] = [
  'lost',
  'data-exposed',
  'unknown',
  'lost-after',
  'cost',
  'at-risk',
  'metadata-only',
  'cost-deferred',
  'none',
]
const URGENCY = ['critical', 'important', 'normal'] as const

export function exposureOf(asked: AskedScenario, { services, offerings }: Portfolio): ExposureResult {
  const scenario = atOfferings(asked, offerings)
  const profiles = new Map(
    [...offerings].flatMap(([key, { profile }]): [string, Profile][] => (profile ? [[key, profile]] : [])),
  )
  const exposed = expose(scenario, services.map(toExposed), profiles)
  const impacts = exposed.services.flatMap((impact, index) => {
    const service = services[index]
    return service ? [onService(service, impact)] : []
  })
  const perOffering = Map.groupBy(services, ({ offering }) => offering)
  return {
    impacts,
    totals: sum(impacts),
    consumers: [...Map.groupBy(impacts, ({ service }) => service.consumerId)]
      .map(([consumerId, some]) => ({ consumerId, ...sum(some) }))
      .toSorted(byDamage),
    offerings: [...offerings.values()]
      .map((offering) => ({
        ...offering,
        services: perOffering.get(offering.key)?.length ?? 0,
        impact: providerImpact(scenario, offering.key, profiles.get(offering.key)),
      }))
      .toSorted((a, b) => SEVERITY.indexOf(a.impact) - SEVERITY.indexOf(b.impact) || b.services - a.services),
    unknown: unknowns(asked, impacts, offerings),
  }
}

/** The rules know providers by the key of their profile; here each offering has its own. */
function atOfferings(asked: AskedScenario, offerings: Portfolio['offerings']): Scenario {
  const { providers, at, ...rest } = asked
  const named = providers && new Set(providers)
  return {
    ...rest,
    at: at.toISOString(),
    ...(named && { providers: [...offerings].flatMap(([key, of]) => (named.has(of.providerId) ? [key] : [])) }),
  }
}

function toExposed(service: PortfolioService): ExposedService {
  const exposed: ExposedService = {
    id: service.id,
    consumer: service.consumerId,
    provider: service.offering,
    serviceType: '',
    criticality: service.criticality,
    monthlySpend: service.spend?.amount ?? 0,
  }
  const kmsCountry = service.customerKeyCountry
  return kmsCountry === null ? exposed : { ...exposed, customerKeys: true, kmsCountry }
}

function onService(service: PortfolioService, found: ServiceImpact): ImpactOnService {
  const { impact, timeToImpactDays, costDelta, reasons } = found
  const told = service.kept ? [...reasons, 'KEPT_AFTER_MIGRATION'] : reasons
  return { service, impact, hit: isHit(impact), timeToImpactDays, costDelta, reasons: told }
}

/** Worst impact first, then soonest, then most critical, then by id. */
export function inOrder(impacts: readonly ImpactOnService[]): ImpactOnService[] {
  return impacts
    .map((one) => ({ one, rank: rankOf(one) }))
    .sort((a, b) => a.rank - b.rank || (a.one.service.id < b.one.service.id ? -1 : 1))
    .map(({ one }) => one)
}

/** Impact, days and urgency as one number: comparing three things of 10,000 services would be most of the work. */
function rankOf({ impact, timeToImpactDays, service }: ImpactOnService): number {
  const days = Math.min(timeToImpactDays ?? 0, MOST_DAYS)
  return (SEVERITY.indexOf(impact) * (MOST_DAYS + 1) + days) * (URGENCY.length + 1) + urgency(service)
}

const MOST_DAYS = 1e6

/** What a provider may not see must not show in the order either. */
function urgency({ open, criticality }: PortfolioService): number {
  return open ? URGENCY.indexOf(criticality) : URGENCY.length
}

function byDamage(a: Sums & { consumerId: string }, b: Sums & { consumerId: string }): number {
  return (
    (b.open?.criticalHit ?? 0) - (a.open?.criticalHit ?? 0) ||
    b.hit - a.hit ||
    b.blastRadius - a.blastRadius ||
    (a.consumerId < b.consumerId ? -1 : 1)
  )
}

function sum(impacts: readonly ImpactOnService[]): Sums {
  const hit = impacts.filter((one) => one.hit)
  const lost = hit.flatMap(({ timeToImpactDays }) => (timeToImpactDays === null ? [] : [timeToImpactDays]))
  const open = impacts.filter(({ service }) => service.open)
  const byImpact: Record<string, number> = {}
  for (const { impact } of impacts) byImpact[impact] = (byImpact[impact] ?? 0) + 1
  return {
    services: impacts.length,
    hit: hit.length,
    blastRadius: impacts.length > 0 ? round(hit.length / impacts.length, 4) : 0,
    open: open.length > 0 || impacts.length === 0 ? openSums(open) : null,
    firstImpactDays: lost.length > 0 ? lost.reduce((least, days) => Math.min(least, days)) : null,
    byImpact,
  }
}

function openSums(impacts: readonly ImpactOnService[]): NonNullable<Sums['open']> {
  const [all, hit, delta] = [new Amounts(), new Amounts(), new Amounts()]
  let [critical, criticalHit, unknownSpend] = [0, 0, 0]
  for (const { service, hit: isOne, costDelta } of impacts) {
    if (service.kept) continue
    if (service.criticality === 'critical') {
      critical++
      if (isOne) criticalHit++
    }
    if (service.spend === null) {
      unknownSpend++
      continue
    }
    const { currency } = service.spend
    all.add(service.spend)
    if (isOne) hit.add(service.spend)
    delta.add({ amount: costDelta, currency })
  }
  const spend = all.currencies.map((currency) => {
    const [amount, hitAmount] = [all.of(currency), hit.of(currency)]
    const share = amount > 0 ? round(hitAmount / amount, 4) : 0
    return { currency, amount, hitAmount, share, costDelta: delta.of(currency) }
  })
  return { critical, criticalHit, spend, unknownSpend }
}

/** Facts that decide about a scenario, by pointer, and how to see that they are there. */
const NEEDED: Readonly<
  Record<AskedScenario['type'], readonly [pointer: string, known: (profile: Profile) => boolean][]>
> = {
  'data-access-order': [
    ['/legal', hasSeat],
    ['/location/storage', ({ location }) => location?.storage !== undefined],
    ['/operations/adminAccessCountries', ({ operations }) => operations?.adminAccessCountries !== undefined],
    ['/supplyChain/subprocessors', ({ supplyChain }) => supplyChain?.subprocessors !== undefined],
  ],
  'cut-off': [
    ['/legal', hasSeat],
    ['/location/controlPlane', ({ location }) => location?.controlPlane !== undefined],
    ['/supplyChain/components', ({ supplyChain }) => supplyChain?.components !== undefined],
  ],
  tariff: [
    [
      '/supplyChain/components',
      ({ supplyChain }) => supplyChain?.components?.some(({ costShare }) => costShare !== undefined) ?? false,
    ],
  ],
  'provider-cut-off': [],
}

function hasSeat({ legal }: Profile): boolean {
  const places: (Country | undefined)[] = [
    legal?.registeredCountry,
    legal?.headquartersCountry,
    legal?.mainEstablishmentCountry,
  ]
  return places.some((country) => country !== undefined)
}

/** What was not known, each with how many services it concerns. */
function unknowns(
  asked: AskedScenario,
  impacts: readonly ImpactOnService[],
  offerings: Portfolio['offerings'],
): Unknown[] {
  const found = new Map<string, Unknown & { providers: Set<string> }>()
  const note = (code: Unknown['code'], providerId: string | undefined, path?: string) => {
    const key = `${code} ${path ?? ''}`
    const one = found.get(key) ?? {
      code,
      ...(path !== undefined && { path }),
      services: 0,
      providerIds: [],
      providers: new Set(),
    }
    one.services++
    if (providerId !== undefined) one.providers.add(providerId)
    found.set(key, one)
  }
  const missing = missingFacts(asked, offerings)
  for (const { service, reasons } of impacts) {
    const offering = offerings.get(service.offering)
    if (reasons.includes('NO_PROFILE')) note('NO_PROFILE', offering?.providerId)
    else if (reasons.includes('CONTROL_UNKNOWN')) note('CONTROL_UNKNOWN', offering?.providerId)
    for (const pointer of missing.get(service.offering) ?? []) note('FACT_MISSING', offering?.providerId, pointer)
    if (!service.open || service.kept) continue
    if (service.spend === null) note('NO_SPEND', undefined)
    if (!service.classified) note('NOT_CLASSIFIED', undefined)
  }
  return [...found.values()].map(({ providers, ...unknown }) => ({
    ...unknown,
    providerIds: [...providers].toSorted(),
  }))
}

/** By offering, of those that the event can touch, and that say anything at all. */
function missingFacts(asked: AskedScenario, offerings: Portfolio['offerings']): Map<string, string[]> {
  const touched = asked.providers && new Set(asked.providers)
  return new Map(
    [...offerings.values()].flatMap(({ key, profile, providerId }): [string, string[]][] => {
      if (!profile || (touched && !touched.has(providerId))) return []
      return [[key, NEEDED[asked.type].flatMap(([pointer, known]) => (known(profile) ? [] : [pointer]))]]
    }),
  )
}
