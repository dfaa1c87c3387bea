/** Keeps the audit log up to date in the background: entries soon after every change, a checkpoint every minute. */
import { setTimeout as sleep } from 'node:timers/promises'
import { EVENTS_SIGNAL } from '../events/index.ts'
import type { Platform } from '../platform/context.ts'
import { appendNext } from './append-workflow.ts'
import { CHECKPOINT_EVERY_MS, isCheckpointDue } from './checkpoint.ts'
import { lookAtLog } from './log-store.ts'
import { signLog } from './sign-workflow.ts'

/** Events that are numbered within this time are appended together, at much less cost than one by one; readers do not wait for it. */
const COALESCE_MS = 1_000
/** A look without any signal: events that were numbered late, or by a process that died. */
const IDLE_MS = 2_000

type Deps = Pick<Platform, 'db' | 'config' | 'now' | 'signals' | 'log'>

/** Runs in every process until the returned function is called, which waits for the batch under way. */
export function startAuditLog(platform: Deps): () => Promise<void> {
  const { db, now, signals, log } = platform
  const stopping = new AbortController()
  const { signal } = stopping
  const sign = signer(platform)
  const catchUp = async () => {
    while (!signal.aborted) {
      const standing = await lookAtLog(db)
      const appended = standing.behind ? await appendNext(platform) : null
      if (isCheckpointDue({ ...standing, size: appended?.size ?? standing.size }, now())) await sign()
      if (!appended?.more) return
    }
  }
  const run = async () => {
    while (!signal.aborted) {
      const heard = signals.wait(EVENTS_SIGNAL, IDLE_MS, signal)
      await catchUp().catch((error: unknown) => {
        if (!signal.aborted) log.debug({ err: error }, 'the audit log cannot be written now')
      })
      await heard.done
      await sleep(COALESCE_MS, undefined, { signal }).catch(() => {})
    }
  }
  const running = run()
  return async () => {
    stopping.abort()
    await running
  }
}

/** Signs when it is due; why it cannot be done is said once, and tried again after a minute. */
function signer(platform: Omit<Deps, 'signals'>): () => Promise<void> {
  let told: string | null = null
  let notBeforeMs = 0
  return async () => {
    if (performance.now() < notBeforeMs) return
    const signing = await signLog(platform, false)
    if (signing.state !== 'refused') {
      told = null
      return
    }
    notBeforeMs = performance.now() + CHECKPOINT_EVERY_MS
    if (signing.problem === told) return
    told = signing.problem
    platform.log[signing.kind === 'rewritten' ? 'error' : 'warn'](signing.problem)
  }
}
