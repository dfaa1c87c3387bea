/** Artifacts: what the other features use of them. */
export { grantArtifact, revokeArtifactGrants } from './artifact-readers.ts'
export { purgeExpiredArtifacts } from './artifact-retention.ts'
export { artifactRoutes } from './artifact-routes.ts'
