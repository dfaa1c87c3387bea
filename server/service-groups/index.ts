/** Service groups: what the other features use of them. */
export type { ServiceGroup } from './service-group.ts'
export { serviceGroupRoutes } from './service-group-routes.ts'
