/** The vault: secrets of services and of agents' configuration. */
export { keyId, open, seal } from './cipher.ts'
export { vaultRoutes } from './vault-routes.ts'
export {
  deleteDanglingSecrets,
  deleteSecrets,
  pruneSecrets,
  readSecrets,
  type SecretOwner,
  storeSecrets,
} from './vault-store.ts'
