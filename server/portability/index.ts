/** Portability: what service types can export and import, and the copies that are kept of services. */

export { storesOf } from '../artifacts/index.ts'
export { newestVaultCopies, newestVaultCopy, outsideOf, type VaultCopy } from './newest-copies-store.ts'
export { missingActions, type Portability } from './portability.ts'
export { portabilityRoutes } from './portability-routes.ts'
export { findPortability, portabilitiesOf } from './portability-store.ts'
export { runVault } from './vault-duties.ts'
export { vaultCopyRoutes, vaultScheduleRoutes } from './vault-routes.ts'
