/** What the former members of services tell, read for the few services of one answer. */
import type { JsonObject, LifecycleSchema } from '@fulcrum/schema'
import { sql } from 'kysely'
import type { Db } from '../platform/db.ts'
import type { Background } from './legacy-dialect.ts'

type Row = {
  id: string
  lifecycle_schema: LifecycleSchema
  action: string | null
  params: JsonObject | null
}

/** By the id of the service: the lifecycle of its type, and its job that has not ended (a unique index allows one). */
export async function backgroundsOf(db: Db, serviceIds: readonly string[]): Promise<ReadonlyMap<string, Background>> {
  if (serviceIds.length === 0) return new Map()
  const { rows } = await sql<Row>`
    SELECT s.id, ty.lifecycle_schema, j.action, j.params
    FROM services s
    JOIN service_types ty ON ty.id = s.service_type_id
    LEFT JOIN jobs j ON j.service_id = s.id AND j.status IN ('Pending', 'Processing')
    WHERE s.id = ANY(${serviceIds}::uuid[])`.execute(db)
  return new Map(
    rows.map((row) => [
      row.id,
      {
        lifecycle: row.lifecycle_schema,
        openJob: row.action === null ? null : { action: row.action, params: row.params },
      },
    ]),
  )
}
