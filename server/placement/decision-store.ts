/** Decisions and what services keep of them in PostgreSQL. Rows are written once and never changed. */
import { randomUUID } from 'node:crypto'
import type {
  CustomerKey,
  PlacementDecision,
  PlacementDecisionSummary,
  PlacementRecord,
  PlacementRequirements,
  ServicePlacement,
} from '@fulcrum/contract'
import type { Placement, PlacementInputs, Policy } from '@fulcrum/sovereignty'
import { jsonDigest } from '@fulcrum/sovereignty/audit'
import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Scope } from '../platform/access.ts'
import type { Command } from '../platform/command.ts'
import type { Db } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'
import type { ListSource } from '../platform/lists.ts'
import type { PlacementDecisionsTable, ServicePlacementsTable } from '../platform/sovereignty-tables.ts'
import { timestamp } from '../platform/wire.ts'
import {
  apart,
  type Content,
  candidatesOf,
  contentOf,
  counterfactualsOf,
  type Decided,
  explanationOf,
  together,
} from './decision.ts'

export type DecisionRow = Selectable<PlacementDecisionsTable>
export type DecisionKind = DecisionRow['kind']

/** Contents count as in use for this long, whoever refers to them, so that a new decision may refer to one without a lock. */
const IN_USE_DAYS = 2

/**
 * Keeps a decision. Its parts are kept once each; equal decisions are a row of references.
 *
 * @returns its id
 */
export async function insertDecision(c: Command, kind: DecisionKind, decided: Decided): Promise<string> {
  const { inputs, placement } = decided
  const { skeleton, contents } = apart(inputs)
  const result = contentOf({ placement, currency: decided.currency })
  await keepContents(c, [...contents, result])
  const chosen = inputs.candidates.find(({ id: agentId }) => agentId === placement.chosen)
  const id = randomUUID()
  await c.tx
    .insertInto('placement_decisions')
    .values({
      id,
      kind,
      outcome: chosen ? 'placed' : 'refused',
      consumer_id: inputs.subject.consumerId,
      group_id: inputs.subject.groupId,
      service_type_id: inputs.subject.serviceTypeId,
      service_id: kind === 'order' ? (inputs.subject.serviceId ?? null) : null,
      agent_id: chosen?.id ?? null,
      provider_id: chosen?.providerId ?? null,
      provider_ids: [...new Set(inputs.candidates.map(({ providerId }) => providerId))],
      at: new Date(inputs.at),
      inputs_sha256: jsonDigest(inputs),
      inputs: JSON.stringify(skeleton),
      result_sha256: result.digest,
      contents: [...new Set([...contents, result].map(({ digest }) => digest))],
      explanation: explanationOf(decided),
      created_at: c.now,
    })
    .execute()
  return id
}

/** Writes only what is not there or has not been used for a day: no two orders wait for each other over what both know. */
async function keepContents({ tx, now }: Command, contents: readonly Content[]): Promise<void> {
  const sorted = contents.toSorted((a, b) => (a.digest < b.digest ? -1 : 1))
  await sql`
    INSERT INTO placement_contents (digest, content, used_at)
    SELECT DISTINCT ON (digest) digest, content, ${now}
    FROM unnest(${sorted.map(({ digest }) => digest)}::text[], ${sorted.map(({ text }) => text)}::text[]) AS part (digest, content)
    WHERE NOT EXISTS (SELECT FROM placement_contents known
                      WHERE known.digest = part.digest AND known.used_at > ${daysBefore(now, 1)})
    ORDER BY digest
    ON CONFLICT (digest) DO UPDATE SET used_at = excluded.used_at`.execute(tx)
}

function daysBefore(time: Date, days: number): Date {
  return new Date(time.getTime() - days * 86_400_000)
}

/** @throws Refusal `not-found` */
export async function getDecisionRow(db: Db, id: string): Promise<DecisionRow> {
  const row = await db.selectFrom('placement_decisions').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) throw notFound('placement decision', id)
  return row
}

/** A decision in full, as its consumer reads it. One statement. */
export async function decisionView(db: Db, row: DecisionRow): Promise<PlacementDecision> {
  const { inputs, result } = await readRecord(db, row)
  const decided = { inputs, ...result }
  return { ...summaryToWire(row), candidates: candidatesOf(decided), counterfactuals: counterfactualsOf(decided) }
}

/** Everything that is needed to decide again. One statement. */
export async function decisionRecord(db: Db, row: DecisionRow): Promise<PlacementRecord> {
  const { inputs, result } = await readRecord(db, row)
  // both have been through JSON
  const json = { inputs, result: result.placement } as unknown as Pick<PlacementRecord, 'inputs' | 'result'>
  return { id: row.id, inputsSha256: row.inputs_sha256, ...json }
}

async function readRecord(db: Db, row: DecisionRow) {
  const rows = await db
    .selectFrom('placement_contents')
    .select(['digest', 'content'])
    .where('digest', 'in', row.contents)
    .execute()
  const contents = new Map(rows.map(({ digest, content }): [string, unknown] => [digest, JSON.parse(content)]))
  // `insertDecision` wrote both in these forms, and nothing changes them
  const inputs = together(row.inputs, contents) as PlacementInputs
  const result = together({ $sha256: row.result_sha256 }, contents) as { placement: Placement; currency: string | null }
  return { inputs, result }
}

export function decisionList(scope: Scope): ListSource<DecisionRow, PlacementDecisionSummary> {
  return {
    table: 'placement_decisions',
    select: sql`t.*`,
    where: visibleTo(scope),
    toItem: (row) => summaryFor(row, scope),
  }
}

/** A consumer's own, and for a provider those in which it was considered. */
function visibleTo(scope: Scope): RawBuilder<unknown> {
  if (scope === 'all') return sql`true`
  return sql.join(
    [
      sql`false`,
      ...scope.map(({ field, id }) =>
        field === 'providerId' ? sql`t.provider_ids @> ARRAY[${id}]::uuid[]` : sql`t.consumer_id = ${id}`,
      ),
    ],
    sql` OR `,
  )
}

/** Whether somebody reads a decision as its consumer, or as an admin: in full. */
export function readsInFull(row: DecisionRow, scope: Scope): boolean {
  return scope === 'all' || scope.some(({ field, id }) => field === 'consumerId' && id === row.consumer_id)
}

function summaryFor(row: DecisionRow, scope: Scope): PlacementDecisionSummary {
  const summary = summaryToWire(row)
  if (readsInFull(row, scope)) return summary
  const isChosen = scope !== 'all' && scope.some(({ id }) => id === row.provider_id)
  const { consumerId: _c, groupId: _g, serviceId: _s, agentId: _a, providerId: _p, ...rest } = summary
  const explanation = isChosen ? 'An offering of yours was chosen.' : 'Offerings of yours were considered.'
  return isChosen && row.kind === 'order' ? { ...summary, explanation } : { ...rest, explanation }
}

export function summaryToWire(row: DecisionRow): PlacementDecisionSummary {
  return {
    id: row.id,
    kind: row.kind,
    outcome: row.outcome,
    serviceTypeId: row.service_type_id,
    consumerId: row.consumer_id,
    groupId: row.group_id,
    ...(row.service_id !== null && { serviceId: row.service_id }),
    ...(row.agent_id !== null && { agentId: row.agent_id }),
    ...(row.provider_id !== null && { providerId: row.provider_id }),
    at: timestamp(row.at),
    explanation: row.explanation,
    inputsSha256: row.inputs_sha256,
    createdAt: timestamp(row.created_at),
  }
}

/** What a service has to keep to. The requirements hold as a policy of their own from then on, as any other of the service. */
export async function insertServicePlacement(
  c: Command,
  placed: {
    serviceId: string
    serviceName: string
    consumerId: string
    decisionId: string
    obligations: readonly string[]
    requirements: PlacementRequirements | undefined
    policy: Policy | null
    /** The policy that the requirements are already, because it comes along from the service whose place this one takes. */
    policyId?: string | undefined
    customerKey: CustomerKey | undefined
  },
): Promise<void> {
  const { serviceId, policy } = placed
  if (policy) {
    const { id, version, scope: _, effectiveFrom: _from, ...document } = policy
    await c.tx
      .insertInto('sovereignty_policies')
      .values({
        id,
        version,
        name: `requirements of ${placed.serviceName}`,
        scope_kind: 'service',
        scope_id: serviceId,
        consumer_id: placed.consumerId,
        document: JSON.stringify(document),
        effective_from: c.now,
        created_at: c.now,
      })
      .execute()
  }
  await c.tx
    .insertInto('service_placements')
    .values({
      service_id: serviceId,
      decision_id: placed.decisionId,
      obligations: [...placed.obligations],
      requirements: placed.requirements ? JSON.stringify(placed.requirements) : null,
      policy_id: policy?.id ?? placed.policyId ?? null,
      customer_key: placed.customerKey ? JSON.stringify(placed.customerKey) : null,
      created_at: c.now,
    })
    .execute()
}

/** Null where no policy spoke when the service was ordered. */
export async function servicePlacement(db: Db, serviceId: string): Promise<ServicePlacement | null> {
  const row: Selectable<ServicePlacementsTable> | undefined = await db
    .selectFrom('service_placements')
    .selectAll()
    .where('service_id', '=', serviceId)
    .executeTakeFirst()
  if (!row) return null
  return {
    serviceId: row.service_id,
    decisionId: row.decision_id,
    obligations: row.obligations,
    ...(row.requirements && { requirements: row.requirements }),
    ...(row.policy_id !== null && { policyId: row.policy_id }),
    ...(row.customer_key && { customerKey: row.customer_key }),
    createdAt: timestamp(row.created_at),
  }
}

/** Deletes up to `limit` decisions older than `before` by which no service was placed. @returns how many */
export async function deleteOldDecisions(db: Db, before: Date, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    DELETE FROM placement_decisions WHERE id IN (
      SELECT id FROM placement_decisions WHERE kind <> 'order' AND created_at < ${before} ORDER BY created_at LIMIT ${limit})`.execute(
    db,
  )
  return Number(numAffectedRows ?? 0n)
}

/** Deletes up to `limit` contents that no decision refers to any more. @returns how many */
export async function deleteUnusedContents(db: Db, now: Date, limit: number): Promise<number> {
  const before = daysBefore(now, IN_USE_DAYS)
  const { numAffectedRows } = await sql`
    DELETE FROM placement_contents WHERE used_at < ${before} AND digest IN (
      SELECT digest FROM placement_contents content
      WHERE used_at < ${before}
        AND NOT EXISTS (SELECT FROM placement_decisions d WHERE d.contents @> ARRAY[content.digest])
      ORDER BY used_at LIMIT ${limit})`.execute(db)
  return Number(numAffectedRows ?? 0n)
}
