/** The storage limit: above it a tenant's database is read-only until it is small enough again or the plan is bigger. */
import { closeForWriting, openForWriting } from './access.ts'
import { type Located, locate, type Plan } from './located.ts'
import { noDatabase, type Provider, type Session, withServiceLock } from './provider.ts'

export type StorageState = { readOnly: boolean; changed: boolean; sizeBytes: number; limitBytes: number }

/** A read-only database becomes writable at this part of its limit, so that it does not flip at the limit. */
const REOPEN_AT = 0.95

export const limitBytesOf = (plan: Plan) => plan.storageLimitMb * 1024 * 1024

/**
 * Compares a database with its plan's limit and makes it read-only or read-write. Call it regularly: between two calls a
 * tenant can exceed the limit by what it writes in that time.
 *
 * @returns `changed`: the tenant's sessions were ended because its rights changed
 * @throws DatabaseRefusal `not-found`
 */
export async function enforceStorage(
  provider: Provider,
  serviceId: string,
  signal: AbortSignal,
): Promise<StorageState> {
  return withServiceLock(provider, serviceId, signal, async (admin) => {
    const located = await locate(admin, serviceId)
    if (!located?.database || !located.login || !located.plan) return noDatabase(serviceId)
    return settleAccess(provider, admin, located, located.plan, signal)
  })
}

/** The same for callers that hold the service's lock. */
export async function settleAccess(
  provider: Provider,
  admin: Session,
  located: Located,
  plan: Plan,
  signal: AbortSignal,
): Promise<StorageState> {
  const [row] = await admin.query<{ bytes: string }>('SELECT pg_database_size($1::name) AS bytes', [
    located.names.database,
  ])
  const sizeBytes = Number(row?.bytes)
  const limitBytes = limitBytesOf(plan)
  const readOnly = sizeBytes > (located.login?.actsAsOwner ? limitBytes : limitBytes * REOPEN_AT)
  const changed = readOnly
    ? await closeForWriting(provider, admin, located, signal)
    : await openForWriting(provider, admin, located, signal)
  return { readOnly, changed, sizeBytes, limitBytes }
}
