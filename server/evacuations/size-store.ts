/** How large services are, as far as anything says so. */
import { sql } from 'kysely'
import type { Db } from '../platform/db.ts'
import type { KnownSize } from './world.ts'

/**
 * Of the newest export or vault copy, which is what has to be moved; else what a metric `*.size_bytes` said last of the service
 * by its own id or that of its instance. A handful of index look-ups for each service.
 *
 * @returns by service id; services of which nothing is known are not in it
 */
export async function readSizes(db: Db, serviceIds: readonly string[]): Promise<Map<string, KnownSize>> {
  const copied = await sql<{ id: string; sizeBytes: number }>`
    SELECT DISTINCT ON (id) id, size AS "sizeBytes" FROM (
      SELECT service_id AS id, size_bytes AS size, created_at AS at FROM artifacts
      WHERE service_id = ANY (${[...serviceIds]}::uuid[]) AND state = 'Complete'
      UNION ALL
      SELECT service_id, size_bytes, taken_at FROM vault_copies
      WHERE service_id = ANY (${[...serviceIds]}::uuid[]) AND state = 'stored'
    ) known ORDER BY id, at DESC`.execute(db)
  const sizes = new Map(
    copied.rows.map(({ id, sizeBytes }): [string, KnownSize] => [id, { sizeBytes: Number(sizeBytes), metric: null }]),
  )
  const measured = await sql<{ id: string; sizeBytes: number; metric: string }>`
    SELECT DISTINCT ON (s.id) s.id, newest.value AS "sizeBytes", type.name AS metric
    FROM services s
    CROSS JOIN (SELECT id, name FROM metric_types WHERE name LIKE '%.size\\_bytes') type
    CROSS JOIN LATERAL (VALUES (s.id::text), (s.agent_instance_id)) resource (id)
    CROSS JOIN LATERAL (
      SELECT value, created_at FROM metric_entries e
      WHERE e.service_id = s.id AND e.type_id = type.id AND e.resource_id = resource.id
      ORDER BY e.created_at DESC LIMIT 1
    ) newest
    WHERE s.id = ANY (${serviceIds.filter((id) => !sizes.has(id))}::uuid[]) AND newest.value >= 0
    ORDER BY s.id, newest.created_at DESC, type.name`.execute(db)
  for (const { id, sizeBytes, metric } of measured.rows) sizes.set(id, { sizeBytes: Math.round(sizeBytes), metric })
  return sizes
}
