/** Jobs: what the other features use of them. */

export { TIMEOUT_MESSAGE } from './job.ts'
export { failJob } from './job-commands.ts'
export { jobRoutes } from './job-routes.ts'
export { overdueJobs, purgeJobs } from './job-store.ts'
