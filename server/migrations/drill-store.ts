/** The newest drills of services. */
import { sql } from 'kysely'
import type { Db } from '../platform/db.ts'
import { outcomeOf, rtoOf, secondsBetween } from './drill.ts'
import { type MigrationRow, toMigration } from './migration-store.ts'

/** Times in seconds are there as far as the drill came. */
export type NewestDrill = {
  migrationId: string
  at: Date
  outcome: string
  rtoSeconds?: number
  rpoSeconds?: number
}

/** Of each of these services the drill that ended last and was not cancelled; services without one are not in it. One statement. */
export async function newestDrills(db: Db, serviceIds: readonly string[]): Promise<ReadonlyMap<string, NewestDrill>> {
  if (serviceIds.length === 0) return new Map()
  const { rows } = await sql<MigrationRow>`
    SELECT DISTINCT ON (service_id) * FROM migrations
    WHERE service_id = ANY (${[...serviceIds]}::uuid[]) AND kind = 'drill' AND ended AND outcome <> 'cancelled'
    ORDER BY service_id, ended_at DESC, id`.execute(db)
  return new Map(
    rows.map(toMigration).map((drill) => {
      const rto = rtoOf(drill)
      const compared = drill.steps.find(({ step, status }) => step === 'verifying' && status === 'done')?.endedAt
      const rpo = drill.exported && compared !== undefined ? secondsBetween(drill.exported.takenAt, compared) : null
      return [
        drill.serviceId,
        {
          migrationId: drill.id,
          at: drill.endedAt ?? drill.updatedAt,
          outcome: outcomeOf(drill),
          ...(rto !== null && { rtoSeconds: rto }),
          ...(rpo !== null && { rpoSeconds: rpo }),
        },
      ] as const
    }),
  )
}
