/**
 * Services that are being moved: what nobody else may ask of them meanwhile. The feature `migrations`, which comes later, writes
 * down what holds; here it is only obeyed.
 */
import { sql } from 'kysely'
import type { Db } from '../platform/db.ts'
import { conflict } from '../platform/errors.ts'
import { DELETE } from './service.ts'

type Row = { id: string; kind: 'migration' | 'drill'; state: string; role: 'source' | 'target' }

/**
 * To be called with the service's row locked, before anything about it is changed on behalf of a caller.
 *
 * @param action  of the lifecycle; null for a change that needs none
 * @throws Refusal `conflict` that names the migration
 */
export async function checkNotHeld(db: Db, serviceId: string, action: string | null): Promise<void> {
  const { rows } = await sql<Row>`
    SELECT id, kind, state, CASE WHEN service_id = ${serviceId} THEN 'source' ELSE 'target' END AS role
    FROM migrations
    WHERE NOT ended AND (
      service_id = ${serviceId}
        AND (holds_source = 'all' OR holds_source = 'all-but-delete' AND ${action}::text IS DISTINCT FROM ${DELETE})
      OR target_service_id = ${serviceId} AND holds_target)
    LIMIT 1`.execute(db)
  const [held] = rows
  if (held)
    throw conflict(
      `the service is the ${held.role} of ${held.kind} ${held.id}, which is ${held.state}: ${action ?? 'a change'} would break it. Wait for its end, or cancel it`,
    )
}
