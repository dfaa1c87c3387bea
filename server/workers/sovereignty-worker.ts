/** Announces what ends of profiles and evidence, and keeps the compliance of running services up to date. */
import { reviewCompliance } from '../compliance/index.ts'
import { announceEnds } from '../sovereignty-profiles/index.ts'
import type { Worker } from './worker.ts'

/** A run that finds no change asks a few short questions: it may come often, so that a change is felt soon. */
export function sovereigntyWorker(everyMs: number): Worker {
  return {
    name: 'sovereignty',
    lock: 4_205_423,
    everyMs,
    run: async (platform, signal) => {
      const announced = await announceEnds(platform, signal)
      const { changed, evacuations } = await reviewCompliance(platform, signal)
      return { announced, changed, evacuations }
    },
  }
}
