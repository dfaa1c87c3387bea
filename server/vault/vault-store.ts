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

type SecretRow = { reference: string; ciphertext: Buffer; service_id: string | null; agent_id: string | null }

function opened(key: Buffer, row: SecretRow): [string, Json][] {
  try {
    return [[row.reference, open(key, row.ciphertext, row.service_id ?? row.agent_id ?? '')]]
  } catch {
    return []
  }
}
