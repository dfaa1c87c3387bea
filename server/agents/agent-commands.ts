/** What changes an agent: made, reconfigured, heard of, fallen silent, removed. Each is part of one transaction. */
import { randomUUID } from 'node:crypto'
import type { AgentCreate, AgentStatus, AgentUpdate } from '@fulcrum/contract'
import {
  evaluateProperties,
  type JsonObject,
  type PropertySchema,
  secretReferences,
  type Violation,
} from '@fulcrum/schema'
import { type AgentType, findAgentTypeForReference } from '../agent-types/index.ts'
import { allocateConfigValue, releaseConfigValues } from '../config-pools/index.ts'
import { appendEvent, changes } from '../events/index.ts'
import { findParticipantForReference } from '../participants/index.ts'
import type { Owners } from '../platform/access.ts'
import type { Command } from '../platform/command.ts'
import { conflict, invalidInput, notFound, type Refusal } from '../platform/errors.ts'
import { IDENTITIES_SIGNAL } from '../platform/identity.ts'
import { findPoolSetForReference } from '../service-pools/index.ts'
import { deleteSecrets, pruneSecrets, storeSecrets } from '../vault/index.ts'
import { type Agent, agentShape, checkAgent, report } from './agent.ts'
import { countLiveServices, insertAgent, lockAgent, lockSilentAgents, removeAgent, saveAgent } from './agent-store.ts'

type Authorize = (owners: Owners) => void
type VaultKey = Buffer | null

/** Checks in the contract's order: provider, type, pool set and its provider, configuration, name and tags (DOMAIN.md 2.3). */
export async function createAgent(c: Command, body: AgentCreate, vaultKey: VaultKey): Promise<Agent> {
  const provider = await findParticipantForReference(c.tx, body.providerId)
  if (!provider) throw invalidInput(`provider with ID ${body.providerId} does not exist`)
  if (provider.status === 'Disabled')
    throw invalidInput(`participant ${provider.name} is disabled and gets no new agents`)
  const type = await findAgentTypeForReference(c.tx, body.agentTypeId)
  if (!type) throw invalidInput(`agent type with ID ${body.agentTypeId} does not exist`)
  if (body.servicePoolSetId !== undefined) {
    const missing = invalidInput(`service pool set with ID ${body.servicePoolSetId} does not exist`)
    await requirePoolSet(c, body.servicePoolSetId, provider.id, missing)
  }

  const id = randomUUID()
  const configuration = await configure(c, {
    id,
    providerId: provider.id,
    type,
    input: body.configuration ?? {},
    vaultKey,
  })
  const agent = checkAgent({
    id,
    name: body.name,
    status: 'Disconnected',
    lastStatusUpdate: null,
    tags: body.tags ?? null,
    // never configured: shown as such, not as configured with nothing
    configuration: body.configuration || Object.keys(configuration).length > 0 ? configuration : null,
    agentTypeId: type.id,
    providerId: provider.id,
    servicePoolSetId: body.servicePoolSetId ?? null,
    createdAt: c.now,
    updatedAt: c.now,
  })
  await insertAgent(c.tx, agent)
  await appendEvent(c, { type: 'agent.created', ...links(agent) })
  return agent
}

export async function updateAgent(
  c: Command,
  id: string,
  body: AgentUpdate,
  authorize: Authorize,
  vaultKey: VaultKey,
): Promise<void> {
  const before = await lockAgent(c.tx, id)
  authorize(before)
  if (body.servicePoolSetId !== undefined) {
    const missing = notFound('service pool set', body.servicePoolSetId)
    await requirePoolSet(c, body.servicePoolSetId, before.providerId, missing)
  }
  const { configuration: input, ...rest } = body
  const configuration = input ? await reconfigure(c, before, input, vaultKey) : before.configuration
  const after = checkAgent({
    ...before,
    ...rest,
    configuration,
    ...(body.status !== undefined && { lastStatusUpdate: c.now }),
    updatedAt: c.now,
  })
  await change(c, before, after)
}

/** What an agent says about itself. Writes an event only when its status changes. */
export async function reportStatus(c: Command, id: string, status: AgentStatus): Promise<void> {
  const before = await lockAgent(c.tx, id)
  const after = report(before, status, c.now)
  if (after === before) return
  if (after.status === before.status) await saveAgent(c.tx, after)
  else await change(c, before, after)
}

/** Connected agents that were not heard of since then become Disconnected. @returns how many */
export async function disconnectSilentAgents(c: Command, since: Date): Promise<number> {
  const silent = await lockSilentAgents(c.tx, since)
  for (const agent of silent) await change(c, agent, { ...agent, status: 'Disconnected', updatedAt: c.now })
  return silent.length
}

async function change(c: Command, before: Agent, after: Agent): Promise<void> {
  await saveAgent(c.tx, after)
  await appendEvent(c, {
    type: 'agent.updated',
    ...links(after),
    properties: changes(agentShape(before), agentShape(after)),
  })
  if ((before.status === 'Disabled') !== (after.status === 'Disabled')) c.announce(IDENTITIES_SIGNAL)
}

export async function deleteAgent(c: Command, id: string, authorize: Authorize): Promise<void> {
  const agent = await lockAgent(c.tx, id)
  authorize(agent)
  const live = await countLiveServices(c.tx, agent.id)
  if (live > 0) throw conflict(`cannot delete agent ${agent.id}: ${live} dependent service(s) exist`)
  await releaseConfigValues(c, agent.id)
  await deleteSecrets(c, { agentId: agent.id })
  await removeAgent(c.tx, agent.id, c.now)
  await appendEvent(c, { type: 'agent.deleted', ...links(agent) })
  c.announce(IDENTITIES_SIGNAL)
}

async function requirePoolSet({ tx }: Command, id: string, providerId: string, missing: Refusal): Promise<void> {
  const set = await findPoolSetForReference(tx, id)
  if (!set) throw missing
  if (set.providerId !== providerId)
    throw invalidInput(`service pool set with ID ${id} does not belong to provider ${providerId}`)
}

type ConfigureRequest = {
  id: string
  providerId: string
  type: Pick<AgentType, 'configurationSchema'>
  input: JsonObject
  stored?: JsonObject
  vaultKey: VaultKey
}

async function configure(
  c: Command,
  { id, providerId, type, input, stored, vaultKey }: ConfigureRequest,
): Promise<JsonObject> {
  const result = await evaluateProperties({
    schema: type.configurationSchema,
    registry: 'agent',
    input,
    ...(stored && { stored }),
    actor: 'user',
    vaultAvailable: vaultKey !== null,
    newReference: randomUUID,
    lookups: {
      allocate: (poolType, propertyName) => allocateConfigValue(c, { poolType, providerId, agentId: id, propertyName }),
    },
  })
  if (!result.ok) {
    throw invalidInput(
      `configuration: validation failed: ${violationsText(result.violations, type.configurationSchema)}`,
    )
  }
  await storeSecrets(c, vaultKey, { agentId: id }, result.secrets)
  return result.properties
}

/** One fault as the contract words it; where that only counts them, each is named, too, so that nobody has to guess. */
function violationsText(violations: readonly Violation[], { properties }: PropertySchema): string {
  const own = violations.filter(({ path }) => path === '' || Object.hasOwn(properties, path))
  const head = own.length === 1 && own[0] ? own[0].message : `${own.length} errors`
  if (own.length === 1 && violations.length < 3) return head
  // the entry of a property with members says no more than theirs
  const faults = violations.filter(({ path }) => !violations.some((other) => isMember(other.path, path)))
  const texts = faults.map(({ path, message }) => (message.startsWith(`${path}: `) ? message : `${path}: ${message}`))
  return `${head}: ${texts.join('; ')}`
}

function isMember(path: string, of: string): boolean {
  return of !== '' && (path.startsWith(`${of}.`) || path.startsWith(`${of}[`))
}

async function reconfigure(c: Command, agent: Agent, input: JsonObject, vaultKey: VaultKey): Promise<JsonObject> {
  const schema = await configurationSchemaOf(c, agent)
  const configuration = await configure(c, {
    id: agent.id,
    providerId: agent.providerId,
    type: { configurationSchema: schema },
    input,
    stored: agent.configuration ?? {},
    vaultKey,
  })
  const inUse = secretReferences(schema, configuration).map(({ reference }) => reference)
  await pruneSecrets(c, { agentId: agent.id }, inUse, { ephemeral: 'keep' })
  return configuration
}

async function configurationSchemaOf({ tx }: Command, { agentTypeId }: Agent): Promise<PropertySchema> {
  const row = await tx
    .selectFrom('agent_types')
    .select('configuration_schema')
    .where('id', '=', agentTypeId)
    .executeTakeFirstOrThrow()
  return row.configuration_schema
}

function links({ id, providerId }: Agent) {
  return { entityId: id, agentId: id, providerId }
}
