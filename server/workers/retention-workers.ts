/**
 * Deletes what is old: events and metric entries, if the configuration limits them, tokens and install commands that expired, and
 * secrets that nobody can need. In batches, so that no transaction is long and no lock is held for long however much there is. None
 * of it writes events: nobody could do anything any more with what goes.
 */
import { deleteExpiredInstallations } from '../agent-installation/index.ts'
import { deleteSaltsThrough, settleAudit } from '../audit/index.ts'
import { deleteOldEvents } from '../event-feed/index.ts'
import { deleteOldEntries } from '../metrics/index.ts'
import type { Platform } from '../platform/context.ts'
import { deleteExpiredTokens } from '../tokens/index.ts'
import { deleteDanglingSecrets } from '../vault/index.ts'
import { inBatches, type Worker } from './worker.ts'

/** Takes some 10 ms: leases of events wait for so long. */
const BATCH = 1_000

/** @param retentionMs  events younger than this stay, and so do those that a living subscription has not acknowledged */
export function eventWorker(everyMs: number, retentionMs: number): Worker {
  return {
    name: 'events',
    lock: 4_205_405,
    everyMs,
    run: async (platform, signal) => {
      const { db, now } = platform
      const before = ago(now, retentionMs)
      // an event without an entry in the audit log is not deleted
      await settleAudit(platform)
      let after = 0
      const step = async () => {
        const { deleted, last } = await deleteOldEvents(db, { before, now: now(), after, limit: BATCH })
        after = last
        await deleteSaltsThrough(db, last)
        return deleted
      }
      return { deleted: await inBatches(BATCH, signal, step) }
    },
  }
}

export function metricWorker(everyMs: number, retentionMs: number): Worker {
  return {
    name: 'metrics',
    lock: 4_205_406,
    everyMs,
    run: async ({ db, now }, signal) => {
      const before = ago(now, retentionMs)
      let after = new Date(0)
      const step = async () => {
        const { deleted, last } = await deleteOldEntries(db, { before, after, limit: BATCH })
        after = last
        return deleted
      }
      return { deleted: await inBatches(BATCH, signal, step) }
    },
  }
}

/** @param retentionMs  from their expiry on */
export function tokenWorker(everyMs: number, retentionMs: number): Worker {
  return {
    name: 'tokens',
    lock: 4_205_407,
    everyMs,
    run: async ({ db, now }, signal) => {
      const before = ago(now, retentionMs)
      return {
        installations: await inBatches(BATCH, signal, () => deleteExpiredInstallations(db, before, BATCH)),
        tokens: await inBatches(BATCH, signal, () => deleteExpiredTokens(db, before, BATCH)),
      }
    },
  }
}

export function secretWorker(everyMs: number): Worker {
  return {
    name: 'secrets',
    lock: 4_205_408,
    everyMs,
    run: async ({ db }, signal) => {
      let after: string | null = null
      let deleted = 0
      await inBatches(BATCH, signal, async () => {
        const page = await deleteDanglingSecrets(db, after, BATCH)
        after = page.last
        deleted += page.deleted
        return page.seen
      })
      return { deleted }
    },
  }
}

function ago(now: Platform['now'], ms: number): Date {
  return new Date(now().getTime() - ms)
}
