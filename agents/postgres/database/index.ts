/** The provider's side of PostgreSQL as a service: one server, many tenants, each with a database and a role of its own. */
export { ProgramFailed } from './client-program.ts'
export { CONTENT_ALGORITHM, type Content } from './content-digest.ts'
export { type Dump, type DumpFormat, dump, type PortableDump, portableDump, type Tools } from './dump.ts'
export { inventory, type Marked } from './inventory.ts'
export {
  type CreateInput,
  create,
  dropDatabase,
  rotateCredentials,
  start,
  stop,
  type UpdateInput,
  update,
} from './lifecycle.ts'
export type { Plan } from './located.ts'
export { type DatabaseMetrics, type Description, describe, metrics } from './observe.ts'
export { openProvider, type Provider, type ProviderOptions } from './provider.ts'
export { DatabaseRefusal, type RefusalKind } from './refusal.ts'
export { restore, restorePortable } from './restore.ts'
export { prepareServer } from './server.ts'
export { clearSpool } from './spool.ts'
export { enforceStorage, type StorageState, storageToEnforce } from './storage.ts'
