/** The audit log: entries, their tree, proofs and signed checkpoints. */
export * from './canonical-json.ts'
export * from './checkpoint.ts'
export * from './entry.ts'
export * from './merkle.ts'
