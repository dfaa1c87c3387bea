/**
 * Waiting for a job: polls it until it has ended, says what happens and, when it takes long, why. The job goes on at the server
 * whatever happens here.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Job, Service, Why } from '@fulcrum/contract'
import { CliError } from './errors.ts'
import { shortDuration } from './output/format.ts'
import { type Progress, startProgress } from './output/progress.ts'
import type { Session } from './session.ts'

const FIRST_POLL_MS = 250
const LONGEST_POLL_MS = 2_000
/** From here on a person wonders: ask the server for the reason. */
const ASK_WHY_AFTER_MS = 5_000
const ASK_WHY_EVERY_MS = 5_000

/** The newest job of a service, of one action if given. */
export async function newestJob(session: Session, serviceId: string, action?: string): Promise<Job | undefined> {
  const query = { serviceId, sort: '-createdAt', pageSize: 1, ...(action !== undefined && { action }) }
  const { items } = await session.client.call(session.contract.jobs.list, { query })
  return items[0]
}

export function isActive(job: Job): boolean {
  return job.status === 'Pending' || job.status === 'Processing'
}

/**
 * Waits until the job has ended.
 *
 * @param name  of the service, for what is said
 * @param timeoutMs  longest wait
 * @returns the service afterwards
 * @throws CliError (failed) with the reason, (timedOut), (interrupted) on Ctrl-C
 */
export async function waitForJob(session: Session, job: Job, name: string, timeoutMs: number): Promise<Service> {
  const progress = startProgress()
  const stop = new AbortController()
  const interrupt = () => stop.abort(goesOn('interrupted', 'Stopped waiting.', name))
  process.once('SIGINT', interrupt)
  const timer = setTimeout(() => stop.abort(tooLong(name, timeoutMs)), timeoutMs)
  try {
    const ended = await follow(session, job, name, timeoutMs, progress, stop.signal)
    if (ended.status === 'Failed') throw await failure(session, ended, name)
    return await session.client.call(session.contract.services.get, { params: { id: job.serviceId } })
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error
  } finally {
    clearTimeout(timer)
    process.removeListener('SIGINT', interrupt)
    progress.end()
  }
}

async function follow(
  session: Session,
  job: Job,
  name: string,
  timeoutMs: number,
  progress: Progress,
  signal: AbortSignal,
): Promise<Job> {
  const { RateLimitedError } = await import('@fulcrum/client')
  const { client, contract } = session
  let nextWhyAt = Date.now() + ASK_WHY_AFTER_MS
  let reason = ''
  for (let present = job, pauseMs = FIRST_POLL_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_POLL_MS)) {
    if (!isActive(present)) return present
    progress.show(`${present.action} ${name}: ${stateOf(present)}`, sinceOf(present))
    if (Date.now() >= nextWhyAt) {
      const why = await explainJob(session, present.id, signal)
      const text = why ? shortWhy(why) : ''
      if (text !== '' && text !== reason) progress.say(`  ${text}`)
      reason = text || reason
      nextWhyAt = Date.now() + ASK_WHY_EVERY_MS
    }
    await sleep(pauseMs, undefined, { signal })
    try {
      // The client repeats reads while the server is away: for as long as there is time, which `signal` ends too.
      const patience = { signal, timeoutMs }
      present = await client.call(contract.jobs.get, { params: { id: present.id } }, patience)
    } catch (error) {
      if (!(error instanceof RateLimitedError)) throw error
      await sleep(error.retryAfterMs, undefined, { signal })
    }
  }
}

/** Why the job is as it is; undefined where the server cannot say. */
async function explainJob(session: Session, id: string, signal?: AbortSignal): Promise<Why | undefined> {
  try {
    return await session.client.call(session.contract.jobs.why, { params: { id } }, signal ? { signal } : {})
  } catch (error) {
    if (signal?.aborted) throw error
    // An explanation is an extra: without one the wait goes on.
    return undefined
  }
}

function stateOf(job: Job): string {
  return job.status === 'Pending' ? `job ${job.id} waits for its agent` : `job ${job.id} is being carried out`
}

function sinceOf(job: Job): string {
  return job.status === 'Pending' ? job.createdAt : (job.claimedAt ?? job.updatedAt)
}

/** In one line. */
export function shortWhy(why: Why): string {
  const parts = [
    why.summary,
    why.waitsFor && `Waits for: ${why.waitsFor}.`,
    why.unblockedBy && `Can help: ${why.unblockedBy}.`,
  ]
  return parts.filter(Boolean).join(' ').replaceAll('..', '.')
}

async function failure(session: Session, job: Job, name: string): Promise<CliError> {
  const why = await explainJob(session, job.id)
  return new CliError('failed', `${job.action} of ${name} failed: ${job.errorMessage ?? 'the agent gave no reason'}`, [
    ...(why && why.summary !== job.errorMessage ? [shortWhy(why)] : []),
    ...(why?.possibleIf ?? []).map((text) => `Possible if: ${text}`),
    `More: fulcrum why ${shellWord(name)}`,
  ])
}

function tooLong(name: string, timeoutMs: number): CliError {
  return goesOn('timedOut', `Not done after ${shortDuration(timeoutMs / 1000)}.`, name)
}

function goesOn(kind: 'interrupted' | 'timedOut', message: string, name: string): CliError {
  return new CliError(kind, `${message} The order goes on.`, [
    `Watch it with: fulcrum watch ${shellWord(name)}`,
    `See what it waits for with: fulcrum why ${shellWord(name)}`,
  ])
}

/** As it can be pasted into a shell. */
export function shellWord(text: string): string {
  return /^[\w.:/@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
