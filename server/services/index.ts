/** Services: what the other features use of them. */
export { activeJobId, jobsSignal, queueJob, withdrawJob } from './queue.ts'
export type { Service } from './service.ts'
export { applyFailure, applySuccess } from './service-outcome.ts'
export { serviceRoutes } from './service-routes.ts'
export { lockService, type ServiceRow, serviceToWire, toService } from './service-store.ts'
export { explainJob } from './why.ts'
export { jobFacts, toJobFacts } from './why-store.ts'
