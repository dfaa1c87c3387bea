/** Metrics: what the server's entry needs of them. */
export { metricEntryRoutes } from './metric-entry-routes.ts'
export { metricTypeRoutes } from './metric-type-routes.ts'
