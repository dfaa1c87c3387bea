/** `npm run serve`: the server alone, configured by the environment. */
import { defaultDataDir, PostgresStartError } from '@fulcrum/managed-postgres'
import { localVaultKey, prepareDataDir } from './data-directory.ts'
import { runEmbeddedDatabase } from './embedded-database.ts'
import { type RunningServer, startServer } from './main.ts'
import { type Config, ConfigError, readConfig } from './platform/config.ts'
import { asRefusal } from './platform/db.ts'
import { Refusal } from './platform/errors.ts'
import { createLog, type Log } from './platform/log.ts'
import { IssuerError } from './sign-in/index.ts'

const EXIT_USAGE = 2
const EXIT_FAILURE = 1

async function main(): Promise<void> {
  const config = readConfig({ FULCRUM_DATA_DIR: defaultDataDir(), ...process.env })
  const log = createLog(config.logLevel, config.logFormat)
  const stops: (() => Promise<void>)[] = []
  const stopAll = async () => {
    for (const stop of stops.toReversed()) await stop()
  }
  const server = await start(config, log, stops).catch(async (error: unknown) => {
    await stopAll()
    throw error
  })
  if (server.url) log.info({ url: server.url, health: server.healthUrl }, 'serving')
  // not a log line: logs are kept, and never hold a secret
  if (server.bootstrapToken && !config.bootstrapAdminToken)
    process.stderr.write(`Admin token, shown only now: ${server.bootstrapToken}\n`)
  stopOnSignal(stopAll, config, log)
}

async function start(config: Config, log: Log, stops: (() => Promise<void>)[]): Promise<RunningServer> {
  const dataDir = prepareDataDir(config.dataDir)
  if (config.database) {
    const server = await startServer({ ...config, dataDir }, config.database, log)
    stops.push(server.stop)
    return server
  }
  const vaultKey = config.vaultKey ?? localVaultKey(dataDir)
  const database = await runEmbeddedDatabase(dataDir, log)
  stops.push(database.stop)
  const server = await startServer({ ...config, dataDir, vaultKey }, database.connection, log)
  stops.push(server.stop)
  return server
}

function stopOnSignal(stopAll: () => Promise<void>, config: Config, log: Log): void {
  let asked = false
  const stop = (signal: string) => {
    // a second signal ends at once
    if (asked) process.exit(EXIT_FAILURE)
    asked = true
    log.info({ signal }, 'stopping')
    setTimeout(() => process.exit(EXIT_FAILURE), config.shutdownTimeoutMs).unref()
    stopAll().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'the stop failed')
        process.exit(EXIT_FAILURE)
      },
    )
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
}

/** One line that a person can act on; the stack only for defects. */
function explain(error: unknown): string {
  if (error instanceof ConfigError)
    return `The configuration is not valid:\n${error.problems.map((line) => `  ${line}`).join('\n')}`
  if (error instanceof PostgresStartError) return `The embedded database does not start: ${error.message}`
  if (error instanceof IssuerError)
    return `The OpenID provider (FULCRUM_OAUTH_ISSUER, or FULCRUM_OAUTH_KEYCLOAK_URL and _REALM) cannot be used: ${error.message}`
  if (error instanceof Error && 'code' in error) {
    if (error.code === 'EADDRINUSE')
      return `The port is in use: ${'port' in error ? error.port : error.message}; set FULCRUM_PORT or FULCRUM_HEALTH_PORT`
    if (error.code === '28P01' || error.code === '28000' || error.code === '3D000')
      return `The database refuses the connection (FULCRUM_DB_DSN): ${error.message}`
    if (error.code === 'EACCES' || error.code === 'ENOTDIR' || error.code === 'EEXIST' || error.code === 'EROFS')
      return `The data directory (FULCRUM_DATA_DIR) cannot be used: ${error.message}`
  }
  if (asRefusal(error) instanceof Refusal)
    return `The database (FULCRUM_DB_DSN) cannot be reached: ${error instanceof Error ? error.message || String('code' in error ? error.code : '') : error}`
  return error instanceof Error ? error.message : String(error)
}

main().catch((error: unknown) => {
  process.stderr.write(`${explain(error)}\n`)
  if (process.env.FULCRUM_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`)
  process.exit(error instanceof ConfigError ? EXIT_USAGE : EXIT_FAILURE)
})
