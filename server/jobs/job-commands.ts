/** What agents do with jobs: claim one, report how it ended. Each is one transaction with everything that follows for the service. */
import type { JobComplete } from '@fulcrum/contract'
import type { Owners } from '../platform/access.ts'
import type { Command } from '../platform/command.ts'
import { applyFailure, applySuccess, jobsSignal, lockService } from '../services/index.ts'
import { claim, complete, fail, type Job } from './job.ts'
import { getJobRow, lockJob, saveJob } from './job-store.ts'

type Authorize = (owners: Owners) => void

/** Of several claims exactly one wins: the row is locked. No event is written (contract, DOMAIN.md 6.1). */
export async function claimJob(c: Command, id: string, authorize: Authorize): Promise<void> {
  const job = await lockJob(c.tx, id)
  authorize(job)
  await saveJob(c.tx, claim(job, c.now))
}

export async function completeJob(
  c: Command,
  id: string,
  { result, ...report }: JobComplete,
  authorize: Authorize,
  vaultKey: Buffer | null,
): Promise<void> {
  const { service, job } = await lockBoth(c, id, authorize)
  await saveJob(c.tx, complete(job, result ?? null, c.now))
  await applySuccess(c, service, job, report, vaultKey)
  c.announce(jobsSignal(job.agentId))
}

export async function failJob(c: Command, id: string, message: string, authorize: Authorize): Promise<void> {
  const { service, job } = await lockBoth(c, id, authorize)
  await saveJob(c.tx, fail(job, message, c.now))
  await applyFailure(c, service, job, message)
  c.announce(jobsSignal(job.agentId))
}

/** Service first, then job: the order in which everybody locks them. */
async function lockBoth(
  c: Command,
  id: string,
  authorize: Authorize,
): Promise<{ service: Awaited<ReturnType<typeof lockService>>; job: Job }> {
  const { service_id: serviceId, agent_id: agentId } = await getJobRow(c.tx, id)
  authorize({ agentId })
  const service = await lockService(c.tx, serviceId)
  return { service, job: await lockJob(c.tx, id) }
}
