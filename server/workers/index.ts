/** Work in the background. */
import type { ClientConfig } from 'pg'
import type { Platform } from '../platform/context.ts'
import { LockSession } from '../platform/lock-session.ts'
import { agentWorker } from './agent-worker.ts'
import { artifactWorker } from './artifact-worker.ts'
import { credentialWorker } from './credential-worker.ts'
import { jobWorker } from './job-worker.ts'
import { migrationWorker } from './migration-worker.ts'
import { placementWorker } from './placement-worker.ts'
import { eventWorker, metricWorker, secretWorker, tokenWorker } from './retention-workers.ts'
import { sovereigntyWorker } from './sovereignty-worker.ts'
import { vaultWorker } from './vault-worker.ts'
import { startWorker } from './worker.ts'

/**
 * Starts what the configuration switches on.
 *
 * @param connection  for the one connection that holds the locks of this process
 * @returns stops everything and waits for it
 */
export function startWorkers(platform: Platform, connection: ClientConfig): () => Promise<void> {
  const { config } = platform
  const every = config.cleanupIntervalMs
  const workers = [
    ...(config.jobMaintenance ? [jobWorker(config.jobMaintenanceIntervalMs)] : []),
    ...(config.agentMaintenance ? [agentWorker(config.agentHealthTimeoutMs)] : []),
    artifactWorker(every),
    ...(config.vaultIntervalMs === null ? [] : [vaultWorker(config.vaultIntervalMs)]),
    sovereigntyWorker(config.sovereigntyIntervalMs),
    ...(config.migrationDriver ? [migrationWorker()] : []),
    ...(config.eventRetentionMs === null ? [] : [eventWorker(every, config.eventRetentionMs)]),
    ...(config.metricRetentionMs === null ? [] : [metricWorker(every, config.metricRetentionMs)]),
    tokenWorker(every, config.tokenRetentionMs),
    secretWorker(every),
    placementWorker(every, config.placementRetentionMs),
    credentialWorker(config.credentials, platform.now),
  ]
  const locks = new LockSession(connection, platform.log)
  const stops = workers.map((worker) => startWorker(worker, platform, locks))
  return async () => {
    await Promise.all(stops.map((stop) => stop()))
    await locks.close()
  }
}
