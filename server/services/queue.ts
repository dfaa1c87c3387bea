/** The queue's entrance: a service asks its agent for an action by a job. The agents' side is the feature `jobs`. */
import { randomUUID } from 'node:crypto'
import type { JsonObject } from '@fulcrum/schema'
import type { Command } from '../platform/command.ts'
import type { Tx } from '../platform/db.ts'
import type { Service } from './service.ts'

/** The signal that this agent's queue changed: a job came, or one ended and frees its group. */
export function jobsSignal(agentId: string): string {
  return `jobs:${agentId}`
}

const PRIORITY = 1

/**
 * Queues a job. The service's row must be locked or new, and have no active job.
 *
 * @param priority  at least 1; of the jobs of a group the most urgent comes first
 */
export async function queueJob(
  c: Command,
  service: Service,
  action: string,
  params: JsonObject | null,
  priority = PRIORITY,
): Promise<string> {
  const id = randomUUID()
  await c.tx
    .insertInto('jobs')
    .values({
      id,
      action,
      params: params && JSON.stringify(params),
      priority,
      status: 'Pending',
      service_id: service.id,
      group_id: service.groupId,
      agent_id: service.agentId,
      provider_id: service.providerId,
      consumer_id: service.consumerId,
      created_at: c.now,
      updated_at: c.now,
    })
    .execute()
  c.announce(jobsSignal(service.agentId))
  return id
}

/** The service's job that has not ended; null when there is none. */
export async function activeJobId(tx: Tx, serviceId: string): Promise<string | null> {
  const row = await tx
    .selectFrom('jobs')
    .select('id')
    .where('service_id', '=', serviceId)
    .where('status', 'in', ['Pending', 'Processing'])
    .executeTakeFirst()
  return row?.id ?? null
}

/**
 * Takes a job back that nobody has claimed, as if it had never been queued. Lock the service's row first.
 *
 * @returns false when an agent has it, or it has ended
 */
export async function withdrawJob(c: Command, id: string): Promise<boolean> {
  const row = await c.tx
    .deleteFrom('jobs')
    .where('id', '=', id)
    .where('status', '=', 'Pending')
    .returning('agent_id')
    .executeTakeFirst()
  if (row) c.announce(jobsSignal(row.agent_id))
  return row !== undefined
}
