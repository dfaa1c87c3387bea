/**
 * Providers and their agents by name, for consumers too: they may list neither, but offers name everybody who sells something,
 * and exposures name those of their own services.
 */
import { CliError, usage } from './errors.ts'
import { readOffers } from './offers.ts'
import { findResource, isId, listRows, resolveId } from './resource-lookup.ts'
import type { Session } from './session.ts'

type Seller = { providerId: string; providerName: string; agentId: string; agentName: string }

/**
 * Turns the name or the id of a provider into its id.
 *
 * @throws CliError (notFound), (usage) when several have the name
 */
export async function resolveProvider(session: Session, nameOrId: string): Promise<string> {
  return await resolveSeller(session, 'participants', nameOrId, (one) => [one.providerId, one.providerName])
}

/** As `resolveProvider`, for an agent. */
export async function resolveAgent(session: Session, nameOrId: string): Promise<string> {
  return await resolveSeller(session, 'agents', nameOrId, (one) => [one.agentId, one.agentName])
}

/** What agents are called, by their ids: those who offer something now. */
export async function agentNames(session: Session): Promise<ReadonlyMap<string, string>> {
  return new Map((await offering(session)).map(({ agentId, agentName }) => [agentId, agentName]))
}

async function resolveSeller(
  session: Session,
  resource: 'participants' | 'agents',
  wanted: string,
  of: (seller: Seller) => [id: string, name: string],
): Promise<string> {
  if (isId(wanted)) return wanted
  try {
    return await resolveId(session, findResource(resource), wanted)
  } catch (error) {
    if (!(error instanceof CliError) || error.kind !== 'notFound') throw error
    for (const read of [offering, running]) {
      const known = (await read(session)).map(of)
      const exact = known.filter(([, name]) => name === wanted)
      const loose = known.filter(([, name]) => name.toLowerCase() === wanted.toLowerCase())
      const ids = new Set((exact.length > 0 ? exact : loose).map(([id]) => id))
      const [only] = ids
      if (ids.size > 1) throw usage(`"${wanted}" names ${ids.size} ${resource}; give the id of one.`, [...ids])
      if (only !== undefined) return only
    }
    throw error
  }
}

async function offering(session: Session): Promise<Seller[]> {
  const { rows } = await listRows(session.client, session.contract.serviceTypes.list, {})
  const offers = await Promise.all(
    rows.map(async ({ id }) => (typeof id === 'string' ? await readOffers(session, id) : undefined)),
  )
  return offers.flatMap((some) => some ?? [])
}

/** Who runs services of one's own, also when nothing is offered there any more. */
async function running({ client, contract }: Session): Promise<Seller[]> {
  const { NotFoundError } = await import('@fulcrum/client')
  try {
    // Antarctica is nobody's: the scenario is only asked for its list of offerings
    const scenario = { type: 'cut-off' as const, jurisdictions: ['AQ'] }
    return (await client.call(contract.exposures.calculate, { body: { scenario, detail: 'none' } })).offerings
  } catch (error) {
    // a server that calculates none
    if (error instanceof NotFoundError) return []
    throw error
  }
}
