/** What exports, imports and creations have taken, and the facts that drills have established about offerings. */
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Db, Tx } from '../platform/db.ts'
import type { OfferingKey } from '../sovereignty-profiles/index.ts'

export type Measurement = {
  direction: 'export' | 'import' | 'create'
  sizeBytes: number
  seconds: number
}

export async function insertMeasurement(
  tx: Tx,
  at: OfferingKey & { providerId: string },
  migrationId: string,
  measurement: Measurement,
  now: Date,
): Promise<void> {
  await tx
    .insertInto('portability_measurements')
    .values({
      id: randomUUID(),
      migration_id: migrationId,
      direction: measurement.direction,
      provider_id: at.providerId,
      agent_id: at.agentId,
      service_type_id: at.serviceTypeId,
      size_bytes: measurement.sizeBytes,
      seconds: measurement.seconds,
      measured_at: now,
    })
    .execute()
}

/** Older ones say little about what an offering does today. */
const NEWEST = 20

/** The newest measurements of every offering that has some; at most 20 of each kind. One statement. */
export async function newestMeasurements(db: Db): Promise<(OfferingKey & Measurement)[]> {
  const { rows } = await sql<OfferingKey & Measurement>`
    SELECT agent_id AS "agentId", service_type_id AS "serviceTypeId", direction, size_bytes AS "sizeBytes", seconds
    FROM (
      SELECT *, row_number() OVER (PARTITION BY agent_id, service_type_id, direction ORDER BY measured_at DESC) AS nth
      FROM portability_measurements) ranked
    WHERE nth <= ${NEWEST}`.execute(db)
  return rows
}

/** What a drill has shown of the exporting side, or of the importing one. What is null keeps what was known. */
export async function saveFacts(
  tx: Tx,
  { agentId, serviceTypeId }: OfferingKey,
  facts: { exportTestedAt: Date | null; exportMibPerS: number | null; importMibPerS: number | null },
  now: Date,
): Promise<void> {
  await sql`
    INSERT INTO measured_facts AS known (agent_id, service_type_id, export_tested_at, export_mib_per_s, import_mib_per_s, measured_at)
    VALUES (${agentId}, ${serviceTypeId}, ${facts.exportTestedAt}, ${facts.exportMibPerS}, ${facts.importMibPerS}, ${now})
    ON CONFLICT (agent_id, service_type_id) DO UPDATE SET
      export_tested_at = coalesce(excluded.export_tested_at, known.export_tested_at),
      export_mib_per_s = coalesce(excluded.export_mib_per_s, known.export_mib_per_s),
      import_mib_per_s = coalesce(excluded.import_mib_per_s, known.import_mib_per_s),
      measured_at = excluded.measured_at`.execute(tx)
}
