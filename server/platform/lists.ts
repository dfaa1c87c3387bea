/**
 * Lists: filters, one sort field, pages with exact counts. Which filters and sort fields there are stands with the operation
 * in `contract/`; a feature adds where they live in its tables.
 */
import type { Filter, ListOperation, OwnerField, Page } from '@fulcrum/contract'
import { type RawBuilder, sql } from 'kysely'
import type { Scope } from './access.ts'
import type { Db } from './db.ts'
import { Refusal } from './errors.ts'
import { parseUuid } from './wire.ts'

export type ListSource<Row, Item> = {
  /** The table whose rows are listed; it is called `t` in every expression below. */
  table: string
  /** Column of `t` for each filter and sort field whose name is not simply its column in snake case. */
  columns?: Readonly<Record<string, string>>
  /** Column of `t` for each owner field that the operation's access rules name; without an entry: its name in snake case. */
  owners?: Readonly<Partial<Record<OwnerField, string>>>
  /** A condition on `t` that always holds, for example that the row is not hidden. */
  where?: RawBuilder<unknown>
  /** What is selected, and the joins that it needs. Joins must not multiply rows. */
  select: RawBuilder<unknown>
  joins?: RawBuilder<unknown>
  /** Page 1 holds this many rows, whatever the query asks for, and no answer says that there are more. */
  onePage?: number
  /** Order after the asked one; must be unique. Default: created_at, id. */
  key?: readonly string[]
  toItem: (row: Row) => Item
}

const MAX_PAGE_SIZE = 100
const DEFAULT_PAGE_SIZE = 10
/** Values of one filter: more than fit a usual URL, fewer than a statement can take. */
const MAX_ALTERNATIVES = 500

/**
 * Two statements: the exact count, and the page, which looks up its ids first and joins the rest to these few rows.
 *
 * @throws Refusal `invalid` for unknown or unreadable parameters
 */
export async function listPage<Row, Item>(
  db: Db,
  operation: ListOperation,
  query: URLSearchParams,
  scope: Scope,
  source: ListSource<Row, Item>,
): Promise<Page<Item>> {
  const { page, pageSize: asked, sort, conditions } = readQuery(operation, query, source)
  const pageSize = source.onePage ?? asked
  const key = source.key ?? ['created_at', 'id']
  const where = sql.join(
    [...conditions, scopeCondition(scope, source), source.where ?? sql`true`].map((condition) => sql`(${condition})`),
    sql` AND `,
  )
  const order = sql.join(
    [
      ...(sort ? [sql`${sql.ref(`t.${sort.column}`)} ${sql.raw(sort.descending ? 'DESC' : 'ASC')}`] : []),
      ...key.map((column) => sql`${sql.ref(`t.${column}`)} ${sql.raw(sort?.descending ? 'DESC' : 'ASC')}`),
    ],
    sql`, `,
  )
  const table = sql.table(source.table)
  const id = sql.ref(key.at(-1) ?? 'id')
  const offset = (page - 1) * pageSize

  const [{ rows: counted }, { rows }] = await Promise.all([
    sql<{ total: number }>`SELECT count(*) AS total FROM ${table} t WHERE ${where}`.execute(db),
    offset > Number.MAX_SAFE_INTEGER
      ? { rows: [] }
      : sql<Row>`
          SELECT ${source.select}
          FROM (SELECT t.${id} AS page_key FROM ${table} t WHERE ${where} ORDER BY ${order} LIMIT ${pageSize} OFFSET ${offset}) page
          JOIN ${table} t ON t.${id} = page.page_key ${source.joins ?? sql``}
          ORDER BY ${order}`.execute(db),
  ])
  const answer = pageOf(rows.map(source.toItem), counted[0]?.total ?? 0, page, pageSize)
  return source.onePage === undefined ? answer : { ...answer, hasNext: false }
}

/**
 * A list of the distinct values of one column in byte order, with the filters and pages of every list; a sort field is read past.
 *
 * @param column  a text column of `table`
 * @throws Refusal `invalid` for unknown or unreadable parameters
 */
export async function listDistinct(
  db: Db,
  operation: ListOperation,
  query: URLSearchParams,
  scope: Scope,
  { table, column }: { table: string; column: string },
): Promise<Page<string>> {
  const read = new URLSearchParams(query)
  read.delete('sort')
  const { page, pageSize, conditions } = readQuery(operation, read, {})
  const where = sql.join(
    [...conditions, scopeCondition(scope)].map((condition) => sql`(${condition})`),
    sql` AND `,
  )
  // a page beyond what PostgreSQL can count is empty like any other beyond the end
  const offset = Math.min((page - 1) * pageSize, Number.MAX_SAFE_INTEGER)
  const { rows } = await sql<{ total: number; items: string[] }>`
    WITH found AS MATERIALIZED (
      SELECT DISTINCT ${sql.ref(`t.${column}`)} COLLATE "C" AS value FROM ${sql.table(table)} t WHERE ${where})
    SELECT (SELECT count(*) FROM found) AS total,
           ARRAY(SELECT value FROM found ORDER BY value LIMIT ${pageSize} OFFSET ${offset}) AS items`.execute(db)
  const { total = 0, items = [] } = rows[0] ?? {}
  return pageOf(items, total, page, pageSize)
}

/** The envelope of a list. */
export function pageOf<Item>(items: Item[], totalItems: number, page: number, pageSize: number): Page<Item> {
  const totalPages = Math.ceil(totalItems / pageSize)
  return { items, totalItems, totalPages, currentPage: page, hasNext: page < totalPages, hasPrev: page > 1 }
}

type Columns = { columns?: Readonly<Record<string, string>> }

function readQuery(operation: ListOperation, query: URLSearchParams, source: Columns) {
  const paging = readPaging(query)
  const conditions: RawBuilder<unknown>[] = []
  for (const name of new Set(query.keys())) {
    if (name === 'page' || name === 'pageSize' || name === 'sort') continue
    const filter = Object.hasOwn(operation.filters, name) ? operation.filters[name] : undefined
    if (!filter) throw new Refusal('invalid', `cannot filter by field ${name}`)
    const column = sql.ref(`t.${source.columns?.[name] ?? snakeCase(name)}`)
    const values = query.getAll(name).filter((value) => value.trim() !== '')
    if (values.length > MAX_ALTERNATIVES)
      throw new Refusal('invalid', `${name} may be given ${MAX_ALTERNATIVES} times at most`)
    const alternatives = values.map((value) => filterCondition(filter, name, column, value))
    // in parentheses, so that alternatives can never reach past the caller's scope
    if (alternatives.length > 0) conditions.push(sql`(${sql.join(alternatives, sql` OR `)})`)
  }
  return { ...paging, sort: readSort(operation, query.get('sort'), source), conditions }
}

/** @throws Refusal `invalid` for what is no page, or a page size over the limit */
export function readPaging(query: URLSearchParams): { page: number; pageSize: number } {
  const page = positive(query.get('page'), 'page') ?? 1
  const pageSize = positive(query.get('pageSize'), 'pageSize') ?? DEFAULT_PAGE_SIZE
  if (pageSize > MAX_PAGE_SIZE) throw new Refusal('invalid', `pageSize must be 1 to ${MAX_PAGE_SIZE}`)
  return { page, pageSize }
}

function positive(text: string | null, name: string): number | null {
  if (text === null || text === '') return null
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < 1) throw new Refusal('invalid', `${name} must be a whole number above 0`)
  return value
}

function readSort(operation: ListOperation, text: string | null, source: Columns) {
  if (text === null || text === '') return null
  const match = /^([+-]?)(.*)$/.exec(text)
  const field = match?.[2] ?? ''
  if (!operation.sort.includes(field)) throw new Refusal('invalid', `cannot sort by field ${text}`)
  return { column: source.columns?.[field] ?? snakeCase(field), descending: match?.[1] === '-' }
}

function filterCondition(
  filter: Filter,
  name: string,
  column: RawBuilder<unknown>,
  value: string,
): RawBuilder<unknown> {
  if (value.includes('\0')) throw new Refusal('invalid', `${name} must not contain NUL`)
  switch (filter.kind) {
    case 'contains':
      return sql`${column} ILIKE ${`%${value.trim().replaceAll(/[\\%_]/g, '\\$&')}%`}`
    case 'exact':
      return sql`${column} = ${value}`
    case 'uuid': {
      const id = parseUuid(value)
      if (id === null) throw new Refusal('invalid', `${name}: '${value.slice(0, 50)}' is not a UUID`)
      return sql`${column} = ${id}`
    }
    case 'bool':
      if (!['true', 'false', '1', '0'].includes(value)) throw new Refusal('invalid', `${name} must be true or false`)
      return sql`${column} = ${value === 'true' || value === '1'}`
    case 'enum':
      if (!filter.values.includes(value))
        throw new Refusal('invalid', `${name} must be one of ${filter.values.join(', ')}`)
      return sql`${column} = ${value}`
  }
}

/** The caller's scope as a condition on `t`. An empty scope shows nothing. */
export function scopeCondition(
  scope: Scope,
  source: { owners?: ListSource<unknown, unknown>['owners'] } = {},
): RawBuilder<unknown> {
  if (scope === 'all') return sql`true`
  if (scope.length === 0) return sql`false`
  return sql.join(
    scope.map(({ field, id }) => sql`${sql.ref(`t.${source.owners?.[field] ?? snakeCase(field)}`)} = ${id}`),
    sql` OR `,
  )
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
