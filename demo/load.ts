/** Loads a federation through the public API. What exists by its name stays as it is, so loading again only adds what is missing. */
import type { FulcrumClient } from '@fulcrum/client'
import {
  agents,
  agentTypes,
  type JsonObject,
  metricTypes,
  participants,
  serviceGroups,
  serviceOptions,
  serviceOptionTypes,
  servicePoolSets,
  servicePools,
  servicePoolValues,
  serviceTypes,
} from '@fulcrum/contract'
import type { AgentEntry, Federation, ProviderEntry } from './federation.ts'

import { loadPolicies, loadPortability, loadProfile, loadTerms } from './load-sovereignty.ts'

type Ids = Map<string, string>

/** Ids by name. */
export type Loaded = { participants: Ids; agents: Ids }

/**
 * @param configurationOf  the configuration of an agent; asked only when the agent is made
 * @throws FulcrumError with the server's reason when it refuses an entry
 */
export async function loadFederation(
  client: FulcrumClient,
  federation: Federation,
  configurationOf: (agent: AgentEntry) => JsonObject,
): Promise<Loaded> {
  await loadMetricTypes(client, federation)
  const optionTypes = await loadOptionTypes(client, federation)
  const types = await loadServiceTypes(client, federation)
  const kinds = await loadAgentTypes(client, federation, types)
  const typeIdOf = (name: string) => required(types, name, 'service type')
  await loadPortability(client, federation, typeIdOf)

  const loaded: Loaded = { participants: new Map(), agents: new Map() }
  for (const provider of federation.providers) {
    const providerId = await ensureParticipant(client, provider.name)
    loaded.participants.set(provider.name, providerId)
    await loadOptions(client, provider, providerId, optionTypes)
    const servicePoolSetId = await loadPools(client, provider, providerId)
    for (const agent of provider.agents) {
      const known = await first(client.all(agents.list, { query: { name: agent.name, providerId } }), agent.name)
      const { id } =
        known ??
        (await client.call(agents.create, {
          body: {
            name: agent.name,
            providerId,
            agentTypeId: required(kinds, agent.type, 'agent type'),
            tags: agent.tags,
            configuration: configurationOf(agent),
            ...(servicePoolSetId && { servicePoolSetId }),
          },
        }))
      loaded.agents.set(agent.name, id)
    }
    const agentIds = provider.agents.map(({ name }) => required(loaded.agents, name, 'agent'))
    await loadTerms(client, provider, agentIds, typeIdOf)
    if (provider.sovereignty) await loadProfile(client, provider.sovereignty, providerId)
  }
  for (const consumer of federation.consumers) {
    const consumerId = await ensureParticipant(client, consumer.name)
    loaded.participants.set(consumer.name, consumerId)
    const groups: Ids = new Map()
    for (const name of consumer.groups) {
      const known = await first(client.all(serviceGroups.list, { query: { name, consumerId } }), name)
      const { id } = known ?? (await client.call(serviceGroups.create, { body: { name, consumerId } }))
      groups.set(name, id)
    }
    await loadPolicies(client, consumer.policies ?? [], consumerId, (name) => required(groups, name, 'group'))
  }
  return loaded
}

async function loadMetricTypes(client: FulcrumClient, { metricTypes: entries }: Federation): Promise<void> {
  const known = await names(client.all(metricTypes.list, {}))
  for (const body of entries) if (!known.has(body.name)) await client.call(metricTypes.create, { body })
}

async function loadOptionTypes(client: FulcrumClient, { optionTypes }: Federation): Promise<Ids> {
  const ids: Ids = new Map()
  for await (const { id, type } of client.all(serviceOptionTypes.list, {})) ids.set(type, id)
  for (const body of optionTypes)
    if (!ids.has(body.type)) ids.set(body.type, (await client.call(serviceOptionTypes.create, { body })).id)
  return ids
}

async function loadServiceTypes(client: FulcrumClient, { serviceTypes: entries }: Federation): Promise<Ids> {
  const ids = await names(client.all(serviceTypes.list, {}))
  for (const { portability: _, ...body } of entries)
    if (!ids.has(body.name)) ids.set(body.name, (await client.call(serviceTypes.create, { body })).id)
  return ids
}

async function loadAgentTypes(client: FulcrumClient, { agentTypes: entries }: Federation, types: Ids): Promise<Ids> {
  const ids = await names(client.all(agentTypes.list, {}))
  for (const { name, serviceTypes: offered, configurationSchema } of entries) {
    if (ids.has(name)) continue
    const serviceTypeIds = offered.map((type) => required(types, type, 'service type'))
    ids.set(name, (await client.call(agentTypes.create, { body: { name, serviceTypeIds, configurationSchema } })).id)
  }
  return ids
}

async function loadOptions(
  client: FulcrumClient,
  { options = [] }: ProviderEntry,
  providerId: string,
  types: Ids,
): Promise<void> {
  const known = new Set<string>()
  for await (const option of client.all(serviceOptions.list, { query: { providerId } }))
    known.add(`${option.serviceOptionTypeId} ${option.name}`)
  for (const [displayOrder, { type, name, value }] of options.entries()) {
    const serviceOptionTypeId = required(types, type, 'option type')
    if (!known.has(`${serviceOptionTypeId} ${name}`))
      await client.call(serviceOptions.create, { body: { providerId, serviceOptionTypeId, name, value, displayOrder } })
  }
}

/** One pool set for a provider, for all its agents. @returns its id; undefined when the provider has no pools */
async function loadPools(
  client: FulcrumClient,
  { name, pools = [] }: ProviderEntry,
  providerId: string,
): Promise<string | undefined> {
  if (pools.length === 0) return undefined
  const set =
    (await first(client.all(servicePoolSets.list, { query: { name, providerId } }), name)) ??
    (await client.call(servicePoolSets.create, { body: { name, providerId } }))
  for (const pool of pools) {
    const query = { type: pool.type, servicePoolSetId: set.id }
    const known = await client.call(servicePools.list, { query })
    const { id } =
      known.items[0] ??
      (await client.call(servicePools.create, {
        body: {
          name: pool.name,
          type: pool.type,
          propertyType: pool.propertyType,
          generatorType: 'list',
          servicePoolSetId: set.id,
        },
      }))
    const values = await names(client.all(servicePoolValues.list, { query: { servicePoolId: id } }))
    for (let value = pool.from; value <= pool.to; value++)
      if (!values.has(String(value)))
        await client.call(servicePoolValues.create, { body: { servicePoolId: id, name: String(value), value } })
  }
  return set.id
}

async function ensureParticipant(client: FulcrumClient, name: string): Promise<string> {
  const known = await first(client.all(participants.list, { query: { name } }), name)
  return known?.id ?? (await client.call(participants.create, { body: { name, status: 'Enabled' } })).id
}

/** Of the items, the one with exactly this name: filters by name find parts of names, too. */
async function first<T extends { name: string }>(items: AsyncIterable<T>, name: string): Promise<T | undefined> {
  for await (const item of items) if (item.name === name) return item
  return undefined
}

async function names(items: AsyncIterable<{ id: string; name: string }>): Promise<Ids> {
  const ids: Ids = new Map()
  for await (const { id, name } of items) ids.set(name, id)
  return ids
}

function required(ids: Ids, name: string, what: string): string {
  const id = ids.get(name)
  if (id === undefined) throw new Error(`the federation names the ${what} ${name}, which does not exist`)
  return id
}
