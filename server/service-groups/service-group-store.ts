/** Service groups in PostgreSQL. */
import type { ServiceGroup as WireServiceGroup } from '@fulcrum/contract'
import { type Selectable, sql } from 'kysely'
import { type ParticipantRow, participantToWire, toParticipant } from '../participants/index.ts'
import type { Db, Tx } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'
import type { ListSource } from '../platform/lists.ts'
import type { ServiceGroupsTable } from '../platform/tables.ts'
import { timestamp } from '../platform/wire.ts'
import type { ServiceGroup } from './service-group.ts'

type GroupRow = Selectable<ServiceGroupsTable>
type JoinedRow = GroupRow & { consumer: ParticipantRow | null }

const SELECT = sql`t.*, to_json(p) AS consumer`
const JOINS = sql`LEFT JOIN participants p ON p.id = t.consumer_id AND p.deleted_at IS NULL`

/** A group with its consumer, as the API shows it. @throws Refusal `not-found` */
export async function getServiceGroupView(db: Db, id: string): Promise<WireServiceGroup> {
  const { rows } = await sql<JoinedRow>`
    SELECT ${SELECT} FROM service_groups t ${JOINS} WHERE t.id = ${id} AND t.deleted_at IS NULL`.execute(db)
  if (!rows[0]) throw notFound('service group', id)
  return joinedToWire(rows[0])
}

/** Reads a group and locks its row until the transaction ends. @throws Refusal `not-found` */
export async function lockServiceGroup(tx: Tx, id: string): Promise<ServiceGroup> {
  const row = await tx
    .selectFrom('service_groups')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw notFound('service group', id)
  return toServiceGroup(row)
}

export async function insertServiceGroup(tx: Tx, group: ServiceGroup): Promise<void> {
  await tx
    .insertInto('service_groups')
    .values({
      id: group.id,
      name: group.name,
      consumer_id: group.consumerId,
      created_at: group.createdAt,
      updated_at: group.updatedAt,
    })
    .execute()
}

/** Writes what can change. The row must be locked by `lockServiceGroup`. */
export async function saveServiceGroup(tx: Tx, group: ServiceGroup): Promise<void> {
  await tx
    .updateTable('service_groups')
    .set({ name: group.name, updated_at: group.updatedAt })
    .where('id', '=', group.id)
    .execute()
}

/** How many services of the group have not ended. */
export async function countLiveServices(tx: Tx, groupId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) AS count FROM services WHERE group_id = ${groupId} AND NOT terminal`.execute(tx)
  return rows[0]?.count ?? 0
}

/** Removes a group; ended services still refer to it: then its row stays, hidden. */
export async function removeServiceGroup(tx: Tx, id: string, now: Date): Promise<void> {
  const { rows } = await sql`SELECT FROM services WHERE group_id = ${id} LIMIT 1`.execute(tx)
  if (rows.length > 0) await tx.updateTable('service_groups').set({ deleted_at: now }).where('id', '=', id).execute()
  else await tx.deleteFrom('service_groups').where('id', '=', id).execute()
}

export const serviceGroupList: ListSource<JoinedRow, WireServiceGroup> = {
  table: 'service_groups',
  where: sql`t.deleted_at IS NULL`,
  select: SELECT,
  joins: JOINS,
  toItem: joinedToWire,
}

function joinedToWire(row: JoinedRow): WireServiceGroup {
  return {
    ...serviceGroupToWire(toServiceGroup(row)),
    ...(row.consumer && { consumer: participantToWire(toParticipant(row.consumer)) }),
  }
}

export function serviceGroupToWire({ createdAt, updatedAt, ...rest }: ServiceGroup): WireServiceGroup {
  return { ...rest, createdAt: timestamp(createdAt), updatedAt: timestamp(updatedAt) }
}

/** The group as events compare it. */
export function serviceGroupShape({ id, name, consumerId }: ServiceGroup) {
  return { id, name, consumerId }
}

export function toServiceGroup(row: GroupRow): ServiceGroup {
  return {
    id: row.id,
    name: row.name,
    consumerId: row.consumer_id,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
}
