/** Tokens in PostgreSQL, and the identities that they prove. */
import type { Token as WireToken } from '@fulcrum/contract'
import { type Selectable, sql } from 'kysely'
import { type AgentRow, agentToWire, toAgent } from '../agents/index.ts'
import { type ParticipantRow, participantToWire, toParticipant } from '../participants/index.ts'
import type { Db, Tx } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'
import type { Identity } from '../platform/identity.ts'
import type { ListSource } from '../platform/lists.ts'
import type { TokensTable } from '../platform/tables.ts'
import { timestamp } from '../platform/wire.ts'
import type { Token } from './token.ts'

/**
 * The identity behind a token, with whether its participant or agent is disabled, and the dialect of its agent. The hash is
 * looked up by its unique index, so timing tells nothing about stored values.
 *
 * @returns null when there is no such token or it has expired; `expireAt` so that nobody remembers it for longer
 */
export async function findIdentity(
  db: Db,
  hash: string,
  now: Date,
): Promise<{ identity: Identity; expireAt: Date } | null> {
  const { rows } = await sql<Selectable<TokensTable> & { disabled: boolean; legacy_dialect: boolean }>`
    SELECT t.*, coalesce(p.status = 'Disabled', false) OR coalesce(a.status = 'Disabled', false) AS disabled,
           coalesce(ty.legacy_dialect, false) AS legacy_dialect
    FROM tokens t
    LEFT JOIN participants p ON p.id = t.participant_id
    LEFT JOIN agents a ON a.id = t.agent_id
    LEFT JOIN agent_types ty ON ty.id = a.agent_type_id
    WHERE t.hash = ${hash} AND t.expire_at >= ${now}`.execute(db)
  const row = rows[0]
  if (!row) return null
  return {
    expireAt: row.expire_at,
    identity: {
      id: row.id,
      name: row.name,
      role: row.role,
      participantId: row.participant_id,
      agentId: row.agent_id,
      disabled: row.disabled,
      legacyDialect: row.legacy_dialect,
    },
  }
}

/** The provider of an agent that is not deleted; null when there is none. Locks it against deletion. */
export async function findAgentProvider(tx: Tx, agentId: string): Promise<string | null> {
  const row = await tx
    .selectFrom('agents')
    .select('provider_id')
    .where('id', '=', agentId)
    .where('deleted_at', 'is', null)
    .forKeyShare()
    .executeTakeFirst()
  return row?.provider_id ?? null
}

export async function anyAdminToken(tx: Tx): Promise<boolean> {
  return (
    (await tx.selectFrom('tokens').select('id').where('role', '=', 'admin').limit(1).executeTakeFirst()) !== undefined
  )
}

export async function insertToken(tx: Tx, token: Token): Promise<void> {
  await tx.insertInto('tokens').values(toRow(token)).execute()
}

/** Reads a token and locks its row until the transaction ends. @throws Refusal `not-found` */
export async function lockToken(tx: Tx, id: string): Promise<Token> {
  const row = await tx.selectFrom('tokens').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  if (!row) throw notFound('token', id)
  return toToken(row)
}

/** Writes what can change. The row must be locked by `lockToken`. */
export async function saveToken(tx: Tx, token: Token): Promise<void> {
  const { id, ...columns } = toRow(token)
  await tx.updateTable('tokens').set(columns).where('id', '=', id).execute()
}

export async function deleteToken(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('tokens').where('id', '=', id).execute()
}

/**
 * Deletes tokens that expired before this time, at most `limit`, passing over rows that somebody else has locked. The admin token
 * that expires last always stays: an admin token, also an expired one, is what keeps the next start from making the first one.
 *
 * @returns how many
 */
export async function deleteExpiredTokens(db: Db, expiredBefore: Date, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    DELETE FROM tokens WHERE id IN (
      SELECT id FROM tokens t
      WHERE expire_at < ${expiredBefore}
        AND (role <> 'admin' OR EXISTS (
          SELECT FROM tokens later WHERE later.role = 'admin' AND (later.expire_at, later.id) > (t.expire_at, t.id)))
      ORDER BY expire_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)`.execute(db)
  return Number(numAffectedRows ?? 0)
}

type JoinedRow = Selectable<TokensTable> & { participant: ParticipantRow | null; agent: AgentRow | null }

const SELECT = sql`t.*, to_json(p) AS participant, to_json(a) AS agent`
const JOINS = sql`
  LEFT JOIN participants p ON p.id = t.participant_id AND p.deleted_at IS NULL
  LEFT JOIN agents a ON a.id = t.agent_id AND a.deleted_at IS NULL`

/** A token with its participant and agent, as the API shows it. @throws Refusal `not-found` */
export async function getTokenView(db: Db, id: string): Promise<WireToken> {
  const { rows } = await sql<JoinedRow>`SELECT ${SELECT} FROM tokens t ${JOINS} WHERE t.id = ${id}`.execute(db)
  if (!rows[0]) throw notFound('token', id)
  return joinedToWire(rows[0])
}

export const tokenList: ListSource<JoinedRow, WireToken> = {
  table: 'tokens',
  select: SELECT,
  joins: JOINS,
  toItem: joinedToWire,
}

function joinedToWire(row: JoinedRow): WireToken {
  return {
    ...tokenToWire(toToken(row)),
    ...(row.participant && { participant: participantToWire(toParticipant(row.participant)) }),
    ...(row.agent && { agent: agentToWire(toAgent(row.agent)) }),
  }
}

export function tokenToWire(token: Token): WireToken {
  return {
    id: token.id,
    name: token.name,
    role: token.role,
    expireAt: timestamp(token.expireAt),
    ...(token.participantId && { participantId: token.participantId }),
    ...(token.agentId && { agentId: token.agentId }),
    createdAt: timestamp(token.createdAt),
    updatedAt: timestamp(token.updatedAt),
  }
}

function toToken(row: Selectable<TokensTable>): Token {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    hash: row.hash,
    expireAt: row.expire_at,
    participantId: row.participant_id,
    agentId: row.agent_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

function toRow(token: Token) {
  return {
    id: token.id,
    name: token.name,
    role: token.role,
    hash: token.hash,
    expire_at: token.expireAt,
    participant_id: token.participantId,
    agent_id: token.agentId,
    created_at: token.createdAt,
    updated_at: token.updatedAt,
  }
}
