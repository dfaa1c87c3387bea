/** A time limit and a caller's signal, joined into one signal that leaves no timer and no listener behind. */

export type Deadline = {
  readonly signal: AbortSignal
  /** True when the time limit was reached before the caller aborted. */
  readonly timedOut: boolean
  remainingMs(): number
  /** Drops the time limit, for example once a stream has begun; the caller's signal still counts. */
  lift(): void
  /** Must be called in the end; nothing is aborted by it. */
  clear(): void
}

/**
 * @param timeoutMs  from now on
 * @throws the signal's reason if it is aborted already
 */
export function startDeadline(timeoutMs: number, caller?: AbortSignal): Deadline {
  caller?.throwIfAborted()
  const controller = new AbortController()
  const endsAt = performance.now() + timeoutMs
  let timedOut = false
  const onAbort = () => controller.abort(caller?.reason)
  caller?.addEventListener('abort', onAbort, { once: true })
  const timer = setTimeout(() => {
    timedOut = !controller.signal.aborted
    controller.abort(new DOMException('time limit reached', 'TimeoutError'))
  }, timeoutMs)

  return {
    signal: controller.signal,
    get timedOut() {
      return timedOut
    },
    remainingMs: () => endsAt - performance.now(),
    lift: () => clearTimeout(timer),
    clear: () => {
      clearTimeout(timer)
      caller?.removeEventListener('abort', onAbort)
    },
  }
}

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5_000

/** Pause before the next try, doubling from 0.1 s to 5 s; random between half and whole, so that many callers spread. */
export function backOffMs(failures: number, asked?: number): number {
  const whole = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures)
  return Math.max(asked ?? 0, whole * (0.5 + Math.random() / 2))
}
