/** Service pools: what the other features use of them. */
export { allocateServiceValue, releaseServiceValues } from './allocation.ts'
export { NO_VALUES, takeListValue } from './list-allocation.ts'
export { servicePoolRoutes } from './service-pool-routes.ts'
export { servicePoolSetRoutes } from './service-pool-set-routes.ts'
export { findPoolSetForReference } from './service-pool-set-store.ts'
export { servicePoolValueRoutes } from './service-pool-value-routes.ts'
