/** Agent types in PostgreSQL. */
import type { AgentType as WireAgentType } from '@fulcrum/contract'
import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Db, Tx } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'
import type { ListSource } from '../platform/lists.ts'
import type { AgentTypesTable } from '../platform/tables.ts'
import { timestamp } from '../platform/wire.ts'
import type { AgentType } from './agent-type.ts'

export type AgentTypeRow = Selectable<AgentTypesTable> & { service_type_ids: string[] }

/** The ids of the service types of the agent type in column `id`, as a JSON array; for selecting beside its columns. */
export function serviceTypeIdsOf(id: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`coalesce((
    SELECT json_agg(l.service_type_id ORDER BY l.position) FROM agent_type_service_types l WHERE l.agent_type_id = ${id}), '[]')`
}

const SELECT = sql`t.*, ${serviceTypeIdsOf(sql`t.id`)} AS service_type_ids`

/** @throws Refusal `not-found` */
export async function getAgentType(db: Db, id: string): Promise<AgentType> {
  const type = await find(db, id)
  if (!type) throw notFound('agent type', id)
  return type
}

/** Reads an agent type and locks its row until the transaction ends. @throws Refusal `not-found` */
export async function lockAgentType(tx: Tx, id: string): Promise<AgentType> {
  await lock(tx, id, sql`FOR UPDATE`)
  return getAgentType(tx, id)
}

/**
 * An agent type that something is about to refer to. `lockAgentType` is kept out until the transaction ends, so the type can
 * neither go nor change meanwhile.
 *
 * @returns null when there is none
 */
export async function findAgentTypeForReference(tx: Tx, id: string): Promise<AgentType | null> {
  await lock(tx, id, sql`FOR KEY SHARE`)
  return find(tx, id)
}

/**
 * A statement of its own before the one that reads: after a wait for the lock, a single statement would show the row as it is
 * now, but the service types as they were before the wait.
 */
async function lock(tx: Tx, id: string, strength: RawBuilder<unknown>): Promise<void> {
  await sql`SELECT FROM agent_types WHERE id = ${id} ${strength}`.execute(tx)
}

async function find(db: Db, id: string): Promise<AgentType | null> {
  const { rows } = await sql<AgentTypeRow>`
    SELECT ${SELECT} FROM agent_types t WHERE t.id = ${id} AND t.deleted_at IS NULL`.execute(db)
  return rows[0] ? toAgentType(rows[0]) : null
}

export async function insertAgentType(tx: Tx, type: AgentType): Promise<void> {
  await tx.insertInto('agent_types').values(toRow(type)).execute()
  await linkServiceTypes(tx, type)
}

/** Writes what can change, but for the service types. The row must be locked by `lockAgentType`. */
export async function saveAgentType(tx: Tx, type: AgentType): Promise<void> {
  const { id, ...columns } = toRow(type)
  await tx.updateTable('agent_types').set(columns).where('id', '=', id).execute()
}

/** Makes these the service types of the agent type. The row must be locked by `lockAgentType`. */
export async function replaceServiceTypes(tx: Tx, type: AgentType): Promise<void> {
  await tx.deleteFrom('agent_type_service_types').where('agent_type_id', '=', type.id).execute()
  await linkServiceTypes(tx, type)
}

async function linkServiceTypes(tx: Tx, { id, serviceTypeIds }: AgentType): Promise<void> {
  if (serviceTypeIds.length === 0) return
  await tx
    .insertInto('agent_type_service_types')
    .values(
      serviceTypeIds.map((serviceTypeId, position) => ({
        agent_type_id: id,
        service_type_id: serviceTypeId,
        position,
      })),
    )
    .execute()
}

/** Of these ids, those that are no service type. The others are kept from deletion until the transaction ends. */
export async function unknownServiceTypes(tx: Tx, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const rows = await tx
    .selectFrom('service_types')
    .select('id')
    .where('id', 'in', [...ids])
    .where('deleted_at', 'is', null)
    .forKeyShare()
    .execute()
  const known = new Set(rows.map((row) => row.id))
  return ids.filter((id) => !known.has(id))
}

export async function countAgents(tx: Tx, typeId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) AS count FROM agents WHERE agent_type_id = ${typeId} AND deleted_at IS NULL`.execute(tx)
  return rows[0]?.count ?? 0
}

/** Removes an agent type; hidden agents still refer to it: then its row stays, hidden, too. */
export async function removeAgentType(tx: Tx, id: string, now: Date): Promise<void> {
  const { rows } = await sql`SELECT FROM agents WHERE agent_type_id = ${id} LIMIT 1`.execute(tx)
  if (rows.length > 0) await tx.updateTable('agent_types').set({ deleted_at: now }).where('id', '=', id).execute()
  else await tx.deleteFrom('agent_types').where('id', '=', id).execute()
}

export const agentTypeList: ListSource<AgentTypeRow, WireAgentType> = {
  table: 'agent_types',
  where: sql`t.deleted_at IS NULL`,
  select: SELECT,
  toItem: (row) => agentTypeToWire(toAgentType(row)),
}

/** Rows come from queries or, inside a join, as JSON with times as text. */
export function toAgentType(
  row: { [K in keyof AgentTypeRow]: AgentTypeRow[K] extends Date ? Date | string : AgentTypeRow[K] },
): AgentType {
  return {
    id: row.id,
    name: row.name,
    serviceTypeIds: row.service_type_ids,
    configurationSchema: row.configuration_schema,
    configTemplate: row.config_template,
    cmdTemplate: row.cmd_template,
    configContentType: row.config_content_type,
    legacyDialect: row.legacy_dialect,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
}

function toRow(type: AgentType) {
  return {
    id: type.id,
    name: type.name,
    configuration_schema: JSON.stringify(type.configurationSchema),
    config_template: type.configTemplate,
    cmd_template: type.cmdTemplate,
    config_content_type: type.configContentType,
    legacy_dialect: type.legacyDialect,
    created_at: type.createdAt,
    updated_at: type.updatedAt,
  }
}

export function agentTypeToWire({ legacyDialect, createdAt, updatedAt, ...rest }: AgentType): WireAgentType {
  return {
    ...rest,
    ...(legacyDialect && { legacyDialect }),
    createdAt: timestamp(createdAt),
    updatedAt: timestamp(updatedAt),
  }
}

/** The agent type as events compare it. */
export function agentTypeShape({
  id,
  name,
  configurationSchema,
  configTemplate,
  cmdTemplate,
  configContentType,
  legacyDialect,
}: AgentType) {
  return {
    id,
    name,
    configurationSchema,
    configTemplate,
    cmdTemplate,
    configContentType,
    ...(legacyDialect && { legacyDialect }),
  }
}
