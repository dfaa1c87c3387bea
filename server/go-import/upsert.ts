/** Writes the waiting rows into our tables: new ones, and those that changed there since an earlier import. */
import type pg from 'pg'
import { JSON_COLUMNS, type TargetTable } from './target-tables.ts'

/**
 * Decides for every waiting row what becomes of it: `added`; `changed`, when it changed there after ours did; `unchanged`;
 * `kept`, when ours changed later. Then writes the first two.
 */
export async function upsert(client: pg.Client, target: TargetTable): Promise<void> {
  const { table, columns, onlyNew = {}, order, key = 'id' } = target
  await client.query(`
    UPDATE go_${table} s SET outcome = CASE
        WHEN t.${key} IS NULL THEN 'added'
        WHEN t.updated_at < s.updated_at THEN 'changed'
        WHEN t.updated_at = s.updated_at THEN 'unchanged'
        ELSE 'kept' END
    FROM go_${table} g LEFT JOIN ${table} t ON t.${key} = g.${key}
    WHERE g.ctid = s.ctid AND s.skip IS NULL`)
  const all = { ...columns, ...onlyNew }
  const changes = Object.keys(columns).filter((name) => name !== key && name !== 'created_at')
  await client.query(`
    INSERT INTO ${table} AS t (${Object.keys(all).join(', ')})
    SELECT ${Object.values(all).join(', ')} FROM go_${table} s WHERE s.outcome IN ('added', 'changed')
    ${order ? `ORDER BY ${order}` : ''}
    ON CONFLICT (${key}) DO UPDATE SET ${changes.map((name) => `${name} = excluded.${name}`).join(', ')}
    WHERE t.updated_at < excluded.updated_at`)
}

/**
 * Compares what was written now with what was to be written, all columns of all rows.
 *
 * @returns rows that differ or are missing; 0 unless something is wrong with this program
 */
export async function countDifferences(client: pg.Client, target: TargetTable): Promise<number> {
  const { table, columns, key = 'id' } = target
  const differs = Object.entries(columns)
    .filter(([name]) => name !== 'created_at')
    .map(([name, value]) =>
      JSON_COLUMNS.has(name) ? `t.${name}::jsonb IS DISTINCT FROM ${value}` : `t.${name} IS DISTINCT FROM ${value}`,
    )
  const { rows } = await client.query<{ count: number }>(`
    SELECT count(*) AS count FROM go_${table} s LEFT JOIN ${table} t ON t.${key} = s.${key}
    WHERE s.skip IS NULL AND (t.${key} IS NULL OR s.outcome IS NULL
      OR (s.outcome IN ('added', 'changed') AND (${differs.join(' OR ')})))`)
  return rows[0]?.count ?? 0
}

/** The links of an agent type are as the source has them, unless the agent type changed here later. */
export async function writeLinks(client: pg.Client): Promise<void> {
  await client.query(`
    UPDATE go_agent_type_service_types s SET outcome = CASE
      WHEN EXISTS (SELECT FROM agent_type_service_types t
        WHERE t.agent_type_id = s.agent_type_id AND t.service_type_id = s.service_type_id) THEN 'unchanged'
      WHEN EXISTS (SELECT FROM go_agent_types a WHERE a.id = s.agent_type_id AND a.outcome = 'kept') THEN 'kept'
      ELSE 'added' END
    WHERE s.skip IS NULL`)
  await client.query(`
    DELETE FROM agent_type_service_types t USING go_agent_types a
    WHERE a.id = t.agent_type_id AND a.outcome = 'changed' AND NOT EXISTS (SELECT FROM go_agent_type_service_types s
      WHERE s.agent_type_id = t.agent_type_id AND s.service_type_id = t.service_type_id AND s.skip IS NULL)`)
  // the source has no order of its own
  await client.query(`
    INSERT INTO agent_type_service_types (agent_type_id, service_type_id, position)
    SELECT s.agent_type_id, s.service_type_id,
      coalesce((SELECT max(position) + 1 FROM agent_type_service_types t WHERE t.agent_type_id = s.agent_type_id), 0)
        + row_number() OVER (PARTITION BY s.agent_type_id ORDER BY y.created_at, y.id) - 1
    FROM go_agent_type_service_types s JOIN service_types y ON y.id = s.service_type_id WHERE s.outcome = 'added'`)
}
