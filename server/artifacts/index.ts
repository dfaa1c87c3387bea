/** Artifacts: what the other features use of them. */

export type { Artifact } from './artifact.ts'
export { readArtifact } from './artifact-content.ts'
export { type ArtifactCopy, findCopy, recordStores, requestCopy } from './artifact-copy-store.ts'
export { copyArtifacts, verifyCopy } from './artifact-copy-workflow.ts'
export { grantArtifact, revokeArtifactGrants } from './artifact-readers.ts'
export { purgeExpiredArtifacts } from './artifact-retention.ts'
export { artifactRoutes } from './artifact-routes.ts'
export { deleteArtifact, holdArtifact, lockArtifact, releaseArtifact } from './artifact-store.ts'
export { storesOf } from './artifact-stores.ts'
export { artifactLinks, removeLeftover } from './artifact-workflow.ts'
export type { ArtifactStore } from './store-port.ts'
