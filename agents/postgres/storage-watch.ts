/** Holds every database to the storage of its plan, and tells the owners of those that became read-only. */
import type { Service } from '@fulcrum/contract'
import type { Finding } from './conditions.ts'
import { DatabaseRefusal, enforceStorage, type StorageState, storageToEnforce } from './database/index.ts'
import { isLive } from './service-properties.ts'
import type { Context, Site } from './site.ts'

/** In this time, in milliseconds, a tenant can exceed its plan by what it writes. */
export const WATCH_STORAGE_EVERY_MS = 15_000

/** @throws Error when databases could not be checked; all others were */
export async function watchStorage(context: Context, site: Site): Promise<void> {
  const failures: unknown[] = []
  const live = new Map<string, Service>()
  for await (const service of context.services()) if (isLive(service)) live.set(service.id, service)
  const wanted = await storageToEnforce(site.provider, [...live.keys()], context.signal)
  for (const [id, service] of live) {
    context.signal.throwIfAborted()
    // An earlier process may have told that a database is read-only which is not any more.
    const checked = wanted.has(id)
      ? checkStorage(context, site, service)
      : site.conditions.report(context, service, 'StorageLimitReached', null)
    await checked.catch((error) => failures.push(error))
  }
  site.conditions.keepOnly(new Set(live.keys()))
  if (failures.length > 0)
    throw new Error(`the storage of ${failures.length} databases could not be checked`, { cause: failures[0] })
}

/** Makes one database read-only or read-write and reports it. A service without database is not judged here. */
export async function checkStorage(context: Context, site: Site, service: Service): Promise<void> {
  try {
    const state = await enforceStorage(site.provider, service.id, context.signal)
    if (state.changed)
      context.log.info(state.readOnly ? 'a database became read-only' : 'a database became writable again', {
        serviceId: service.id,
        ...state,
      })
    await site.conditions.report(context, service, 'StorageLimitReached', findingOf(state))
  } catch (error) {
    if (error instanceof DatabaseRefusal && error.kind === 'not-found') return
    throw error
  }
}

function findingOf({ readOnly, sizeBytes, limitBytes }: StorageState): Finding | null {
  if (!readOnly) return null
  const message =
    `The database is read-only: it has ${inMib(sizeBytes)} and its plan allows ${inMib(limitBytes)}. ` +
    'A plan with more storage makes it writable again.'
  return { message, cause: `limit ${limitBytes}` }
}

const inMib = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`
