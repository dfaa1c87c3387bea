/** Offers: who in the federation sells what. */
export { offerRoutes } from './offer-routes.ts'
