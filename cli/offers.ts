/** Offers of a service type: who sells it, and which of them the words of an order mean. */
import type { Offer } from '@fulcrum/contract'
import { usage } from './errors.ts'
import type { Session } from './session.ts'

/** What narrows the offers; agent and provider by name or id. */
export type Wanted = {
  readonly agent?: string | undefined
  readonly provider?: string | undefined
  readonly tag?: readonly string[] | undefined
}

/** Undefined at a server that does not know offers; the service type must be known to exist. */
export async function readOffers({ client, contract }: Session, serviceTypeId: string): Promise<Offer[] | undefined> {
  const { NotFoundError } = await import('@fulcrum/client')
  try {
    return (await client.call(contract.serviceTypes.offers, { params: { id: serviceTypeId } })).offers
  } catch (error) {
    if (error instanceof NotFoundError) return undefined
    throw error
  }
}

/** The offers that carry all tags and are of the named agent and provider. */
export function fittingOffers(offers: readonly Offer[], wanted: Wanted): Offer[] {
  const ofProvider = named(offers, wanted.provider, ({ providerId, providerName }) => [providerId, providerName])
  const ofAgent = named(ofProvider, wanted.agent, ({ agentId, agentName }) => [agentId, agentName])
  return ofAgent.filter(({ tags }) => (wanted.tag ?? []).every((tag) => tags.includes(tag)))
}

/**
 * As `fittingOffers`, for those who need one.
 *
 * @param type  name of the service type
 * @throws CliError (usage) with all offers and what each of them lacks
 */
export function needOffers(offers: readonly Offer[], wanted: Wanted, type: string): Offer[] {
  const fitting = fittingOffers(offers, wanted)
  if (fitting.length > 0) return fitting
  if (offers.length === 0) throw usage(`Nobody offers ${type} now; nothing was sent.`)
  throw usage(`No offer of ${type} fits; nothing was sent.`, [...unknown(offers, wanted), ...listed(offers, wanted)])
}

/** What an order says about its place: one agent, or tags from which the server chooses one. */
export type Placement = { agentId?: string; agentTags?: string[] }

/**
 * @param fitting  what `needOffers` found
 * @param able  those of them that have every option of the order; at least one
 * @throws CliError (usage) when the named agent is several
 */
export function placementOf(fitting: readonly Offer[], able: readonly Offer[], wanted: Wanted): Placement {
  if (wanted.agent !== undefined && able.length > 1)
    throw usage(`"${wanted.agent}" names ${able.length} agents; choose one with --provider, or give its id.`, [
      ...able.map((offer) => `${offer.agentId}  ${title(offer)}`),
    ])
  // The server knows neither the wish for a provider nor which options an agent lacks: then the agent is chosen here.
  const chosen = able.find(({ connected }) => connected) ?? able[0]
  if ((wanted.agent ?? wanted.provider) !== undefined || able.length < fitting.length)
    return chosen ? { agentId: chosen.agentId } : {}
  return wanted.tag ? { agentTags: [...wanted.tag] } : {}
}

/** Tags that were asked for and that no offer has. */
export function unknownTags(offers: readonly Offer[], wanted: Wanted): string[] {
  return (wanted.tag ?? []).filter((tag) => !offers.some(({ tags }) => tags.includes(tag)))
}

export function title({ providerName, agentName, tags }: Offer): string {
  return `${providerName} / ${agentName} (${tags.length > 0 ? tags.join(', ') : 'no tags'})`
}

/** By id or by whole name; a name in other letter case counts where none is exact. */
function named<T>(things: readonly T[], wanted: string | undefined, of: (thing: T) => [id: string, name: string]): T[] {
  if (wanted === undefined) return [...things]
  const folded = wanted.toLowerCase()
  const exact = things.filter((thing) => of(thing)[0] === folded || of(thing)[1] === wanted)
  return exact.length > 0 ? exact : things.filter((thing) => of(thing)[1].toLowerCase() === folded)
}

function unknown(offers: readonly Offer[], wanted: Wanted): string[] {
  const { provider, agent } = wanted
  return [
    ...(provider !== undefined && fittingOffers(offers, { provider }).length === 0
      ? [`Provider ${provider} does not offer it.`]
      : []),
    ...(agent !== undefined && fittingOffers(offers, { agent }).length === 0
      ? [`Agent ${agent} does not offer it.`]
      : []),
    ...unknownTags(offers, wanted).map((tag) => `No offer has the tag ${tag}.`),
  ]
}

function listed(offers: readonly Offer[], wanted: Wanted): string[] {
  const missing = ({ tags }: Offer) => (wanted.tag ?? []).filter((tag) => !tags.includes(tag))
  const lacking = (offer: Offer) => (missing(offer).length > 0 ? `: lacks ${missing(offer).join(', ')}` : '')
  return ['Offers:', ...offers.map((offer) => `  ${title(offer)}${lacking(offer)}`)]
}
