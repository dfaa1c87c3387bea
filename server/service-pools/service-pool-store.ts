/** Service pools in PostgreSQL. */
import type { ServicePool as WirePool } from '@fulcrum/contract'
import { type Selectable, sql } from 'kysely'
import type { Db, Tx } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'
import type { ListSource } from '../platform/lists.ts'
import type { ServicePoolsTable } from '../platform/tables.ts'
import { timestamp } from '../platform/wire.ts'
import type { ServicePool } from './service-pool.ts'

export type PoolRow = Selectable<ServicePoolsTable>
type JoinedPoolRow = PoolRow & { set_name: string }
const POOL_SELECT = sql`t.*, s.name AS set_name`
const POOL_JOINS = sql`JOIN service_pool_sets s ON s.id = t.service_pool_set_id`

/** A pool with the name of its set, as the API shows it, and its provider for authorization. @throws Refusal `not-found` */
export async function getPoolView(db: Db, id: string): Promise<{ pool: WirePool; providerId: string }> {
  const { rows } =
    await sql<JoinedPoolRow>`SELECT ${POOL_SELECT} FROM service_pools t ${POOL_JOINS} WHERE t.id = ${id}`.execute(db)
  if (!rows[0]) throw notFound('service pool', id)
  return { pool: joinedPoolToWire(rows[0]), providerId: rows[0].provider_id }
}

/** Reads a pool and locks its row until the transaction ends. @throws Refusal `not-found` */
export async function lockPool(tx: Tx, id: string): Promise<ServicePool> {
  const row = await tx.selectFrom('service_pools').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  if (!row) throw notFound('service pool', id)
  return toPool(row)
}

/** As `lockPool`, with the offset from the network's address below which the search for a free address need not look. */
export async function lockPoolForSearch(tx: Tx, id: string): Promise<{ pool: ServicePool; nextOffset: bigint }> {
  const row = await tx.selectFrom('service_pools').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  if (!row) throw notFound('service pool', id)
  return { pool: toPool(row), nextOffset: BigInt(row.next_offset) }
}

/** The pool of this type in a set; null when there is none. */
export async function poolOfSet(tx: Tx, setId: string, type: string): Promise<ServicePool | null> {
  const row = await tx
    .selectFrom('service_pools')
    .selectAll()
    .where('service_pool_set_id', '=', setId)
    .where('type', '=', type)
    .executeTakeFirst()
  return row ? toPool(row) : null
}

export async function poolTypeTaken(tx: Tx, providerId: string, type: string): Promise<boolean> {
  const row = await tx
    .selectFrom('service_pools')
    .select('id')
    .where('provider_id', '=', providerId)
    .where('type', '=', type)
    .executeTakeFirst()
  return row !== undefined
}

export async function insertPool(tx: Tx, pool: ServicePool): Promise<void> {
  await tx
    .insertInto('service_pools')
    .values({
      id: pool.id,
      name: pool.name,
      type: pool.type,
      property_type: pool.propertyType,
      generator_type: pool.generatorType,
      generator_config: pool.generatorConfig && JSON.stringify(pool.generatorConfig),
      service_pool_set_id: pool.servicePoolSetId,
      provider_id: pool.providerId,
      created_at: pool.createdAt,
      updated_at: pool.updatedAt,
    })
    .execute()
}

/** Writes what can change. The row must be locked by `lockPool`. */
export async function savePool(tx: Tx, pool: ServicePool): Promise<void> {
  await tx
    .updateTable('service_pools')
    .set({
      name: pool.name,
      generator_config: pool.generatorConfig && JSON.stringify(pool.generatorConfig),
      updated_at: pool.updatedAt,
    })
    .where('id', '=', pool.id)
    .execute()
}

/** Where the search for a free address goes on. The pool's row must be locked. */
export async function saveCursor(tx: Tx, poolId: string, offset: bigint): Promise<void> {
  await tx
    .updateTable('service_pools')
    .set({ next_offset: String(offset) })
    .where('id', '=', poolId)
    .execute()
}

/** An address has become free below the search's cursor. The pool's row must be locked. */
export async function lowerCursor(tx: Tx, poolId: string, offset: bigint): Promise<void> {
  await sql`UPDATE service_pools SET next_offset = least(next_offset, ${String(offset)}::numeric) WHERE id = ${poolId}`.execute(
    tx,
  )
}

export async function countPoolValues(tx: Tx, poolId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) AS count FROM service_pool_values WHERE service_pool_id = ${poolId}`.execute(tx)
  return rows[0]?.count ?? 0
}

export async function deletePool(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('service_pools').where('id', '=', id).execute()
}

export const poolList: ListSource<JoinedPoolRow, WirePool> = {
  table: 'service_pools',
  select: POOL_SELECT,
  joins: POOL_JOINS,
  toItem: joinedPoolToWire,
}

function joinedPoolToWire(row: JoinedPoolRow): WirePool {
  return { ...poolToWire(toPool(row)), servicePoolSetName: row.set_name }
}

export function poolToWire(pool: ServicePool): WirePool {
  return {
    id: pool.id,
    name: pool.name,
    type: pool.type,
    propertyType: pool.propertyType,
    generatorType: pool.generatorType,
    ...(pool.generatorConfig && { generatorConfig: pool.generatorConfig }),
    servicePoolSetId: pool.servicePoolSetId,
    createdAt: timestamp(pool.createdAt),
    updatedAt: timestamp(pool.updatedAt),
  }
}

/** Rows come from queries or, inside a join, as JSON with times as text. */
export function toPool(row: Omit<PoolRow, 'next_offset'>): ServicePool {
  return {
    id: row.id,
    name: row.name,
    type: row.type,
    propertyType: row.property_type,
    generatorType: row.generator_type,
    generatorConfig: row.generator_config,
    servicePoolSetId: row.service_pool_set_id,
    providerId: row.provider_id,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
}
