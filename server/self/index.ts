/** What this server itself depends on. */
export { selfRoutes } from './self-routes.ts'
