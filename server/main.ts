/** The server as a whole: the only file that knows every feature. */

import { findInstaller, installationRoutes } from './agent-installation/index.ts'
import { agentTypeRoutes } from './agent-types/index.ts'
import { agentRoutes } from './agents/index.ts'
import { API_DOCUMENT_PATH, apiDocument, serveApiDocument } from './api-document.ts'
import { serveApiPages } from './api-pages.ts'
import { artifactRoutes, recordStores } from './artifacts/index.ts'
import { auditPeerRoutes, auditRoutes, startAuditLog } from './audit/index.ts'
import { complianceRoutes } from './compliance/index.ts'
import { configPoolRoutes } from './config-pools/index.ts'
import { credentialRoutes } from './credentials/index.ts'
import { evacuationRoutes } from './evacuations/index.ts'
import { eventFeedRoutes, subscriptionRoutes } from './event-feed/index.ts'
import { startSequencer } from './events/index.ts'
import { exitReportRoutes, switchingRoutes } from './exit/index.ts'
import { classificationRoutes, concentrationRoutes, exposureRoutes } from './exposure/index.ts'
import { createHealth } from './health.ts'
import { jobRoutes } from './jobs/index.ts'
import { keycloakUserRoutes } from './keycloak-users/index.ts'
import { metricEntryRoutes, metricTypeRoutes } from './metrics/index.ts'
import { drillRoutes, migrationRoutes } from './migrations/index.ts'
import { offerRoutes } from './offers/index.ts'
import manifest from './package.json' with { type: 'json' }
import { participantRoutes } from './participants/index.ts'
import { placementRoutes, termsRoutes } from './placement/index.ts'
import { Api } from './platform/api.ts'
import { runCommand, SYSTEM } from './platform/command.ts'
import type { Config } from './platform/config.ts'
import type { Platform } from './platform/context.ts'
import { connect } from './platform/db.ts'
import type { ParsedConnection } from './platform/dsn.ts'
import type { Authenticate } from './platform/identity.ts'
import type { Log } from './platform/log.ts'
import { migrate } from './platform/migrate.ts'
import { observeOutbound } from './platform/outbound.ts'
import { Signals } from './platform/signals.ts'
import { portabilityRoutes, vaultCopyRoutes, vaultScheduleRoutes } from './portability/index.ts'
import { selfRoutes } from './self/index.ts'
import { serviceGroupRoutes } from './service-groups/index.ts'
import { serviceOptionRoutes } from './service-options/index.ts'
import { servicePoolRoutes, servicePoolSetRoutes, servicePoolValueRoutes } from './service-pools/index.ts'
import { serviceTypeRoutes } from './service-types/index.ts'
import { serviceRoutes } from './services/index.ts'
import { firstOf, openSignIn } from './sign-in/index.ts'
import { sovereigntyPolicyRoutes } from './sovereignty-policies/index.ts'
import { sovereigntyProfileRoutes } from './sovereignty-profiles/index.ts'
import { bootstrapAdminToken, createAuthentication, hashToken, tokenRoutes } from './tokens/index.ts'
import { vaultRoutes } from './vault/index.ts'
import { startWorkers } from './workers/index.ts'

export type RunningServer = {
  /** Base of the API without `/api/v1`. */
  url: string
  healthUrl: string
  /** The first admin token, when this start made it. */
  bootstrapToken: string | null
  platform: Platform
  api: Api
  stop(): Promise<void>
}

/**
 * Migrates the database, then serves. Everything that was started is stopped again when a later step fails.
 *
 * @param database  where PostgreSQL is; `config.database` or the embedded one
 */
export async function startServer(
  config: Config,
  database: ParsedConnection,
  log: Log,
  now: () => Date = () => new Date(),
): Promise<RunningServer> {
  observeOutbound()
  const connection = { ...database, application_name: 'fulcrum' }
  await migrate(connection)

  const stops: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const step of stops.toReversed()) await step()
    stops.length = 0
  }
  try {
    const db = connect({ ...connection, max: config.poolSize })
    stops.push(() => db.destroy())
    const signals = new Signals(connection, log)
    stops.push(() => signals.close())
    await signals.start()

    const token = createAuthentication({ db, signals, now })
    const { oauth, stop: stopSignIn } = await startSignIn(config, { db, signals, log, now })
    stops.push(stopSignIn)
    const authenticators = config.authenticators.map((name) => ({ token, oauth })[name])
    const platform: Platform = {
      version: manifest.version,
      config,
      db,
      database: {
        ...(database.host !== undefined && { host: database.host }),
        ...(database.port !== undefined && { port: database.port }),
      },
      signals,
      log,
      now,
      authenticate: firstOf([...authenticators, (bearer) => findInstaller(db, hashToken(bearer), now())]),
    }
    // where tokens do not count, one that nobody uses would lie about
    const bootstrapToken = config.authenticators.includes('token')
      ? await runCommand(platform, SYSTEM, (c) => bootstrapAdminToken(c, config.bootstrapAdminToken))
      : null
    await runCommand(platform, SYSTEM, (c) => recordStores(c, config.artifactStores))
    stops.push(startSequencer(platform))
    if (config.auditLog) stops.push(startAuditLog(platform))
    stops.push(startWorkers(platform, connection))

    const api = new Api(platform, new Set([API_DOCUMENT_PATH]))
    for (const routes of ROUTES) routes(api, platform)
    api.complete()
    const document = apiDocument(api.handled)
    serveApiDocument(api.http, document)
    serveApiPages(api.http, document)
    const health = createHealth(db)
    stops.push(() => health.close())
    stops.push(() => api.close())
    const [url, healthUrl] = config.apiServer
      ? [
          await api.http.listen({ host: config.host, port: config.port }),
          await health.listen({ host: config.host, port: config.healthPort }),
        ]
      : ['', '']
    return { url, healthUrl, bootstrapToken, platform, api, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Sign-in by OIDC where it is configured and there is somebody to sign in; else it knows nobody. */
async function startSignIn(
  { apiServer, authenticators, oauth }: Config,
  deps: Pick<Platform, 'db' | 'signals' | 'log' | 'now'>,
): Promise<{ oauth: Authenticate; stop: () => Promise<void> }> {
  if (!apiServer || !oauth || !authenticators.includes('oauth'))
    return { oauth: async () => null, stop: async () => {} }
  const { authenticate, close } = await openSignIn(deps, oauth)
  return { oauth: authenticate, stop: close }
}

const ROUTES: readonly ((api: Api, platform: Platform) => void)[] = [
  participantRoutes,
  tokenRoutes,
  eventFeedRoutes,
  subscriptionRoutes,
  vaultRoutes,
  serviceOptionRoutes,
  serviceTypeRoutes,
  agentTypeRoutes,
  servicePoolSetRoutes,
  servicePoolRoutes,
  servicePoolValueRoutes,
  configPoolRoutes,
  agentRoutes,
  installationRoutes,
  serviceGroupRoutes,
  termsRoutes,
  placementRoutes,
  serviceRoutes,
  jobRoutes,
  metricTypeRoutes,
  metricEntryRoutes,
  offerRoutes,
  artifactRoutes,
  portabilityRoutes,
  vaultScheduleRoutes,
  vaultCopyRoutes,
  classificationRoutes,
  exposureRoutes,
  concentrationRoutes,
  migrationRoutes,
  drillRoutes,
  evacuationRoutes,
  switchingRoutes,
  exitReportRoutes,
  selfRoutes,
  keycloakUserRoutes,
  sovereigntyProfileRoutes,
  sovereigntyPolicyRoutes,
  complianceRoutes,
  auditRoutes,
  auditPeerRoutes,
  credentialRoutes,
]
