/** HTTP for jobs: parse, authorize, call, answer. No rule about jobs lives here. */
import { jobs } from '@fulcrum/contract'
import { legacyJobs } from '../legacy-dialect/index.ts'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { listPage } from '../platform/lists.ts'
import { explainJob, jobFacts, toJobFacts } from '../services/index.ts'
import { claimJob, completeJob, failJob } from './job-commands.ts'
import { getJobRow, getJobView, jobList } from './job-store.ts'
import { awaitPendingJobs, readLimit, readWait } from './pending.ts'

export function jobRoutes(api: Api, platform: Platform): void {
  const { db, config, now } = platform

  api.handle(jobs.list, async ({ query, scope, identity }) => {
    const page = await listPage(db, jobs.list, query, scope, jobList)
    return identity.legacyDialect ? { ...page, items: await legacyJobs(db, page.items) } : page
  })

  api.handle(jobs.get, async ({ params, identity, authorize }) => {
    const job = await getJobView(db, params.id)
    authorize(job)
    if (!identity.legacyDialect) return job
    const [legacy] = await legacyJobs(db, [job])
    return legacy ?? job
  })

  api.handle(jobs.pending, async ({ identity, query, signal }) => {
    if (identity.agentId === null) return []
    const [limit, waitMs] = [readLimit(query.get('limit')), readWait(query.get('wait'))]
    const pending = await awaitPendingJobs(platform, identity.agentId, limit, waitMs, signal)
    return identity.legacyDialect ? legacyJobs(db, pending) : pending
  })

  api.handle(jobs.claim, async ({ params, authorize, command }) => {
    await command((c) => claimJob(c, params.id, authorize))
  })

  api.handle(jobs.complete, async ({ params, body, authorize, command }) => {
    await command((c) => completeJob(c, params.id, body, authorize, config.vaultKey))
  })

  api.handle(jobs.fail, async ({ params, body, authorize, command }) => {
    await command((c) => failJob(c, params.id, body.errorMessage ?? '', authorize))
  })

  api.handle(jobs.why, async ({ params, authorize }) => {
    const row = await getJobRow(db, params.id)
    authorize({ providerId: row.provider_id, consumerId: row.consumer_id, agentId: row.agent_id })
    return explainJob(toJobFacts(row), await jobFacts(db, row), now())
  })
}
