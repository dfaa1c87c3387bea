/** Metrics: what the other parts of the server use of them. */
export { metricEntryRoutes } from './metric-entry-routes.ts'
export { deleteOldEntries } from './metric-entry-store.ts'
export { metricTypeRoutes } from './metric-type-routes.ts'
export { type Uptime, uptimeOf } from './uptime.ts'
