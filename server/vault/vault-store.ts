/** Secrets in PostgreSQL, always written and deleted in the transaction of what refers to them. */
import type { Json, NewSecret } from '@fulcrum/schema'
import { sql } from 'kysely'
import type { Command } from '../platform/command.ts'
import type { Db } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { keyId, open, seal } from './cipher.ts'

/** A secret belongs to one service, or to one agent's configuration. */
export type SecretOwner = { serviceId: string } | { agentId: string }

const NO_KEY = 'the vault has no key: set FULCRUM_VAULT_ENCRYPTION_KEY'

/** Stores new secrets for their owner, whose row must exist. */
export async function storeSecrets(
  { tx, now }: Command,
  key: Buffer | null,
  owner: SecretOwner,
  secrets: readonly NewSecret[],
): Promise<void> {
  if (secrets.length === 0) return
  if (!key) throw new Refusal('unavailable', NO_KEY)
  const [serviceId, agentId] = 'serviceId' in owner ? [owner.serviceId, null] : [null, owner.agentId]
  await tx
    .insertInto('vault_secrets')
    .values(
      secrets.map(({ reference, value, type }) => ({
        reference,
        service_id: serviceId,
        agent_id: agentId,
        ephemeral: type === 'ephemeral',
        key_id: keyId(key),
        ciphertext: seal(key, value, serviceId ?? agentId ?? ''),
        created_at: now,
      })),
    )
    .execute()
}

/** Deletes the owner's secrets that are ephemeral or that nothing refers to any more. `keep`: references still in use. */
export async function pruneSecrets(
  { tx }: Command,
  owner: SecretOwner,
  keep: readonly string[],
  options: { ephemeral: 'delete' | 'keep' },
): Promise<void> {
  await tx
    .deleteFrom('vault_secrets')
    .where(ownedBy(owner))
    .where((row) =>
      row.or([
        ...(keep.length > 0 ? [row('reference', 'not in', [...keep])] : [row.lit(true)]),
        ...(options.ephemeral === 'delete' ? [row('ephemeral', '=', true)] : []),
      ]),
    )
    .execute()
}

/** Deletes everything that the owner has in the vault. */
export async function deleteSecrets({ tx }: Command, owner: SecretOwner): Promise<void> {
  await tx.deleteFrom('vault_secrets').where(ownedBy(owner)).execute()
}

function ownedBy(owner: SecretOwner) {
  return 'serviceId' in owner
    ? sql<boolean>`vault_secrets.service_id = ${owner.serviceId}`
    : sql<boolean>`vault_secrets.agent_id = ${owner.agentId}`
}

/**
 * The clear values of the owner's secrets among these references.
 *
 * @returns reference → value; what is unknown, foreign or does not open is left out
 * @throws Refusal `unavailable` when there is no key
 */
export async function readSecrets(
  db: Db,
  key: Buffer | null,
  owner: SecretOwner,
  references: readonly string[],
): Promise<Map<string, Json>> {
  if (!key) throw new Refusal('unavailable', NO_KEY)
  if (references.length === 0) return new Map()
  const rows = await db
    .selectFrom('vault_secrets')
    .select(['reference', 'ciphertext', 'service_id', 'agent_id'])
    .where(ownedBy(owner))
    .where('reference', 'in', [...references])
    .execute()
  return new Map(rows.flatMap((row) => opened(key, row)))
}

/**
 * A secret for an agent that asks by reference: one of its own configuration, or of a service that it serves.
 *
 * @returns undefined when there is none for this agent
 */
export async function readSecretForAgent(
  db: Db,
  key: Buffer | null,
  agentId: string,
  reference: string,
): Promise<Json | undefined> {
  if (!key) throw new Refusal('unavailable', NO_KEY)
  const row = await db
    .selectFrom('vault_secrets')
    .leftJoin('services', 'services.id', 'vault_secrets.service_id')
    .select(['reference', 'ciphertext', 'vault_secrets.service_id', 'vault_secrets.agent_id'])
    .where('reference', '=', reference)
    .where((where) =>
      where.or([where('vault_secrets.agent_id', '=', agentId), where('services.agent_id', '=', agentId)]),
    )
    .executeTakeFirst()
  return row && opened(key, row)[0]?.[1]
}

/**
 * Looks at the next secrets in the order of their references, and deletes those that nobody can need any more: of a service that has
 * ended, of an agent that was deleted, and ephemeral ones of a service without a job. Each is deleted by what ends its use; these
 * are left over from elsewhere, such as an imported database.
 *
 * @param after  the last reference that was looked at; null: from the first on
 * @param limit  how many to look at
 * @returns how many were looked at and deleted, and the last reference
 */
export async function deleteDanglingSecrets(
  db: Db,
  after: string | null,
  limit: number,
): Promise<{ seen: number; deleted: number; last: string | null }> {
  const { rows } = await sql<{ seen: number; deleted: number; last: string | null }>`
    WITH page AS MATERIALIZED (
      SELECT reference, service_id, agent_id, ephemeral FROM vault_secrets
      WHERE ${after}::uuid IS NULL OR reference > ${after}::uuid
      ORDER BY reference LIMIT ${limit}
    ), dangling AS (
      SELECT reference FROM page
      LEFT JOIN services s ON s.id = page.service_id
      LEFT JOIN agents a ON a.id = page.agent_id
      WHERE s.terminal OR a.deleted_at IS NOT NULL
        OR (s.id IS NOT NULL AND ephemeral AND NOT EXISTS (
          SELECT FROM jobs j WHERE j.service_id = s.id AND j.status IN ('Pending', 'Processing')))
    ), gone AS (
      DELETE FROM vault_secrets WHERE reference IN (SELECT reference FROM dangling) RETURNING reference
    )
    SELECT (SELECT count(*) FROM page) AS seen, (SELECT count(*) FROM gone) AS deleted,
           (SELECT reference FROM page ORDER BY reference DESC LIMIT 1) AS last`.execute(db)
  return rows[0] ?? { seen: 0, deleted: 0, last: after }
}

type SecretRow = { reference: string; ciphertext: Buffer; service_id: string | null; agent_id: string | null }

function opened(key: Buffer, row: SecretRow): [string, Json][] {
  try {
    return [[row.reference, open(key, row.ciphertext, row.service_id ?? row.agent_id ?? '')]]
  } catch {
    return []
  }
}
