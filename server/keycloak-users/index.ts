/** Users of the identity provider: the rest of the server knows their routes only. */
export { keycloakUserRoutes } from './keycloak-user-routes.ts'
