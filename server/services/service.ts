/**
 * What a service is and how it moves through its lifecycle. Pure: no clock, no database, no HTTP.
 *
 *     order ──▶ initial state ──create──▶ … ──actions──▶ … ──delete──▶ terminal state (kept for ever)
 *
 * A state changes only when a job ends: by the transition that the lifecycle names for (state, action, success or error).
 */
import { type Json, type JsonObject, type LifecycleSchema, mayStart, nextState, stepRefusal } from '@fulcrum/schema'
import { invalidInput } from '../platform/errors.ts'

export type Condition = { type: string; message: string; since: string }

export type Service = {
  id: string
  name: string
  status: string
  /** Whether `status` is a terminal state of the lifecycle. */
  terminal: boolean
  statusSince: Date
  properties: JsonObject | null
  agentInstanceId: string | null
  agentInstanceData: JsonObject | null
  conditions: Condition[]
  providerId: string
  consumerId: string
  groupId: string
  agentId: string
  serviceTypeId: string
  createdAt: Date
  updatedAt: Date
}

/** The actions that the API itself queues; they are otherwise ordinary actions of the lifecycle. */
export const CREATE = 'create'
export const UPDATE = 'update'
export const DELETE = 'delete'

/** @throws Refusal `invalid` when the name is empty */
export function checkService(service: Service): Service {
  if (service.name === '') throw invalidInput('service name cannot be empty')
  return service
}

/**
 * Whether an action may be asked for now.
 *
 * @param activeJobId  the service's job that has not ended, if any
 * @throws Refusal `invalid` with the contract's text
 */
export function checkAction(
  service: Service,
  lifecycle: LifecycleSchema,
  action: string,
  activeJobId: string | null,
): void {
  const allowed = mayStart(lifecycle, service.status, action)
  if (!allowed.ok) throw invalidInput(allowed.reason)
  if (activeJobId !== null)
    throw invalidInput(`cannot update service ${service.id} while there is an active job ${activeJobId}`)
}

/**
 * What a job of this action carries to the agent: all properties for `create` and `update`, nothing for other actions.
 *
 * @param wanted  the complete properties after an update; absent when an action was asked for by name
 */
export function jobParams(service: Service, action: string, wanted?: JsonObject): JsonObject | null {
  if (wanted) return wanted
  return action === CREATE || action === UPDATE ? service.properties : null
}

/** What an agent reports when a job is done. */
export type Report = {
  agentInstanceId?: string
  agentInstanceData?: JsonObject
}

/**
 * The service after a job of this action has succeeded.
 *
 * @param properties  its properties now, with what the agent reported
 * @throws Refusal `invalid` when the lifecycle knows no way from here
 */
export function succeed(
  service: Service,
  lifecycle: LifecycleSchema,
  action: string,
  properties: JsonObject | null,
  report: Report,
  now: Date,
): Service {
  const step = nextState(lifecycle, service.status, action, null)
  if (step.kind !== 'to') throw invalidInput(stepRefusal(step.kind, service.status, action, null))
  return enter({ ...service, ...report, properties, updatedAt: now }, lifecycle, step.state, now)
}

/**
 * The service after a job of this action has failed: moved when the lifecycle has a matching error transition, else as it was.
 *
 * @throws Refusal `invalid` when the lifecycle does not know the action
 */
export function fail(
  service: Service,
  lifecycle: LifecycleSchema,
  action: string,
  message: string,
  now: Date,
): Service {
  const step = nextState(lifecycle, service.status, action, message)
  if (step.kind === 'unknown-action') throw invalidInput(stepRefusal(step.kind, service.status, action, message))
  return step.kind === 'to' ? enter({ ...service, updatedAt: now }, lifecycle, step.state, now) : service
}

function enter(service: Service, lifecycle: LifecycleSchema, status: string, now: Date): Service {
  const terminal = lifecycle.terminalStates?.includes(status) ?? false
  return {
    ...service,
    status,
    terminal,
    statusSince: status === service.status ? service.statusSince : now,
    ...(terminal && { agentInstanceId: null, conditions: [] }),
  }
}

/** The conditions after a report: those that held before keep their `since`. */
export function mergeConditions(
  before: readonly Condition[],
  reported: readonly { type: string; message: string }[],
  now: string,
): Condition[] {
  return reported.map(({ type, message }) => ({
    type,
    message,
    since: before.find((known) => known.type === type)?.since ?? now,
  }))
}

/** The service as events compare it. */
export function serviceShape(service: Service): { [key: string]: Json } {
  return {
    id: service.id,
    name: service.name,
    status: service.status,
    ...(service.properties && { properties: service.properties }),
    ...(service.agentInstanceId !== null && { agentInstanceId: service.agentInstanceId }),
    ...(service.agentInstanceData && { agentInstanceData: service.agentInstanceData }),
    providerId: service.providerId,
    consumerId: service.consumerId,
    groupId: service.groupId,
    agentId: service.agentId,
    serviceTypeId: service.serviceTypeId,
  }
}
