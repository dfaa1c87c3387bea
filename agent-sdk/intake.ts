/**
 * Takes jobs and runs them, several at a time: first those that an earlier process left, then what the server has.
 *
 *     pending --journal, claim--> running --decided--> reporting --answered--> forgotten
 */
import {
  ConflictError,
  ForbiddenError,
  type FulcrumClient,
  FulcrumError,
  InvalidRequestError,
  NotFoundError,
} from '@fulcrum/client'
import { type Agent, type Job, jobs, type Service, services } from '@fulcrum/contract'
import type { AgentContext, AgentDefinition } from './agent.ts'
import type { HealthGate } from './heartbeat.ts'
import type { JobJournal, Journal } from './journal.ts'
import type { Log } from './log.ts'
import { jittered, pause, retryPauseMs } from './pause.ts'
import type { Redactor } from './redact.ts'
import { sendReport } from './report.ts'
import { runJob } from './run-job.ts'
import { isTemporary, type ServerLink } from './server-link.ts'

export type IntakeOptions<C> = {
  definition: Pick<AgentDefinition<C>, 'handlers'>
  agent: Agent
  client: FulcrumClient
  link: ServerLink
  log: Log
  redactor: Redactor
  journal: Journal
  gate: HealthGate
  contextFor(signal: AbortSignal): AgentContext<C>
  parallelJobs: number
  jobTimeoutMs: number
  /** Seconds that the server is asked to wait for a job; 0 for plain polling. */
  waitSeconds: number
  /** No new jobs from here on. */
  stopping: AbortSignal
  /** Running jobs are given up, to be run again by the next process. */
  halt: AbortSignal
}

const SHORTEST_IDLE_MS = 1_000
const LONGEST_IDLE_MS = 5_000
/** A job whose claim was refused is left alone for so long. */
const REFUSED_PAUSE_MS = 15_000
/** What the answer may take beyond the time that the server was asked to wait. */
const ANSWER_MS = 15_000

/** @returns resolves when `stopping` is aborted and no job is running any more */
export async function takeJobs<C>(options: IntakeOptions<C>): Promise<void> {
  const { client, link, log, journal, gate, parallelJobs, stopping } = options
  const running = new Map<string, Promise<void>>()
  const refusedUntil = new Map<string, number>()
  let wakeUp = new AbortController()
  let looking = false
  let { waitSeconds } = options

  try {
    const left = await leftJobs(options)
    for (const job of left) {
      await freeSlot()
      await gate.open(stopping)
      start(job, await journal.open(job.id), false)
    }
    await lookForJobs()
  } catch (error) {
    if (!stopping.aborted) throw error
  }
  await Promise.all(running.values())

  async function lookForJobs(): Promise<void> {
    for (let failures = 0, idle = 0; !stopping.aborted; ) {
      try {
        await gate.open(stopping)
        await freeSlot()
        const askedAt = performance.now()
        const taken = await look(waitSeconds)
        link.ok()
        failures = 0
        if (taken > 0) {
          idle = 0
          continue
        }
        // A server that does not know how to wait answers at once.
        if (waitSeconds > 0 && performance.now() - askedAt >= waitSeconds * 1_000 - 500) continue
        await idlePause(jittered(Math.min(LONGEST_IDLE_MS, SHORTEST_IDLE_MS * 1.5 ** idle++)))
      } catch (error) {
        stopping.throwIfAborted()
        if (error instanceof InvalidRequestError && waitSeconds > 0) {
          waitSeconds = 0
          continue
        }
        link.failed('look for jobs', error)
        await pause(retryPauseMs(failures++, error), stopping)
      }
    }
  }

  /** Asks once and starts what can be started; answers how many. */
  async function look(wait: number): Promise<number> {
    const query = { limit: String(parallelJobs - running.size), ...(wait > 0 ? { wait: String(wait) } : {}) }
    const limits = { signal: stopping, timeoutMs: wait * 1_000 + ANSWER_MS, repeat: false }
    const offered = await client.call(jobs.pending, { query }, limits)
    let taken = 0
    for (const job of offered) {
      if (running.size >= parallelJobs || !gate.isOpen || stopping.aborted) break
      if (running.has(job.id) || (refusedUntil.get(job.id) ?? 0) > performance.now()) continue
      refusedUntil.delete(job.id)
      // The memory of the job begins before the claim: after a crash in between nobody has to guess.
      const memory = await journal.open(job.id)
      if (running.has(job.id) || running.size >= parallelJobs) {
        // The other look was faster.
        await memory.close()
        continue
      }
      start(job, memory, true)
      taken++
    }
    return taken
  }

  function start(job: Job, memory: JobJournal, toClaim: boolean): void {
    const jobLog = log.child({ jobId: job.id, serviceId: job.serviceId, action: job.action })
    const run = work(job, memory, toClaim, jobLog)
      .catch(async (error) => {
        await memory.close().catch(() => undefined)
        if (!options.halt.aborted) jobLog.error('the job is left to the next start of the agent', { error })
        return true
      })
      .then((worked) => {
        running.delete(job.id)
        if (worked) lookAgain()
        else wakeUp.abort()
      })
    running.set(job.id, run)
  }

  /** @returns false when the job was not ours to run */
  async function work(job: Job, memory: JobJournal, toClaim: boolean, jobLog: Log): Promise<boolean> {
    if (toClaim && !(await claim(job, jobLog))) {
      refusedUntil.set(job.id, performance.now() + REFUSED_PAUSE_MS)
      await memory.remove()
      return false
    }
    const { definition, contextFor, redactor, halt, jobTimeoutMs } = options
    let report = memory.decided
    if (report) jobLog.info('the job was decided before, its report is sent again')
    else {
      jobLog.info(toClaim ? 'the job begins' : 'the job is resumed')
      const service = await serviceOf(job)
      const run = { definition, contextFor, log: jobLog, halt, redactor, timeoutMs: jobTimeoutMs, job }
      report = service
        ? await runJob({ ...run, service, journal: memory, leastAttempt: toClaim ? 1 : 2 })
        : { kind: 'fail', body: { errorMessage: 'the service of the job cannot be read' } }
    }
    if (!report) {
      jobLog.info('the job is left to the next start of the agent')
      await memory.close()
      return true
    }
    const known = await sendReport({ client, link, log: jobLog, signal: halt }, job.id, memory, report)
    if (known !== 'dropped')
      jobLog.info(known.kind === 'complete' ? 'the job is completed' : 'the job is reported as failed')
    await memory.remove()
    return true
  }

  /** @returns true when the job is ours, also when only the answer to an earlier try was lost */
  async function claim(job: Job, jobLog: Log): Promise<boolean> {
    const params = { id: job.id }
    for (let failures = 0; ; failures++) {
      try {
        await client.call(jobs.claim, { params }, { signal: options.halt })
        link.ok()
        return true
      } catch (error) {
        options.halt.throwIfAborted()
        if (isTemporary(error)) {
          link.failed(`claim job ${job.id}`, error)
          await pause(retryPauseMs(failures, error), options.halt)
          continue
        }
        const refused = error instanceof ConflictError || error instanceof InvalidRequestError
        // One process runs an agent at a time: if the job is being processed after a lost answer, it is by us.
        if (refused && failures > 0 && (await isProcessing(job.id))) return true
        const ordinary = refused || error instanceof NotFoundError || error instanceof ForbiddenError
        jobLog[ordinary ? 'info' : 'warn']('the job cannot be claimed', { error: ordinary ? error.message : error })
        return false
      }
    }
  }

  async function isProcessing(id: string): Promise<boolean> {
    const read = () => client.call(jobs.get, { params: { id } }, { signal: options.halt })
    try {
      return (await link.insist(`read job ${id}`, read, options.halt)).status === 'Processing'
    } catch (error) {
      if (error instanceof FulcrumError) return false
      throw error
    }
  }

  /** @returns undefined when the server does not show it */
  async function serviceOf(job: Job): Promise<Service | undefined> {
    if (job.service) return job.service
    const read = () => client.call(services.get, { params: { id: job.serviceId } }, { signal: options.halt })
    try {
      return await link.insist(`read service ${job.serviceId}`, read, options.halt)
    } catch (error) {
      if (error instanceof FulcrumError) return undefined
      throw error
    }
  }

  async function freeSlot(): Promise<void> {
    while (running.size >= parallelJobs) {
      await Promise.race(running.values())
      stopping.throwIfAborted()
    }
  }

  /** A job that ended may have freed the next one of its group; while a long poll waits, another question finds out. */
  function lookAgain(): void {
    wakeUp.abort()
    if (looking || stopping.aborted || running.size >= parallelJobs || waitSeconds === 0) return
    looking = true
    look(0)
      .catch(() => undefined) // the loop meets the same trouble and tells it
      .finally(() => {
        looking = false
      })
  }

  async function idlePause(ms: number): Promise<void> {
    wakeUp = new AbortController()
    await pause(ms, AbortSignal.any([stopping, wakeUp.signal])).catch(() => stopping.throwIfAborted())
  }
}

/** Jobs that this agent had claimed when its last process ended; what is remembered of others is forgotten. */
async function leftJobs<C>({ client, link, log, agent, journal, stopping }: IntakeOptions<C>): Promise<Job[]> {
  const list = async () => {
    const found: Job[] = []
    const query = { status: 'Processing', agentId: agent.id, sort: 'createdAt' }
    for await (const job of client.all(jobs.list, { query }, { signal: stopping, repeat: false }))
      if (job.agentId === agent.id && job.status === 'Processing') found.push(job)
    return found
  }
  // Also a refusal heals here: a disabled agent may be enabled again, and new jobs must not come before the old ones.
  const heals = (error: unknown) => error instanceof FulcrumError
  const left = await link.insist('find the jobs of the last run', list, stopping, heals)
  const ids = new Set(left.map((job) => job.id))
  for (const id of await journal.jobIds()) if (!ids.has(id)) await journal.remove(id)
  if (left.length > 0) log.info('jobs of the last run are resumed', { count: left.length })
  return left
}
