/** Artifacts: what the other features use of them. */
export { purgeExpiredArtifacts } from './artifact-retention.ts'
export { artifactRoutes } from './artifact-routes.ts'
