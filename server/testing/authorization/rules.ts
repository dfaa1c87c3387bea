/**
 * What each caller must be answered, and who says so: the answers measured on the Go control plane, changed where the contract
 * lists a difference, and rules written out by hand for what API v1 does not have. None of it comes from the access rules in
 * `contract/`: a mistake there must not pass because the test repeats it.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { BY_HAND } from './rules-by-hand.ts'

/**
 * How a caller stands to an object: its provider, its consumer, a participant that is neither; its agent, another agent of the
 * same provider, an agent of another provider.
 */
export const RELATIONS = ['admin', 'provider', 'consumer', 'other', 'agent', 'agent2', 'agentX'] as const
export type Relation = (typeof RELATIONS)[number]

/** `role` and `scope` are both 403; `hidden` is 404 for an object that exists. */
export type Outcome = 'allowed' | 'role' | 'scope' | 'hidden'

export type Rule = {
  outcomes: Readonly<Record<Relation, Outcome>>
  /** Status of success. */
  success: number
  /** What changes the measured answers; empty where they hold as they are. */
  because: readonly string[]
}

type Difference = { request: string; go: string; ours: string }
type Facts = { measured: Record<string, { success: number } & Record<Relation, string>>; differences: Difference[] }

/** `row` is the first column of the contract's list of differences; `page` a section of its API page. */
type Override = { operations: readonly string[]; relations: readonly Relation[]; outcome: Outcome } & (
  | { row: string }
  | { page: string }
)

const OVERRIDES: readonly Override[] = [
  {
    operations: ['jobs.claim', 'jobs.complete', 'jobs.fail'],
    relations: ['agent2'],
    outcome: 'scope',
    row: 'claim, complete, fail by another agent of the same provider',
  },
  {
    operations: ['services.get', 'jobs.get'],
    relations: ['agent2'],
    outcome: 'scope',
    page: 'API 3: narrow agents to themselves for jobs, services, vault, metrics; agent2 below becomes refused',
  },
  {
    operations: ['servicePoolSets.create', 'servicePools.create', 'servicePoolValues.create'],
    relations: ['consumer', 'other'],
    outcome: 'scope',
    row: 'participant creates a pool set, pool or pool value for another provider',
  },
  {
    operations: ['metricEntries.create'],
    relations: ['agentX'],
    outcome: 'scope',
    row: 'agent reports metrics for a service of any other provider, by service id',
  },
  {
    operations: ['metricEntries.create'],
    relations: ['agent2'],
    outcome: 'scope',
    page: 'API 3: narrow agents to themselves for jobs, services, vault, metrics; agent2 below becomes refused',
  },
  {
    operations: ['vault.getSecret'],
    relations: ['agent2', 'agentX'],
    outcome: 'hidden',
    row: 'any agent reads any vault secret by reference',
  },
  {
    operations: ['agents.installConfig'],
    relations: ['consumer', 'other', 'agent2', 'agentX'],
    outcome: 'hidden',
    row: 'install URL fetched by any authenticated caller',
  },
  {
    // measured with a subscriber that there was not
    operations: ['events.ack'],
    relations: ['admin'],
    outcome: 'allowed',
    page: 'API 2.12: 404 unknown subscriber',
  },
]

/** Rows of the list of differences that hold for every operation alike; see `expectations.ts`. */
export const GENERAL_ROWS = {
  badToken: 'unknown, expired or deleted bearer token',
  missing: 'get, patch, delete, act on an unknown id (scoped kinds)',
  adminToken: 'participant token and an admin token of which it knows the id: get, patch, regenerate, delete',
  disabled: 'disabled participant or agent',
  install: 'install URL fetched by any authenticated caller',
} as const

const OF_LETTER: Readonly<Record<string, Outcome>> = { Y: 'allowed', r: 'role', s: 'scope' }

/** The rule of every operation that needs a token, by its id. */
export function readRules(): ReadonlyMap<string, Rule> {
  // the file is ours and has this form
  const facts = JSON.parse(readFileSync(new URL('../../testdata/authorization.json', import.meta.url), 'utf8')) as Facts
  const known = new Set(facts.differences.map(({ request }) => request))
  for (const row of [...OVERRIDES.flatMap((one) => ('row' in one ? [one.row] : [])), ...Object.values(GENERAL_ROWS)])
    assert.ok(known.has(row), `the contract lists no such difference: ${row}`)

  const rules = new Map<string, Rule>()
  for (const [id, row] of Object.entries(facts.measured)) {
    const outcomes = byRelation((relation) => outcomeOf(row[relation]))
    rules.set(id, override(id, { outcomes, success: row.success, because: [] }))
  }
  for (const [id, { outcomes, success, because }] of Object.entries(BY_HAND)) {
    assert.ok(!rules.has(id), `${id} was measured and needs no rule by hand`)
    const letters = outcomes.split(' ')
    rules.set(id, {
      outcomes: byRelation((_, at) => OF_LETTER[letters[at] ?? ''] ?? 'role'),
      success,
      because: [because],
    })
  }
  return rules
}

function override(id: string, rule: Rule): Rule {
  return OVERRIDES.filter(({ operations }) => operations.includes(id)).reduce<Rule>(
    ({ outcomes, success, because }, change) => {
      for (const relation of change.relations)
        assert.notEqual(outcomes[relation], change.outcome, `${id} ${relation}: the override changes nothing`)
      return {
        outcomes: byRelation((one) => (change.relations.includes(one) ? change.outcome : outcomes[one])),
        success,
        because: [...because, 'row' in change ? change.row : change.page],
      }
    },
    rule,
  )
}

function byRelation(outcome: (relation: Relation, at: number) => Outcome): Record<Relation, Outcome> {
  // every relation is there, which fromEntries cannot tell
  return Object.fromEntries(RELATIONS.map((relation, at) => [relation, outcome(relation, at)])) as Record<
    Relation,
    Outcome
  >
}

function outcomeOf(measured: string): Outcome {
  if (/^2\d\d$/.test(measured)) return 'allowed'
  if (measured === '403S') return 'scope'
  if (measured === '403R') return 'role'
  assert.equal(measured, '404')
  return 'hidden'
}
