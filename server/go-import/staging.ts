/**
 * The rows of the source as they wait in the target: temporary tables `go_*` of the import's transaction. Rules change them here
 * or mark them as not to be imported, and each time a finding is written.
 */
import type pg from 'pg'
import { copyRows } from './copy.ts'
import type { Finding, Treatment } from './report.ts'
import type { Source } from './source.ts'
import { copyQuery } from './source.ts'
import { idColumn, METRIC_TABLE, SOURCE_TABLE_NAMES, SOURCE_TABLES, type SourceTable } from './source-tables.ts'

/** Beside the source's columns: why a row is not imported; made up by us; what became of it; its number among our events. */
const MORE = 'skip text, placeholder boolean NOT NULL DEFAULT false, outcome text'
const MORE_OF: Partial<Record<SourceTable, string>> = {
  services: ', terminal boolean NOT NULL DEFAULT false',
  service_pool_values: ', address inet',
  jobs: ', group_id uuid',
  events: ', number bigint, entity uuid',
}
/** What rules look up beside the id. */
const LOOKED_UP: Partial<Record<SourceTable, string>> = {
  jobs: 'service_id',
  services: 'agent_id, agent_instance_id',
  tokens: 'hashed_value',
}
/** Large, and looked through once: no index. */
const UNINDEXED: ReadonlySet<SourceTable> = new Set([METRIC_TABLE, 'events', 'agent_type_service_types'])

/** So many rows of one kind of finding are told one by one. */
const MOST_ADAPTED = 100
const MOST_OTHERS = 10_000

export class Staging {
  readonly client: pg.Client

  constructor(client: pg.Client) {
    this.client = client
  }

  /** @param onProgress  called now and then with the table and the bytes that have come */
  async fill(source: Source, onProgress: (table: string, bytes: number) => void): Promise<void> {
    await this.client.query(
      'CREATE TEMP TABLE go_findings (position serial, table_name text, id uuid, treatment text, text text, count bigint) ON COMMIT DROP',
    )
    for (const table of SOURCE_TABLE_NAMES) {
      const columns = Object.entries(SOURCE_TABLES[table])
      const definitions = columns.map(([name, type]) => `${name} ${type}`).join(', ')
      await this.client.query(
        `CREATE TEMP TABLE go_${table} (${definitions}, ${MORE}${MORE_OF[table] ?? ''}) ON COMMIT DROP`,
      )
      const from = table === METRIC_TABLE ? source.metrics : source.main
      const into = `go_${table} (${columns.map(([name]) => name).join(', ')})`
      await copyRows(from, copyQuery(table), this.client, into, (bytes) => onProgress(table, bytes))
      if (!UNINDEXED.has(table)) await this.client.query(`CREATE INDEX ON go_${table} (id)`)
      if (LOOKED_UP[table]) await this.client.query(`CREATE INDEX ON go_${table} (${LOOKED_UP[table]})`)
      await this.client.query(`ANALYZE go_${table}`)
    }
  }

  /** Rows for which `where` holds are not imported. In `where` the row is `x`. @returns how many */
  async skip(table: SourceTable, where: string, text: string, treatment: Treatment = 'skipped'): Promise<number> {
    return this.#change(table, 'skip = $1::text', where, treatment, text)
  }

  /** Changes rows. In `set` and `where` the row is `x`; `from` are further tables, joined in `where`. */
  async mend(
    table: SourceTable,
    set: string,
    where: string,
    text: string,
    treatment: Treatment = 'mended',
  ): Promise<number> {
    return this.#change(table, set, where, treatment, text)
  }

  async warn(table: SourceTable, where: string, text: string): Promise<void> {
    await this.client.query(
      `INSERT INTO go_findings (table_name, id, treatment, text, count)
       SELECT '${table}', x.${idColumn(table)}, 'warning', $1, 1 FROM go_${table} x
       WHERE x.skip IS NULL AND NOT x.placeholder AND (${where}) ORDER BY 2`,
      [text],
    )
  }

  async find(finding: Finding): Promise<void> {
    await this.client.query(
      'INSERT INTO go_findings (table_name, id, treatment, text, count) VALUES ($1, $2, $3, $4, $5)',
      [finding.table, finding.id, finding.treatment, finding.text, finding.count],
    )
  }

  async run(statement: string, values: unknown[] = []): Promise<number> {
    return (await this.client.query(statement, values)).rowCount ?? 0
  }

  /** Everything found so far, in the order of the tables. What is too much of one kind is told by its number at the end. */
  async findings(): Promise<Finding[]> {
    const { rows } = await this.client.query<Finding>(
      `WITH numbered AS (
         SELECT *, row_number() OVER (PARTITION BY table_name, treatment, text ORDER BY position)
           > CASE treatment WHEN 'adapted' THEN ${MOST_ADAPTED} ELSE ${MOST_OTHERS} END AS rest
         FROM go_findings
       ), told AS (
         SELECT table_name, id, treatment, text, count, position FROM numbered WHERE NOT rest
         UNION ALL SELECT table_name, NULL, treatment, text, sum(count), max(position) FROM numbered WHERE rest GROUP BY 1, 3, 4
       ) SELECT table_name AS table, id, treatment, text, count::bigint AS count FROM told
       ORDER BY array_position($1::text[], table_name), treatment, text, position`,
      [SOURCE_TABLE_NAMES],
    )
    return rows
  }

  /** Of the large tables only the number of changed rows is told. */
  async #change(table: SourceTable, set: string, where: string, treatment: Treatment, text: string): Promise<number> {
    const told =
      table === METRIC_TABLE || table === 'events'
        ? 'SELECT $2, NULL::uuid, $3, $1, count(*) FROM hit HAVING count(*) > 0'
        : 'SELECT $2, id, $3, $1, 1 FROM hit ORDER BY id'
    const { rows } = await this.client.query<{ count: number }>(
      `WITH hit AS (
         UPDATE go_${table} x SET ${set} WHERE x.skip IS NULL AND NOT x.placeholder AND (${where})
         RETURNING x.${idColumn(table)} AS id
       ), told AS (
         INSERT INTO go_findings (table_name, id, treatment, text, count) ${told}
       ) SELECT count(*) AS count FROM hit`,
      [text, table, treatment],
    )
    return rows[0]?.count ?? 0
  }
}

/** SQL: `id` is the id of a row that is imported, or is here already. */
export function exists(table: SourceTable, id: string): string {
  return `(EXISTS (SELECT FROM go_${table} g WHERE g.id = ${id} AND g.skip IS NULL)
    OR EXISTS (SELECT FROM ${table} t WHERE t.id = ${id}))`
}

/** The same, and the row is a real one: not made up, not hidden. Only for tables with hidden rows. */
export function lives(table: 'participants' | 'agents', id: string): string {
  return `(EXISTS (SELECT FROM go_${table} g WHERE g.id = ${id} AND g.skip IS NULL AND NOT g.placeholder)
    OR EXISTS (SELECT FROM ${table} t WHERE t.id = ${id} AND t.deleted_at IS NULL))`
}
