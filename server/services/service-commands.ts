/** What consumers ask of a service: order it, change it, act on it. Each is one transaction that ends in a job. */
import { randomUUID } from 'node:crypto'
import type { ServiceCreate, ServiceUpdate } from '@fulcrum/contract'
import { type Actor, type JsonObject, jsonEqual, mayStart } from '@fulcrum/schema'
import type { Agent } from '../agents/index.ts'
import { appendEvent, changes } from '../events/index.ts'
import {
  chosenOf,
  decideWhere,
  insertServicePlacement,
  type PlacementRequest,
  recordOrder,
  ruledBy,
  servicePlacement,
} from '../placement/index.ts'
import type { Owners } from '../platform/access.ts'
import type { Command } from '../platform/command.ts'
import { invalidInput, notFound } from '../platform/errors.ts'
import { timestamp } from '../platform/wire.ts'
import { findServiceTypeForReference, type ServiceType } from '../service-types/index.ts'
import { storeSecrets } from '../vault/index.ts'
import { checkNotHeld } from './holds-store.ts'
import { findOrderGroup, namedAgent, taggedAgent } from './placement-store.ts'
import { requireLeaving, withQuarantine } from './quarantine.ts'
import { activeJobId, queueJob } from './queue.ts'
import { CREATE, checkAction, checkService, jobParams, type Service, serviceShape, UPDATE } from './service.ts'
import { applyProperties } from './service-properties.ts'
import { serviceAgent, serviceTypeOf } from './service-relations.ts'
import { insertService, lockService, saveService } from './service-store.ts'

type Authorize = (owners: Owners) => void
type Caller = { authorize: Authorize; actor: Actor; vaultKey: Buffer | null }
/** An order takes the place of the service `insteadOf`: under its policies, of which its requirements are one. */
type OrderCaller = Caller & { insteadOf?: Pick<Service, 'id' | 'agentId'> }

/**
 * Orders a service: in its initial state, with everything it needs reserved, and a `create` job for the agent.
 *
 * @returns with the decision by which it was placed; null where nothing spoke of the order
 * @throws PlacementRefusal when policies, quotas or capacity leave no place for it
 */
export async function orderService(
  c: Command,
  order: ServiceCreate,
  caller: OrderCaller,
): Promise<{ service: Service; decisionId: string | null }> {
  const group = await findOrderGroup(c.tx, order.groupId)
  if (!group) throw notFound('service group', order.groupId)
  caller.authorize({ consumerId: group.consumerId })
  if (group.consumerDisabled) throw invalidInput('the consumer is disabled and gets no new services')

  const type = await findServiceTypeForReference(c.tx, order.serviceTypeId)
  if (!type) throw notFound('service type', order.serviceTypeId)
  const id = randomUUID()
  const { agent, placed } = await agentFor(c, order, { id, type, consumerId: group.consumerId, caller })
  checkCreatable(type)
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
  const decisionId = placed && (await keepPlacement(c, service, placed, order, caller))
  await storeSecrets(c, caller.vaultKey, { serviceId: id }, secrets)
  await queueJob(c, service, CREATE, properties)
  await appendEvent(c, { type: 'service.created', ...serviceLinks(service) })
  return { service, decisionId }
}

type Placed = Awaited<ReturnType<typeof decideWhere>>

/** The agent that takes an order: as it always went where nothing speaks of the order, else by what policies and terms say. */
async function agentFor(
  c: Command,
  order: ServiceCreate,
  { id, type, consumerId, caller }: { id: string; type: ServiceType; consumerId: string; caller: OrderCaller },
): Promise<{ agent: Agent; placed: Placed | null }> {
  const named = order.agentId ? await namedAgent(c.tx, order.agentId, type.id) : null
  const { insteadOf } = caller
  const subject = { serviceTypeId: type.id, consumerId, groupId: order.groupId }
  const ruled = await ruledBy(c.tx, { ...subject, ...(insteadOf && { serviceId: insteadOf.id }) }, c.now)
  if (!order.requirements && !order.customerKey && !Object.values(ruled).includes(true))
    return { agent: named ?? (await taggedAgent(c.tx, type.id, order.agentTags ?? [])), placed: null }

  const request: PlacementRequest = {
    consumerId,
    groupId: order.groupId,
    serviceTypeId: type.id,
    serviceId: id,
    insteadOf,
    agentId: named?.id,
    agentTags: order.agentTags ?? (named || order.requirements ? undefined : []),
    requirements: order.requirements,
    customerKey: order.customerKey,
    // of a named agent the order itself says what is wrong with them
    properties: named
      ? undefined
      : { schema: type.propertySchema, input: order.properties ?? {}, vaultAvailable: caller.vaultKey !== null },
    at: c.now,
  }
  const placed = await decideWhere(c.tx, request, { c, ruled })
  const chosen = chosenOf(placed, request)
  return { agent: named ?? (await namedAgent(c.tx, chosen, type.id)), placed }
}

/** Keeps by which decision a service was placed, and what it has to keep to. @returns the decision's id */
async function keepPlacement(
  c: Command,
  service: Service,
  placed: Placed,
  order: ServiceCreate,
  { insteadOf }: OrderCaller,
): Promise<string> {
  const decisionId = await recordOrder(c, placed, service.id)
  const { placement, policy } = placed
  await insertServicePlacement(c, {
    serviceId: service.id,
    serviceName: service.name,
    consumerId: service.consumerId,
    decisionId,
    obligations: placement.candidates[0]?.decision.obligations ?? [],
    requirements: order.requirements,
    policy,
    policyId: insteadOf && (await servicePlacement(c.tx, insteadOf.id))?.policyId,
    customerKey: order.customerKey,
  })
  return decisionId
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
  await checkNotHeld(c.tx, id, change.properties ? UPDATE : null)
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
  await checkNotHeld(c.tx, id, action)
  await startJob(c, service, action)
}

async function startJob(c: Command, service: Service, action: string, wanted?: JsonObject): Promise<void> {
  const { lifecycleSchema } = await serviceTypeOf(c.tx, service)
  requireLeaving(service, lifecycleSchema, action)
  checkAction(service, lifecycleSchema, action, await activeJobId(c.tx, service.id))
  await queueJob(c, service, action, jobParams(service, action, wanted))
}

/** Puts a service into quarantine, or lets it out; a service that has ended has no conditions. */
export async function setQuarantine(c: Command, id: string, message: string | null): Promise<void> {
  const before = await lockService(c.tx, id)
  if (before.terminal) return
  const conditions = withQuarantine(before.conditions, message, timestamp(c.now))
  if (jsonEqual(conditions, before.conditions)) return
  await saveService(c.tx, { ...before, conditions, updatedAt: c.now })
  await appendEvent(c, { type: 'service.conditions_changed', ...serviceLinks(before), properties: { conditions } })
}

/** Whom an event about a service concerns. */
export function serviceLinks({ id, agentId, providerId, consumerId }: Service) {
  return { entityId: id, agentId, providerId, consumerId }
}
