/** Loads what a federation says about control and leaving: profiles with evidence, terms, policies, what can be exported. */
import { type FulcrumClient, NotFoundError } from '@fulcrum/client'
import {
  offeringTerms,
  portability,
  type SovereigntyProfile,
  sovereigntyEvidences,
  sovereigntyPolicies,
  sovereigntyProfiles,
} from '@fulcrum/contract'
import type { Federation, PolicyEntry, ProviderEntry, SovereigntyEntry } from './federation.ts'

/** Declares what the service types can export, where nothing is declared yet. */
export async function loadPortability(
  client: FulcrumClient,
  { serviceTypes }: Federation,
  idOf: (serviceType: string) => string,
): Promise<void> {
  for (const { name, portability: body } of serviceTypes) {
    const params = { id: idOf(name) }
    if (body && !(await found(client.call(portability.get, { params }))))
      await client.call(portability.put, { params, body })
  }
}

/** Terms of each of the provider's agents, where there are none yet. */
export async function loadTerms(
  client: FulcrumClient,
  { terms = [] }: ProviderEntry,
  agentIds: readonly string[],
  idOf: (serviceType: string) => string,
): Promise<void> {
  for (const { serviceType, ...body } of terms)
    for (const id of agentIds) {
      const params = { id, serviceTypeId: idOf(serviceType) }
      if (!(await found(client.call(offeringTerms.get, { params }))))
        await client.call(offeringTerms.put, { params, body })
    }
}

/** Publishes the provider's profile unless it has one, and brings the evidence that is missing. */
export async function loadProfile(
  client: FulcrumClient,
  { facts, evidence = [] }: SovereigntyEntry,
  participantId: string,
): Promise<void> {
  await publish(client, participantId, facts)
  const known: string[] = []
  for await (const one of client.all(sovereigntyEvidences.list, { query: { participantId } })) known.push(keyOf(one))
  for (const { attested, ...rest } of evidence) {
    if (known.includes(keyOf(rest))) continue
    const { id } = await client.call(sovereigntyEvidences.create, { body: { ...rest, participantId } })
    if (attested) await client.call(sovereigntyEvidences.attest, { params: { id }, body: attested })
  }
}

async function publish(client: FulcrumClient, participantId: string, facts: SovereigntyEntry['facts']): Promise<void> {
  let draft: SovereigntyProfile | undefined
  for await (const profile of client.all(sovereigntyProfiles.list, { query: { participantId } })) {
    if (profile.kind !== 'participant') continue
    if (profile.status === 'published') return
    // what an earlier start was interrupted at
    if (profile.status === 'draft') draft = profile
  }
  draft ??= await client.call(sovereigntyProfiles.create, { body: { participantId, facts } })
  await client.call(sovereigntyProfiles.publish, { params: { id: draft.id } })
}

/** Of one provider, evidence of this kind about these facts is the same one. */
function keyOf({ kind, assertsPaths }: { kind: string; assertsPaths: readonly string[] }): string {
  return [kind, ...assertsPaths].join(' ')
}

/** Sets the consumer's policies that do not exist by their name. */
export async function loadPolicies(
  client: FulcrumClient,
  policies: readonly PolicyEntry[],
  consumerId: string,
  groupIdOf: (group: string) => string,
): Promise<void> {
  const known = new Set<string>()
  for await (const { name } of client.all(sovereigntyPolicies.list, { query: { consumerId } })) known.add(name)
  for (const { group, ...rest } of policies) {
    const scope =
      group === undefined
        ? ({ kind: 'consumer', id: consumerId } as const)
        : ({ kind: 'group', id: groupIdOf(group) } as const)
    if (!known.has(rest.name)) await client.call(sovereigntyPolicies.create, { body: { ...rest, scope } })
  }
}

async function found(asked: Promise<unknown>): Promise<boolean> {
  try {
    await asked
    return true
  } catch (error) {
    if (error instanceof NotFoundError) return false
    throw error
  }
}
