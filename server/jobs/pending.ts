/**
 * The agents' way to their jobs: at once when there are some, or as soon as there is one. Waiting costs a subscription in
 * memory; the database is asked when a signal comes, and once in a while in case one was lost.
 */
import type { Job as WireJob } from '@fulcrum/contract'
import type { Platform } from '../platform/context.ts'
import { jobsSignal } from '../services/index.ts'
import { pendingJobs } from './job-store.ts'

const DEFAULT_LIMIT = 10
const MAX_WAIT_SECONDS = 60
/** A look without a signal: when the process that queued the job died before it could tell. */
const RECHECK_MS = 10_000

/** Nonsense counts as absent, as in API v1. */
export function readLimit(text: string | null): number {
  const value = Number(text)
  return text !== null && Number.isInteger(value) && value > 0 && value <= 1_000_000 ? value : DEFAULT_LIMIT
}

/** Seconds to wait, 0 to 60; nonsense counts as 0. Result in milliseconds. */
export function readWait(text: string | null): number {
  const value = Number(text)
  return text !== null && Number.isFinite(value) && value > 0 ? Math.min(value, MAX_WAIT_SECONDS) * 1_000 : 0
}

/** @returns the jobs that may be claimed now; empty when none came within `waitMs` or the caller went away */
export async function awaitPendingJobs(
  { db, signals }: Pick<Platform, 'db' | 'signals'>,
  agentId: string,
  limit: number,
  waitMs: number,
  signal: AbortSignal,
): Promise<WireJob[]> {
  const until = performance.now() + waitMs
  for (;;) {
    const left = until - performance.now()
    // subscribed before looking, so that a job which comes in between is not missed
    const heard = left > 0 ? signals.wait(jobsSignal(agentId), Math.min(left, RECHECK_MS), signal) : null
    let jobs: WireJob[]
    try {
      jobs = await pendingJobs(db, agentId, limit)
    } catch (error) {
      heard?.cancel()
      throw error
    }
    if (jobs.length > 0 || !heard || signal.aborted) {
      heard?.cancel()
      return jobs
    }
    await heard.done
    if (signal.aborted) return []
  }
}
