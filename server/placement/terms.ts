/** Terms of offerings and quotas of consumers: what may be said. Pure. */
import type { OfferingTermsPut, QuotasPut } from '@fulcrum/contract'
import { invalidInput } from '../platform/errors.ts'

const MOST_UNITS = 1_000_000_000
const MOST_REGIONS = 100
const CURRENCY = /^[A-Z]{3}$/

/** @throws Refusal `invalid` that names the member */
export function checkTerms(
  terms: OfferingTermsPut,
): Required<Pick<OfferingTermsPut, 'unitsPerService'>> & OfferingTermsPut {
  const { monthlyPrice, capacityUnits, unitsPerService = 1, latencyMs, sku } = terms
  if (monthlyPrice) {
    if (!Number.isFinite(monthlyPrice.amount) || monthlyPrice.amount < 0)
      throw invalidInput('monthlyPrice.amount must be 0 or more')
    if (!CURRENCY.test(monthlyPrice.currency))
      throw invalidInput('monthlyPrice.currency must be three capital letters (ISO 4217)')
  }
  if (capacityUnits !== undefined && (capacityUnits < 0 || capacityUnits > MOST_UNITS))
    throw invalidInput(`capacityUnits must be 0 to ${MOST_UNITS}`)
  if (unitsPerService < 1 || unitsPerService > MOST_UNITS)
    throw invalidInput(`unitsPerService must be 1 to ${MOST_UNITS}`)
  if (sku !== undefined && (sku === '' || sku.length > 100)) throw invalidInput('sku must have 1 to 100 characters')
  if (latencyMs !== undefined) checkLatency(latencyMs)
  return { ...terms, unitsPerService }
}

function checkLatency(latency: unknown): void {
  if (isDuration(latency)) return
  if (latency === null || typeof latency !== 'object' || Array.isArray(latency))
    throw invalidInput('latencyMs must be a number of milliseconds, or an object of region and number')
  const regions = Object.entries(latency)
  if (regions.length === 0 || regions.length > MOST_REGIONS)
    throw invalidInput(`latencyMs must name 1 to ${MOST_REGIONS} regions`)
  for (const [region, value] of regions)
    if (region === '' || region.length > 100 || !isDuration(value))
      throw invalidInput(`latencyMs: region '${region.slice(0, 100)}' must have a number of milliseconds, 0 or more`)
}

function isDuration(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

/** @throws Refusal `invalid` */
export function checkQuotas({ maxServices, serviceTypes = [] }: QuotasPut): void {
  for (const limit of [maxServices ?? 0, ...serviceTypes.map((one) => one.maxServices)])
    if (limit < 0 || limit > MOST_UNITS) throw invalidInput(`maxServices must be 0 to ${MOST_UNITS}`)
  if (serviceTypes.length > 1_000) throw invalidInput('serviceTypes has more than 1000 entries')
  const ids = serviceTypes.map(({ serviceTypeId }) => serviceTypeId)
  const twice = ids.find((id, at) => ids.indexOf(id) !== at)
  if (twice !== undefined) throw invalidInput(`serviceTypes names ${twice} twice`)
}

/** `serviceTypeId` null: of all services. */
export type Quota = { serviceTypeId: string | null; maxServices: number }

/**
 * @param quotas  those of the consumer that speak of the type
 * @returns why one more service of the type is too much; null when it is not
 */
export function quotaProblem(
  quotas: readonly Quota[],
  serviceTypeId: string,
  held: readonly { serviceTypeId: string; count: number }[],
): string | null {
  for (const { serviceTypeId: of, maxServices } of quotas) {
    const counted = of === null ? held : held.filter((one) => one.serviceTypeId === serviceTypeId)
    const has = counted.reduce((sum, { count }) => sum + count, 0)
    if (has >= maxServices)
      return `the consumer has ${has} of at most ${maxServices} services${of === null ? '' : ' of this type'}`
  }
  return null
}
