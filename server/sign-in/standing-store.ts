/** What the database knows of those whom a JWT names. */
import { sql } from 'kysely'
import type { Db } from '../platform/db.ts'

/** Each null when there is no such row, or when it is deleted. */
export type Standing = {
  participant: { disabled: boolean } | null
  agent: { disabled: boolean; providerId: string; legacyDialect: boolean } | null
}

type Row = {
  participant_status: string | null
  agent_status: string | null
  provider_id: string | null
  legacy_dialect: boolean | null
}

/** Both in one statement by their keys; without locks. */
export async function findStanding(db: Db, participantId: string | null, agentId: string | null): Promise<Standing> {
  const { rows } = await sql<Row>`
    SELECT p.status AS participant_status, a.status AS agent_status, a.provider_id, ty.legacy_dialect
    FROM (SELECT ${participantId}::uuid AS participant_id, ${agentId}::uuid AS agent_id) named
    LEFT JOIN participants p ON p.id = named.participant_id AND p.deleted_at IS NULL
    LEFT JOIN agents a ON a.id = named.agent_id AND a.deleted_at IS NULL
    LEFT JOIN agent_types ty ON ty.id = a.agent_type_id`.execute(db)
  const row = rows[0]
  return {
    participant: row?.participant_status ? { disabled: row.participant_status === 'Disabled' } : null,
    agent: row?.provider_id
      ? {
          disabled: row.agent_status === 'Disabled',
          providerId: row.provider_id,
          legacyDialect: row.legacy_dialect ?? false,
        }
      : null,
  }
}
