/** The vault: secrets of services and of agents' configuration. */
export { vaultRoutes } from './vault-routes.ts'
export { deleteSecrets, pruneSecrets, readSecrets, type SecretOwner, storeSecrets } from './vault-store.ts'
