/** Policies with all their versions in PostgreSQL, for those who write them. */
import type { SovereigntyPolicy as WirePolicy } from '@fulcrum/contract'
import { type RawBuilder, sql } from 'kysely'
import type { Db, Tx } from '../platform/db.ts'
import { invalidInput, notFound } from '../platform/errors.ts'
import type { ListSource } from '../platform/lists.ts'
import { timestamp } from '../platform/wire.ts'
import { namedParticipants, type PolicyScope, type PolicyVersion } from './policy.ts'
import type { PolicyRow } from './policy-store.ts'

/** All versions, the newest first. @throws Refusal `not-found` */
export async function readVersions(db: Db, id: string): Promise<[PolicyVersion, ...PolicyVersion[]]> {
  const rows = await db
    .selectFrom('sovereignty_policies')
    .selectAll()
    .where('id', '=', id)
    .orderBy('version', 'desc')
    .execute()
  const [first, ...rest] = rows.map(toVersion)
  if (!first) throw notFound('sovereignty policy', id)
  return [first, ...rest]
}

/**
 * Locks a policy by its first version, which every writer locks, and reads the newest one then: after the wait for the lock, so
 * that it is the one that the writer before has made.
 *
 * @throws Refusal `not-found`
 */
export async function lockPolicy(tx: Tx, id: string): Promise<PolicyVersion> {
  const locked = await sql`
    SELECT FROM sovereignty_policies WHERE id = ${id} AND version = 1 FOR UPDATE`.execute(tx)
  if (locked.rows.length === 0) throw notFound('sovereignty policy', id)
  const [newest] = await readVersions(tx, id)
  return newest
}

export async function insertPolicy(tx: Tx, policy: PolicyVersion): Promise<void> {
  await tx
    .insertInto('sovereignty_policies')
    .values({
      id: policy.id,
      version: policy.version,
      name: policy.name,
      scope_kind: policy.scope.kind,
      scope_id: policy.scope.id ?? null,
      consumer_id: policy.consumerId,
      document: JSON.stringify(policy.document),
      effective_from: policy.effectiveFrom,
      withdrawn_at: null,
      created_at: policy.createdAt,
    })
    .execute()
}

/** All versions: an older one must not come to life again. */
export async function withdrawPolicy(tx: Tx, id: string, now: Date): Promise<void> {
  await tx.updateTable('sovereignty_policies').set({ withdrawn_at: now }).where('id', '=', id).execute()
}

/**
 * Whose policy one of this scope is, and keeps what the scope names from deletion until the transaction ends.
 *
 * @returns null: the federation's
 * @throws Refusal `invalid` when the scope names nothing
 */
export async function scopeOwner(tx: Tx, { kind, id }: PolicyScope): Promise<string | null> {
  if (kind === 'platform') {
    if (id !== undefined) throw invalidInput('scope: the platform has no id')
    return null
  }
  if (id === undefined) throw invalidInput(`scope: a policy of a ${kind} needs its id`)
  const { rows } = await OWNER_OF[kind](id).execute(tx)
  if (!rows[0]) throw invalidInput(`scope: ${kind} with ID ${id} does not exist`)
  return rows[0].owner
}

/** Services that have ended need no policy. */
const OWNER_OF: Readonly<
  Record<Exclude<PolicyScope['kind'], 'platform'>, (id: string) => RawBuilder<{ owner: string | null }>>
> = {
  serviceType: (id) =>
    sql`SELECT NULL AS owner FROM service_types WHERE id = ${id} AND deleted_at IS NULL FOR KEY SHARE`,
  consumer: (id) => sql`SELECT id AS owner FROM participants WHERE id = ${id} AND deleted_at IS NULL FOR KEY SHARE`,
  group: (id) =>
    sql`SELECT consumer_id AS owner FROM service_groups WHERE id = ${id} AND deleted_at IS NULL FOR KEY SHARE`,
  service: (id) => sql`SELECT consumer_id AS owner FROM services WHERE id = ${id} AND NOT terminal FOR KEY SHARE`,
}

/** @throws Refusal `invalid` when a constraint names a participant that is not there */
export async function checkParticipants(tx: Tx, document: PolicyVersion['document']): Promise<void> {
  const ids = namedParticipants(document)
  const { rows } = await sql<{ id: string }>`
    SELECT asked.id FROM unnest(${ids}::text[]) AS asked (id)
    WHERE NOT EXISTS (SELECT FROM participants p WHERE p.id::text = asked.id AND p.deleted_at IS NULL)`.execute(tx)
  if (rows[0]) throw invalidInput(`constraints: participant with ID ${rows[0].id.slice(0, 60)} does not exist`)
}

/** The newest version of each. @param readable  which rows the caller may read */
export function policyList(readable: RawBuilder<unknown>): ListSource<PolicyRow, WirePolicy> {
  return {
    table: 'newest_sovereignty_policies',
    where: readable,
    select: sql`t.*`,
    toItem: (row) => policyToWire(toVersion(row)),
  }
}

export function policyToWire(policy: PolicyVersion): WirePolicy {
  const { document, consumerId, withdrawnAt } = policy
  return {
    id: policy.id,
    version: policy.version,
    name: policy.name,
    scope: { ...policy.scope },
    ...(consumerId !== null && { consumerId }),
    // written by the contract's shape; the rules' types only forbid changing them
    ...(document as Pick<
      WirePolicy,
      'mode' | 'trustedZone' | 'onUnknown' | 'minAssurance' | 'constraints' | 'preferences' | 'breach'
    >),
    effectiveFrom: timestamp(policy.effectiveFrom),
    ...(withdrawnAt !== null && { withdrawnAt: timestamp(withdrawnAt) }),
    createdAt: timestamp(policy.createdAt),
  }
}

function toVersion(row: PolicyRow): PolicyVersion {
  return {
    id: row.id,
    version: row.version,
    name: row.name,
    scope: { kind: row.scope_kind, ...(row.scope_id !== null && { id: row.scope_id }) },
    consumerId: row.consumer_id,
    document: row.document,
    effectiveFrom: row.effective_from,
    withdrawnAt: row.withdrawn_at,
    createdAt: row.created_at,
  }
}
