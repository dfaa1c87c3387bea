/**
 * Appends an entry for each event: in the order of their numbers, each once, by whichever process comes first. Nothing of it happens
 * in a command: events are numbered after the commit, and entries are made of numbered events. A process that dies in between leaves
 * nothing half done; the next one goes on after the last entry.
 */
import { randomBytes } from 'node:crypto'
import { settleEvents } from '../events/index.ts'
import type { Platform } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { entryOf, SALT_BYTES } from './entry.ts'
import { instanceName } from './instance.ts'
import { appendEntries, eventsWithoutEntry, type Log, lockLog, lookAtLog, tryLockLog } from './log-store.ts'

/** Events of one transaction: some 20 ms, for which signing and erasing wait. */
const BATCH = 500
/** So long a caller waits for a log that is far behind, after an upgrade for example; then it sees what is there. */
const PATIENCE_MS = 2_000

type Deps = Pick<Platform, 'db' | 'config'>

/**
 * Appends one batch if nobody else is at it.
 *
 * @returns whether there may be more, and how many entries there are then; null when somebody else is at it
 */
export async function appendNext({ db, config }: Deps): Promise<{ more: boolean; size: number } | null> {
  return db.transaction().execute(async (tx) => {
    const log = await tryLockLog(tx)
    if (log === null) return null
    const { appended, log: after } = await appendBatch(tx, log, config.publicBaseUrl)
    return { more: appended === BATCH, size: after.size }
  })
}

/** Makes sure that every event that was committed before has its entry, unless there are very many. */
export async function settleAudit({ db, config }: Deps): Promise<void> {
  await settleEvents(db)
  const until = performance.now() + PATIENCE_MS
  while (performance.now() < until && (await lookAtLog(db)).behind)
    await db.transaction().execute(async (tx) => appendBatch(tx, await lockLog(tx), config.publicBaseUrl))
}

async function appendBatch(tx: Tx, log: Log, publicBaseUrl: string): Promise<{ log: Log; appended: number }> {
  const events = await eventsWithoutEntry(tx, log.lastSequence, BATCH)
  if (events.length === 0) return { log, appended: 0 }
  const instance = log.instance ?? instanceName(publicBaseUrl, log.instanceId)
  const salts = randomBytes(SALT_BYTES * events.length)
  const entries = events.map((event, at) => {
    const salt = salts.subarray(at * SALT_BYTES, (at + 1) * SALT_BYTES)
    return { entry: entryOf(event, instance, salt), salt, providerId: event.provider_id, consumerId: event.consumer_id }
  })
  return { log: await appendEntries(tx, log, instance, entries), appended: events.length }
}
