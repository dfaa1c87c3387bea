/** Schedules of vault copies in PostgreSQL, and what they ask for. */
import type { VaultSchedule as WireSchedule } from '@fulcrum/contract'
import { type Selectable, sql } from 'kysely'
import type { Db, Tx } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'
import type { ListSource } from '../platform/lists.ts'
import type { VaultSchedulesTable } from '../platform/sovereignty-tables.ts'
import { timestamp } from '../platform/wire.ts'
import type { History } from './vault-copy.ts'
import type { VaultSchedule } from './vault-schedule.ts'

type Row = Selectable<VaultSchedulesTable>

/** @throws Refusal `not-found` */
export async function getSchedule(db: Db, id: string): Promise<VaultSchedule> {
  const row = await db.selectFrom('vault_schedules').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) throw notFound('vault schedule', id)
  return toSchedule(row)
}

/** Reads a schedule and locks its row until the transaction ends. @throws Refusal `not-found` */
export async function lockSchedule(tx: Tx, id: string): Promise<VaultSchedule> {
  const row = await tx.selectFrom('vault_schedules').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  if (!row) throw notFound('vault schedule', id)
  return toSchedule(row)
}

/** @throws the violation of `vault_schedules_target`, a conflict */
export async function insertSchedule(tx: Tx, schedule: VaultSchedule): Promise<void> {
  await tx
    .insertInto('vault_schedules')
    .values({
      id: schedule.id,
      consumer_id: schedule.consumerId,
      group_id: schedule.groupId,
      service_id: schedule.serviceId,
      every_hours: schedule.everyHours,
      keep: schedule.keep,
      store: schedule.store,
      created_at: schedule.createdAt,
      updated_at: schedule.updatedAt,
    })
    .execute()
}

export async function saveSchedule(tx: Tx, { id, everyHours, keep, updatedAt }: VaultSchedule): Promise<void> {
  await tx
    .updateTable('vault_schedules')
    .set({ every_hours: everyHours, keep, updated_at: updatedAt })
    .where('id', '=', id)
    .execute()
}

export async function deleteSchedule(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('vault_schedules').where('id', '=', id).execute()
}

/** The consumer to whom a group or a participant stands; null when it is not there. Keeps it from going until the transaction ends. */
export async function findConsumer(tx: Tx, kind: 'group' | 'consumer', id: string): Promise<string | null> {
  const table = kind === 'group' ? sql`consumer_id AS id FROM service_groups` : sql`id FROM participants`
  const { rows } = await sql<{ id: string }>`
    SELECT ${table} WHERE id = ${id} AND deleted_at IS NULL FOR KEY SHARE`.execute(tx)
  return rows[0]?.id ?? null
}

/** The schedule that counts for a service and a store: the narrowest one. */
const NARROWEST = sql`(v.service_id IS NULL), (v.group_id IS NULL)`
const APPLIES = sql`v.consumer_id = s.consumer_id
  AND (v.service_id = s.id OR v.group_id = s.group_id OR (v.service_id IS NULL AND v.group_id IS NULL))`

/** A service and a store that it is to be copied to. */
export type Duty = History & {
  serviceId: string
  scheduleId: string
  store: string
  /** Whether it has been told that it is overdue. */
  isTold: boolean
  /** What the last failure said, or what the copy under way waits for. */
  lastReason: string | null
}

/**
 * What the schedules ask for, of services that have not ended. Services whose type declares no export are left out, unless a
 * schedule names them. In order of their ids.
 *
 * @param after  the last service of the page before
 */
export async function duties(db: Db, after: string | null, limit: number): Promise<Duty[]> {
  const { rows } = await sql<Duty>`
    WITH wanted AS (
      SELECT DISTINCT ON (s.id, v.store) s.id AS service_id, v.id AS schedule_id, v.store, v.every_hours,
             greatest(v.created_at, s.created_at) AS since
      FROM (
        SELECT s.* FROM services s
        WHERE NOT s.terminal AND (${after}::uuid IS NULL OR s.id > ${after}::uuid)
          AND EXISTS (
            SELECT FROM vault_schedules v WHERE ${APPLIES}
              AND (v.service_id = s.id
                OR EXISTS (SELECT FROM service_type_portability p WHERE p.service_type_id = s.service_type_id)))
        ORDER BY s.id LIMIT ${limit}
      ) s JOIN vault_schedules v ON ${APPLIES}
      ORDER BY s.id, v.store, ${NARROWEST}
    )
    SELECT w.service_id AS "serviceId", w.schedule_id AS "scheduleId", w.store, w.every_hours AS "everyHours", w.since,
           past.stored AS "lastStored", past.failed AS "lastFailed", coalesce(past.open, false) AS "isOpen",
           past.reason AS "lastReason", o.service_id IS NOT NULL AS "isTold"
    FROM wanted w
    LEFT JOIN vault_overdue o ON o.service_id = w.service_id AND o.store = w.store
    LEFT JOIN LATERAL (
      SELECT max(c.created_at) FILTER (WHERE c.state = 'stored') AS stored,
             max(c.updated_at) FILTER (WHERE c.state = 'failed') AS failed,
             bool_or(c.state IN ('requested', 'exporting', 'storing')) AS open,
             (array_agg(c.reason ORDER BY c.created_at DESC))[1] AS reason
      FROM vault_copies c WHERE c.service_id = w.service_id AND c.store = w.store
    ) past ON true
    ORDER BY w.service_id, w.store`.execute(db)
  return rows
}

/** Forgets that copies are overdue which no schedule asks for any more. */
export async function forgetOverdue(db: Db): Promise<void> {
  await sql`
    DELETE FROM vault_overdue o WHERE NOT EXISTS (
      SELECT FROM services s JOIN vault_schedules v ON ${APPLIES}
      WHERE s.id = o.service_id AND v.store = o.store AND NOT s.terminal)`.execute(db)
}

/** The schedule by which copies of a service to a store are kept; null when there is none. */
export async function scheduleFor(db: Db, serviceId: string, store: string): Promise<VaultSchedule | null> {
  const { rows } = await sql<Row>`
    SELECT v.* FROM vault_schedules v JOIN services s ON ${APPLIES}
    WHERE s.id = ${serviceId} AND v.store = ${store} ORDER BY ${NARROWEST} LIMIT 1`.execute(db)
  return rows[0] ? toSchedule(rows[0]) : null
}

/** The store that the service's narrowest schedule names; null when there is none. */
export async function scheduledStore(db: Db, serviceId: string): Promise<string | null> {
  const { rows } = await sql<{ store: string }>`
    SELECT v.store FROM vault_schedules v JOIN services s ON ${APPLIES}
    WHERE s.id = ${serviceId} ORDER BY ${NARROWEST}, v.created_at LIMIT 1`.execute(db)
  return rows[0]?.store ?? null
}

export const scheduleList: ListSource<Row, WireSchedule> = {
  table: 'vault_schedules',
  select: sql`t.*`,
  toItem: (row) => scheduleToWire(toSchedule(row)),
}

export function scheduleToWire({ groupId, serviceId, createdAt, updatedAt, ...rest }: VaultSchedule): WireSchedule {
  return {
    ...rest,
    ...(groupId !== null && { groupId }),
    ...(serviceId !== null && { serviceId }),
    createdAt: timestamp(createdAt),
    updatedAt: timestamp(updatedAt),
  }
}

function toSchedule(row: Row): VaultSchedule {
  return {
    id: row.id,
    consumerId: row.consumer_id,
    groupId: row.group_id,
    serviceId: row.service_id,
    everyHours: row.every_hours,
    keep: row.keep,
    store: row.store,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
