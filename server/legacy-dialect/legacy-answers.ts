/** Answers for agents whose type has `legacyDialect`: what the API shows, with the former members beside. */
import type { Job, Service } from '@fulcrum/contract'
import type { Db } from '../platform/db.ts'
import { legacyJob, legacyService } from './legacy-dialect.ts'
import { backgroundsOf } from './legacy-dialect-store.ts'

/**
 * Services of such an agent come on one page: one of the agents asks for the first page for as long as there is said to be a next.
 * More than this an answer cannot carry; ended services are the ones that are left out then.
 */
const MOST_ON_ONE_PAGE = 10_000

/** How the list of services differs for such agents: one page, with those first that have not ended. */
export const ON_ONE_PAGE = { onePage: MOST_ON_ONE_PAGE, key: ['terminal', 'created_at', 'id'] } as const

/** One statement more than without the former members. Services that are gone by now are left out. */
export async function legacyServices(db: Db, services: readonly Service[]): Promise<Service[]> {
  const backgrounds = await backgroundsOf(
    db,
    services.map(({ id }) => id),
  )
  return services.flatMap((service) => {
    const background = backgrounds.get(service.id)
    return background ? [legacyService(service, background)] : []
  })
}

/** One statement more than without the former members. Jobs whose service is gone by now are left out. */
export async function legacyJobs(db: Db, jobs: readonly Job[]): Promise<Job[]> {
  const backgrounds = await backgroundsOf(db, [...new Set(jobs.map(({ serviceId }) => serviceId))])
  return jobs.flatMap((job) => {
    const background = backgrounds.get(job.serviceId)
    return background ? [legacyJob(job, background)] : []
  })
}
