/**
 * Quarantine: a condition that the server sets on a service which breaks a sovereignty policy of that consequence. Nothing new is
 * entrusted to it: it takes no `update` and no action but those that lead out, until it complies again.
 */
import type { LifecycleSchema } from '@fulcrum/schema'
import { conflict } from '../platform/errors.ts'
import type { Condition, Service } from './service.ts'

/** The type of the condition. Agents cannot report it. */
export const QUARANTINED = 'Quarantined'

/** Actions that take data out or put the service to rest, by their usual names. */
const LEAVING = /^(?:stop|export|backup)/

export function isQuarantined({ conditions }: Pick<Service, 'conditions'>): boolean {
  return conditions.some(({ type }) => type === QUARANTINED)
}

/** @throws Refusal `conflict` when a service in quarantine is to do anything else than leave */
export function requireLeaving(service: Service, lifecycle: LifecycleSchema, action: string): void {
  if (!isQuarantined(service) || LEAVING.test(action) || endsWith(lifecycle, service.status, action)) return
  throw conflict(
    `service ${service.id} is in quarantine and takes no ${action}: it can be stopped, exported and deleted; see its compliance`,
  )
}

/** Whether the action leads to an end of the lifecycle from here. */
function endsWith({ actions, terminalStates }: LifecycleSchema, status: string, action: string): boolean {
  return actions.some(
    ({ name, transitions }) =>
      name === action && transitions.some(({ from, to }) => from === status && terminalStates?.includes(to)),
  )
}

/** What an agent reports replaces what it reported before; quarantine is not the agent's to end. */
export function keepQuarantine(before: readonly Condition[], reported: readonly Condition[]): Condition[] {
  return [...before.filter(({ type }) => type === QUARANTINED), ...reported]
}

/** The conditions with quarantine as its message says; without it when that is null. The rest stays as it is. */
export function withQuarantine(conditions: readonly Condition[], message: string | null, now: string): Condition[] {
  const others = conditions.filter(({ type }) => type !== QUARANTINED)
  if (message === null) return others
  const since = conditions.find(({ type }) => type === QUARANTINED)?.since ?? now
  return [{ type: QUARANTINED, message, since }, ...others]
}
