/** Removes artifacts whose time is over, and what broken uploads left behind. */
import { purgeExpiredArtifacts } from '../artifacts/index.ts'
import type { Worker } from './worker.ts'

export function artifactWorker(everyMs: number): Worker {
  // the content may lie on this process's disk alone
  return { name: 'artifacts', lock: 4_205_404, everyMs, everywhere: true, run: purgeExpiredArtifacts }
}
