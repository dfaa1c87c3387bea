/** Declarations of portability in PostgreSQL. */
import type { Selectable } from 'kysely'
import type { Db, Tx } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'
import type { ServiceTypePortabilityTable } from '../platform/sovereignty-tables.ts'
import type { Portability } from './portability.ts'

/** What a service type declares; null when it declares nothing. The lifecycle may have lost the actions since. */
export async function findPortability(db: Db, serviceTypeId: string): Promise<Portability | null> {
  const row = await db
    .selectFrom('service_type_portability')
    .selectAll()
    .where('service_type_id', '=', serviceTypeId)
    .executeTakeFirst()
  return row ? toPortability(row) : null
}

/** What these service types declare, by id; those that declare nothing are not in it. */
export async function portabilitiesOf(
  db: Db,
  serviceTypeIds: readonly string[],
): Promise<ReadonlyMap<string, Portability>> {
  if (serviceTypeIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('service_type_portability')
    .selectAll()
    .where('service_type_id', 'in', serviceTypeIds)
    .execute()
  return new Map(rows.map((row) => [row.service_type_id, toPortability(row)]))
}

/** Writes the declaration, whatever there was before. The service type's row must be locked. */
export async function savePortability(tx: Tx, portability: Portability, now: Date): Promise<void> {
  const columns = {
    export_action: portability.exportAction,
    import_action: portability.importAction,
    quiesce_action: portability.quiesceAction,
    resume_action: portability.resumeAction,
    export_formats: portability.exportFormats,
    import_formats: portability.importFormats,
    updated_at: now,
  }
  await tx
    .insertInto('service_type_portability')
    .values({ service_type_id: portability.serviceTypeId, created_at: now, ...columns })
    .onConflict((conflict) => conflict.column('service_type_id').doUpdateSet(columns))
    .execute()
}

/** @returns false when there was none */
export async function deletePortability(tx: Tx, serviceTypeId: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('service_type_portability')
    .where('service_type_id', '=', serviceTypeId)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** Whose service this is. @throws Refusal `not-found` */
export async function getServiceOwners(db: Db, id: string) {
  const row = await db
    .selectFrom('services')
    .select(['id', 'provider_id', 'consumer_id', 'agent_id'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) throw notFound('service', id)
  return { id: row.id, providerId: row.provider_id, consumerId: row.consumer_id, agentId: row.agent_id }
}

function toPortability(row: Selectable<ServiceTypePortabilityTable>): Portability {
  return {
    serviceTypeId: row.service_type_id,
    exportAction: row.export_action,
    importAction: row.import_action,
    quiesceAction: row.quiesce_action,
    resumeAction: row.resume_action,
    exportFormats: row.export_formats,
    importFormats: row.import_formats,
  }
}
