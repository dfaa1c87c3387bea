/** The audit log: what the rest of the server starts and calls. */
export { settleAudit } from './append-workflow.ts'
export { startAuditLog } from './audit-loop.ts'
export { auditRoutes } from './audit-routes.ts'
export { deleteSaltsThrough } from './entry-store.ts'
export { auditPeerRoutes } from './peer-routes.ts'
