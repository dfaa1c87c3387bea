/** Subjects of facts and evidence in PostgreSQL: whether they are there, and belong together. */
import { sql } from 'kysely'
import type { Tx } from '../platform/db.ts'
import { invalidInput } from '../platform/errors.ts'
import type { Subject } from './subject.ts'

/**
 * Keeps the subject from deletion until the transaction ends, and locks its participant's row, so that versions of one
 * participant's profiles are numbered one after another.
 *
 * @throws Refusal `invalid` when something of it is not there or does not belong to the rest
 */
export async function lockSubject(tx: Tx, { participantId, agentId, serviceTypeId }: Subject): Promise<void> {
  const participants = await sql`
    SELECT FROM participants WHERE id = ${participantId} AND deleted_at IS NULL FOR NO KEY UPDATE`.execute(tx)
  if (participants.rows.length === 0) throw invalidInput(`participant with ID ${participantId} does not exist`)
  if (agentId === undefined) {
    if (serviceTypeId !== undefined) throw invalidInput('an offering is a service type at an agent: agentId is missing')
    return
  }
  const { rows } = await sql<{ providerId: string; agentTypeId: string }>`
    SELECT provider_id AS "providerId", agent_type_id AS "agentTypeId" FROM agents
    WHERE id = ${agentId} AND deleted_at IS NULL FOR KEY SHARE`.execute(tx)
  if (rows[0]?.providerId !== participantId)
    throw invalidInput(`agent with ID ${agentId} does not exist at this participant`)
  if (serviceTypeId === undefined) return
  const offered = await sql`
    SELECT FROM agent_type_service_types l JOIN service_types t ON t.id = l.service_type_id AND t.deleted_at IS NULL
    WHERE l.agent_type_id = ${rows[0].agentTypeId} AND l.service_type_id = ${serviceTypeId} FOR KEY SHARE OF t`.execute(
    tx,
  )
  if (offered.rows.length === 0) throw invalidInput(`agent ${agentId} does not offer service type ${serviceTypeId}`)
}
