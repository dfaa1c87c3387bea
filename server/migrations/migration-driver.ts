/** Drives migrations on: every one that can go on does, one transaction for each step. */
import type { Platform } from '../platform/context.ts'
import { Refusal } from '../platform/errors.ts'
import { jobsSignal } from '../services/index.ts'
import { runningMigrations } from './migration-store.ts'
import { advanceMigration, MIGRATIONS_SIGNAL } from './migration-workflow.ts'

/** A migration gives the others a turn after so many steps. */
const STEPS_AT_ONCE = 20

/**
 * Moves every migration as far as it goes now.
 *
 * @returns how many steps were taken, and the signals by which news of the others come
 */
export async function driveMigrations(
  platform: Platform,
  signal: AbortSignal,
): Promise<{ steps: number; signals: string[] }> {
  const running = await runningMigrations(platform.db)
  let steps = 0
  for (const { id } of running)
    for (let turn = 0; turn < STEPS_AT_ONCE && !signal.aborted; turn++) {
      if (!(await advanced(platform, id))) break
      steps++
    }
  const agents = new Set(running.flatMap(({ agentIds }) => agentIds))
  return { steps, signals: [MIGRATIONS_SIGNAL, ...[...agents].map(jobsSignal)] }
}

/** One that cannot be moved keeps no other from moving. */
async function advanced(platform: Platform, id: string): Promise<boolean> {
  try {
    return await advanceMigration(platform, id)
  } catch (error) {
    // somebody was faster, for example the agent whose job was to be taken back: the next look sees it
    if (error instanceof Refusal && error.kind !== 'unavailable')
      platform.log.debug({ err: error, migration: id }, 'a step is tried again')
    else platform.log.warn({ err: error, migration: id }, 'a migration cannot be moved now')
    return false
  }
}
