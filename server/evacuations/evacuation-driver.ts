/** Drives evacuations on: begins the migrations that may begin, and ends what has come to its end. */
import type { Platform } from '../platform/context.ts'
import { runningEvacuations } from './evacuation-store.ts'
import { advanceEvacuation } from './evacuation-workflow.ts'

/** @returns how many steps were taken */
export async function driveEvacuations(platform: Platform, signal: AbortSignal): Promise<{ steps: number }> {
  let steps = 0
  for (const id of await runningEvacuations(platform.db))
    try {
      steps += await advanceEvacuation(platform, id, signal)
    } catch (error) {
      // one that cannot go on keeps no other from going on
      platform.log.warn({ err: error, evacuation: id }, 'an evacuation cannot go on now')
    }
  return { steps }
}
