/**
 * Looks at everything that callers were answered: nobody is told anything of a federation that is not its own, no relation is
 * embedded that the caller could not read, and a refusal says nothing that the caller has not said itself.
 */
import type { Operation } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Db } from '../../platform/db.ts'
import type { Parts } from '../walk.ts'
import type { CallerName, Side } from './expectations.ts'

const UUIDS = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi
/** How the world names things: after its federation. */
const NAMES = /\b(first|second|third)_\d+|\bfederation \d+( (provider|consumer|agent|\d+)\b)?/g
/** Kinds that belong to nobody: everybody reads the names that any federation gave them. */
const OF_NOBODY = /^(agentTypes|serviceTypes|serviceOptionTypes|metricTypes)\./

type Seen = { operation: string; caller: CallerName; side: Side }

export class Watch {
  readonly faults: string[] = []
  /** How many answers were looked at. */
  answers = 0
  /** Ids that were told, and to whom first on each side. */
  readonly #ids = new Map<string, Map<Side, Seen>>()

  /** `side`: the caller's; null for a caller that nobody knows. */
  note(
    { id: operation }: Operation,
    side: Side | null,
    caller: CallerName,
    parts: Parts & { search?: URLSearchParams },
    answer: { status: number; text: string; body: unknown },
  ): void {
    this.answers++
    const { params, query, body, search } = parts
    const sent = JSON.stringify({ params, query, body, search: [...(search ?? [])] }).toLowerCase()
    const told = (pattern: RegExp) =>
      [...new Set(answer.text.match(pattern) ?? [])].filter((text) => !sent.includes(text.toLowerCase()))
    const where = `${operation} as ${caller}, ${answer.status}`

    if ([401, 403, 404].includes(answer.status)) {
      const hints = [...told(UUIDS), ...told(NAMES)]
      if (hints.length > 0) this.faults.push(`${where}: a refusal tells ${hints.join(', ')}: ${answer.text.trim()}`)
    }
    // offers are there so that any participant sees what others offer
    if (
      side === null ||
      operation === 'serviceTypes.offers' ||
      operation.startsWith('sovereigntyProfiles.') ||
      operation.startsWith('offeringTerms.') ||
      // the caller's own policy, of another test, names whom it keeps away
      operation === 'placementDecisions.inputs' ||
      operation.startsWith('sovereigntyPolicies.') ||
      operation.startsWith('sovereigntyWaivers.') ||
      // who else offers what one has
      operation === 'exposures.concentration' ||
      operation.startsWith('exitReports.')
    )
      return
    if (!OF_NOBODY.test(operation))
      for (const name of told(NAMES))
        if (/^(first|second|third)_/.test(name) && !name.startsWith(side))
          this.faults.push(`${where}: told ${name}, which is another federation's`)
    for (const id of told(UUIDS)) {
      const seen = this.#ids.get(id) ?? new Map<Side, Seen>()
      if (!seen.has(side)) this.#ids.set(id, seen.set(side, { operation, caller, side }))
    }
  }

  /** Compares whose the ids are that each side was told. @returns one line for each that is another side's */
  async strayIds(db: Db, sides: Readonly<Record<Side, { providerId: string; consumerId: string }>>): Promise<string[]> {
    const owners = await ownersOf(db)
    const sideOf = new Map<string, Side>()
    for (const side of ['first', 'second', 'third'] as const)
      for (const id of Object.values(sides[side])) sideOf.set(id, side)
    return [...this.#ids].flatMap(([id, seen]) => {
      const { owner, table } = owners.get(id) ?? {}
      const side = owner && sideOf.get(owner)
      return side === undefined
        ? []
        : [...seen.values()]
            .filter((one) => one.side !== side)
            .map(({ operation, caller }) => `${operation} as ${caller}: told ${table} ${id} of the ${side} federation`)
    })
  }

  /** How many different ids were told. */
  get ids(): number {
    return this.#ids.size
  }
}

/** Where rows of each table say to whom they belong. */
const OWNER_COLUMNS: Readonly<Record<string, string>> = {
  participants: 'id',
  tokens: 'participant_id',
  agents: 'provider_id',
  service_groups: 'consumer_id',
  services: 'consumer_id',
  jobs: 'consumer_id',
  service_options: 'provider_id',
  service_pool_sets: 'provider_id',
  service_pools: 'provider_id',
  service_pool_values: 'provider_id',
  config_pools: 'participant_id',
  config_pool_values: 'participant_id',
  metric_entries: 'consumer_id',
  artifacts: 'consumer_id',
  vault_schedules: 'consumer_id',
  vault_copies: 'consumer_id',
  sovereignty_evidences: 'participant_id',
  sovereignty_waivers: 'consumer_id',
}

async function ownersOf(db: Db): Promise<Map<string, { owner: string; table: string }>> {
  const selects = Object.entries(OWNER_COLUMNS).map(
    ([table, column]) => sql`SELECT ${table}::text AS table, id, ${sql.ref(column)} AS owner FROM ${sql.table(table)}`,
  )
  const { rows } = await sql<{ table: string; id: string; owner: string | null }>`
    SELECT * FROM (${sql.join(selects, sql` UNION ALL `)}) rows WHERE owner IS NOT NULL`.execute(db)
  return new Map(rows.map(({ table, id, owner }) => [id, { table, owner: owner ?? '' }]))
}

/** Written behind the requests, by whoever numbers events: only how many there are together says anything. */
const NUMBERED_LATER = [
  ...['events', 'event_inbox', 'event_sequence'],
  ...['audit_log', 'audit_entries', 'audit_salts', 'audit_nodes', 'audit_checkpoints'],
]

/**
 * What the database holds, as a question that is made once: of each table how many rows, and the sum of the transactions that
 * wrote them. Nothing can be added, changed or removed without changing it.
 */
export async function fingerprints(db: Db): Promise<() => Promise<string[]>> {
  const { rows: tables } = await sql<{ name: string }>`
    SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`.execute(db)
  const selects = tables
    .filter(({ name }) => !NUMBERED_LATER.includes(name))
    .map(
      ({ name }) =>
        sql`SELECT ${sql.lit(name)} AS name, count(*) AS rows, sum(xmin::text::bigint)::text AS written FROM ${sql.table(name)}`,
    )
  const question = sql<{ name: string; rows: number; written: string | null }>`
    ${sql.join(selects, sql` UNION ALL `)}
    UNION ALL SELECT 'events', (SELECT count(*) FROM events) + (SELECT count(*) FROM event_inbox), ''`
  return async () =>
    (await question.execute(db)).rows.map(({ name, rows, written }) => `${name}: ${rows} rows, written ${written}`)
}

/** The tables in which two fingerprints differ. */
export function changed(before: readonly string[], after: readonly string[]): string[] {
  return before.flatMap((line, at) => (line === after[at] ? [] : [`${line} → ${after[at]}`]))
}
