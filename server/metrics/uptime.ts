/**
 * How long a service was up, told from its events (source: contract, DOMAIN.md 13.3). Nothing of the API shows it; it is there for
 * metering.
 */
import type { Event } from '@fulcrum/contract'

export type Uptime = { readonly upSeconds: number; readonly downSeconds: number }

/**
 * The seconds of a window in which the service was in a running state, and the others. Until the first transition that is known
 * the service counts as down: so it also does from `start` to the first transition in the window when the events before were
 * deleted. Keep events for longer than the windows that you ask for, by more than a service stays in one state.
 *
 * @param events         of one service, in their order, from before the window on; other types than `service.transitioned` and
 *   transitions that leave the state as it is do not count
 * @param runningStates  of the service type's lifecycle
 * @param window         both ends included
 * @returns whole seconds
 */
export function uptimeOf(
  events: readonly Pick<Event, 'type' | 'createdAt' | 'properties'>[],
  runningStates: readonly string[],
  { start, end }: { start: Date; end: Date },
): Uptime {
  let upMs = 0
  let isUp = false
  let sinceMs = start.getTime()
  for (const event of events) {
    const atMs = Date.parse(event.createdAt)
    if (atMs > end.getTime()) break
    const status = event.type === 'service.transitioned' ? statusAfter(event.properties?.diff) : null
    if (status === null) continue
    const fromMs = Math.max(atMs, start.getTime())
    if (isUp) upMs += fromMs - sinceMs
    isUp = runningStates.includes(status)
    sinceMs = fromMs
  }
  if (isUp) upMs += end.getTime() - sinceMs
  const upSeconds = Math.floor(upMs / 1_000)
  return { upSeconds, downSeconds: Math.floor((end.getTime() - start.getTime()) / 1_000) - upSeconds }
}

/** The state that a patch leads to; null when it leaves the state as it is. */
function statusAfter(diff: unknown): string | null {
  if (!Array.isArray(diff)) return null
  for (const change of diff)
    if (isChange(change) && change.path === '/status' && change.op !== 'test' && typeof change.value === 'string')
      return change.value
  return null
}

function isChange(value: unknown): value is { op: unknown; path: unknown; value?: unknown } {
  return typeof value === 'object' && value !== null && 'op' in value && 'path' in value
}
