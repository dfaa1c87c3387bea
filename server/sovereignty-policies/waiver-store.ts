/** Waivers in PostgreSQL, for those who give them. */
import type { SovereigntyWaiver as WireWaiver } from '@fulcrum/contract'
import { type Selectable, sql } from 'kysely'
import type { Tx } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'
import type { ListSource } from '../platform/lists.ts'
import type { SovereigntyWaiversTable } from '../platform/sovereignty-tables.ts'
import { timestamp } from '../platform/wire.ts'
import type { WaiverRecord } from './waiver.ts'

type WaiverRow = Selectable<SovereigntyWaiversTable>

export async function insertWaiver(tx: Tx, waiver: WaiverRecord): Promise<void> {
  await tx
    .insertInto('sovereignty_waivers')
    .values({
      id: waiver.id,
      policy_id: waiver.policyId,
      constraint_id: waiver.constraintId,
      subject_id: waiver.subjectId,
      consumer_id: waiver.consumerId,
      reason: waiver.reason,
      approved_by: waiver.approvedBy,
      valid_from: waiver.validFrom,
      valid_until: waiver.validUntil,
      created_at: waiver.createdAt,
    })
    .execute()
}

/** Reads a waiver and locks its row until the transaction ends. @throws Refusal `not-found` */
export async function lockWaiver(tx: Tx, id: string): Promise<WaiverRecord> {
  const row = await tx.selectFrom('sovereignty_waivers').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  if (!row) throw notFound('sovereignty waiver', id)
  return toRecord(row)
}

/** Writes the one thing that changes. The row must be locked by `lockWaiver`. */
export async function saveRevocation(tx: Tx, { id, revokedAt }: WaiverRecord): Promise<void> {
  await tx.updateTable('sovereignty_waivers').set({ revoked_at: revokedAt }).where('id', '=', id).execute()
}

export const waiverList: ListSource<WaiverRow, WireWaiver> = {
  table: 'sovereignty_waivers',
  select: sql`t.*`,
  toItem: (row) => waiverToWire(toRecord(row)),
}

export function waiverToWire(waiver: WaiverRecord): WireWaiver {
  const { consumerId, validFrom, validUntil, revokedAt, createdAt, ...rest } = waiver
  return {
    ...rest,
    ...(consumerId !== null && { consumerId }),
    validFrom: timestamp(validFrom),
    validUntil: timestamp(validUntil),
    ...(revokedAt !== null && { revokedAt: timestamp(revokedAt) }),
    createdAt: timestamp(createdAt),
  }
}

function toRecord(row: WaiverRow): WaiverRecord {
  return {
    id: row.id,
    policyId: row.policy_id,
    constraintId: row.constraint_id,
    subjectId: row.subject_id,
    consumerId: row.consumer_id,
    reason: row.reason,
    approvedBy: row.approved_by,
    validFrom: row.valid_from,
    validUntil: row.valid_until,
    revokedAt: row.revoked_at,
    createdAt: row.created_at,
  }
}
