/** Makes vault copies: what schedules ask for, and what is on its way. */
import { runVault } from '../portability/index.ts'
import type { Worker } from './worker.ts'

/** Schedules count in hours: looking at all of them is not for every round. */
const SCHEDULES_MS = 60_000

export function vaultWorker(everyMs: number): Worker {
  let schedulesAt = Number.NEGATIVE_INFINITY
  return {
    name: 'vault',
    lock: 4_205_422,
    everyMs,
    // content to be copied may lie on this process's disk alone
    everywhere: true,
    run: async (platform, signal) => {
      const withSchedules = performance.now() - schedulesAt >= SCHEDULES_MS
      if (withSchedules) schedulesAt = performance.now()
      return runVault(platform, signal, withSchedules)
    },
  }
}
