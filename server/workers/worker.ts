/**
 * A worker: something that is done every so often in the background, by one process at a time. Processes compete for the worker's
 * lock. Who has it keeps it and works when it is time; when that process ends, hangs or loses its connection, another one gets the
 * lock within seconds and works at once, since nobody knows how far the first had come.
 *
 * A process that was only thought dead may finish what it was doing: so a run consists of steps of one short transaction each,
 * which two may do at the same time without harm, and stops before the next step when the lock is lost.
 */
import type { Platform } from '../platform/context.ts'
import { type LockSession, SILENCE_MS } from '../platform/lock-session.ts'

export type Worker = {
  readonly name: string
  /** Key of the advisory lock; its own for each worker. */
  readonly lock: number
  readonly everyMs: number
  /** True: each process has to do it for itself, though not at the same time as another. */
  readonly everywhere?: boolean
  /**
   * @param signal  aborted when the lock is lost or the server stops: end after the step under way
   * @returns what was done, for the log; nothing is logged when every number is 0
   */
  run(platform: Platform, signal: AbortSignal): Promise<Record<string, number>>
}

/** A process looks at least so often whether there is something to take over. */
const LOOK_MS = 2_500
/** The longest from the death of a process to the next run elsewhere: PostgreSQL's patience, and a look. */
export const TAKE_OVER_MS = SILENCE_MS + LOOK_MS

/** Runs a worker until the returned function is called, which waits for the step under way. */
export function startWorker(worker: Worker, platform: Platform, locks: LockSession): () => Promise<void> {
  const { log, signals } = platform
  const stopping = new AbortController()
  let turn: AbortSignal | null = null
  let lastRunMs = Number.NEGATIVE_INFINITY
  const isDue = () => performance.now() - lastRunMs >= worker.everyMs
  const look = async () => {
    if (worker.everywhere && !isDue()) return
    const held = await locks.hold(worker.lock).catch((error: unknown) => {
      if (!stopping.signal.aborted) log.debug({ err: error, worker: worker.name }, 'the lock cannot be asked for now')
      return null
    })
    if (held === null) return
    if (held !== turn && !worker.everywhere) lastRunMs = Number.NEGATIVE_INFINITY
    turn = held
    if (!isDue()) return
    try {
      const done = await worker.run(platform, AbortSignal.any([held, stopping.signal]))
      lastRunMs = performance.now()
      if (Object.values(done).some((count) => count > 0)) log.info({ worker: worker.name, ...done }, 'worker')
    } finally {
      if (worker.everywhere) await locks.release(worker.lock)
    }
  }
  const loop = async () => {
    while (!stopping.signal.aborted) {
      // the signal is one that nobody sends: this is a pause that ends at once when the server stops
      await signals.wait(`worker:${worker.name}`, Math.min(worker.everyMs, LOOK_MS), stopping.signal).done
      if (stopping.signal.aborted) break
      await look().catch((error: unknown) => {
        if (!stopping.signal.aborted)
          log.warn({ err: error, worker: worker.name }, 'the worker failed: it will run again')
      })
    }
  }
  const running = loop()
  return async () => {
    stopping.abort()
    await running
  }
}

/**
 * Repeats a step until it finds less than a full batch, or until it is told to stop.
 *
 * @param step  returns how many it did, `batch` at most
 * @returns how many in all
 */
export async function inBatches(batch: number, signal: AbortSignal, step: () => Promise<number>): Promise<number> {
  let total = 0
  while (!signal.aborted) {
    const done = await step()
    total += done
    if (done < batch) break
  }
  return total
}
