/** What is known about a service or a job when somebody asks why. */
import { type Selectable, sql } from 'kysely'
import type { Db } from '../platform/db.ts'
import type { JobsTable } from '../platform/tables.ts'
import type { Service } from './service.ts'
import { serviceTypeOf } from './service-relations.ts'
import type { AgentFacts, BlockingFacts, JobFacts, ServiceFacts } from './why.ts'

type JobRow = Selectable<JobsTable>

export async function serviceFacts(db: Db, service: Service): Promise<ServiceFacts> {
  const row = await db
    .selectFrom('jobs')
    .selectAll()
    .where('service_id', '=', service.id)
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  const { lifecycleSchema } = await serviceTypeOf(db, service)
  return {
    lifecycle: lifecycleSchema,
    job: row ? toJobFacts(row) : null,
    overdueCopies: await db
      .selectFrom('vault_overdue')
      .select(['store', 'since', 'reason'])
      .where('service_id', '=', service.id)
      .orderBy('store')
      .execute(),
    ...(await queueFacts(db, { agentId: service.agentId, groupId: service.groupId, job: row ?? null })),
  }
}

/** The surroundings of a job in its agent's queue. */
export async function jobFacts(
  db: Db,
  job: JobRow,
): Promise<Omit<ServiceFacts, 'lifecycle' | 'job' | 'overdueCopies'>> {
  return queueFacts(db, { agentId: job.agent_id, groupId: job.group_id, job })
}

async function queueFacts(db: Db, { agentId, groupId, job }: { agentId: string; groupId: string; job: JobRow | null }) {
  const agents = await sql<AgentFacts>`
    SELECT a.name, a.status, a.last_status_update AS "lastSeen", p.name AS provider, p.status = 'Disabled' AS "providerDisabled"
    FROM agents a JOIN participants p ON p.id = a.provider_id WHERE a.id = ${agentId}`.execute(db)
  const agent = agents.rows[0] ?? {
    name: 'unknown',
    status: 'unknown',
    lastSeen: null,
    provider: 'unknown',
    providerDisabled: false,
  }
  if (job?.status !== 'Pending') return { agent, blocking: null, ahead: 0 }

  const blocking = await sql<BlockingFacts>`
    SELECT j.action, s.name AS "serviceName", j.claimed_at AS "claimedAt"
    FROM jobs j JOIN services s ON s.id = j.service_id
    WHERE j.agent_id = ${agentId} AND j.group_id = ${groupId} AND j.status = 'Processing' AND j.id <> ${job.id}
    LIMIT 1`.execute(db)
  const ahead = await sql<{ count: number }>`
    SELECT count(*) AS count FROM jobs j
    WHERE j.agent_id = ${agentId} AND j.group_id = ${groupId} AND j.status = 'Pending'
      AND (j.priority > ${job.priority} OR j.priority = ${job.priority} AND (j.created_at, j.id) < (${job.created_at}, ${job.id}))`.execute(
    db,
  )
  return { agent, blocking: blocking.rows[0] ?? null, ahead: ahead.rows[0]?.count ?? 0 }
}

export function toJobFacts(row: JobRow): JobFacts {
  return {
    id: row.id,
    action: row.action,
    status: row.status,
    errorMessage: row.error_message,
    createdAt: row.created_at,
    claimedAt: row.claimed_at,
    completedAt: row.completed_at,
  }
}
