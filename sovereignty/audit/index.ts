/** The audit log: entries, their tree, proofs, signed checkpoints, and the verification of all of it. */
export * from './canonical-json.ts'
export * from './checkpoint.ts'
export * from './entry.ts'
export * from './merkle.ts'
export * from './verification.ts'
