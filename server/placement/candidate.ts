/** What an offering is as a candidate for an order: from its agent, its facts, its terms and what is there already. Pure. */
import type { Placed, Profile, RecordedCandidate } from '@fulcrum/sovereignty'

/** An agent that offers the type. */
export type Offered = {
  agentId: string
  agentName: string
  providerId: string
  providerName: string
  servicePoolSetId: string | null
  tags: readonly string[]
  connected: boolean
  disabled: boolean
  openJobs: number
}

export type Terms = {
  monthlyPrice: { amount: number; currency: string } | null
  capacityUnits: number | null
  unitsPerService: number
  latencyMs: number | { readonly [region: string]: number } | null
}

export type Surroundings = {
  profile: Profile
  versions: readonly { profileId: string; version: number }[]
  terms: Terms | null
  /** Services of this type there that have not ended. */
  services: number
  /** Tags that the order demands. */
  tags: readonly string[]
  blocked: boolean
  /** Why the consumer's quotas forbid the order; null when they do not. */
  quota: string | null
  /** Why the properties are not valid there; null when they are, or were not looked at. */
  properties: string | null
  /** In which currency prices are compared. */
  currency: string | null
  /** From where latency counts; null: the slowest region. */
  region: string | null
  /** See `Candidate.standing`. */
  standing: number
}

/** What one more service there adds to what the consumer has. */
export function placedOf(profile: Profile, providerId: string): Placed {
  const controller = profile.control?.ultimateControllerCountries?.[0]
  const location = profile.location?.storage?.[0]
  const supplier = profile.supplyChain?.components?.find(({ criticality }) => criticality === 'critical')?.supplier
  return {
    provider: providerId,
    ...(controller !== undefined && { controllerCountry: controller }),
    ...(location !== undefined && { locationCountry: location }),
    ...(supplier !== undefined && { componentSupplier: supplier }),
  }
}

export function candidateOf(offered: Offered, around: Surroundings): RecordedCandidate {
  const { profile, terms, standing } = around
  const { agentId, agentName, providerId, providerName } = offered
  const obstacles = obstaclesOf(offered, around)
  const remarks = remarksOf(offered, around)
  const placed = placedOf(profile, providerId)
  return {
    id: agentId,
    agentName,
    providerId,
    providerName,
    profile,
    placed,
    price: terms?.monthlyPrice && terms.monthlyPrice.currency === around.currency ? terms.monthlyPrice.amount : null,
    latencyMs: latencyOf(terms, around.region),
    carbonGramPerKWh: profile.environment?.carbonGramPerKWh ?? null,
    country: placed.locationCountry ?? null,
    obstacles: Object.keys(obstacles),
    standing,
    versions: around.versions,
    remarks: Object.keys(remarks),
    details: { ...obstacles, ...remarks },
  }
}

/** By code, for a person. */
function obstaclesOf(
  { tags: has, disabled, providerName, agentName }: Offered,
  { terms, services, tags, blocked, quota, properties }: Surroundings,
): Record<string, string> {
  const lacking = tags.filter((tag) => !has.includes(tag))
  return {
    ...(disabled && { DISABLED: `${agentName} of ${providerName} takes no new services` }),
    ...(lacking.length > 0 && { TAGS: `lacks ${lacking.join(', ')}` }),
    ...(blocked && { BLOCKED: `services at ${providerName} break a policy that forbids new ones until they comply` }),
    ...(quota !== null && { QUOTA: quota }),
    ...capacityObstacle(terms, services),
    ...(properties !== null && { PROPERTIES: properties }),
  }
}

function capacityObstacle(terms: Terms | null, services: number): Record<string, string> {
  if (!terms || terms.capacityUnits === null) return {}
  const free = freeUnits(terms, services) ?? 0
  if (free >= terms.unitsPerService) return {}
  return {
    CAPACITY: `${free} of ${terms.capacityUnits} units are free, ${terms.unitsPerService} are needed`,
  }
}

/** Units that nothing uses, 0 at the least; null without limit. */
export function freeUnits({ capacityUnits, unitsPerService }: Terms, services: number): number | null {
  return capacityUnits === null ? null : Math.max(0, capacityUnits - services * unitsPerService)
}

function remarksOf({ connected, disabled, agentName }: Offered, { terms, currency }: Surroundings) {
  const price = terms?.monthlyPrice
  return {
    ...(!connected &&
      !disabled && { AGENT_NOT_CONNECTED: `${agentName} is not connected: the order waits until it is` }),
    ...(price &&
      price.currency !== currency && {
        PRICE_CURRENCY: `${price.amount} ${price.currency} is not compared with prices in ${currency}`,
      }),
  }
}

function latencyOf(terms: Terms | null, region: string | null): number | null {
  const latency = terms?.latencyMs ?? null
  if (latency === null || typeof latency === 'number') return latency
  if (region !== null && Object.hasOwn(latency, region)) return latency[region] ?? null
  const all = Object.values(latency)
  return all.length > 0 ? Math.max(...all) : null
}

/** The currency that most prices are in; of equally many the first by its code. Null without prices. */
export function currencyOf(terms: readonly (Terms | null)[]): string | null {
  const all = terms.flatMap((one) => (one?.monthlyPrice ? [one.monthlyPrice.currency] : []))
  const [most] = [...Map.groupBy(all, (currency) => currency)].toSorted(
    ([a, some], [b, others]) => others.length - some.length || (a < b ? -1 : 1),
  )
  return most?.[0] ?? null
}

/** As orders without a word about the place have always gone: connected first, then the fewest open jobs, then by id. */
export function usualOrder(a: Offered, b: Offered): number {
  return Number(b.connected) - Number(a.connected) || a.openJobs - b.openJobs || (a.agentId < b.agentId ? -1 : 1)
}
