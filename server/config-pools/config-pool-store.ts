/** Config pools and their values in PostgreSQL. */
import type { ConfigPool as WirePool, ConfigPoolValue as WireValue } from '@fulcrum/contract'
import { type Selectable, sql } from 'kysely'
import { type ParticipantRow, participantToWire, toParticipant } from '../participants/index.ts'
import type { Db, Tx } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'
import type { ListSource } from '../platform/lists.ts'
import type { AgentsTable, ConfigPoolsTable, ConfigPoolValuesTable } from '../platform/tables.ts'
import { timestamp } from '../platform/wire.ts'
import type { ConfigPool, ConfigPoolValue } from './config-pool.ts'

type PoolRow = Selectable<ConfigPoolsTable>
type ValueRow = Selectable<ConfigPoolValuesTable>
type JoinedPoolRow = PoolRow & { participant: ParticipantRow | null }
type JoinedValueRow = ValueRow & { pool: PoolRow; agent: Selectable<AgentsTable> | null }

const POOL_SELECT = sql`t.*, to_json(p) AS participant`
const POOL_JOINS = sql`LEFT JOIN participants p ON p.id = t.participant_id AND p.deleted_at IS NULL`
const VALUE_SELECT = sql`t.*, to_json(p) AS pool, to_json(a) AS agent`
const VALUE_JOINS = sql`
  JOIN config_pools p ON p.id = t.config_pool_id
  LEFT JOIN agents a ON a.id = t.agent_id AND a.deleted_at IS NULL`

/** A pool with its participant, as the API shows it. @throws Refusal `not-found` */
export async function getConfigPoolView(db: Db, id: string): Promise<WirePool> {
  const { rows } =
    await sql<JoinedPoolRow>`SELECT ${POOL_SELECT} FROM config_pools t ${POOL_JOINS} WHERE t.id = ${id}`.execute(db)
  if (!rows[0]) throw notFound('config pool', id)
  return joinedPoolToWire(rows[0])
}

/** Reads a pool and locks its row until the transaction ends. @throws Refusal `not-found` */
export async function lockConfigPool(tx: Tx, id: string): Promise<ConfigPool> {
  const row = await tx.selectFrom('config_pools').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  if (!row) throw notFound('config pool', id)
  return toConfigPool(row)
}

/**
 * The pool that excludes a new one of this type: every other excludes a global one, the global one and its own exclude a
 * participant's. The table lock keeps two that would exclude each other from being made at the same time; pools are made rarely.
 *
 * @returns null when nothing is in the way
 */
export async function findConfigPoolClash(
  tx: Tx,
  type: string,
  participantId: string | null,
): Promise<Pick<ConfigPool, 'participantId'> | null> {
  await sql`LOCK TABLE config_pools IN SHARE ROW EXCLUSIVE MODE`.execute(tx)
  const { rows } = await sql<{ participant_id: string | null }>`
    SELECT participant_id FROM config_pools
    WHERE type = ${type} AND (${participantId}::uuid IS NULL OR participant_id IS NULL OR participant_id = ${participantId})
    LIMIT 1`.execute(tx)
  return rows[0] ? { participantId: rows[0].participant_id } : null
}

/** The pool of this type that is global or the provider's; null when there is none. */
export async function configPoolFor(tx: Tx, type: string, providerId: string): Promise<ConfigPool | null> {
  const { rows } = await sql<PoolRow>`
    SELECT * FROM config_pools WHERE type = ${type} AND (participant_id IS NULL OR participant_id = ${providerId}) LIMIT 1`.execute(
    tx,
  )
  return rows[0] ? toConfigPool(rows[0]) : null
}

export async function insertConfigPool(tx: Tx, pool: ConfigPool): Promise<void> {
  await tx
    .insertInto('config_pools')
    .values({
      id: pool.id,
      name: pool.name,
      type: pool.type,
      property_type: pool.propertyType,
      generator_type: 'list',
      generator_config: pool.generatorConfig && JSON.stringify(pool.generatorConfig),
      participant_id: pool.participantId,
      created_at: pool.createdAt,
      updated_at: pool.updatedAt,
    })
    .execute()
}

/** Writes what can change. The row must be locked by `lockConfigPool`. */
export async function saveConfigPool(tx: Tx, pool: ConfigPool): Promise<void> {
  await tx
    .updateTable('config_pools')
    .set({
      name: pool.name,
      generator_config: pool.generatorConfig && JSON.stringify(pool.generatorConfig),
      updated_at: pool.updatedAt,
    })
    .where('id', '=', pool.id)
    .execute()
}

export async function countConfigPoolValues(tx: Tx, poolId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) AS count FROM config_pool_values WHERE config_pool_id = ${poolId}`.execute(tx)
  return rows[0]?.count ?? 0
}

export async function deleteConfigPool(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('config_pools').where('id', '=', id).execute()
}

/** A value with its pool and holder, as the API shows it, and its owner for authorization. @throws Refusal `not-found` */
export async function getConfigPoolValueView(
  db: Db,
  id: string,
): Promise<{ value: WireValue; participantId: string | null }> {
  const { rows } = await sql<JoinedValueRow>`
    SELECT ${VALUE_SELECT} FROM config_pool_values t ${VALUE_JOINS} WHERE t.id = ${id}`.execute(db)
  if (!rows[0]) throw notFound('config pool value', id)
  return { value: joinedValueToWire(rows[0]), participantId: rows[0].participant_id }
}

/** Reads a value and locks its row until the transaction ends. @throws Refusal `not-found` */
export async function lockConfigPoolValue(tx: Tx, id: string): Promise<ConfigPoolValue> {
  const row = await tx.selectFrom('config_pool_values').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  if (!row) throw notFound('config pool value', id)
  return toConfigPoolValue(row)
}

export async function insertConfigPoolValue(tx: Tx, value: ConfigPoolValue): Promise<void> {
  await tx
    .insertInto('config_pool_values')
    .values({
      id: value.id,
      name: value.name,
      value: JSON.stringify(value.value),
      config_pool_id: value.configPoolId,
      participant_id: value.participantId,
      created_at: value.createdAt,
      updated_at: value.updatedAt,
    })
    .execute()
}

export async function deleteConfigPoolValue(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('config_pool_values').where('id', '=', id).execute()
}

export const configPoolList: ListSource<JoinedPoolRow, WirePool> = {
  table: 'config_pools',
  select: POOL_SELECT,
  joins: POOL_JOINS,
  toItem: joinedPoolToWire,
}

export const configPoolValueList: ListSource<JoinedValueRow, WireValue> = {
  table: 'config_pool_values',
  select: VALUE_SELECT,
  joins: VALUE_JOINS,
  toItem: joinedValueToWire,
}

function joinedPoolToWire(row: JoinedPoolRow): WirePool {
  return {
    ...configPoolToWire(toConfigPool(row)),
    ...(row.participant && { participant: participantToWire(toParticipant(row.participant)) }),
  }
}

function joinedValueToWire(row: JoinedValueRow): WireValue {
  return {
    ...configPoolValueToWire(toConfigPoolValue(row)),
    configPool: configPoolToWire(toConfigPool(row.pool)),
    ...(row.agent && { agent: bareAgent(row.agent) }),
  }
}

/** An agent without its relations and its configuration. Config pools come before agents in the order of features. */
function bareAgent(row: Selectable<AgentsTable>): NonNullable<WireValue['agent']> {
  return {
    id: row.id,
    name: row.name,
    status: row.status,
    providerId: row.provider_id,
    agentTypeId: row.agent_type_id,
    tags: row.tags,
    ...(row.service_pool_set_id && { servicePoolSetId: row.service_pool_set_id }),
    createdAt: timestamp(new Date(row.created_at)),
    updatedAt: timestamp(new Date(row.updated_at)),
  }
}

export function configPoolToWire(pool: ConfigPool): WirePool {
  return {
    id: pool.id,
    name: pool.name,
    type: pool.type,
    propertyType: pool.propertyType,
    generatorType: 'list',
    ...(pool.generatorConfig && { generatorConfig: pool.generatorConfig }),
    ...(pool.participantId && { participantId: pool.participantId }),
    createdAt: timestamp(pool.createdAt),
    updatedAt: timestamp(pool.updatedAt),
  }
}

export function configPoolValueToWire(value: ConfigPoolValue): WireValue {
  return {
    id: value.id,
    name: value.name,
    value: value.value,
    configPoolId: value.configPoolId,
    ...(value.agentId && { agentId: value.agentId }),
    ...(value.propertyName !== null && { propertyName: value.propertyName }),
    ...(value.allocatedAt && { allocatedAt: timestamp(value.allocatedAt) }),
    createdAt: timestamp(value.createdAt),
    updatedAt: timestamp(value.updatedAt),
  }
}

function toConfigPool(row: PoolRow): ConfigPool {
  return {
    id: row.id,
    name: row.name,
    type: row.type,
    propertyType: row.property_type,
    generatorConfig: row.generator_config,
    participantId: row.participant_id,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
}

function toConfigPoolValue(row: ValueRow): ConfigPoolValue {
  return {
    id: row.id,
    name: row.name,
    value: row.value,
    configPoolId: row.config_pool_id,
    participantId: row.participant_id,
    agentId: row.agent_id,
    propertyName: row.property_name,
    allocatedAt: row.allocated_at && new Date(row.allocated_at),
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
}
