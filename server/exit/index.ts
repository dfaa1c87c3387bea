/** Leaving: switchings under the Data Act, exit plans, registers, the page about a provider's jurisdiction. */
export { switchingRoutes } from './switching-routes.ts'
