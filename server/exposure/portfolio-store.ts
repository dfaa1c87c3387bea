/** Portfolios out of PostgreSQL: services within a caller's scope, and the offerings that they run at. */
import { type RawBuilder, sql } from 'kysely'
import { offeringTerms } from '../placement/index.ts'
import type { Scope } from '../platform/access.ts'
import type { Db, Tx } from '../platform/db.ts'
import { scopeCondition } from '../platform/lists.ts'
import { type OfferingKey, type OfferingProfile, offeringProfiles } from '../sovereignty-profiles/index.ts'
import type { Money } from './classification.ts'
import { offeringKey, type Portfolio, type PortfolioOffering, type PortfolioService } from './portfolio.ts'

export type Narrowing = { consumerId?: string; groupId?: string; serviceTypeId?: string; providerId?: string }

type ServiceRow = {
  id: string
  name: string
  consumer_id: string
  provider_id: string
  agent_id: string
  service_type_id: string
  group_id: string
  criticality: PortfolioService['criticality'] | null
  monthly_spend: number | null
  spend_currency: string | null
  key_country: string | null
  kept: boolean
}

/** Runs on one state of the database, whatever is written meanwhile. Takes no locks. */
export function inSnapshot<T>(db: Db, run: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(run)
}

/**
 * Services that have not ended, within a scope, with their offerings and what was published of them. Six statements, however
 * many services; run it in `inSnapshot`.
 *
 * @param at  which facts count
 * @param withKept  also those that were left for another service and are kept for a time; what is only made for a move never is there
 */
export async function readPortfolio(
  tx: Tx,
  scope: Scope,
  narrowing: Narrowing,
  at: Date,
  withKept = false,
): Promise<Portfolio> {
  const rows = await readServices(tx, scope, narrowing, withKept)
  const keys = new Map<string, OfferingKey>()
  const keyOfRow = rows.map(({ agent_id: agentId, service_type_id: serviceTypeId }) => {
    const key = offeringKey({ agentId, serviceTypeId })
    if (!keys.has(key)) keys.set(key, { agentId, serviceTypeId })
    return key
  })
  const offerings = await readOfferings(tx, [...keys.values()], at)
  const prices = await readPrices(tx, [...keys.values()])
  const isOpen = openTo(scope)
  const services = rows.map((row, index) => toService(row, keyOfRow[index] ?? '', prices, isOpen(row.consumer_id)))
  const consumers = new Set(services.flatMap(({ open, consumerId }) => (open ? [consumerId] : [])))
  return { services, offerings, consumerNames: await readNames(tx, 'participants', [...consumers]) }
}

/** Whether what a consumer says of its services is for the caller: it is the consumer, or sees everything. */
function openTo(scope: Scope): (consumerId: string) => boolean {
  if (scope === 'all') return () => true
  const own = new Set(scope.flatMap(({ field, id }) => (field === 'consumerId' ? [id] : [])))
  return (consumerId) => own.has(consumerId)
}

async function readServices(tx: Tx, scope: Scope, narrowing: Narrowing, withKept: boolean): Promise<ServiceRow[]> {
  const { consumerId, groupId, serviceTypeId, providerId } = narrowing
  const conditions: RawBuilder<unknown>[] = [
    sql`NOT t.terminal`,
    sql`(r.role = 'primary' OR ${withKept} AND r.role = 'superseded')`,
    sql`(${scopeCondition(scope)})`,
    ...(consumerId === undefined ? [] : [sql`t.consumer_id = ${consumerId}`]),
    ...(groupId === undefined ? [] : [sql`t.group_id = ${groupId}`]),
    ...(serviceTypeId === undefined ? [] : [sql`t.service_type_id = ${serviceTypeId}`]),
    ...(providerId === undefined ? [] : [sql`t.provider_id = ${providerId}`]),
  ]
  const { rows } = await sql<ServiceRow>`
    SELECT t.id, t.name, t.consumer_id, t.provider_id, t.agent_id, t.service_type_id, t.group_id,
           k.criticality, k.monthly_spend, k.spend_currency, p.customer_key ->> 'country' AS key_country,
           r.role = 'superseded' AS kept
    FROM services t
    JOIN service_roles r ON r.service_id = t.id
    LEFT JOIN service_classifications k ON k.service_id = t.id
    LEFT JOIN service_placements p ON p.service_id = t.id AND p.customer_key IS NOT NULL
    WHERE ${sql.join(conditions, sql` AND `)}`.execute(tx)
  return rows
}

function toService(
  row: ServiceRow,
  offering: string,
  prices: ReadonlyMap<string, Money>,
  open: boolean,
): PortfolioService {
  const said =
    row.monthly_spend !== null && row.spend_currency !== null
      ? { amount: row.monthly_spend, currency: row.spend_currency }
      : null
  const spend = row.kept ? null : (said ?? prices.get(offering) ?? null)
  return {
    id: row.id,
    name: row.name,
    consumerId: row.consumer_id,
    groupId: row.group_id,
    offering,
    criticality: row.criticality ?? 'normal',
    classified: row.criticality !== null,
    spend,
    spendSource: spend === null ? null : said ? 'classification' : 'offering',
    customerKeyCountry: row.key_country,
    kept: row.kept,
    open,
  }
}

/**
 * Offerings with their names and facts.
 *
 * @param only  `null`: every service type at every agent that takes new services
 */
export async function readOfferings(
  tx: Tx,
  only: readonly OfferingKey[] | null,
  at: Date,
): Promise<Map<string, PortfolioOffering>> {
  if (only?.length === 0) return new Map()
  const found = await offeringProfiles(tx, only, at)
  const agents = await readAgents(tx, found)
  const types = await readNames(tx, 'service_types', [...new Set(found.map(({ serviceTypeId }) => serviceTypeId))])
  return new Map(
    found.flatMap((one): [string, PortfolioOffering][] => {
      const { agentId, serviceTypeId, providerId, profile, versions } = one
      const agent = agents.get(agentId)
      if (!agent || (only === null && !agent.takesOrders)) return []
      const key = offeringKey(one)
      const names = {
        agentName: agent.name,
        serviceTypeName: types.get(serviceTypeId) ?? '',
        providerName: agent.provider,
      }
      // what was merged from nothing holds no fact, and must not look as if it held some
      const facts = { profile: versions.length > 0 ? profile : null, profileVersions: versions }
      return [[key, { key, agentId, serviceTypeId, providerId, ...names, ...facts }]]
    }),
  )
}

type AgentRow = { id: string; name: string; provider: string; takesOrders: boolean }

async function readAgents(tx: Tx, offerings: readonly OfferingProfile[]): Promise<Map<string, AgentRow>> {
  const { rows } = await sql<AgentRow>`
    SELECT a.id, a.name, p.name AS provider,
           a.deleted_at IS NULL AND a.status <> 'Disabled' AND p.status <> 'Disabled' AS "takesOrders"
    FROM agents a JOIN participants p ON p.id = a.provider_id
    WHERE a.id = ANY (${[...new Set(offerings.map(({ agentId }) => agentId))]}::uuid[])`.execute(tx)
  return new Map(rows.map((row) => [row.id, row]))
}

/** Monthly prices of offerings that have one. */
async function readPrices(tx: Tx, keys: readonly OfferingKey[]): Promise<Map<string, Money>> {
  const terms = await offeringTerms(tx, keys)
  return new Map(
    terms.flatMap((one): [string, Money][] => (one.monthlyPrice ? [[offeringKey(one), one.monthlyPrice]] : [])),
  )
}

async function readNames(
  tx: Tx,
  table: 'participants' | 'service_types',
  ids: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await sql<{ id: string; name: string }>`
    SELECT id, name FROM ${sql.table(table)} WHERE id = ANY (${[...ids]}::uuid[])`.execute(tx)
  return new Map(rows.map(({ id, name }) => [id, name]))
}

/** Of these ids those that no row of the table has. Deleted ones count as there: services of theirs may still run. */
export async function missingIds(
  db: Db,
  table: 'participants' | 'service_types' | 'service_groups',
  ids: readonly string[],
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT asked.id FROM unnest(${[...ids]}::uuid[]) AS asked (id)
    WHERE NOT EXISTS (SELECT FROM ${sql.table(table)} t WHERE t.id = asked.id)`.execute(db)
  return rows.map(({ id }) => id)
}

export async function consumerOfGroup(db: Db, groupId: string): Promise<string | null> {
  const row = await db.selectFrom('service_groups').select('consumer_id').where('id', '=', groupId).executeTakeFirst()
  return row?.consumer_id ?? null
}

/** Whether a consumer has services within this scope. */
export async function consumesWithin(db: Db, scope: Scope, consumerId: string): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    SELECT EXISTS (SELECT FROM services t WHERE t.consumer_id = ${consumerId} AND (${scopeCondition(scope)})) AS found`.execute(
    db,
  )
  return rows[0]?.found ?? false
}
