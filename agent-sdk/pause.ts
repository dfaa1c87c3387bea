/** Waiting, and for how long before the next try. */
import { setTimeout as wait } from 'node:timers/promises'
import { RateLimitedError, UnavailableError } from '@fulcrum/client'

const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 30_000

/** @throws the signal's reason as soon as it is aborted */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await wait(ms, undefined, { signal })
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
}

/**
 * Pause before the next try: 1 s doubling to 30 s, spread so that the agents of a restarted server do not come all at once; never
 * shorter than the server asked for.
 *
 * @param failures  in a row before this one, from 0
 */
export function retryPauseMs(failures: number, error: unknown): number {
  const whole = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures)
  const asked = error instanceof UnavailableError || error instanceof RateLimitedError ? error.retryAfterMs : undefined
  return Math.max(asked ?? 0, jittered(whole))
}

/** Between half and the whole of it. */
export function jittered(ms: number): number {
  return ms * (0.5 + Math.random() / 2)
}
