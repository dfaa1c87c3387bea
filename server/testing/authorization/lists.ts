/**
 * Lists and their filters: whatever a caller asks for, it gets what an admin gets for the same question, less what is not its own,
 * and is told as many. What is a caller's own is asked of the database, by rules that are written out here.
 */
import assert from 'node:assert/strict'
import type { Filter, ListOperation } from '@fulcrum/contract'
import { type RawBuilder, sql } from 'kysely'
import { CALLER_NAMES, type CallerName, describeCaller } from './expectations.ts'
import { strayRelations } from './relations.ts'
import type { Rule } from './rules.ts'
import type { World } from './world.ts'

type Reader = { participantId: string; agentId: string | null }
type Query = readonly [string, string][]
// biome-ignore lint/suspicious/noExplicitAny: items of every shape
type Item = any
type Shown = { keys: string[]; items: Item[]; total: number }

type Scope = {
  table: string
  /** Distinct values are listed instead of rows. */
  column?: string
  /** Which rows a participant is shown, an agent; absent where the role may not list. */
  participant?: (reader: Reader) => RawBuilder<unknown>
  agent?: (reader: Reader) => RawBuilder<unknown>
}

const everything = () => sql`true`
const asProvider = ({ participantId }: Reader) => sql`provider_id = ${participantId}`
const asConsumer = ({ participantId }: Reader) => sql`consumer_id = ${participantId}`
const asEither = (reader: Reader) => sql`${asProvider(reader)} OR ${asConsumer(reader)}`
const asParticipant = ({ participantId }: Reader) => sql`participant_id = ${participantId}`
const asPartOfMigration = (reader: Reader) =>
  sql`${asConsumer(reader)} OR source_provider_id = ${reader.participantId} OR target_provider_id = ${reader.participantId}`
const asAgent = ({ agentId }: Reader) => sql`agent_id = ${agentId}`
const ofOwnSets = (reader: Reader) =>
  sql`service_pool_set_id IN (SELECT id FROM service_pool_sets WHERE ${asProvider(reader)})`
const ofOwnPools = (reader: Reader) => sql`service_pool_id IN (SELECT id FROM service_pools WHERE ${ofOwnSets(reader)})`

/** The last column of the contract's table (API 3); agents see their own services and jobs, as its differences say. */
const SCOPES: Readonly<Record<string, Scope>> = {
  'participants.list': { table: 'participants', participant: ({ participantId }) => sql`id = ${participantId}` },
  'tokens.list': { table: 'tokens', participant: asParticipant },
  'agentTypes.list': { table: 'agent_types', participant: everything, agent: everything },
  'agents.list': { table: 'agents', participant: asProvider, agent: asProvider },
  'configPools.list': { table: 'config_pools', participant: asParticipant },
  'configPoolValues.list': {
    table: 'config_pool_values',
    participant: (reader) => sql`config_pool_id IN (SELECT id FROM config_pools WHERE ${asParticipant(reader)})`,
  },
  'serviceTypes.list': { table: 'service_types', participant: everything, agent: everything },
  'services.list': { table: 'services', participant: asEither, agent: asAgent },
  'serviceGroups.list': { table: 'service_groups', participant: asConsumer },
  'serviceOptionTypes.list': { table: 'service_option_types', participant: everything, agent: everything },
  'serviceOptions.list': { table: 'service_options', participant: asProvider, agent: asProvider },
  'servicePoolSets.list': { table: 'service_pool_sets', participant: asProvider },
  'servicePools.list': { table: 'service_pools', participant: ofOwnSets, agent: ofOwnSets },
  'servicePoolValues.list': { table: 'service_pool_values', participant: ofOwnPools, agent: ofOwnPools },
  'jobs.list': { table: 'jobs', participant: asEither, agent: asAgent },
  'metricTypes.list': { table: 'metric_types', participant: everything, agent: everything },
  'metricEntries.list': { table: 'metric_entries', participant: asEither },
  'metricEntries.resourceIds': { table: 'metric_entries', column: 'resource_id', participant: asEither },
  'events.list': { table: 'events', participant: asEither },
  'vaultSchedules.list': { table: 'vault_schedules', participant: asConsumer },
  'vaultCopies.list': { table: 'vault_copies', participant: asConsumer },
  'artifacts.list': { table: 'artifacts', participant: asEither, agent: asAgent },
  'offeringTerms.list': { table: 'offering_terms', participant: everything, agent: everything },
  'placementDecisions.list': {
    table: 'placement_decisions',
    participant: (reader) => sql`${asConsumer(reader)} OR provider_ids @> ARRAY[${reader.participantId}]::uuid[]`,
  },
  'migrations.list': {
    table: 'migrations',
    participant: (reader) => sql`kind = 'migration' AND (${asPartOfMigration(reader)})`,
  },
  'drills.list': {
    table: 'migrations',
    participant: (reader) => sql`kind = 'drill' AND (${asPartOfMigration(reader)})`,
  },
  'evacuations.list': { table: 'evacuations', participant: asConsumer },
  'switchings.list': { table: 'switchings', participant: asEither },
  'serviceClassifications.list': {
    table: 'service_classifications',
    column: 'service_id',
    participant: asConsumer,
  },
  'sovereigntyProfiles.list': {
    table: 'sovereignty_profiles',
    participant: (reader) => sql`status = 'published' OR ${asParticipant(reader)}`,
  },
  'sovereigntyEvidences.list': { table: 'sovereignty_evidences', participant: asParticipant },
  'sovereigntyNotices.list': {
    table: 'sovereignty_notices',
    participant: (reader) => sql`${asParticipant(reader)} OR EXISTS (
      SELECT FROM services s WHERE s.consumer_id = ${reader.participantId} AND NOT s.terminal
        AND s.provider_id = sovereignty_notices.participant_id
        AND coalesce(sovereignty_notices.agent_id, s.agent_id) = s.agent_id
        AND coalesce(sovereignty_notices.service_type_id, s.service_type_id) = s.service_type_id)`,
  },
  'sovereigntyPolicies.list': {
    table: 'newest_sovereignty_policies',
    participant: (reader) => sql`consumer_id IS NULL OR ${asConsumer(reader)}`,
  },
  'sovereigntyWaivers.list': { table: 'sovereignty_waivers', participant: asConsumer },
  'credentials.list': { table: 'credentials', participant: asParticipant },
  'keycloakUsers.list': { table: '' },
}

/** Members of items whose filter has another name; a dot leads inside. */
const FIELDS: Readonly<Record<string, string>> = {
  currentStatus: 'status',
  scopeKind: 'scope.kind',
  scopeId: 'scope.id',
  verificationStatus: 'verification.status',
}
/** Where items are values, the list whose items have the members that the filters are about. */
const ITEMS_OF: Readonly<Record<string, string>> = { 'metricEntries.resourceIds': 'metricEntries.list' }

const keyOf = (item: Item): string => (typeof item === 'string' ? item : (item.id ?? item.serviceId))
const AT_ONCE = 8

export class Lists {
  readonly #world: World
  readonly #operations: ReadonlyMap<string, ListOperation>
  readonly #adminAnswers = new Map<string, Promise<Shown>>()
  /** How many questions were asked by callers that are no admin. */
  questions = 0

  constructor(world: World, operations: readonly ListOperation[]) {
    this.#world = world
    this.#operations = new Map(operations.map((operation) => [operation.id, operation]))
  }

  /** Asks one list in every way as every caller that may. @returns one line for each deviation */
  async run(operation: ListOperation, rule: Rule): Promise<string[]> {
    const scope = SCOPES[operation.id]
    assert.ok(scope, `nothing says what ${operation.id} shows`)
    const deviations: string[] = []
    const provoked = new Set<string>()
    let narrowed = false
    for (const caller of CALLER_NAMES) {
      const reader = this.#world.identities[caller]
      const { relation } = describeCaller(caller)
      if (!reader || relation === undefined || rule.outcomes[relation] !== 'allowed') continue
      const condition = reader.agentId === null ? scope.participant : scope.agent
      assert.ok(condition, `nothing says what ${operation.id} shows to ${caller}`)
      const own = await this.#own(scope, condition(reader))
      if (condition === everything) {
        deviations.push(...(await this.#ask(operation, caller, reader, own, [])))
        continue
      }
      narrowed = true
      const probes = await this.#probes(operation, condition(reader), own, provoked)
      for (let at = 0; at < probes.length; at += AT_ONCE) {
        const lines = await Promise.all(
          probes.slice(at, at + AT_ONCE).map((query) => this.#ask(operation, caller, reader, own, query)),
        )
        deviations.push(...lines.flat())
      }
    }
    const idle = narrowed ? Object.keys(operation.filters).filter((name) => !provoked.has(name)) : []
    return [...deviations, ...idle.map((name) => `the filter ${name} was never set to something foreign`)]
  }

  async #ask(
    operation: ListOperation,
    caller: CallerName,
    reader: Reader,
    own: ReadonlySet<string>,
    query: Query,
  ): Promise<string[]> {
    this.questions++
    const here = `${caller} ?${new URLSearchParams([...query])}`
    const [all, shown] = await Promise.all([this.#askAdmin(operation, query), this.#pages(operation, caller, query)])
    if (typeof shown === 'string') return [`${here}: ${shown}`]
    const expected = all.keys.filter((key) => own.has(key))
    const stray = shown.keys.filter((key) => !own.has(key))
    const faults = shown.items.flatMap((item) => strayRelations(item, reader, keyOf(item)))
    if (stray.length > 0) faults.push(`shows ${stray.length} that are not its own`)
    if (shown.keys.toSorted().join() !== expected.toSorted().join())
      faults.push(`shows ${shown.keys.length} instead of ${expected.length}`)
    if (shown.total !== expected.length) faults.push(`counts ${shown.total} instead of ${expected.length}`)
    return faults.map((fault) => `${here}: ${fault}`)
  }

  #askAdmin(operation: ListOperation, query: Query): Promise<Shown> {
    const key = `${operation.id} ${JSON.stringify(query)}`
    const known =
      this.#adminAnswers.get(key) ??
      this.#pages(operation, 'admin', query).then((shown) => {
        if (typeof shown === 'string') assert.fail(`${key} as an admin: ${shown}`)
        return shown
      })
    this.#adminAnswers.set(key, known)
    return known
  }

  /** All pages of an answer; a text when it is none. */
  async #pages(operation: ListOperation, caller: CallerName, query: Query): Promise<Shown | string> {
    const items: Item[] = []
    for (let page = 1; ; page++) {
      const search = new URLSearchParams([...query, ['pageSize', '100']])
      if (page > 1) search.set('page', String(page))
      const { status, body, text } = await this.#world.send(operation, caller, { search })
      if (status !== 200) return `${status} ${text.trim().slice(0, 200)}`
      items.push(...body.items)
      if (!body.hasNext) return { items, keys: items.map(keyOf), total: body.totalItems }
    }
  }

  async #own({ table, column = 'id' }: Scope, condition: RawBuilder<unknown>): Promise<ReadonlySet<string>> {
    const { rows } = await sql<{ key: string }>`
      SELECT DISTINCT ${sql.ref(column)} AS key FROM ${sql.table(table)} WHERE (${condition})`.execute(
      this.#world.server.platform.db,
    )
    return new Set(rows.map(({ key }) => key))
  }

  /** `provoked` gets the filters of which a value gives an admin something that is not the caller's. */
  async #probes(
    operation: ListOperation,
    condition: RawBuilder<unknown>,
    own: ReadonlySet<string>,
    provoked: Set<string>,
  ): Promise<Query[]> {
    const source = this.#operations.get(ITEMS_OF[operation.id] ?? operation.id)
    assert.ok(source)
    const { items } = await this.#askAdmin(source, [])
    const ownItems = source === operation ? own : await this.#own(SCOPES[source.id] ?? { table: '' }, condition)
    const [mine, foreign] = [
      items.filter((item) => ownItems.has(keyOf(item))),
      items.filter((item) => !ownItems.has(keyOf(item))),
    ]
    const names = Object.keys(operation.filters)
    const memberOf = (item: Item, name: string): string | undefined =>
      (FIELDS[name] ?? name)
        .split('.')
        .reduce((at, part) => at?.[part], item)
        ?.toString()
    const values = (of: Item[], name: string) => [...new Set(of.flatMap((item) => memberOf(item, name) ?? []))]
    const foreignOf = (name: string): string[] => {
      const known = values(mine, name)
      const [strange, shared] = [true, false].map((isStrange) =>
        values(foreign, name).filter((value) => known.includes(value) !== isStrange),
      )
      return [...(strange ?? []), ...(shared ?? [])]
    }

    const probes: Query[] = [[]]
    for (const name of names) {
      const [one, two] = foreignOf(name)
      if (one === undefined) continue
      const [known] = values(mine, name)
      const repeated = [[one], [one, two], [known, one], [one, known, two], ...extremes(operation.filters[name], one)]
      probes.push(
        ...repeated.map((some) =>
          some.flatMap((value) => (value === undefined ? [] : [[name, value] satisfies [string, string]])),
        ),
      )
      if ((await this.#askAdmin(operation, [[name, one]])).keys.some((key) => !own.has(key))) provoked.add(name)
    }
    for (const [at, name] of names.entries())
      for (const other of names.slice(at + 1)) {
        const item = foreign.find((one) => memberOf(one, name) !== undefined && memberOf(one, other) !== undefined)
        if (item)
          probes.push([
            [name, memberOf(item, name) ?? ''],
            [other, memberOf(item, other) ?? ''],
          ])
        const [known, theirs] = [values(mine, name)[0], foreignOf(other)[0]]
        if (known !== undefined && theirs !== undefined)
          probes.push([
            [name, known],
            [other, theirs],
          ])
      }
    const [first = ''] = names
    const [strange] = foreignOf(first)
    if (strange !== undefined)
      for (const field of operation.sort)
        probes.push([
          [first, strange],
          ['sort', `-${field}`],
        ])
    const whole = foreign[0]
    if (whole) probes.push(names.flatMap((name) => [[name, memberOf(whole, name) ?? ''] satisfies [string, string]]))
    return [...new Map(probes.map((probe) => [JSON.stringify(probe), probe])).values()]
  }
}

/** Values that match as much as a filter of this kind can. */
function extremes(filter: Filter | undefined, value: string): string[][] {
  switch (filter?.kind) {
    case 'contains':
      return [['a', 'e'], ['%'], ['_', 'i'], [' ', 'e']]
    case 'uuid':
      return [[value.toUpperCase()], [`{${value}}`, `urn:uuid:${value}`]]
    case 'enum':
      return [[...filter.values]]
    case 'bool':
      return [
        ['true', 'false'],
        ['1', '0'],
      ]
    default:
      return [[value, '%', "' OR true --"]]
  }
}
