/** Supervises real PostgreSQL servers: the control plane's own, those of the demo providers, and those of tests. */
export { folderClosedToDatabase } from './account.ts'
export { defaultDataDir } from './default-directory.ts'
export { PostgresStartError } from './errors.ts'
export { bundledInstallation, findDumpTools, type Installation, systemInstallations } from './installations.ts'
export { processStart } from './processes.ts'
export { type ManagedPostgres, type StartOptions, startPostgres } from './start-postgres.ts'
export { startTestPostgres, type TestPostgres } from './test-postgres.ts'
