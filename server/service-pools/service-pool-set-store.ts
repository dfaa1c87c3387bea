/** Service pool sets in PostgreSQL. */
import type { ServicePoolSet as WireSet } from '@fulcrum/contract'
import { type Selectable, sql } from 'kysely'
import { type ParticipantRow, participantToWire, toParticipant } from '../participants/index.ts'
import type { Db, Tx } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'
import type { ListSource } from '../platform/lists.ts'
import type { ServicePoolSetsTable } from '../platform/tables.ts'
import { timestamp } from '../platform/wire.ts'
import type { ServicePoolSet } from './service-pool.ts'

type SetRow = Selectable<ServicePoolSetsTable>
type JoinedSetRow = SetRow & { provider: ParticipantRow | null }
const SET_SELECT = sql`t.*, to_json(p) AS provider`
const SET_JOINS = sql`LEFT JOIN participants p ON p.id = t.provider_id AND p.deleted_at IS NULL`

/** A pool set with its provider, as the API shows it. @throws Refusal `not-found` */
export async function getPoolSetView(db: Db, id: string): Promise<WireSet> {
  const { rows } =
    await sql<JoinedSetRow>`SELECT ${SET_SELECT} FROM service_pool_sets t ${SET_JOINS} WHERE t.id = ${id}`.execute(db)
  if (!rows[0]) throw notFound('service pool set', id)
  return joinedSetToWire(rows[0])
}

/** Reads a set and locks its row until the transaction ends. @throws Refusal `not-found` */
export async function lockPoolSet(tx: Tx, id: string): Promise<ServicePoolSet> {
  const row = await tx.selectFrom('service_pool_sets').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  if (!row) throw notFound('service pool set', id)
  return toPoolSet(row)
}

/** A set that something is about to refer to, kept from deletion until the transaction ends; null when there is none. */
export async function findPoolSetForReference(tx: Tx, id: string): Promise<ServicePoolSet | null> {
  const row = await tx.selectFrom('service_pool_sets').selectAll().where('id', '=', id).forKeyShare().executeTakeFirst()
  return row ? toPoolSet(row) : null
}

export async function insertPoolSet(tx: Tx, set: ServicePoolSet): Promise<void> {
  await tx
    .insertInto('service_pool_sets')
    .values({
      id: set.id,
      name: set.name,
      provider_id: set.providerId,
      created_at: set.createdAt,
      updated_at: set.updatedAt,
    })
    .execute()
}

/** Writes what can change. The row must be locked by `lockPoolSet`. */
export async function savePoolSet(tx: Tx, set: ServicePoolSet): Promise<void> {
  await tx
    .updateTable('service_pool_sets')
    .set({ name: set.name, updated_at: set.updatedAt })
    .where('id', '=', set.id)
    .execute()
}

/** How many pools and agents refer to a set. */
export async function countSetDependents(tx: Tx, id: string): Promise<{ pools: number; agents: number }> {
  const { rows } = await sql<{ pools: number; agents: number }>`
    SELECT (SELECT count(*) FROM service_pools WHERE service_pool_set_id = ${id}) AS pools,
           (SELECT count(*) FROM agents WHERE service_pool_set_id = ${id} AND deleted_at IS NULL) AS agents`.execute(tx)
  return rows[0] ?? { pools: 0, agents: 0 }
}

/** Removes a set. Hidden agents that still point at it no longer do. */
export async function deletePoolSet(tx: Tx, id: string): Promise<void> {
  await tx.updateTable('agents').set({ service_pool_set_id: null }).where('service_pool_set_id', '=', id).execute()
  await tx.deleteFrom('service_pool_sets').where('id', '=', id).execute()
}

export const poolSetList: ListSource<JoinedSetRow, WireSet> = {
  table: 'service_pool_sets',
  select: SET_SELECT,
  joins: SET_JOINS,
  toItem: joinedSetToWire,
}

function joinedSetToWire(row: JoinedSetRow): WireSet {
  return {
    ...poolSetToWire(toPoolSet(row)),
    ...(row.provider && { provider: participantToWire(toParticipant(row.provider)) }),
  }
}

/** API v1 has always spelled it `providerID` here; both spellings are sent. */
export function poolSetToWire(set: ServicePoolSet): WireSet {
  return {
    id: set.id,
    name: set.name,
    providerID: set.providerId,
    providerId: set.providerId,
    createdAt: timestamp(set.createdAt),
    updatedAt: timestamp(set.updatedAt),
  }
}

function toPoolSet(row: SetRow): ServicePoolSet {
  return {
    id: row.id,
    name: row.name,
    providerId: row.provider_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
