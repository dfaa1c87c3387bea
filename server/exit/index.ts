/** Leaving: switchings under the Data Act, exit plans, registers, the page about a provider's jurisdiction. */
export { exitReportRoutes } from './report-routes.ts'
export { switchingRoutes } from './switching-routes.ts'
