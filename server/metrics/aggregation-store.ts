/** Aggregations over metric entries in PostgreSQL. */
import { type RawBuilder, sql } from 'kysely'
import type { Scope } from '../platform/access.ts'
import type { Db } from '../platform/db.ts'
import { scopeCondition } from '../platform/lists.ts'
import type { Aggregate, Bucket } from './aggregation.ts'

export type Series = { serviceId: string; resourceId: string; typeId: string }

/** `sum / count` instead of `avg`: that one squares the values on the way, which overflows much earlier. */
const EXPRESSIONS: Readonly<Record<Aggregate, RawBuilder<number>>> = {
  min: sql`min(value)`,
  max: sql`max(value)`,
  sum: sql`sum(value)`,
  avg: sql`sum(value) / count(*)`,
  diff: sql`max(value) - min(value)`,
}

/**
 * One value for each bucket that has entries, ascending; buckets are cut in UTC, whatever the session's time zone.
 *
 * @param range  both ends are included; the first bucket may begin before it
 * @param scope  entries beyond it do not count
 */
export async function aggregateSeries(
  db: Db,
  { serviceId, resourceId, typeId }: Series,
  aggregate: Aggregate,
  bucket: Bucket,
  range: { start: Date; end: Date },
  scope: Scope,
): Promise<{ start: Date; value: number }[]> {
  const { rows } = await sql<{ start: Date; value: number }>`
    SELECT date_trunc(${bucket}, created_at, 'UTC') AS start, ${EXPRESSIONS[aggregate]} AS value
    FROM metric_entries t
    WHERE service_id = ${serviceId} AND type_id = ${typeId} AND resource_id = ${resourceId}
      AND created_at BETWEEN ${range.start} AND ${range.end} AND (${scopeCondition(scope)})
    GROUP BY 1 ORDER BY 1`.execute(db)
  return rows
}
