/** What goes over from a service to the one that takes its place, besides its data; and what is cleared away afterwards. */
import { sql } from 'kysely'
import type { Tx } from '../platform/db.ts'

/** What its consumer says of it and the copies that are kept of it follow the service that counts, there and back. */
export async function handOver(tx: Tx, fromId: string, toId: string, now: Date): Promise<void> {
  await sql`
    INSERT INTO service_classifications
    SELECT (json_populate_record(k, json_build_object('service_id', ${toId}::uuid, 'created_at', ${now}::timestamptz))).*
    FROM service_classifications k WHERE k.service_id = ${fromId}
    ON CONFLICT (service_id) DO NOTHING`.execute(tx)
  await sql`
    UPDATE vault_schedules SET service_id = ${toId}, updated_at = ${now}
    WHERE service_id = ${fromId}`.execute(tx)
}

/** Artifacts that nothing needs any more go soon; those that a vault holds stay. */
export async function letGo(tx: Tx, artifactIds: readonly string[], at: Date): Promise<void> {
  if (artifactIds.length === 0) return
  await sql`
    UPDATE artifacts SET expires_at = least(expires_at, ${at})
    WHERE id = ANY (${[...artifactIds]}::uuid[]) AND held_by IS NULL`.execute(tx)
}
