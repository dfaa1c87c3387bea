/**
 * What a job is and how it may change. Pure: no clock, no database, no HTTP.
 *
 *     Pending --claim--> Processing --complete--> Completed
 *        |                   |------fail--------> Failed
 *        '-----fail (by its own agent, or nobody came)--^
 */
import type { JobStatus } from '@fulcrum/contract'
import type { JsonObject } from '@fulcrum/schema'
import { invalidInput, Refusal } from '../platform/errors.ts'

export type Job = {
  id: string
  action: string
  params: JsonObject | null
  priority: number
  status: JobStatus
  errorMessage: string | null
  claimedAt: Date | null
  completedAt: Date | null
  /** What the agent told of the outcome. */
  result: JsonObject | null
  serviceId: string
  groupId: string
  agentId: string
  providerId: string
  consumerId: string
  createdAt: Date
  updatedAt: Date
}

/** The message of a job that its agent held for too long (contract, OURS.md). */
export const TIMEOUT_MESSAGE = 'timeout'

/**
 * Gives the job to its agent. The agent itself is checked by the operation's access rule.
 *
 * @throws Refusal `conflict` when it is not pending, so that of several claims one wins
 */
export function claim(job: Job, now: Date): Job {
  if (job.status !== 'Pending')
    throw new Refusal('conflict', `conflict: cannot claim a job not in pending status: it is ${job.status}`)
  return { ...job, status: 'Processing', claimedAt: now, updatedAt: now }
}

/** Longest result of a job, in bytes of its JSON: it is a report, and shown wherever the job is. */
const MAX_RESULT_BYTES = 64 * 1024

/**
 * @param result  what the agent tells of the outcome; null for nothing
 * @throws Refusal `invalid` when it is not being worked on, or the result is longer than 64 KiB
 */
export function complete(job: Job, result: JsonObject | null, now: Date): Job {
  if (job.status !== 'Processing') throw invalidInput('cannot complete a job not in processing status')
  const sizeBytes = result === null ? 0 : Buffer.byteLength(JSON.stringify(result))
  if (sizeBytes > MAX_RESULT_BYTES)
    throw invalidInput(`the result of a job may have ${MAX_RESULT_BYTES} bytes at most; this one has ${sizeBytes}`)
  return { ...job, status: 'Completed', result, completedAt: now, updatedAt: now }
}

/**
 * Ends the job without success. A pending job may be failed too: agents do that with actions which they do not support.
 *
 * @throws Refusal `invalid` when it has ended already
 */
export function fail(job: Job, errorMessage: string, now: Date): Job {
  if (job.status !== 'Processing' && job.status !== 'Pending')
    throw invalidInput('cannot fail a job not in processing status')
  return { ...job, status: 'Failed', errorMessage, completedAt: now, updatedAt: now }
}
