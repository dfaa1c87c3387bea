/** Verifies credentials that were handed in, and looks again at those that were verified. */

import { createFetcher, verifyDue } from '../credentials/index.ts'
import type { CredentialsConfig } from '../platform/credentials-config.ts'
import type { Worker } from './worker.ts'

/** How soon something that was handed in is looked at. */
const EVERY_MS = 500

export function credentialWorker(rules: CredentialsConfig, now: () => Date): Worker {
  // it holds what was fetched a short while ago, and no connection while nothing is fetched
  const fetcher = createFetcher(rules, { now })
  return {
    name: 'credentials',
    lock: 4_205_421,
    everyMs: EVERY_MS,
    run: (platform, signal) => verifyDue(platform, fetcher, signal),
  }
}
