/** Removes artifacts whose time is over, and what broken uploads left behind. */
import { purgeExpiredArtifacts } from '../artifacts/index.ts'
import type { Worker } from './worker.ts'

const EVERY_MS = 3_600_000

export function artifactWorker(): Worker {
  return { name: 'artifacts', lock: 4_205_404, everyMs: EVERY_MS, run: purgeExpiredArtifacts }
}
