/**
 * How API v1 named things before its members were renamed: services with a current and a target side, jobs with actions such as
 * ServiceCreate. Pure; the present members stay beside the former ones (contract, AGENTS.md 6.3).
 */
import type { Job, Service } from '@fulcrum/contract'
import { type JsonObject, type LifecycleSchema, nextState } from '@fulcrum/schema'

/** What the former members of a service tell beyond its present ones. */
export type Background = {
  lifecycle: LifecycleSchema
  /** The job that has not ended; a service has at most one. */
  openJob: OpenJob | null
}
export type OpenJob = { action: string; params: JsonObject | null }

const FORMER_ACTIONS: Readonly<Record<string, string>> = {
  create: 'ServiceCreate',
  start: 'ServiceStart',
  stop: 'ServiceStop',
  delete: 'ServiceDelete',
}

/** The service with the members that it had before. Secrets stay references, as in the present members. */
export function legacyService(service: Service, { lifecycle, openJob }: Background): Service {
  const { properties = null, agentInstanceId = null, agentInstanceData = null, status } = service
  const isOrdered = openJob?.action === 'create' || openJob?.action === 'update'
  return {
    ...service,
    externalId: agentInstanceId,
    resources: agentInstanceData,
    currentStatus: status,
    targetStatus: openJob && stateAfter(lifecycle, status, openJob.action),
    currentProperties: openJob?.action === 'create' ? null : properties,
    targetProperties: isOrdered ? openJob.params : null,
  }
}

/**
 * The job, and the service in it, with the words and members that they had before.
 *
 * @param background  of the job's service
 */
export function legacyJob(job: Job, { lifecycle, openJob }: Background): Job {
  const isOpen = job.status === 'Pending' || job.status === 'Processing'
  const open = isOpen ? { action: job.action, params: job.params ?? null } : openJob
  return {
    ...job,
    action: formerAction(job.action, lifecycle.runningStates?.includes(job.service?.status ?? '') ?? false),
    state: job.status,
    ...(job.service && { service: legacyService(job.service, { lifecycle, openJob: open }) }),
  }
}

function formerAction(action: string, isRunning: boolean): string {
  if (action === 'update') return isRunning ? 'ServiceHotUpdate' : 'ServiceColdUpdate'
  return Object.hasOwn(FORMER_ACTIONS, action) ? (FORMER_ACTIONS[action] ?? action) : action
}

function stateAfter(lifecycle: LifecycleSchema, status: string, action: string): string | null {
  const step = nextState(lifecycle, status, action, null)
  return step.kind === 'to' ? step.state : null
}
