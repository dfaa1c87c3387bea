/**
 * A worker: something that one process at a time does every so often. Whoever holds the worker's advisory lock does it; when
 * that process ends, its connection and so its lock are gone and another one takes over at its next look.
 */
import { sql } from 'kysely'
import type { Platform } from '../platform/context.ts'
import type { Db } from '../platform/db.ts'

export type Worker = {
  readonly name: string
  /** Key of the advisory lock; its own for each worker. */
  readonly lock: number
  readonly everyMs: number
  /** @returns what was done, for the log; nothing is logged when every number is 0 */
  run(platform: Platform): Promise<Record<string, number>>
}

/** A process that waits to take over looks at least so often. */
const TAKE_OVER_MS = 5_000

/** Runs a worker until the returned function is called, which waits for the run under way. */
export function startWorker(worker: Worker, platform: Platform): () => Promise<void> {
  const { log, signals } = platform
  const stopping = new AbortController()
  const loop = async () => {
    let lastRun = 0
    while (!stopping.signal.aborted) {
      const pause = Math.min(worker.everyMs, TAKE_OVER_MS)
      // the signal is one that nobody sends: this is a pause that ends at once when the server stops
      await signals.wait(`worker:${worker.name}`, pause, stopping.signal).done
      if (stopping.signal.aborted || Date.now() - lastRun < worker.everyMs) continue
      try {
        const done = await runLocked(worker, platform)
        if (done === null) continue
        lastRun = Date.now()
        if (Object.values(done).some((count) => count > 0)) log.info({ worker: worker.name, ...done }, 'worker')
      } catch (error) {
        log.warn({ err: error, worker: worker.name }, 'the worker failed: it will run again')
      }
    }
  }
  const running = loop()
  return async () => {
    stopping.abort()
    await running
  }
}

/** @returns null when another process is at it */
export async function runLocked(worker: Worker, platform: Platform): Promise<Record<string, number> | null> {
  return platform.db.connection().execute(async (connection: Db) => {
    const { rows } = await sql<{ locked: boolean }>`SELECT pg_try_advisory_lock(${worker.lock}) AS locked`.execute(
      connection,
    )
    if (!rows[0]?.locked) return null
    try {
      return await worker.run(platform)
    } finally {
      await sql`SELECT pg_advisory_unlock(${worker.lock})`.execute(connection)
    }
  })
}
