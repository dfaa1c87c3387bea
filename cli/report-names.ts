/** What the ids in a report are called. Reports are read by people who cannot look an id up. */
import type { Service } from '@fulcrum/contract'
import { readOffers } from './offers.ts'
import { listRows } from './resource-lookup.ts'
import type { Session } from './session.ts'

/** The name of a service, agent or participant; its id where the caller may not see it, or there is none any more. */
export type NameOf = (id: string) => string

/** As many questions are open at once. */
const AT_ONCE = 8

/**
 * Services tell their agent and provider, and the offers of their types those of others.
 *
 * @param services  ids; may repeat
 * @param participants  ids of those that stand in the report besides, such as consumers
 */
export async function readNames(
  session: Session,
  services: readonly string[],
  participants: readonly string[] = [],
): Promise<NameOf> {
  const { client, contract } = session
  const names = new Map<string, string>()
  const types = new Set<string>()
  const learn = ({ id, name, agentId, agent, providerId, serviceTypeId }: Service) => {
    names.set(id, name)
    types.add(serviceTypeId)
    if (agent) names.set(agentId, agent.name)
    if (agent?.participant) names.set(providerId, agent.participant.name)
  }
  await readEach(services, async (id) => learn(await client.call(contract.services.get, { params: { id } })))
  const learnOffers = async (type: string) => {
    for (const { agentId, agentName, providerId, providerName } of (await readOffers(session, type)) ?? []) {
      names.set(agentId, agentName)
      names.set(providerId, providerName)
    }
  }
  await readEach([...types], learnOffers)
  const unnamed = () => participants.filter((id) => !names.has(id))
  await readEach(unnamed(), async (id) => {
    const { name } = await client.call(contract.participants.get, { params: { id } })
    names.set(id, name)
  })
  if (unnamed().length > 0) {
    // Participants see only themselves, but everybody sees who offers something.
    const { rows } = await listRows(client, contract.serviceTypes.list, {})
    const others = rows.flatMap(({ id }) => (typeof id === 'string' && !types.has(id) ? [id] : []))
    await readEach(others, learnOffers)
  }
  return (id) => names.get(id) ?? id
}

/** Reads for each id once; what the caller may not see, or is gone, is passed over. */
export async function readEach(ids: readonly string[], read: (id: string) => Promise<unknown>): Promise<void> {
  const { ForbiddenError, NotFoundError } = await import('@fulcrum/client')
  const open = [...new Set(ids)]
  const worker = async () => {
    for (let id = open.shift(); id !== undefined; id = open.shift())
      try {
        await read(id)
      } catch (error) {
        if (!(error instanceof ForbiddenError || error instanceof NotFoundError)) throw error
      }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}
