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

/** The services at one offering, summed: they share every key. */
type Slice = { offering: string; services: number; critical: number; byCriticality: number; spend: Amounts }

/** @param everything  all offerings that take orders: who could take over */
export function concentrationOf(
  { services, offerings }: Portfolio,
  everything: ReadonlyMap<string, PortfolioOffering>,
  at: Date,
): ConcentrationResult {
  const known = new Map([...everything, ...offerings])
  const groups = providerGroups(known.values(), at)
  const keysOf = keysByDimension(known, groups)
  const slices = slicesOf(services)
  const currencies = [...new Set(slices.flatMap(({ spend }) => spend.currencies))].toSorted()
  const measures = DIMENSIONS.flatMap((dimension) => {
    const measured = (weight: Weight, weigh: (slice: Slice) => number, currency?: string) =>
      measure(dimension, weight, slices, weigh, keysOf, currency)
    return [
      ...currencies.map((currency) => measured('spend', ({ spend }) => spend.of(currency), currency)),
      measured('count', (slice) => slice.services),
      measured('criticality', ({ byCriticality }) => byCriticality),
    ]
  })
  const ofPortfolio = new Set([...offerings.values()].map(({ providerId }) => providerId))
  return {
    services: services.length,
    unknownSpend: services.filter(({ spend }) => spend === null).length,
    measures,
    largestFails: DIMENSIONS.flatMap((dimension) => largestFails(dimension, slices, known, everything, keysOf)),
    suppliers: sharedSuppliers(slices, known, keysOf),
    groups: groups.filter(({ providers }) => providers.length > 1 && providers.some(({ id }) => ofPortfolio.has(id))),
  }
}

function slicesOf(services: readonly PortfolioService[]): Slice[] {
  const slices = new Map<string, Slice>()
  for (const { offering, criticality, spend } of services) {
    let slice = slices.get(offering)
    if (!slice) {
      slice = { offering, services: 0, critical: 0, byCriticality: 0, spend: new Amounts() }
      slices.set(offering, slice)
    }
    slice.services++
    slice.byCriticality += CRITICALITY_WEIGHTS[criticality]
    if (criticality === 'critical') slice.critical++
    if (spend) slice.spend.add(spend)
  }
  return [...slices.values()]
}

function measure(
  dimension: Dimension,
  weight: Weight,
  slices: readonly Slice[],
  weigh: (slice: Slice) => number,
  keysOf: KeysOf,
  currency?: string,
): Measure {
  const names = new Map<string, string>()
  const units = slices.flatMap((slice): Unit[] => {
    const keys = keysOf(dimension, slice.offering)
    return keys.map(({ key, name }) => {
      names.set(key, name)
      // what hangs on several hangs on each of them in part: shares add up to one
      return { key, weight: weigh(slice) / keys.length }
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
  return providers
    .map(({ name }) => name)
    .toSorted()
    .join(' + ')
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
  slices: readonly Slice[],
  known: ReadonlyMap<string, PortfolioOffering>,
  everything: ReadonlyMap<string, PortfolioOffering>,
  keysOf: KeysOf,
): LargestFails[] {
  const counts = new Map<string, Key & { count: number }>()
  for (const { offering, services } of slices)
    for (const one of keysOf(dimension, offering))
      counts.set(one.key, { ...one, count: (counts.get(one.key)?.count ?? 0) + services })
  const [largest] = [...counts.values()].toSorted((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1))
  if (!largest) return []
  const falls = (offering: string) => keysOf(dimension, offering).some(({ key }) => key === largest.key)
  const [lost, remaining] = [
    slices.filter(({ offering }) => falls(offering)),
    slices.filter(({ offering }) => !falls(offering)),
  ]
  const currencies = [...new Set(slices.flatMap(({ spend }) => spend.currencies))].toSorted()
  const perType = Map.groupBy(lost, ({ offering }) => known.get(offering)?.serviceTypeId ?? '')
  return [
    {
      dimension,
      key: largest.key,
      name: largest.name,
      servicesLost: servicesIn(lost),
      servicesRemaining: servicesIn(remaining),
      criticalLost: criticalIn(lost),
      criticalRemaining: criticalIn(remaining),
      spend: currencies.map((currency) => ({
        currency,
        lost: spendIn(lost, currency),
        remaining: spendIn(remaining, currency),
      })),
      takers: [...perType]
        .map(([serviceTypeId, some]) => ({
          serviceTypeId,
          serviceTypeName: known.get(some[0]?.offering ?? '')?.serviceTypeName ?? '',
          services: servicesIn(some),
          offerings: [...everything.values()]
            .filter((offering) => offering.serviceTypeId === serviceTypeId && !falls(offering.key))
            .toSorted((a, b) => (`${a.providerName} ${a.key}` < `${b.providerName} ${b.key}` ? -1 : 1)),
        }))
        .toSorted((a, b) => b.services - a.services || (a.serviceTypeId < b.serviceTypeId ? -1 : 1)),
    },
  ]
}

function servicesIn(slices: readonly Slice[]): number {
  return slices.reduce((sum, { services }) => sum + services, 0)
}

function criticalIn(slices: readonly Slice[]): number {
  return slices.reduce((sum, { critical }) => sum + critical, 0)
}

function spendIn(slices: readonly Slice[], currency: string): number {
  return round(
    slices.reduce((sum, { spend }) => sum + spend.of(currency), 0),
    2,
  )
}

function sharedSuppliers(
  slices: readonly Slice[],
  known: ReadonlyMap<string, PortfolioOffering>,
  keysOf: KeysOf,
): Supplier[] {
  const found = new Map<string, { name: string; slices: Slice[]; providers: Map<string, string> }>()
  for (const slice of slices) {
    const offering = known.get(slice.offering)
    for (const { key, name } of keysOf('critical-supplier', slice.offering)) {
      if (key === UNKNOWN || !offering) continue
      let one = found.get(key)
      if (!one) {
        one = { name, slices: [], providers: new Map() }
        found.set(key, one)
      }
      one.slices.push(slice)
      one.providers.set(offering.providerId, offering.providerName)
    }
  }
  return [...found.values()]
    .filter(({ providers }) => providers.size > 1)
    .map(({ name, slices: some, providers }) => ({
      name,
      services: servicesIn(some),
      share: round(servicesIn(some) / servicesIn(slices), 4),
      criticalServices: criticalIn(some),
      providers: [...providers]
        .map(([id, provider]) => ({ id, name: provider }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    }))
    .toSorted((a, b) => b.services - a.services || (a.name < b.name ? -1 : 1))
}
