/** Evacuations in PostgreSQL. */
import type { EvacuationPlanItem } from '@fulcrum/contract'
import { type Selectable, sql } from 'kysely'
import { toMigration } from '../migrations/index.ts'
import type { Db, Tx } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'
import type { EvacuationItemsTable, EvacuationsTable, MigrationsTable } from '../platform/sovereignty-tables.ts'
import type { Evacuation, Item } from './evacuation.ts'

export type EvacuationRow = Selectable<EvacuationsTable>
type Document = Pick<Evacuation, 'request' | 'scenario' | 'assumptions' | 'exportsAtOnce'>
type ItemRow = Selectable<EvacuationItemsTable> & { migration: Selectable<MigrationsTable> | null }

/** @throws Refusal `not-found` */
export async function getEvacuation(db: Db, id: string): Promise<Evacuation> {
  const row = await db.selectFrom('evacuations').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) throw notFound('evacuation', id)
  return toEvacuation(row)
}

/** Reads it and locks its row until the transaction ends; the rows of its migrations come after it. @throws as `getEvacuation` */
export async function lockEvacuation(tx: Tx, id: string): Promise<Evacuation> {
  const row = await tx.selectFrom('evacuations').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  if (!row) throw notFound('evacuation', id)
  return toEvacuation(row)
}

/** The same for who drives it: null when somebody else does right now. */
export async function tryLockEvacuation(tx: Tx, id: string): Promise<Evacuation | null> {
  const row = await tx
    .selectFrom('evacuations')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
  return row ? toEvacuation(row) : null
}

export async function runningEvacuations(db: Db): Promise<string[]> {
  const rows = await db
    .selectFrom('evacuations')
    .select('id')
    .where('ended_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map(({ id }) => id)
}

/** In the order of the plan, each with its migration as it is now. */
export async function itemsOf(db: Db, evacuationIds: readonly string[]): Promise<Map<string, Item[]>> {
  if (evacuationIds.length === 0) return new Map()
  const { rows } = await sql<ItemRow>`
    SELECT i.*, to_json(m) AS migration
    FROM evacuation_items i LEFT JOIN migrations m ON m.id = i.migration_id
    WHERE i.evacuation_id = ANY (${[...evacuationIds]}::uuid[]) ORDER BY i.evacuation_id, i.position`.execute(db)
  const grouped = Map.groupBy(rows, (row) => row.evacuation_id)
  return new Map([...grouped].map(([id, own]) => [id, own.map(toItem)]))
}

export async function insertEvacuation(tx: Tx, evacuation: Evacuation, items: readonly Item[]): Promise<void> {
  await tx.insertInto('evacuations').values(toRow(evacuation)).execute()
  for (const item of items)
    await tx
      .insertInto('evacuation_items')
      .values({
        evacuation_id: evacuation.id,
        position: item.position,
        service_id: item.serviceId,
        state: item.state,
        plan: JSON.stringify(item.plan),
        migration_id: null,
        failure: item.failure,
        started_at: null,
      })
      .execute()
}

/** Writes what can change. The row must be locked. */
export async function saveEvacuation(tx: Tx, evacuation: Evacuation): Promise<void> {
  const { id, ...columns } = toRow(evacuation)
  await tx.updateTable('evacuations').set(columns).where('id', '=', id).execute()
}

/** The evacuation's row must be locked. */
export async function saveItem(
  tx: Tx,
  evacuationId: string,
  position: number,
  change: { state: Item['state']; migration_id?: string; failure?: string; started_at?: Date },
): Promise<void> {
  await tx
    .updateTable('evacuation_items')
    .set(change)
    .where('evacuation_id', '=', evacuationId)
    .where('position', '=', position)
    .execute()
}

export function toEvacuation(row: EvacuationRow): Evacuation {
  // written by `toRow` and by nothing else
  const document = row.document as unknown as Document
  return {
    id: row.id,
    consumerId: row.consumer_id,
    state: row.state,
    paused: row.paused,
    ...document,
    deadlineAt: row.deadline_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    endedAt: row.ended_at,
  }
}

function toRow(evacuation: Evacuation) {
  const { request, scenario, assumptions, exportsAtOnce } = evacuation
  return {
    id: evacuation.id,
    consumer_id: evacuation.consumerId,
    state: evacuation.state,
    paused: evacuation.paused,
    document: JSON.stringify({ request, scenario, assumptions, exportsAtOnce } satisfies Document),
    deadline_at: evacuation.deadlineAt,
    created_at: evacuation.createdAt,
    updated_at: evacuation.updatedAt,
    ended_at: evacuation.endedAt,
  }
}

function toItem(row: ItemRow): Item {
  return {
    position: row.position,
    serviceId: row.service_id,
    // written by `insertEvacuation`
    plan: row.plan as unknown as EvacuationPlanItem,
    state: row.state,
    migration: row.migration && toMigration(withTimes(row.migration)),
    failure: row.failure,
    startedAt: row.started_at,
  }
}

/** Inside a join times come as text. */
function withTimes(row: Selectable<MigrationsTable>): Selectable<MigrationsTable> {
  return {
    ...row,
    cut_over_at: row.cut_over_at && new Date(row.cut_over_at),
    created_at: new Date(row.created_at),
    updated_at: new Date(row.updated_at),
    ended_at: row.ended_at && new Date(row.ended_at),
  }
}
