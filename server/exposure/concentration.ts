/**
 * How much of a portfolio hangs on few: groups of providers, countries of control and of location, suppliers of critical parts; by
 * money, by number, by criticality. And what remains when the largest fails.
 */
import { type Country, concentration, controlFrom, type Profile, round, type Unit, within } from '@fulcrum/sovereignty'
import { Amounts, type Portfolio, type PortfolioOffering, type PortfolioService } from './portfolio.ts'
import { type ProviderGroup, providerGroups } from './provider-groups.ts'

export const DIMENSIONS = ['provider-group', 'controller-country', 'location-country', 'critical-supplier'] as const
export type Dimension = (typeof DIMENSIONS)[number]
export type Weight = 'spend' | 'count' | 'criticality'

/** What a service counts by criticality: as many normal ones as it outweighs. */
export const CRITICALITY_WEIGHTS = { critical: 4, important: 2, normal: 1 } as const

/** The key of what is not known: it may all be the same one. */
export const UNKNOWN = 'unknown'

export type Measure = {
  dimension: Dimension
  weight: Weight
  currency?: string
  hhi: number
  effectiveNumber: number
  maxShare: number
  band: 'low' | 'moderate' | 'high'
  unknownShare: number
  /** The largest first. */
  shares: { key: string; name: string; share: number }[]
}

export type LargestFails = {
  dimension: Dimension
  key: string
  name: string
  servicesLost: number
  servicesRemaining: number
  criticalLost: number
  criticalRemaining: number
  spend: { currency: string; lost: number; remaining: number }[]
  takers: { serviceTypeId: string; serviceTypeName: string; services: number; offerings: PortfolioOffering[] }[]
}

export type Supplier = {
  name: string
  services: number
  share: number
  criticalServices: number
  providers: { id: string; name: string }[]
}

export type ConcentrationResult = {
  services: number
  unknownSpend: number
  measures: Measure[]
  largestFails: LargestFails[]
  suppliers: Supplier[]
  groups: ProviderGroup[]
}

type Key = { key: string; name: string }

/** @param everything  all offerings that take orders: who could take over */
export function concentrationOf(
  { services, offerings }: Portfolio,
  everything: ReadonlyMap<string, PortfolioOffering>,
  at: Date,
): ConcentrationResult {
  const known = new Map([...everything, ...offerings])
  const groups = providerGroups(known.values(), at)
  const keysOf = keysByDimension(known, groups)
  const keysOfService = (dimension: Dimension, { offering }: PortfolioService) => keysOf(dimension, offering)
  const currencies = [...new Set(services.flatMap(({ spend }) => (spend ? [spend.currency] : [])))].toSorted()
  const measures = DIMENSIONS.flatMap((dimension) => {
    const measured = (weight: Weight, weigh: (service: PortfolioService) => number, currency?: string) =>
      measure(dimension, weight, services, weigh, keysOfService, currency)
    return [
      ...currencies.map((currency) =>
        measured('spend', ({ spend }) => (spend?.currency === currency ? spend.amount : 0), currency),
      ),
      measured('count', () => 1),
      measured('criticality', ({ criticality }) => CRITICALITY_WEIGHTS[criticality]),
    ]
  })
  const ofPortfolio = new Set([...offerings.values()].map(({ providerId }) => providerId))
  return {
    services: services.length,
    unknownSpend: services.filter(({ spend }) => spend === null).length,
    measures,
    largestFails: DIMENSIONS.flatMap((dimension) => largestFails(dimension, services, known, everything, keysOf)),
    suppliers: sharedSuppliers(services, known, keysOf),
    groups: groups.filter(({ providers }) => providers.length > 1 && providers.some(({ id }) => ofPortfolio.has(id))),
  }
}

function measure(
  dimension: Dimension,
  weight: Weight,
  services: readonly PortfolioService[],
  weigh: (service: PortfolioService) => number,
  keysOf: (dimension: Dimension, service: PortfolioService) => readonly Key[],
  currency?: string,
): Measure {
  const names = new Map<string, string>()
  const units = services.flatMap((service): Unit[] => {
    const keys = keysOf(dimension, service)
    return keys.map(({ key, name }) => {
      names.set(key, name)
      // what hangs on several hangs on each of them in part: shares add up to one
      return { key, weight: weigh(service) / keys.length }
    })
  })
  const { hhi, effectiveNumber, maxShare, band, shares } = concentration(units)
  return {
    dimension,
    weight,
    ...(currency !== undefined && { currency }),
    hhi,
    effectiveNumber,
    maxShare,
    band,
    unknownShare: shares[UNKNOWN] ?? 0,
    shares: Object.entries(shares)
      .map(([key, share]) => ({ key, name: names.get(key) ?? key, share }))
      .filter(({ share }) => share > 0)
      .toSorted((a, b) => b.share - a.share || (a.key < b.key ? -1 : 1)),
  }
}

type KeysOf = (dimension: Dimension, offering: string) => readonly Key[]

/** Each offering's keys are found once, however many services it has. */
function keysByDimension(offerings: ReadonlyMap<string, PortfolioOffering>, groups: readonly ProviderGroup[]): KeysOf {
  const groupOf = new Map(
    groups.flatMap((group) => group.providers.map(({ id }): [string, ProviderGroup] => [id, group])),
  )
  const unknown = [{ key: UNKNOWN, name: 'not known' }]
  const countries = (found: readonly Country[] | null) => found?.map((key) => ({ key, name: key })) ?? unknown
  const find = (dimension: Dimension, offering: PortfolioOffering): readonly Key[] => {
    const { profile, providerId, providerName } = offering
    if (dimension === 'provider-group') {
      const group = groupOf.get(providerId)
      return [{ key: group?.key ?? providerId, name: group ? nameOf(group) : providerName }]
    }
    if (!profile) return unknown
    switch (dimension) {
      case 'controller-country':
        return countries(controllerCountries(profile))
      case 'location-country':
        return countries(locationCountries(profile))
      case 'critical-supplier':
        return criticalSuppliers(profile) ?? unknown
    }
  }
  const found = new Map<string, readonly Key[]>()
  return (dimension, key) => {
    const known = found.get(`${dimension} ${key}`)
    if (known) return known
    const offering = offerings.get(key)
    const keys = offering ? find(dimension, offering) : unknown
    found.set(`${dimension} ${key}`, keys)
    return keys
  }
}

export function nameOf({ providers }: ProviderGroup): string {
  return providers.map(({ name }) => name).join(' + ')
}

/**
 * Where whoever controls the provider is: the named ultimate controllers, else the one country whose owners decide, else, when
 * owners are known and none decides, the seat. Null when undisclosed owners could decide.
 */
export function controllerCountries(profile: Profile): readonly Country[] | null {
  const { control, legal } = profile
  const ultimate = control?.ultimateControllerCountries ?? []
  if (ultimate.length > 0) return [...new Set(ultimate)]
  const countries = [...new Set((control?.owners ?? []).map(({ country }) => country))]
  const states = countries.map((country) => ({ country, ...controlFrom(profile, within([country])) }))
  const deciding = states.filter(({ state }) => state === 'yes').map(({ country }) => country)
  if (deciding.length > 0) return deciding
  // nobody is in the empty list of countries, so that only what is not disclosed can decide there
  if (states.some(({ state }) => state === 'unknown') || controlFrom(profile, within([])).state === 'unknown')
    return null
  const seat = legal?.headquartersCountry ?? legal?.registeredCountry
  return seat === undefined ? null : [seat]
}

/** Where data is: stored, processed, backed up. Null when neither storage nor processing is told. */
export function locationCountries({ location }: Profile): readonly Country[] | null {
  const { storage = [], processing = [], backup = [] } = location ?? {}
  const known = [...new Set([...storage, ...processing])]
  return known.length === 0 ? null : [...new Set([...known, ...backup])]
}

/** Of critical parts that are not easily replaced. Empty: there are none; null when parts are not told. */
function criticalSuppliers({ supplyChain }: Profile): readonly Key[] | null {
  if (!supplyChain?.components) return null
  const names = supplyChain.components
    .filter(({ criticality, substitutable }) => criticality === 'critical' && substitutable !== 'easy')
    .map(({ name, supplier }) => supplier?.trim() || `supplier of ${name}`)
  return [...new Map(names.map((name) => [name.toLowerCase(), { key: name.toLowerCase(), name }])).values()]
}

function largestFails(
  dimension: Dimension,
  services: readonly PortfolioService[],
  known: ReadonlyMap<string, PortfolioOffering>,
  everything: ReadonlyMap<string, PortfolioOffering>,
  keysOf: KeysOf,
): LargestFails[] {
  const counts = new Map<string, Key & { count: number }>()
  for (const { offering } of services)
    for (const one of keysOf(dimension, offering))
      counts.set(one.key, { ...one, count: (counts.get(one.key)?.count ?? 0) + 1 })
  const [largest] = [...counts.values()].toSorted((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1))
  if (!largest) return []
  const falls = (offering: string) => keysOf(dimension, offering).some(({ key }) => key === largest.key)
  const [lost, remaining] = [
    services.filter(({ offering }) => falls(offering)),
    services.filter(({ offering }) => !falls(offering)),
  ]
  const [spendLost, spendLeft] = [amountsOf(lost), amountsOf(remaining)]
  const currencies = [...new Set([...spendLost.currencies, ...spendLeft.currencies])].toSorted()
  const perType = Map.groupBy(lost, ({ offering }) => known.get(offering)?.serviceTypeId ?? '')
  return [
    {
      dimension,
      key: largest.key,
      name: largest.name,
      servicesLost: lost.length,
      servicesRemaining: remaining.length,
      criticalLost: critical(lost),
      criticalRemaining: critical(remaining),
      spend: currencies.map((currency) => ({
        currency,
        lost: spendLost.of(currency),
        remaining: spendLeft.of(currency),
      })),
      takers: [...perType]
        .map(([serviceTypeId, some]) => ({
          serviceTypeId,
          serviceTypeName: known.get(some[0]?.offering ?? '')?.serviceTypeName ?? '',
          services: some.length,
          offerings: [...everything.values()]
            .filter((offering) => offering.serviceTypeId === serviceTypeId && !falls(offering.key))
            .toSorted((a, b) => (`${a.providerName} ${a.key}` < `${b.providerName} ${b.key}` ? -1 : 1)),
        }))
        .toSorted((a, b) => b.services - a.services || (a.serviceTypeId < b.serviceTypeId ? -1 : 1)),
    },
  ]
}

function critical(services: readonly PortfolioService[]): number {
  return services.filter(({ criticality }) => criticality === 'critical').length
}

function amountsOf(services: readonly PortfolioService[]): Amounts {
  const amounts = new Amounts()
  for (const { spend } of services) if (spend) amounts.add(spend)
  return amounts
}

type Shared = { name: string; services: PortfolioService[]; providers: Map<string, string> }

function sharedSuppliers(
  services: readonly PortfolioService[],
  known: ReadonlyMap<string, PortfolioOffering>,
  keysOf: KeysOf,
): Supplier[] {
  const found = new Map<string, Shared>()
  for (const service of services) {
    const offering = known.get(service.offering)
    for (const { key, name } of keysOf('critical-supplier', service.offering)) {
      if (key === UNKNOWN || !offering) continue
      const one: Shared = found.get(key) ?? { name, services: [], providers: new Map() }
      one.services.push(service)
      one.providers.set(offering.providerId, offering.providerName)
      found.set(key, one)
    }
  }
  return [...found.values()]
    .filter(({ providers }) => providers.size > 1)
    .map(({ name, services: some, providers }) => ({
      name,
      services: some.length,
      share: round(some.length / services.length, 4),
      criticalServices: critical(some),
      providers: [...providers]
        .map(([id, provider]) => ({ id, name: provider }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    }))
    .toSorted((a, b) => b.services - a.services || (a.name < b.name ? -1 : 1))
}
