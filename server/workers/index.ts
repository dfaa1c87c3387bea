/** Work in the background. */
import type { Platform } from '../platform/context.ts'
import { agentWorker } from './agent-worker.ts'
import { artifactWorker } from './artifact-worker.ts'
import { jobWorker } from './job-worker.ts'
import { startWorker } from './worker.ts'

/** Starts what the configuration switches on. @returns stops everything and waits for it */
export function startWorkers(platform: Platform): () => Promise<void> {
  const { jobMaintenance, jobMaintenanceIntervalMs, agentMaintenance, agentHealthTimeoutMs } = platform.config
  const workers = [
    ...(jobMaintenance ? [jobWorker(jobMaintenanceIntervalMs)] : []),
    // also without maintenance of jobs: the content lies on this process's disk
    artifactWorker(),
    ...(agentMaintenance ? [agentWorker(agentHealthTimeoutMs)] : []),
  ]
  const stops = workers.map((worker) => startWorker(worker, platform))
  return async () => {
    await Promise.all(stops.map((stop) => stop()))
  }
}
