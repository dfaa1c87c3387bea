/** What consumers ask of a service: order it, change it, act on it. Each is one transaction that ends in a job. */
import { randomUUID } from 'node:crypto'
import type { ServiceCreate, ServiceUpdate } from '@fulcrum/contract'
import { type Actor, type JsonObject, mayStart } from '@fulcrum/schema'
import { appendEvent, changes } from '../events/index.ts'
import type { Owners } from '../platform/access.ts'
import type { Command } from '../platform/command.ts'
import { invalidInput, notFound } from '../platform/errors.ts'
import { findServiceTypeForReference, type ServiceType } from '../service-types/index.ts'
import { storeSecrets } from '../vault/index.ts'
import { findOrderGroup, namedAgent, taggedAgent } from './placement-store.ts'
import { activeJobId, queueJob } from './queue.ts'
import { CREATE, checkAction, checkService, jobParams, type Service, serviceShape, UPDATE } from './service.ts'
import { applyProperties } from './service-properties.ts'
import { serviceAgent, serviceTypeOf } from './service-relations.ts'
import { insertService, lockService, saveService } from './service-store.ts'

type Authorize = (owners: Owners) => void
type Caller = { authorize: Authorize; actor: Actor; vaultKey: Buffer | null }

/** Orders a service: in its initial state, with everything it needs reserved, and a `create` job for the agent. */
export async function orderService(c: Command, order: ServiceCreate, caller: Caller): Promise<Service> {
  const group = await findOrderGroup(c.tx, order.groupId)
  if (!group) throw notFound('service group', order.groupId)
  caller.authorize({ consumerId: group.consumerId })
  if (group.consumerDisabled) throw invalidInput('the consumer is disabled and gets no new services')

  const type = await findServiceTypeForReference(c.tx, order.serviceTypeId)
  if (!type) throw notFound('service type', order.serviceTypeId)
  const agent = order.agentId
    ? await namedAgent(c.tx, order.agentId, type.id)
    : await taggedAgent(c.tx, type.id, order.agentTags ?? [])
  checkCreatable(type)

  const id = randomUUID()
  const { properties, secrets } = await applyProperties(c, {
    schema: type.propertySchema,
    input: order.properties ?? {},
    actor: caller.actor,
    serviceId: id,
    consumerId: group.consumerId,
    groupId: order.groupId,
    agent,
    vaultAvailable: caller.vaultKey !== null,
  })
  const service = checkService({
    id,
    name: order.name,
    status: type.lifecycleSchema.initialState,
    terminal: false,
    statusSince: c.now,
    properties,
    agentInstanceId: null,
    agentInstanceData: null,
    conditions: [],
    providerId: agent.providerId,
    consumerId: group.consumerId,
    groupId: order.groupId,
    agentId: agent.id,
    serviceTypeId: type.id,
    createdAt: c.now,
    updatedAt: c.now,
  })
  await insertService(c.tx, service)
  await storeSecrets(c, caller.vaultKey, { serviceId: id }, secrets)
  await queueJob(c, service, CREATE, properties)
  await appendEvent(c, { type: 'service.created', ...serviceLinks(service) })
  return service
}

function checkCreatable({ name, lifecycleSchema }: ServiceType): void {
  const { ok } = mayStart(lifecycleSchema, lifecycleSchema.initialState, CREATE)
  if (!ok)
    throw invalidInput(
      `service type ${name} cannot be ordered: its lifecycle has no action create from its initial state`,
    )
}

/**
 * Renames at once; new properties go to the agent as an `update` job and hold when it is done. Both or nothing.
 *
 * @throws Refusal `invalid` when properties violate the schema, before anything about the state is looked at
 */
export async function changeService(c: Command, id: string, change: ServiceUpdate, caller: Caller): Promise<void> {
  const before = await lockService(c.tx, id)
  caller.authorize(before)
  const after = checkService({ ...before, ...(change.name !== undefined && { name: change.name }) })
  const wanted = change.properties && (await evaluateChange(c, before, change.properties, caller))

  if (change.name !== undefined) {
    await saveService(c.tx, { ...after, updatedAt: c.now })
    await appendEvent(c, {
      type: 'service.updated',
      ...serviceLinks(after),
      properties: changes(serviceShape(before), serviceShape(after)),
    })
  }
  if (wanted) await startJob(c, after, UPDATE, wanted)
}

async function evaluateChange(c: Command, service: Service, input: JsonObject, caller: Caller): Promise<JsonObject> {
  const type = await serviceTypeOf(c.tx, service)
  const { properties, secrets } = await applyProperties(c, {
    schema: type.propertySchema,
    input,
    stored: service.properties ?? {},
    actor: caller.actor,
    status: service.status,
    serviceId: service.id,
    consumerId: service.consumerId,
    groupId: service.groupId,
    agent: await serviceAgent(c.tx, service),
    vaultAvailable: caller.vaultKey !== null,
  })
  await storeSecrets(c, caller.vaultKey, { serviceId: service.id }, secrets)
  return properties
}

/** Queues an action by its name. The service changes when the job ends. */
export async function actOnService(c: Command, id: string, action: string, authorize: Authorize): Promise<void> {
  const service = await lockService(c.tx, id)
  authorize(service)
  await startJob(c, service, action)
}

async function startJob(c: Command, service: Service, action: string, wanted?: JsonObject): Promise<void> {
  const { lifecycleSchema } = await serviceTypeOf(c.tx, service)
  checkAction(service, lifecycleSchema, action, await activeJobId(c.tx, service.id))
  await queueJob(c, service, action, jobParams(service, action, wanted))
}

/** Whom an event about a service concerns. */
export function serviceLinks({ id, agentId, providerId, consumerId }: Service) {
  return { entityId: id, agentId, providerId, consumerId }
}
