/** Config pools: what the other features use of them. */
export { allocateConfigValue, releaseConfigValues } from './allocation.ts'
export { configPoolRoutes } from './config-pool-routes.ts'
