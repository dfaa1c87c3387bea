/** Vault copies in PostgreSQL. */
import type { VaultCopy as WireCopy } from '@fulcrum/contract'
import type { JsonObject } from '@fulcrum/schema'
import { type Selectable, sql } from 'kysely'
import type { Db, Tx } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'
import type { ListSource } from '../platform/lists.ts'
import type { VaultCopiesTable } from '../platform/sovereignty-tables.ts'
import { timestamp } from '../platform/wire.ts'
import type { Exported, VaultCopyState } from './vault-copy.ts'

/** A copy in any state. */
export type VaultCopyRecord = {
  id: string
  serviceId: string
  consumerId: string
  providerId: string
  agentId: string
  scheduleId: string | null
  store: string
  artifactId: string
  jobId: string | null
  state: VaultCopyState
  reason: string | null
  takenAt: Date | null
  storedAt: Date | null
  verifiedAt: Date | null
  sha256: string | null
  sizeBytes: number | null
  format: string | null
  content: JsonObject | null
  createdAt: Date
  updatedAt: Date
}

type Row = Selectable<VaultCopiesTable>

/** @throws Refusal `not-found` */
export async function getCopy(db: Db, id: string): Promise<VaultCopyRecord> {
  const row = await db.selectFrom('vault_copies').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) throw notFound('vault copy', id)
  return toRecord(row)
}

/** Reads a copy and locks its row until the transaction ends; null when it is gone. Whoever needs the service locks that first. */
export async function lockCopy(tx: Tx, id: string): Promise<VaultCopyRecord | null> {
  const row = await tx.selectFrom('vault_copies').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  return row ? toRecord(row) : null
}

/** @returns false when a copy of the service to the store is on its way already */
export async function insertCopy(tx: Tx, copy: VaultCopyRecord): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('vault_copies')
    .values({
      id: copy.id,
      service_id: copy.serviceId,
      consumer_id: copy.consumerId,
      provider_id: copy.providerId,
      agent_id: copy.agentId,
      schedule_id: copy.scheduleId,
      store: copy.store,
      artifact_id: copy.artifactId,
      state: copy.state,
      not_before: copy.createdAt,
      created_at: copy.createdAt,
      updated_at: copy.updatedAt,
    })
    .onConflict((conflict) =>
      conflict.columns(['service_id', 'store']).where('state', 'in', ['requested', 'exporting', 'storing']).doNothing(),
    )
    .executeTakeFirst()
  return (numInsertedOrUpdatedRows ?? 0n) > 0n
}

/** Copies in this state whose turn it is, oldest first. */
export async function copiesIn(
  db: Db,
  state: 'requested' | 'exporting' | 'storing',
  now: Date,
  limit: number,
): Promise<VaultCopyRecord[]> {
  const rows = await db
    .selectFrom('vault_copies')
    .selectAll()
    .where('state', '=', state)
    .where('not_before', '<=', now)
    .orderBy('not_before')
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(toRecord)
}

/** It waits. @param notBefore  when to look again */
export async function keepWaiting(tx: Tx, id: string, reason: string, notBefore: Date, now: Date): Promise<void> {
  await tx
    .updateTable('vault_copies')
    .set({ state: 'requested', job_id: null, reason, not_before: notBefore, updated_at: now })
    .where('id', '=', id)
    .execute()
}

/** Looks at it again no earlier than then; nothing else changes. */
export async function lookAgain(db: Db, id: string, notBefore: Date): Promise<void> {
  await db.updateTable('vault_copies').set({ not_before: notBefore }).where('id', '=', id).execute()
}

export async function markExporting(
  tx: Tx,
  id: string,
  job: { id: string; agentId: string; providerId: string },
  now: Date,
): Promise<void> {
  await tx
    .updateTable('vault_copies')
    .set({
      state: 'exporting',
      job_id: job.id,
      agent_id: job.agentId,
      provider_id: job.providerId,
      reason: null,
      updated_at: now,
    })
    .where('id', '=', id)
    .execute()
}

export async function markStoring(tx: Tx, id: string, exported: Exported, now: Date): Promise<void> {
  await tx
    .updateTable('vault_copies')
    .set({
      state: 'storing',
      taken_at: exported.takenAt,
      sha256: exported.sha256,
      size_bytes: exported.sizeBytes,
      format: exported.format,
      content: exported.content && JSON.stringify(exported.content),
      reason: null,
      not_before: now,
      updated_at: now,
    })
    .where('id', '=', id)
    .execute()
}

export async function markVaulted(tx: Tx, id: string, storedAt: Date, now: Date): Promise<void> {
  await tx
    .updateTable('vault_copies')
    .set({ state: 'stored', stored_at: storedAt, verified_at: storedAt, reason: null, updated_at: now })
    .where('id', '=', id)
    .execute()
}

export async function markVerified(db: Db, id: string, now: Date): Promise<void> {
  await db.updateTable('vault_copies').set({ verified_at: now, updated_at: now }).where('id', '=', id).execute()
}

export async function markCopyFailed(tx: Tx, id: string, reason: string, now: Date): Promise<void> {
  await tx.updateTable('vault_copies').set({ state: 'failed', reason, updated_at: now }).where('id', '=', id).execute()
}

export async function deleteCopy(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('vault_copies').where('id', '=', id).execute()
}

/** Stored copies of the service in the store beyond the newest `keep`, locked. */
export async function copiesBeyond(tx: Tx, serviceId: string, store: string, keep: number): Promise<VaultCopyRecord[]> {
  const rows = await tx
    .selectFrom('vault_copies')
    .selectAll()
    .where('service_id', '=', serviceId)
    .where('store', '=', store)
    .where('state', '=', 'stored')
    .orderBy('taken_at', 'desc')
    .orderBy('id')
    .offset(keep)
    .forUpdate()
    .execute()
  return rows.map(toRecord)
}

/** Forgets failures of long ago, at most `limit`. @returns how many */
export async function forgetFailures(db: Db, before: Date, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    DELETE FROM vault_copies WHERE id IN (
      SELECT id FROM vault_copies WHERE state = 'failed' AND updated_at < ${before} LIMIT ${limit})`.execute(db)
  return Number(numAffectedRows ?? 0n)
}

/** Notes that copies of a service to a store are overdue. @returns false when that is known */
export async function noteOverdue(
  tx: Tx,
  { serviceId, store, since, reason }: { serviceId: string; store: string; since: Date; reason: string },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('vault_overdue')
    .values({ service_id: serviceId, store, since, reason })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return (numInsertedOrUpdatedRows ?? 0n) > 0n
}

export async function clearOverdue(db: Db, serviceId: string, store: string): Promise<void> {
  await db.deleteFrom('vault_overdue').where('service_id', '=', serviceId).where('store', '=', store).execute()
}

/** Whether the group of the service has a job at its agent that has not ended. */
export async function isGroupBusy(
  tx: Tx,
  { agentId, groupId }: { agentId: string; groupId: string },
): Promise<boolean> {
  const row = await tx
    .selectFrom('jobs')
    .select('id')
    .where('agent_id', '=', agentId)
    .where('group_id', '=', groupId)
    .where('status', 'in', ['Pending', 'Processing'])
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

export async function agentStatus(tx: Tx, agentId: string): Promise<string> {
  const row = await tx
    .selectFrom('agents')
    .select('status')
    .where('id', '=', agentId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  return row?.status ?? 'deleted'
}

export const copyList: ListSource<Row, WireCopy> = {
  table: 'vault_copies',
  select: sql`t.*`,
  toItem: (row) => copyToWire(toRecord(row)),
}

export function copyToWire(copy: VaultCopyRecord, outside?: boolean): WireCopy {
  return {
    id: copy.id,
    serviceId: copy.serviceId,
    consumerId: copy.consumerId,
    providerId: copy.providerId,
    agentId: copy.agentId,
    ...(copy.scheduleId !== null && { scheduleId: copy.scheduleId }),
    artifactId: copy.artifactId,
    ...(copy.jobId !== null && { jobId: copy.jobId }),
    store: copy.store,
    state: copy.state,
    ...(copy.reason !== null && { reason: copy.reason }),
    ...(copy.takenAt && { takenAt: timestamp(copy.takenAt) }),
    ...(copy.storedAt && { storedAt: timestamp(copy.storedAt) }),
    ...(copy.verifiedAt && { verifiedAt: timestamp(copy.verifiedAt) }),
    ...(copy.sha256 !== null && { sha256: copy.sha256 }),
    ...(copy.sizeBytes !== null && { sizeBytes: copy.sizeBytes }),
    ...(copy.format !== null && { format: copy.format }),
    ...(copy.content && { content: copy.content }),
    ...(outside !== undefined && { outside }),
    createdAt: timestamp(copy.createdAt),
    updatedAt: timestamp(copy.updatedAt),
  }
}

function toRecord(row: Row): VaultCopyRecord {
  return {
    id: row.id,
    serviceId: row.service_id,
    consumerId: row.consumer_id,
    providerId: row.provider_id,
    agentId: row.agent_id,
    scheduleId: row.schedule_id,
    store: row.store,
    artifactId: row.artifact_id,
    jobId: row.job_id,
    state: row.state,
    reason: row.reason,
    takenAt: row.taken_at,
    storedAt: row.stored_at,
    verifiedAt: row.verified_at,
    sha256: row.sha256,
    sizeBytes: row.size_bytes,
    format: row.format,
    content: row.content,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
