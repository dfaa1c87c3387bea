/** What is looked up before a service begins to move. */
import type { Json } from '@fulcrum/schema'
import { sql } from 'kysely'
import type { Db } from '../platform/db.ts'
import type { Options } from './target-properties.ts'

/** An agent that is not deleted; null when there is none. */
export async function findAgent(
  db: Db,
  id: string,
): Promise<{ id: string; name: string; providerId: string; connected: boolean } | null> {
  const { rows } = await sql<{ id: string; name: string; providerId: string; connected: boolean }>`
    SELECT id, name, provider_id AS "providerId", status = 'Connected' AS connected
    FROM agents WHERE id = ${id} AND deleted_at IS NULL`.execute(db)
  return rows[0] ?? null
}

/** Options of both providers by type: all of the source's, because its services outlive them, and the target's enabled ones. */
export async function readOptions(
  db: Db,
  types: readonly string[],
  sourceProviderId: string,
  targetProviderId: string,
): Promise<Options> {
  if (types.length === 0) return () => ({ source: [], target: [] })
  const { rows } = await sql<{ type: string; provider: string; name: string; value: Json; enabled: boolean }>`
    SELECT t.type, o.provider_id AS provider, o.name, o.value, o.enabled
    FROM service_options o JOIN service_option_types t ON t.id = o.service_option_type_id
    WHERE t.type = ANY (${[...types]}) AND o.provider_id IN (${sourceProviderId}, ${targetProviderId})
    ORDER BY o.display_order, o.name`.execute(db)
  return (type) => ({
    source: rows.filter((row) => row.type === type && row.provider === sourceProviderId),
    target: rows.filter((row) => row.type === type && row.provider === targetProviderId && row.enabled),
  })
}

/** Services that run and count, of a group or at a provider, by id. */
export async function servicesToDrill(
  db: Db,
  { groupId, providerId, consumerId }: { groupId?: string; providerId?: string; consumerId?: string },
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT s.id FROM services s JOIN service_roles r ON r.service_id = s.id
    WHERE NOT s.terminal AND r.role = 'primary'
      AND (${groupId ?? null}::uuid IS NULL OR s.group_id = ${groupId ?? null})
      AND (${providerId ?? null}::uuid IS NULL OR s.provider_id = ${providerId ?? null})
      AND (${consumerId ?? null}::uuid IS NULL OR s.consumer_id = ${consumerId ?? null})
    ORDER BY s.created_at, s.id`.execute(db)
  return rows.map(({ id }) => id)
}

/** Whether there is a provider, or a group with its consumer. */
export async function findParticipant(db: Db, id: string): Promise<boolean> {
  const { rows } = await sql`SELECT FROM participants WHERE id = ${id} AND deleted_at IS NULL`.execute(db)
  return rows.length > 0
}

export async function findGroup(db: Db, id: string): Promise<{ consumerId: string } | null> {
  const { rows } = await sql<{ consumerId: string }>`
    SELECT consumer_id AS "consumerId" FROM service_groups WHERE id = ${id} AND deleted_at IS NULL`.execute(db)
  return rows[0] ?? null
}
