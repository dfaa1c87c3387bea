/** The storage limit: above it a tenant's database is read-only until it is small enough again or the plan is bigger. */
import { closeForWriting, openForWriting } from './access.ts'
import { type Located, locate, ownerPlan, type Plan } from './located.ts'
import { markOf } from './names.ts'
import { noDatabase, type Provider, type Session, withAdmin, withServiceLock } from './provider.ts'

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

/**
 * Those services that `enforceStorage` has to look at: all whose database is near its limit, above it, or not fully read-write,
 * and all of which that cannot be seen. One statement for all, without locks, so that many small databases cost little.
 *
 * @returns a subset of `serviceIds`
 */
export async function storageToEnforce(
  provider: Provider,
  serviceIds: readonly string[],
  signal: AbortSignal,
): Promise<Set<string>> {
  const rows = await withAdmin(provider, signal, (admin) =>
    admin.query<{ id: string; owner: string; bytes: string | null; writable: boolean }>(LOOK, [
      serviceIds,
      serviceIds.map(markOf),
    ]),
  )
  const wanted = new Set(serviceIds)
  for (const { id, owner, bytes, writable } of rows) {
    const plan = ownerPlan(id, owner)
    if (plan && writable && bytes !== null && Number(bytes) <= limitBytesOf(plan) * REOPEN_AT) wanted.delete(id)
  }
  return wanted
}

/** A size is null where the admin may not see it; pg_database_size would end the statement for all. */
const LOOK = `
  WITH marked AS (
    SELECT r.oid, c.description FROM pg_roles r
    JOIN pg_shdescription c ON c.objoid = r.oid AND c.classoid = 'pg_authid'::regclass)
  SELECT service.id, owner.description AS owner,
         CASE WHEN has_database_privilege(d.oid, 'CONNECT') THEN pg_database_size(d.oid) END AS bytes,
         EXISTS (SELECT FROM pg_auth_members WHERE roleid = owner.oid AND member = login.oid)
           AND EXISTS (SELECT FROM aclexplode(d.datacl) WHERE grantee = login.oid AND privilege_type = 'CONNECT') AS writable
  FROM unnest($1::text[], $2::text[]) AS service (id, mark)
  JOIN pg_shdescription c ON c.description = service.mark AND c.classoid = 'pg_database'::regclass
  JOIN pg_database d ON d.oid = c.objoid
  JOIN marked login ON login.description = service.mark
  JOIN marked owner ON substring(owner.description FROM '^(.*?) owner ') = service.mark`

/** The same as `enforceStorage` for callers that hold the service's lock. */
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
