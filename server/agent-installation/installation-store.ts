/** Installations in PostgreSQL. */
import { agents } from '@fulcrum/contract'
import { type Selectable, sql } from 'kysely'
import type { Db, Tx } from '../platform/db.ts'
import type { Identity } from '../platform/identity.ts'
import type { AgentInstallTokensTable } from '../platform/tables.ts'
import type { Installation } from './installation.ts'

/** An agent's installation with the agent's provider; without locks. @returns null when there is no such agent */
export async function findInstallation(
  db: Db,
  agentId: string,
): Promise<{ providerId: string; installation: Installation | null } | null> {
  const agent = await db
    .selectFrom('agents')
    .select('provider_id')
    .where('id', '=', agentId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  if (!agent) return null
  const row = await db.selectFrom('agent_install_tokens').selectAll().where('agent_id', '=', agentId).executeTakeFirst()
  return { providerId: agent.provider_id, installation: row ? toInstallation(row) : null }
}

/**
 * Reads an agent's installation and locks its row until the transaction ends. The agent must be locked before.
 *
 * @returns null when there is none
 */
export async function lockInstallation(tx: Tx, agentId: string): Promise<Installation | null> {
  const row = await tx
    .selectFrom('agent_install_tokens')
    .selectAll()
    .where('agent_id', '=', agentId)
    .forUpdate()
    .executeTakeFirst()
  return row ? toInstallation(row) : null
}

/** To which agent an install token belongs, expired or not; null when there is no such token. */
export async function findAgentOfInstallToken(tx: Tx, hash: string): Promise<string | null> {
  const row = await tx.selectFrom('agent_install_tokens').select('agent_id').where('hash', '=', hash).executeTakeFirst()
  return row?.agent_id ?? null
}

/** The identity of who holds a living install token: good for fetching this agent's configuration, and for nothing else. */
export async function findInstaller(db: Db, hash: string, now: Date): Promise<Identity | null> {
  const { rows } = await sql<{ id: string; agent_id: string; provider_id: string; disabled: boolean }>`
    SELECT t.id, t.agent_id, a.provider_id, (p.status = 'Disabled' OR a.status = 'Disabled') AS disabled
    FROM agent_install_tokens t
    JOIN agents a ON a.id = t.agent_id AND a.deleted_at IS NULL
    JOIN participants p ON p.id = a.provider_id
    WHERE t.hash = ${hash} AND t.expires_at > ${now}`.execute(db)
  const row = rows[0]
  if (!row) return null
  return {
    id: row.id,
    name: `install-${row.agent_id}`,
    role: 'agent',
    participantId: row.provider_id,
    agentId: row.agent_id,
    disabled: row.disabled,
    onlyFor: agents.installConfig.id,
  }
}

/** Of several at once for one agent the database lets one through; the others become a conflict. */
export async function insertInstallation(tx: Tx, installation: Installation): Promise<void> {
  await tx.insertInto('agent_install_tokens').values(toRow(installation)).execute()
}

/** Writes what can change. The row must be locked by `lockInstallation`. */
export async function saveInstallation(tx: Tx, installation: Installation): Promise<void> {
  const { id, ...columns } = toRow(installation)
  await tx.updateTable('agent_install_tokens').set(columns).where('id', '=', id).execute()
}

export async function deleteInstallation(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('agent_install_tokens').where('id', '=', id).execute()
}

/**
 * Deletes installations that expired before this time, at most `limit`, passing over rows that somebody else has locked. Their
 * bootstrap tokens expire at the same time and go as tokens go.
 *
 * @returns how many
 */
export async function deleteExpiredInstallations(db: Db, expiredBefore: Date, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    DELETE FROM agent_install_tokens WHERE id IN (
      SELECT id FROM agent_install_tokens WHERE expires_at < ${expiredBefore}
      ORDER BY expires_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)`.execute(db)
  return Number(numAffectedRows ?? 0)
}

/** Stands where the hash of a token that was used up stood; no hash looks like it. */
const USED = 'used '

function toInstallation(row: Selectable<AgentInstallTokensTable>): Installation {
  return {
    id: row.id,
    agentId: row.agent_id,
    hash: row.hash.startsWith(USED) ? null : row.hash,
    expiresAt: row.expires_at,
    bootstrapTokenId: row.bootstrap_token_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

function toRow(installation: Installation) {
  return {
    id: installation.id,
    agent_id: installation.agentId,
    hash: installation.hash ?? USED + installation.id,
    expires_at: installation.expiresAt,
    bootstrap_token_id: installation.bootstrapTokenId,
    created_at: installation.createdAt,
    updated_at: installation.updatedAt,
  }
}
