/** Whose a service group is. */
import type { Db } from '../platform/db.ts'

/** Null when there is no such group. */
export async function consumerOfGroup(db: Db, id: string): Promise<string | null> {
  const row = await db
    .selectFrom('service_groups')
    .select('consumer_id')
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  return row?.consumer_id ?? null
}
