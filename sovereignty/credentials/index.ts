/** Gaia-X credentials. */
export { certifiedPaths } from './criteria.ts'
export * from './label.ts'
export * from './verify.ts'
