/** Compliance of services in PostgreSQL. Everything is read and written in sets. */
import { sql } from 'kysely'
import type { Db, Tx } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'
import type { Breach, BreachAction } from '../platform/sovereignty-tables.ts'
import type { Compliance } from './compliance.ts'
import type { JudgedService } from './judge.ts'

/** Services of one consumer at one offering. */
export type LiveUnit = { consumerId: string; agentId: string; serviceTypeId: string; count: number }

/** What runs where and for whom, counted, without what was left after a move or only made for one. One statement. */
export async function liveUnits(db: Db): Promise<LiveUnit[]> {
  const { rows } = await sql<LiveUnit>`
    SELECT s.consumer_id AS "consumerId", s.agent_id AS "agentId", s.service_type_id AS "serviceTypeId", count(*) AS count
    FROM services s JOIN service_roles r ON r.service_id = s.id AND r.role = 'primary'
    WHERE NOT s.terminal GROUP BY 1, 2, 3`.execute(db)
  return rows
}

const SERVICE = sql`s.id, s.name, s.provider_id AS "providerId", s.consumer_id AS "consumerId", s.group_id AS "groupId",
  s.service_type_id AS "serviceTypeId", s.agent_id AS "agentId"`

const COMPLIANCE = sql`c.outcome, c.failed, c.would_fail AS "wouldFail", c.breaches, c.policy_id AS "policyId", c.action,
  c.evacuate_at AS "evacuateAt", c.since, c.checked_at AS "checkedAt"`

type ComplianceColumns = {
  outcome: Compliance['outcome'] | null
  failed: string[]
  wouldFail: string[]
  breaches: Breach[]
  policyId: string | null
  action: BreachAction | null
  evacuateAt: Date | null
  since: Date
  checkedAt: Date
}

export type ReviewedService = JudgedService & { before: Compliance | null }

/**
 * The next services that have not ended, by id; not those that were left for another one or that a drill made.
 *
 * @param unknownOnly  only those that were never judged
 */
export async function nextServices(
  db: Db,
  after: string | null,
  limit: number,
  unknownOnly: boolean,
): Promise<ReviewedService[]> {
  const { rows } = await sql<JudgedService & ComplianceColumns>`
    SELECT ${SERVICE}, ${COMPLIANCE}
    FROM services s
    JOIN service_roles r ON r.service_id = s.id AND r.role NOT IN ('superseded', 'scratch')
    LEFT JOIN service_compliance c ON c.service_id = s.id
    WHERE NOT s.terminal AND (${after}::uuid IS NULL OR s.id > ${after}::uuid)
      AND (NOT ${unknownOnly}::boolean OR c.service_id IS NULL)
    ORDER BY s.id LIMIT ${limit}`.execute(db)
  return rows.map((row) => ({
    id: row.id,
    providerId: row.providerId,
    consumerId: row.consumerId,
    groupId: row.groupId,
    serviceTypeId: row.serviceTypeId,
    agentId: row.agentId,
    before: toCompliance(row),
  }))
}

/** A service with its owners, and what is known of its compliance. @throws Refusal `not-found` */
export async function readCompliance(
  db: Db,
  id: string,
): Promise<{ service: JudgedService & { terminal: boolean }; compliance: Compliance | null; checkedAt: Date | null }> {
  const { rows } = await sql<JudgedService & { terminal: boolean } & ComplianceColumns>`
    SELECT ${SERVICE}, s.terminal, ${COMPLIANCE}
    FROM services s LEFT JOIN service_compliance c ON c.service_id = s.id WHERE s.id = ${id}`.execute(db)
  const [row] = rows
  if (!row) throw notFound('service', id)
  return { service: row, compliance: toCompliance(row), checkedAt: row.outcome === null ? null : row.checkedAt }
}

/**
 * Writes what was found, and says of which services it is new. Who comes second with the same finding changes nothing: its row is
 * locked until the first has ended, and is the same then.
 *
 * @returns the ids of those whose outcome, codes or actions are others than before
 */
export async function saveFindings(
  tx: Tx,
  findings: readonly { service: JudgedService; after: Compliance }[],
  now: Date,
): Promise<Set<string>> {
  if (findings.length === 0) return new Set()
  const given = findings.map(({ service, after }) => ({
    service_id: service.id,
    provider_id: service.providerId,
    outcome: after.outcome,
    failed: after.failed,
    would_fail: after.wouldFail,
    breaches: after.breaches,
    policy_id: after.policyId,
    action: after.action,
    evacuate_at: after.evacuateAt,
    since: after.since,
  }))
  const { rows } = await sql<{ id: string }>`
    INSERT INTO service_compliance AS c (service_id, provider_id, outcome, failed, would_fail, breaches, policy_id, action,
                                         evacuate_at, since, checked_at)
    SELECT g.service_id, g.provider_id, g.outcome, g.failed, g.would_fail, g.breaches, g.policy_id, g.action,
           g.evacuate_at, g.since, ${now}
    FROM jsonb_to_recordset(${JSON.stringify(given)}::jsonb)
      AS g (service_id uuid, provider_id uuid, outcome text, failed text[], would_fail text[], breaches jsonb,
            policy_id uuid, action text, evacuate_at timestamptz, since timestamptz)
    ORDER BY g.service_id
    ON CONFLICT (service_id) DO UPDATE SET
      outcome = excluded.outcome, failed = excluded.failed, would_fail = excluded.would_fail,
      breaches = excluded.breaches, policy_id = excluded.policy_id, action = excluded.action,
      evacuate_at = excluded.evacuate_at, since = excluded.since, checked_at = excluded.checked_at,
      evacuation_announced = c.evacuation_announced AND c.evacuate_at IS NOT DISTINCT FROM excluded.evacuate_at
    WHERE (c.outcome, c.failed, c.would_fail, c.breaches, c.evacuate_at)
      IS DISTINCT FROM (excluded.outcome, excluded.failed, excluded.would_fail, excluded.breaches, excluded.evacuate_at)
    RETURNING c.service_id AS id`.execute(tx)
  return new Set(rows.map(({ id }) => id))
}

/** That these were looked at and are as they were. */
export async function touch(tx: Tx, ids: readonly string[], now: Date): Promise<void> {
  if (ids.length === 0) return
  await sql`UPDATE service_compliance SET checked_at = ${now} WHERE service_id = ANY (${[...ids]}::uuid[])`.execute(tx)
}

/** Takes the rows of services away that have ended, were left for another one, or were made by a drill; at most `limit`. */
export async function forgetEnded(db: Db, limit: number): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    DELETE FROM service_compliance WHERE service_id IN (
      SELECT c.service_id FROM service_compliance c JOIN service_roles r ON r.service_id = c.service_id
      WHERE r.terminal OR r.role IN ('superseded', 'scratch') LIMIT ${limit})`.execute(db)
  return Number(numAffectedRows)
}

export type DueEvacuation = {
  id: string
  providerId: string
  consumerId: string
  agentId: string
  breaches: Breach[]
  evacuateAt: Date
}

/** Services whose days of grace are over; said once, by whoever has locked the row. */
export async function takeDueEvacuations(tx: Tx, now: Date, limit: number): Promise<DueEvacuation[]> {
  const { rows } = await sql<DueEvacuation>`
    UPDATE service_compliance c SET evacuation_announced = true
    FROM services s
    WHERE s.id = c.service_id AND NOT s.terminal AND c.service_id IN (
      SELECT service_id FROM service_compliance
      WHERE evacuate_at <= ${now} AND NOT evacuation_announced
      ORDER BY evacuate_at, service_id LIMIT ${limit} FOR UPDATE SKIP LOCKED)
    RETURNING c.service_id AS id, s.provider_id AS "providerId", s.consumer_id AS "consumerId",
              s.agent_id AS "agentId", c.breaches, c.evacuate_at AS "evacuateAt"`.execute(tx)
  return rows
}

/** Changes that were noted since the last time that all services were judged. */
export async function notedChanges(db: Db): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`SELECT id FROM sovereignty_changes ORDER BY id LIMIT 10000`.execute(db)
  return rows.map(({ id }) => id)
}

export async function forgetChanges(db: Db, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return
  await sql`DELETE FROM sovereignty_changes WHERE id = ANY (${[...ids]}::bigint[])`.execute(db)
}

/**
 * Whether time alone has changed something since the service that was judged longest ago: something began or ended, or so much
 * time has passed that tests and checks have become old.
 *
 * @param oldBefore  who was judged before then has to be judged again in any case
 */
export async function timeHasChanged(db: Db, now: Date, oldBefore: Date): Promise<boolean> {
  const { rows } = await sql<{ changed: boolean }>`
    WITH last AS (SELECT min(checked_at) AS at FROM service_compliance)
    SELECT last.at IS NOT NULL AND (last.at < ${oldBefore}
      OR EXISTS (SELECT FROM sovereignty_evidences e
                 WHERE e.valid_until > last.at AND e.valid_until <= ${now} OR e.valid_from > last.at AND e.valid_from <= ${now})
      OR EXISTS (SELECT FROM sovereignty_profiles p WHERE p.status = 'published'
                 AND (p.valid_until > last.at AND p.valid_until <= ${now} OR p.valid_from > last.at AND p.valid_from <= ${now}))
      OR EXISTS (SELECT FROM sovereignty_policies p WHERE p.effective_from > last.at AND p.effective_from <= ${now})
      OR EXISTS (SELECT FROM sovereignty_waivers w WHERE w.revoked_at IS NULL
                 AND (w.valid_until > last.at AND w.valid_until <= ${now} OR w.valid_from > last.at AND w.valid_from <= ${now}))
    ) AS changed
    FROM last`.execute(db)
  return rows[0]?.changed ?? false
}

function toCompliance(row: ComplianceColumns): Compliance | null {
  if (row.outcome === null) return null
  return {
    outcome: row.outcome,
    failed: row.failed,
    wouldFail: row.wouldFail,
    breaches: row.breaches,
    policyId: row.policyId,
    action: row.action,
    evacuateAt: row.evacuateAt,
    since: row.since,
  }
}
