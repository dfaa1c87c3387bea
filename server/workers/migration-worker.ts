/** Drives migrations and evacuations: at once when one of their jobs ends, and every so often whatever was missed. */
import { driveEvacuations } from '../evacuations/index.ts'
import { driveMigrations } from '../migrations/index.ts'
import type { Platform } from '../platform/context.ts'
import type { Worker } from './worker.ts'

/** Nothing but time moves what nobody signals: the end of a source's retention, a deadline. */
const LOOK_MS = 2_000
const EVERY_MS = 1_000

export function migrationWorker(): Worker {
  return { name: 'migrations', lock: 4_205_424, everyMs: EVERY_MS, run: drive }
}

/** Stays as long as this process has the lock: one that came back every second would be a second late for every job. */
async function drive(platform: Platform, signal: AbortSignal): Promise<Record<string, number>> {
  let steps = 0
  let listening: string[] = []
  while (!signal.aborted) {
    // before the look: what happens during it is not missed
    const news = listen(platform, listening, signal)
    try {
      const migrations = await driveMigrations(platform, signal)
      const evacuations = await driveEvacuations(platform, signal)
      const done = migrations.steps + evacuations.steps
      steps += done
      const unheard = migrations.signals.some((key) => !listening.includes(key))
      listening = migrations.signals
      if (done === 0 && !unheard) await news.next
    } finally {
      news.cancel()
    }
  }
  return { steps }
}

function listen({ signals }: Platform, keys: readonly string[], signal: AbortSignal) {
  const waits = keys.map((key) => signals.wait(key, LOOK_MS, signal))
  return {
    next: Promise.race(waits.map(({ done }) => done)),
    cancel: () => {
      for (const { cancel } of waits) cancel()
    },
  }
}
