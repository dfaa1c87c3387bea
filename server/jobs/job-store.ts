/** Jobs in PostgreSQL, as agents and readers see them. The features `services` writes them into the queue. */
import type { Job as WireJob } from '@fulcrum/contract'
import { type Selectable, sql } from 'kysely'
import { type AgentRow, agentToWire, toAgent } from '../agents/index.ts'
import { type ParticipantRow, participantToWire, toParticipant } from '../participants/index.ts'
import type { Db, Tx } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'
import type { ListSource } from '../platform/lists.ts'
import type { JobsTable } from '../platform/tables.ts'
import { timestamp } from '../platform/wire.ts'
import { type ServiceRow, serviceToWire, toService } from '../services/index.ts'
import type { Job } from './job.ts'

export type JobRow = Selectable<JobsTable>

/** Reads a job as it is now, without a lock. @throws Refusal `not-found` */
export async function getJobRow(db: Db, id: string): Promise<JobRow> {
  const row = await db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) throw notFound('job', id)
  return row
}

/**
 * Reads a job and locks its row until the transaction ends. Whoever also needs the service locks that first.
 *
 * @throws Refusal `not-found`
 */
export async function lockJob(tx: Tx, id: string): Promise<Job> {
  const row = await tx.selectFrom('jobs').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  if (!row) throw notFound('job', id)
  return toJob(row)
}

/** Writes what can change. The row must be locked by `lockJob`. */
export async function saveJob(tx: Tx, job: Job): Promise<void> {
  await tx
    .updateTable('jobs')
    .set({
      status: job.status,
      error_message: job.errorMessage,
      claimed_at: job.claimedAt,
      completed_at: job.completedAt,
      result: job.result && JSON.stringify(job.result),
      updated_at: job.updatedAt,
    })
    .where('id', '=', job.id)
    .execute()
}

/**
 * The jobs that an agent may claim now, most urgent first, then oldest: at most one of each service group, and none of a group
 * in which this agent is working on one.
 *
 * @param limit  at least 1
 */
export async function pendingJobs(db: Db, agentId: string, limit: number): Promise<WireJob[]> {
  const { rows } = await sql<JobRow & { service: ServiceRow }>`
    SELECT first.*, to_json(s) AS service
    FROM (
      SELECT DISTINCT ON (group_id) *
      FROM jobs
      WHERE agent_id = ${agentId} AND status = 'Pending'
        AND NOT EXISTS (
          SELECT FROM jobs busy
          WHERE busy.agent_id = ${agentId} AND busy.group_id = jobs.group_id AND busy.status = 'Processing')
      ORDER BY group_id, priority DESC, created_at, id
    ) AS first
    JOIN services s ON s.id = first.service_id
    ORDER BY first.priority DESC, first.created_at, first.id
    LIMIT ${limit}`.execute(db)
  return rows.map((row) => ({ ...jobToWire(toJob(row)), service: serviceToWire(toService(row.service)) }))
}

/** Jobs whose time is up: held by an agent since before `claimedBefore`. */
export async function overdueJobs(
  db: Db,
  claimedBefore: Date,
  limit: number,
): Promise<{ id: string; serviceId: string }[]> {
  const rows = await db
    .selectFrom('jobs')
    .select(['id', 'service_id'])
    .where('status', '=', 'Processing')
    .where('claimed_at', '<=', claimedBefore)
    .orderBy('claimed_at')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ id: row.id, serviceId: row.service_id }))
}

/**
 * Deletes jobs that ended before this time, at most `limit`, oldest first, passing over rows that somebody else is deleting.
 *
 * @returns how many
 */
export async function purgeJobs(db: Db, endedBefore: Date, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    DELETE FROM jobs WHERE id IN (
      SELECT id FROM jobs WHERE completed_at < ${endedBefore} AND status IN ('Completed', 'Failed')
      ORDER BY completed_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)`.execute(db)
  return Number(numAffectedRows ?? 0)
}

type JoinedRow = JobRow & {
  service: ServiceRow | null
  agent: AgentRow | null
  provider: ParticipantRow | null
  consumer: ParticipantRow | null
}

const SELECT = sql`t.*, to_json(s) AS service, to_json(a) AS agent, to_json(p) AS provider, to_json(c) AS consumer`
const JOINS = sql`
  LEFT JOIN services s ON s.id = t.service_id
  LEFT JOIN agents a ON a.id = t.agent_id AND a.deleted_at IS NULL
  LEFT JOIN participants p ON p.id = t.provider_id AND p.deleted_at IS NULL
  LEFT JOIN participants c ON c.id = t.consumer_id AND c.deleted_at IS NULL`

/** A job with its relations, as the API shows it. @throws Refusal `not-found` */
export async function getJobView(db: Db, id: string): Promise<WireJob> {
  const { rows } = await sql<JoinedRow>`SELECT ${SELECT} FROM jobs t ${JOINS} WHERE t.id = ${id}`.execute(db)
  if (!rows[0]) throw notFound('job', id)
  return joinedToWire(rows[0])
}

export const jobList: ListSource<JoinedRow, WireJob> = {
  table: 'jobs',
  select: SELECT,
  joins: JOINS,
  toItem: joinedToWire,
}

function joinedToWire(row: JoinedRow): WireJob {
  return {
    ...jobToWire(toJob(row)),
    ...(row.service && { service: serviceToWire(toService(row.service)) }),
    ...(row.agent && { agent: agentToWire(toAgent(row.agent)) }),
    ...(row.provider && { provider: participantToWire(toParticipant(row.provider)) }),
    ...(row.consumer && { consumer: participantToWire(toParticipant(row.consumer)) }),
  }
}

function jobToWire(job: Job): WireJob {
  return {
    id: job.id,
    providerId: job.providerId,
    consumerId: job.consumerId,
    agentId: job.agentId,
    serviceId: job.serviceId,
    action: job.action,
    ...(job.params && { params: job.params }),
    status: job.status,
    priority: job.priority,
    ...(job.errorMessage !== null && job.errorMessage !== '' && { errorMessage: job.errorMessage }),
    ...(job.claimedAt && { claimedAt: timestamp(job.claimedAt) }),
    ...(job.completedAt && { completedAt: timestamp(job.completedAt) }),
    ...(job.result && { result: job.result }),
    createdAt: timestamp(job.createdAt),
    updatedAt: timestamp(job.updatedAt),
  }
}

function toJob(row: JobRow): Job {
  return {
    id: row.id,
    action: row.action,
    params: row.params,
    priority: row.priority,
    status: row.status,
    errorMessage: row.error_message,
    claimedAt: row.claimed_at,
    completedAt: row.completed_at,
    result: row.result,
    serviceId: row.service_id,
    groupId: row.group_id,
    agentId: row.agent_id,
    providerId: row.provider_id,
    consumerId: row.consumer_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
