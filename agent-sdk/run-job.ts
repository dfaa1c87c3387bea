/** One claimed job from the first attempt to the end of its handler. */
import type { Job, JobComplete, Service } from '@fulcrum/contract'
import {
  type AgentContext,
  type AgentDefinition,
  type Handler,
  type JobContext,
  JobFailure,
  type Outcome,
} from './agent.ts'
import type { JobJournal, Report } from './journal.ts'
import type { Log } from './log.ts'
import { pause } from './pause.ts'
import type { Redactor } from './redact.ts'

/** So long an aborted handler may take to clean up, in milliseconds; then it is no longer waited for. */
const CLEAN_UP_MS = 10_000
/** The text goes into lists and events: longer ones help nobody. */
const LONGEST_MESSAGE = 1_000

export type JobRun<C> = {
  definition: Pick<AgentDefinition<C>, 'handlers'>
  contextFor(signal: AbortSignal): AgentContext<C>
  log: Log
  /** Aborted when the process ends and can wait no longer. */
  halt: AbortSignal
  redactor: Redactor
  timeoutMs: number
  job: Job
  service: Service
  journal: JobJournal
  /** Lowest number of the attempt: 2 for a job that an earlier process claimed, whether or not its journal survived. */
  leastAttempt: number
}

/**
 * Runs the handler of a job and decides how it ended. The decision is in the journal when this returns.
 *
 * @returns undefined when the process ends before: the job stays claimed, and the next process runs it again
 */
export async function runJob<C>(run: JobRun<C>): Promise<Report | undefined> {
  const { definition, contextFor, log, halt, redactor, job, journal } = run
  const handler = Object.hasOwn(definition.handlers, job.action) ? definition.handlers[job.action] : undefined
  const report = handler ? await attempt(run, handler) : failure(`unsupported job action '${job.action}'`)
  if (!report) return undefined
  try {
    await journal.decide(report)
  } catch (error) {
    // Without the journal a crash before the answer costs another run, which handlers bear; not reporting would cost the job.
    log.error('the result could not be written to the journal', { error })
  }
  return report

  function failure(message: string): Report {
    return { kind: 'fail', body: { errorMessage: redactor.text(message).slice(0, LONGEST_MESSAGE) } }
  }

  async function attempt(
    { service, timeoutMs, leastAttempt }: JobRun<C>,
    handle: Handler<C>,
  ): Promise<Report | undefined> {
    if (journal.unreadable)
      return failure('the journal of this job was written with another token, so what was done cannot be known')
    const limit = new AbortController()
    const timer = setTimeout(() => limit.abort(new JobFailure(`not finished within ${timeoutMs / 1000} s`)), timeoutMs)
    const onHalt = () => limit.abort(halt.reason)
    halt.addEventListener('abort', onHalt, { once: true })
    if (halt.aborted) onHalt()
    const { signal } = limit

    try {
      const number = await journal.beginAttempt(leastAttempt)
      const outcome = await settled(handled(number), signal)
      return { kind: 'complete', body: toBody(outcome ?? {}) }
    } catch (error) {
      if (halt.aborted) return undefined
      const cause = signal.aborted ? signal.reason : error
      log.warn('the job failed', { error: cause })
      if (cause instanceof JobFailure) return failure(cause.message)
      return failure(`internal error of the agent: ${cause instanceof Error ? cause.message : String(cause)}`)
    } finally {
      clearTimeout(timer)
      halt.removeEventListener('abort', onHalt)
    }

    async function handled(number: number): Promise<Outcome | undefined> {
      const context = contextFor(signal)
      const resolved = await context.resolve(job.params ?? {})
      const params = typeof resolved === 'object' && resolved !== null && !Array.isArray(resolved) ? resolved : {}
      const jobContext: JobContext<typeof params, C> = {
        ...context,
        log,
        job,
        service,
        params,
        attempt: number,
        once: createOnce(journal, signal),
      }
      signal.throwIfAborted()
      return (await handle(jobContext)) ?? undefined
    }
  }
}

/** The `once` of a job's context. */
function createOnce(journal: JobJournal, signal: AbortSignal): JobContext['once'] {
  const running = new Set<string>()
  return async (step, effect) => {
    signal.throwIfAborted()
    const known = journal.resultOf(step)
    // The journal gives back what the same step of the same handler wrote.
    if (known) return known.result as Awaited<ReturnType<typeof effect>>
    if (running.has(step)) throw new Error(`the step '${step}' runs already: each step needs a name of its own`)
    running.add(step)
    try {
      await journal.beginStep(step)
      const result = await effect()
      await journal.endStep(step, result ?? null)
      return result
    } finally {
      running.delete(step)
    }
  }
}

/** The promise's end; or, some time after the abort, the abort's reason, so that a deaf handler blocks nobody. */
async function settled<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const done = new AbortController()
  const cutOff = new Promise<never>((_, reject) => {
    const onAbort = () =>
      void pause(CLEAN_UP_MS, done.signal).then(
        () => reject(signal.reason),
        () => undefined,
      )
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([promise, cutOff])
  } finally {
    done.abort()
  }
}

function toBody({ agentInstanceId, agentInstanceData, properties, result }: Outcome): JobComplete {
  return {
    ...(agentInstanceId === undefined ? {} : { agentInstanceId }),
    ...(agentInstanceData === undefined ? {} : { agentInstanceData }),
    ...(properties === undefined ? {} : { properties }),
    ...(result === undefined ? {} : { result }),
  }
}
