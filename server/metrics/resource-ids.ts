/**
 * The list of resource ids: distinct values of entries instead of rows, which `listPage` does not do. Parameters are read by
 * the same rules as in every list, but a sort field is ignored: ids come in byte order.
 */
import { metricEntries, type Page } from '@fulcrum/contract'
import { type RawBuilder, sql } from 'kysely'
import type { Scope } from '../platform/access.ts'
import type { Db } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { scopeCondition } from '../platform/lists.ts'
import { parseUuid } from '../platform/wire.ts'

const MAX_PAGE_SIZE = 100
const DEFAULT_PAGE_SIZE = 10

const COLUMNS = {
  agentId: sql`t.agent_id`,
  serviceId: sql`t.service_id`,
  typeId: sql`t.type_id`,
  resourceId: sql`t.resource_id`,
} as const satisfies Record<keyof typeof metricEntries.resourceIds.filters, RawBuilder<unknown>>

/** @throws Refusal `invalid` for unknown or unreadable parameters */
export async function resourceIdPage(db: Db, query: URLSearchParams, scope: Scope): Promise<Page<string>> {
  const page = positive(query.get('page'), 'page') ?? 1
  const pageSize = positive(query.get('pageSize'), 'pageSize') ?? DEFAULT_PAGE_SIZE
  if (pageSize > MAX_PAGE_SIZE) throw new Refusal('invalid', `pageSize must be 1 to ${MAX_PAGE_SIZE}`)
  // a page beyond what PostgreSQL can count is empty like any other beyond the end
  const offset = Math.min((page - 1) * pageSize, Number.MAX_SAFE_INTEGER)

  const where = sql.join(
    [...filters(query), scopeCondition(scope)].map((condition) => sql`(${condition})`),
    sql` AND `,
  )
  const { rows } = await sql<{ total: number; items: string[] }>`
    WITH ids AS MATERIALIZED (SELECT DISTINCT t.resource_id COLLATE "C" AS id FROM metric_entries t WHERE ${where})
    SELECT (SELECT count(*) FROM ids) AS total,
           ARRAY(SELECT id FROM ids ORDER BY id LIMIT ${pageSize} OFFSET ${offset}) AS items`.execute(db)
  const { total = 0, items = [] } = rows[0] ?? {}
  const totalPages = Math.ceil(total / pageSize)
  return {
    items,
    totalItems: total,
    totalPages,
    currentPage: page,
    hasNext: page < totalPages,
    hasPrev: page > 1,
  }
}

/** One condition for each filter; repeated values are alternatives, blank ones do not count. */
function filters(query: URLSearchParams): RawBuilder<unknown>[] {
  const conditions: RawBuilder<unknown>[] = []
  for (const name of new Set(query.keys())) {
    if (name === 'page' || name === 'pageSize' || name === 'sort') continue
    if (!isFilter(name)) throw new Refusal('invalid', `cannot filter by field ${name}`)
    const values = query.getAll(name).filter((value) => value.trim() !== '')
    if (values.length > 0)
      conditions.push(
        sql.join(
          values.map((value) => condition(name, value)),
          sql` OR `,
        ),
      )
  }
  return conditions
}

function isFilter(name: string): name is keyof typeof COLUMNS {
  return Object.hasOwn(COLUMNS, name)
}

function condition(name: keyof typeof COLUMNS, value: string): RawBuilder<unknown> {
  if (metricEntries.resourceIds.filters[name].kind === 'uuid') {
    const id = parseUuid(value)
    if (id === null) throw new Refusal('invalid', `${name}: '${value.slice(0, 50)}' is not a UUID`)
    return sql`${COLUMNS[name]} = ${id}`
  }
  if (value.includes('\0')) throw new Refusal('invalid', `${name} must not contain NUL`)
  return sql`${COLUMNS[name]} ILIKE ${`%${value.trim().replaceAll(/[\\%_]/g, '\\$&')}%`}`
}

function positive(text: string | null, name: string): number | null {
  if (text === null || text === '') return null
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < 1) throw new Refusal('invalid', `${name} must be a whole number above 0`)
  return value
}
