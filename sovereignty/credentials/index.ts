/** Gaia-X credentials. */
export * from './label.ts'
export * from './verify.ts'
