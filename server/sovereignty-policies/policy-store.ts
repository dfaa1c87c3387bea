/** Policies and waivers in PostgreSQL. */
import { type Policy, SCOPE_KINDS, type Waiver } from '@fulcrum/sovereignty'
import { type Selectable, sql } from 'kysely'
import type { Db } from '../platform/db.ts'
import type { SovereigntyPoliciesTable, SovereigntyWaiversTable } from '../platform/sovereignty-tables.ts'
import { timestamp } from '../platform/wire.ts'

export type PolicyRow = Selectable<SovereigntyPoliciesTable>

/** What an order or a service is, as far as policies ask. Absent members are not in the scope of policies of that kind. */
export type PolicySubject = { serviceTypeId?: string; consumerId?: string; groupId?: string; serviceId?: string }

/**
 * Every policy in force, each in its newest effective version, from the widest scope to the narrowest. Which of them speak of an
 * order or a service says `applies` of the rules.
 */
export async function policiesInForce(db: Db, at: Date): Promise<Policy[]> {
  const { rows } = await sql<PolicyRow>`
    SELECT DISTINCT ON (id) * FROM sovereignty_policies
    WHERE effective_from <= ${at} AND (withdrawn_at IS NULL OR withdrawn_at > ${at})
    ORDER BY id, version DESC`.execute(db)
  return sorted(rows)
}

/** The policies in force that speak of this subject; of one whose scope has moved, its newest scope counts. One statement. */
export async function policiesFor(db: Db, subject: PolicySubject, at: Date): Promise<Policy[]> {
  const { rows } = await sql<PolicyRow>`
    SELECT * FROM sovereignty_policies p
    WHERE effective_from <= ${at} AND (withdrawn_at IS NULL OR withdrawn_at > ${at})
      AND NOT EXISTS (SELECT FROM sovereignty_policies newer
                      WHERE newer.id = p.id AND newer.version > p.version AND newer.effective_from <= ${at})
      AND (scope_kind = 'platform'
        OR (scope_kind = 'serviceType' AND scope_id = ${subject.serviceTypeId ?? null}::uuid)
        OR (scope_kind = 'consumer' AND scope_id = ${subject.consumerId ?? null}::uuid)
        OR (scope_kind = 'group' AND scope_id = ${subject.groupId ?? null}::uuid)
        OR (scope_kind = 'service' AND scope_id = ${subject.serviceId ?? null}::uuid))`.execute(db)
  return sorted(rows)
}

function sorted(rows: readonly PolicyRow[]): Policy[] {
  return rows
    .map(toPolicy)
    .toSorted((a, b) => SCOPE_KINDS.indexOf(a.scope.kind) - SCOPE_KINDS.indexOf(b.scope.kind) || (a.id < b.id ? -1 : 1))
}

/** Waivers of these policies that have not been revoked, also those whose time is over or to come: the rules weigh the time. */
export async function waiversOf(db: Db, policies: readonly Pick<Policy, 'id'>[]): Promise<Waiver[]> {
  if (policies.length === 0) return []
  const rows = await db
    .selectFrom('sovereignty_waivers')
    .selectAll()
    .where(
      'policy_id',
      'in',
      policies.map(({ id }) => id),
    )
    .where('revoked_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map(toWaiver)
}

/** A policy as the rules read it. */
export function toPolicy(row: PolicyRow): Policy {
  return {
    id: row.id,
    version: row.version,
    scope: { kind: row.scope_kind, ...(row.scope_id !== null && { id: row.scope_id }) },
    ...row.document,
    effectiveFrom: timestamp(row.effective_from),
  }
}

function toWaiver(row: Selectable<SovereigntyWaiversTable>): Waiver {
  return {
    policyId: row.policy_id,
    constraintId: row.constraint_id,
    subjectId: row.subject_id,
    reason: row.reason,
    approvedBy: row.approved_by,
    validFrom: timestamp(row.valid_from),
    validUntil: timestamp(row.valid_until),
  }
}
