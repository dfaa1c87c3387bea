/** Who the server takes the caller for. API v1 has no operation for that, so it is read from what the caller may see. */
import { usage } from './errors.ts'
import { findResource, resolveId } from './resource-lookup.ts'
import type { Session } from './session.ts'

export type Identity = { role: 'admin' | 'participant' | 'agent'; name?: string; id?: string; provider?: string }

/**
 * Agents can read themselves. An admin sees at least one admin token, or other than one participant; a participant sees itself.
 *
 * @throws UnauthenticatedError and what any call throws
 */
export async function identify(session: Session): Promise<Identity> {
  const { client, contract } = session
  const { ForbiddenError, NotFoundError } = await import('@fulcrum/client')
  try {
    const agent = await client.call(contract.agents.me, {})
    const provider = agent.participant?.name ?? agent.providerId
    return { role: 'agent', name: agent.name, id: agent.id, provider }
  } catch (error) {
    // An admin or participant is refused here, or has no agent to be found.
    if (!(error instanceof ForbiddenError || error instanceof NotFoundError)) throw error
  }
  const adminTokens = await client.call(contract.tokens.list, { query: { role: 'admin', pageSize: 1 } })
  const { items, totalItems } = await client.call(contract.participants.list, { query: { pageSize: 1 } })
  const [only] = items
  if (adminTokens.totalItems > 0 || totalItems !== 1 || only === undefined) return { role: 'admin' }
  return { role: 'participant', name: only.name, id: only.id }
}

export function identityText({ role, name, provider }: Identity): string {
  if (name === undefined) return role
  return provider === undefined ? `${role} ${name}` : `${role} ${name} of ${provider}`
}

/**
 * The id of the participant that a command is about: the named one, or the caller itself.
 *
 * @param flag  by which it can be named
 * @throws CliError (usage) when the caller is no participant and names none
 */
export async function ownOrNamed(session: Session, named: string | undefined, flag: string): Promise<string> {
  if (named !== undefined) return await resolveId(session, findResource('participants'), named)
  const { role, id } = await identify(session)
  if (role === 'participant' && id !== undefined) return id
  throw usage(`You are ${role}: name the participant with ${flag}.`)
}
