/** Telling the server how a job ended, until it is certain that the server knows or that it no longer wants to. */
import { type FulcrumClient, FulcrumError, InvalidRequestError, NotFoundError } from '@fulcrum/client'
import { jobs } from '@fulcrum/contract'
import type { JobJournal, Report } from './journal.ts'
import type { Log } from './log.ts'
import { pause, retryPauseMs } from './pause.ts'
import { isTemporary, type ServerLink } from './server-link.ts'

/** So often an answer 5xx that is no outage is tried again: the Go control plane answers 500 for a result it can never store. */
const MOST_DEFECTS = 4

/**
 * Sends the report. A job that somebody else ended meanwhile (its time limit, an admin) is left alone. A result that the server
 * refuses while it still waits for one becomes a failure, so that the service's group is not blocked.
 *
 * @returns what the server knows in the end; `dropped` when it was decided elsewhere
 * @throws the signal's reason when that is aborted first: the journal still has the report
 */
export async function sendReport(
  context: { client: FulcrumClient; link: ServerLink; log: Log; signal: AbortSignal },
  jobId: string,
  journal: JobJournal,
  first: Report,
): Promise<Report | 'dropped'> {
  const { client, link, log, signal } = context
  const params = { id: jobId }
  let report = first
  for (let failures = 0, defects = 0; ; failures++) {
    try {
      if (report.kind === 'complete') await client.call(jobs.complete, { params, body: report.body }, { signal })
      else await client.call(jobs.fail, { params, body: report.body }, { signal })
      link.ok()
      return report
    } catch (error) {
      signal.throwIfAborted()
      if (isTemporary(error)) link.failed(`report job ${jobId}`, error)
      else if (!(await isStillOurs())) {
        log.warn(
          'the server does not wait for the result of the job: it had it already, or somebody else ended the job',
          { reason: text(error) },
        )
        return 'dropped'
      } else if (!isFinal(error) && defects++ < MOST_DEFECTS) link.failed(`report job ${jobId}`, error)
      else if (report.kind === 'complete') {
        log.error('the server refuses the result of the job, which is reported as failed', { error })
        report = { kind: 'fail', body: { errorMessage: `the result was refused: ${text(error)}` } }
        await journal.decide(report).catch((cause) => log.error('the journal cannot be written', { error: cause }))
        failures = -1
        defects = 0
        continue
      } else if (error instanceof InvalidRequestError) {
        log.error('the server refuses that the job failed; it will end by its time limit', { error })
        return 'dropped'
      } else link.failed(`report job ${jobId}`, error)
      await pause(retryPauseMs(failures, error), signal)
    }
  }

  /** Whether the server still waits for this report. In doubt it does. */
  async function isStillOurs(): Promise<boolean> {
    try {
      return (await client.call(jobs.get, { params }, { signal })).status === 'Processing'
    } catch (error) {
      signal.throwIfAborted()
      return !(error instanceof NotFoundError)
    }
  }
}

/** Answers that stay the same however often they are asked for: refusals of the content or of the state. */
function isFinal(error: unknown): boolean {
  return error instanceof FulcrumError && [400, 404, 409, 412, 413, 422].includes(error.status)
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
