/** Service options: what the other features use of them. */
export { serviceOptionRoutes } from './service-option-routes.ts'
export { enabledOptionValues } from './service-option-store.ts'
