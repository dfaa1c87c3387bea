/** Compliance: whether running services still comply with the policies in force, and what follows when they do not. */
export { complianceRoutes } from './compliance-routes.ts'
export { reviewCompliance } from './compliance-workflow.ts'
