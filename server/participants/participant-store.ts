/** Participants in PostgreSQL. */
import type { Participant as WireParticipant } from '@fulcrum/contract'
import { type Selectable, sql } from 'kysely'
import type { Db, Tx } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'
import type { ListSource } from '../platform/lists.ts'
import type { ParticipantsTable } from '../platform/tables.ts'
import { timestamp } from '../platform/wire.ts'
import type { Participant } from './participant.ts'

export type ParticipantRow = Selectable<ParticipantsTable>

/** @throws Refusal `not-found` */
export async function getParticipant(db: Db, id: string): Promise<Participant> {
  const row = await db
    .selectFrom('participants')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  if (!row) throw notFound('participant', id)
  return toParticipant(row)
}

/** Reads a participant and locks its row until the transaction ends. @throws Refusal `not-found` */
export async function lockParticipant(tx: Tx, id: string): Promise<Participant> {
  const row = await tx
    .selectFrom('participants')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw notFound('participant', id)
  return toParticipant(row)
}

/**
 * Reads a participant that something is about to refer to. The key-share lock (the one that a foreign key takes anyway) keeps
 * `lockParticipant` out until the transaction ends, so it can be neither deleted nor disabled meanwhile; many may refer to one
 * participant at the same time.
 *
 * @returns null when it does not exist
 */
export async function findParticipantForReference(tx: Tx, id: string): Promise<Participant | null> {
  const row = await tx
    .selectFrom('participants')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forKeyShare()
    .executeTakeFirst()
  return row ? toParticipant(row) : null
}

export async function insertParticipant(tx: Tx, participant: Participant): Promise<void> {
  await tx.insertInto('participants').values(toRow(participant)).execute()
}

/** Writes what can change. The row must be locked by `lockParticipant`. */
export async function saveParticipant(tx: Tx, participant: Participant): Promise<void> {
  const { id, ...columns } = toRow(participant)
  await tx.updateTable('participants').set(columns).where('id', '=', id).execute()
}

/** What of each kind still refers to a participant, leaving out what has ended or is hidden. Kinds without any are left out. */
export async function participantDependents(tx: Tx, id: string): Promise<{ what: string; count: number }[]> {
  const { rows } = await sql<{ what: string; count: number }>`
    SELECT * FROM (
      SELECT 'agent(s)' AS what, count(*) AS count FROM agents WHERE provider_id = ${id} AND deleted_at IS NULL
      UNION ALL SELECT 'service group(s)', count(*) FROM service_groups WHERE consumer_id = ${id} AND deleted_at IS NULL
      UNION ALL SELECT 'service(s)', count(*) FROM services WHERE (consumer_id = ${id} OR provider_id = ${id}) AND NOT terminal
      UNION ALL SELECT 'service pool set(s)', count(*) FROM service_pool_sets WHERE provider_id = ${id}
      UNION ALL SELECT 'service option(s)', count(*) FROM service_options WHERE provider_id = ${id}
      UNION ALL SELECT 'config pool(s)', count(*) FROM config_pools WHERE participant_id = ${id}
    ) AS dependents WHERE count > 0`.execute(tx)
  return rows
}

/** Removes a participant and its tokens; ended services still refer to it: then its row stays, hidden. */
export async function removeParticipant(tx: Tx, id: string, now: Date): Promise<void> {
  await tx.deleteFrom('tokens').where('participant_id', '=', id).execute()
  const { rows } = await sql<{ referred: boolean }>`
    SELECT EXISTS (SELECT FROM services WHERE consumer_id = ${id} OR provider_id = ${id})
        OR EXISTS (SELECT FROM service_groups WHERE consumer_id = ${id})
        OR EXISTS (SELECT FROM agents WHERE provider_id = ${id}) AS referred`.execute(tx)
  if (rows[0]?.referred) await tx.updateTable('participants').set({ deleted_at: now }).where('id', '=', id).execute()
  else await tx.deleteFrom('participants').where('id', '=', id).execute()
}

export const participantList: ListSource<ParticipantRow, WireParticipant> = {
  table: 'participants',
  owners: { participantId: 'id' },
  where: sql`t.deleted_at IS NULL`,
  select: sql`t.*`,
  toItem: (row) => participantToWire(toParticipant(row)),
}

/** Rows come from queries or, inside a join, as JSON with times as text. */
export function toParticipant(
  row: { [K in keyof ParticipantRow]: ParticipantRow[K] extends Date ? Date | string : ParticipantRow[K] },
): Participant {
  return {
    id: row.id,
    name: row.name,
    status: row.status,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
}

function toRow(participant: Participant) {
  return {
    id: participant.id,
    name: participant.name,
    status: participant.status,
    created_at: participant.createdAt,
    updated_at: participant.updatedAt,
  }
}

export function participantToWire(participant: Participant): WireParticipant {
  const { createdAt, updatedAt, ...rest } = participant
  return { ...rest, createdAt: timestamp(createdAt), updatedAt: timestamp(updatedAt) }
}

/** The participant as events compare it. */
export function participantShape({ id, name, status }: Participant) {
  return { id, name, status }
}
