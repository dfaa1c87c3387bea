/** Ends jobs that an agent holds for too long, and deletes old ones. */
import { failJob, overdueJobs, purgeJobs, TIMEOUT_MESSAGE } from '../jobs/index.ts'
import { runCommand, SYSTEM } from '../platform/command.ts'
import type { Platform } from '../platform/context.ts'
import { Refusal } from '../platform/errors.ts'
import { inBatches, type Worker } from './worker.ts'

const BATCH = 100
const PURGE_BATCH = 1_000

export function jobWorker(everyMs: number): Worker {
  return {
    name: 'jobs',
    lock: 4_205_402,
    everyMs,
    run: async (platform, signal) => {
      const endedBefore = new Date(platform.now().getTime() - platform.config.jobRetentionMs)
      return {
        timedOut: await failOverdueJobs(platform, signal),
        purged: await inBatches(PURGE_BATCH, signal, () => purgeJobs(platform.db, endedBefore, PURGE_BATCH)),
      }
    },
  }
}

/**
 * Fails jobs that were claimed longer ago than the limit, each in its own transaction: the service follows its lifecycle's error
 * transition as if the agent had reported `timeout`. A job that nobody claimed is left alone: it only waits.
 */
async function failOverdueJobs(platform: Platform, signal: AbortSignal): Promise<number> {
  const claimedBefore = new Date(platform.now().getTime() - platform.config.jobTimeoutMs)
  let failed = 0
  for (const { id } of await overdueJobs(platform.db, claimedBefore, BATCH)) {
    if (signal.aborted) break
    try {
      await runCommand(platform, SYSTEM, (c) => failJob(c, id, TIMEOUT_MESSAGE, () => {}))
      failed++
    } catch (error) {
      // the agent reported in the meantime
      if (!(error instanceof Refusal && error.kind === 'invalid')) throw error
    }
  }
  return failed
}
