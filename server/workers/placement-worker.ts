/** Deletes decisions by which no service was placed when they are old, and what no decision rests on any more. */
import { deleteOldDecisions, deleteUnusedContents } from '../placement/index.ts'
import { inBatches, type Worker } from './worker.ts'

const BATCH = 500

/** @param retentionMs  how long dry runs and refused orders are kept; decisions of services stay with them */
export function placementWorker(everyMs: number, retentionMs: number): Worker {
  return {
    name: 'placement-decisions',
    lock: 4_205_428,
    everyMs,
    run: async ({ db, now }, signal) => {
      const before = new Date(now().getTime() - retentionMs)
      return {
        decisions: await inBatches(BATCH, signal, () => deleteOldDecisions(db, before, BATCH)),
        contents: await inBatches(BATCH, signal, () => deleteUnusedContents(db, now(), BATCH)),
      }
    },
  }
}
