/** The round of the vault: requests what is due, moves on what is on its way, and tells what is overdue. */
import { copyArtifacts } from '../artifacts/index.ts'
import { appendEvent } from '../events/index.ts'
import { runCommand, SYSTEM } from '../platform/command.ts'
import type { Platform } from '../platform/context.ts'
import { Refusal } from '../platform/errors.ts'
import { lockService } from '../services/index.ts'
import { dueAt, isDue, isOverdue } from './vault-copy.ts'
import { copiesIn, forgetFailures, lookAgain, noteOverdue } from './vault-copy-store.ts'
import { type Duty, duties, forgetOverdue } from './vault-schedule-store.ts'
import { moveOn, requestVaultCopy } from './vault-workflow.ts'

const BATCH = 500
const AFTER_DEFECT_MS = 60_000
/** How long failed copies are remembered, in milliseconds. */
const FAILURES_MS = 30 * 24 * 3_600_000

export type VaultRound = {
  requested: number
  overdue: number
  movedOn: number
  copied: number
  copiesFailed: number
  copiesRemoved: number
}

/** One round: schedules first, then what is on its way, then content, then what that content completes. */
export async function runVault(platform: Platform, signal: AbortSignal, withSchedules = true): Promise<VaultRound> {
  const asked = withSchedules ? await requestDueCopies(platform, signal) : { requested: 0, overdue: 0 }
  const movedOn = await moveAllOn(platform, signal, ['requested', 'exporting'])
  const content = await copyArtifacts(platform, signal)
  return { ...asked, movedOn: movedOn + (await moveAllOn(platform, signal, ['storing'])), ...content }
}

/** Requests the copies that schedules ask for by now, and tells which are overdue. */
export async function requestDueCopies(
  platform: Platform,
  signal: AbortSignal,
): Promise<{ requested: number; overdue: number }> {
  const done = { requested: 0, overdue: 0 }
  let after: string | null = null
  while (!signal.aborted) {
    const page: Duty[] = await duties(platform.db, after, BATCH)
    for (const duty of page) {
      if (signal.aborted) break
      const now = platform.now()
      if (isDue(duty, now) && (await request(platform, duty))) done.requested++
      if (!duty.isTold && isOverdue(duty, now) && (await tellOverdue(platform, duty))) done.overdue++
    }
    const last = page.at(-1)
    if (!last) break
    after = last.serviceId
  }
  await forgetOverdue(platform.db)
  await forgetFailures(platform.db, new Date(platform.now().getTime() - FAILURES_MS), BATCH)
  return done
}

async function request(platform: Platform, { serviceId, store, scheduleId }: Duty): Promise<boolean> {
  return runCommand(platform, SYSTEM, async (c) => {
    const service = await lockService(c.tx, serviceId)
    if (service.terminal) return false
    await requestVaultCopy(c, service, store, scheduleId)
    return true
  }).catch((error: unknown) => {
    // somebody else was first
    if (error instanceof Refusal && error.kind === 'conflict') return false
    throw error
  })
}

async function tellOverdue(platform: Platform, duty: Duty): Promise<boolean> {
  const { serviceId, store } = duty
  const reason = duty.lastReason ?? 'no copy was stored in time'
  return runCommand(platform, SYSTEM, async (c) => {
    const service = await lockService(c.tx, serviceId)
    if (!(await noteOverdue(c.tx, { serviceId, store, since: dueAt(duty), reason }))) return false
    await appendEvent(c, {
      type: 'vault_copy.overdue',
      entityId: serviceId,
      consumerId: service.consumerId,
      properties: { serviceId, store, reason },
    })
    return true
  })
}

async function moveAllOn(
  platform: Platform,
  signal: AbortSignal,
  states: readonly ('requested' | 'exporting' | 'storing')[],
): Promise<number> {
  let moved = 0
  for (const state of states)
    for (const copy of await copiesIn(platform.db, state, platform.now(), BATCH)) {
      if (signal.aborted) return moved
      try {
        if (await moveOn(platform, copy)) moved++
        // the next round begins with others
        else if (state !== 'requested') await lookAgain(platform.db, copy.id, platform.now())
      } catch (error) {
        // one that cannot be dealt with must not keep the others waiting
        platform.log.error({ err: error, vaultCopy: copy.id }, 'a vault copy cannot be moved on')
        await lookAgain(platform.db, copy.id, new Date(platform.now().getTime() + AFTER_DEFECT_MS))
      }
    }
  return moved
}
