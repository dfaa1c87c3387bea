/**
 * What each caller must be answered, and who says so: the answers measured on the Go control plane, changed where the contract
 * lists a difference, and rules written out by hand for what API v1 does not have. None of it comes from the access rules in
 * `contract/`: a mistake there must not pass because the test repeats it.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

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

/** Columns: admin, provider, consumer, other; the agent, its sibling, another provider's. Y allowed, r by role, s by scope. */
const BY_HAND: Readonly<Record<string, { outcomes: string; success: number; because: string }>> = {
  'serviceTypes.offers': {
    outcomes: 'Y Y Y Y r r r',
    success: 200,
    because: 'addition: who may order may see what there is to order; agents order nothing',
  },
  'services.reveal': {
    outcomes: 'r s Y s r r r',
    success: 200,
    because: 'addition: revealable secrets are for the consumer of the service alone, not for an admin either',
  },
  'services.why': { outcomes: 'Y Y Y s Y s s', success: 200, because: 'addition: who may read the service' },
  'services.setConditions': { outcomes: 'r r r r Y s s', success: 204, because: 'addition: reported by the agent' },
  'jobs.why': { outcomes: 'Y Y Y s Y s s', success: 200, because: 'addition: who may read the job' },
  'metricEntries.createBatch': {
    outcomes: 'r r r r Y s s',
    success: 201,
    because: 'addition: as metricEntries.create',
  },
  'artifacts.list': {
    outcomes: 'Y Y Y Y Y Y Y',
    success: 200,
    because: 'addition: everybody, narrowed to what is its',
  },
  'artifacts.describe': { outcomes: 'Y Y Y s Y s s', success: 200, because: 'addition: who may read the service' },
  'artifacts.download': { outcomes: 'Y Y Y s Y s s', success: 200, because: 'addition: who may read the service' },
  'artifacts.upload': {
    outcomes: 'Y s Y s Y s s',
    success: 200,
    because: 'addition: the agent that made it, or the consumer that brings its own; not the provider in their name',
  },
  'artifacts.delete': { outcomes: 'Y Y Y s Y s s', success: 204, because: 'addition: who may read the service' },
  'portability.get': { outcomes: 'Y Y Y Y Y Y Y', success: 200, because: 'addition: as reading a service type' },
  'portability.put': { outcomes: 'Y r r r r r r', success: 200, because: 'addition: as changing a service type' },
  'portability.delete': { outcomes: 'Y r r r r r r', success: 204, because: 'addition: as changing a service type' },
  'artifactStores.list': {
    outcomes: 'Y Y Y Y r r r',
    success: 200,
    because: 'addition: whoever may keep copies may know where; nothing of how stores are reached is told',
  },
  'artifactStores.ofService': {
    outcomes: 'Y s Y s r r r',
    success: 200,
    because: "addition: the vault is its consumer's",
  },
  'vaultSchedules.list': {
    outcomes: 'Y Y Y Y r r r',
    success: 200,
    because: 'addition: a participant sees those that it is the consumer of',
  },
  'vaultSchedules.create': { outcomes: 'Y s Y s r r r', success: 201, because: 'addition: for the own services alone' },
  'vaultSchedules.get': { outcomes: 'Y s Y s r r r', success: 200, because: "addition: the vault is its consumer's" },
  'vaultSchedules.update': {
    outcomes: 'Y s Y s r r r',
    success: 200,
    because: "addition: the vault is its consumer's",
  },
  'vaultSchedules.delete': {
    outcomes: 'Y s Y s r r r',
    success: 204,
    because: "addition: the vault is its consumer's",
  },
  'vaultCopies.list': {
    outcomes: 'Y Y Y Y r r r',
    success: 200,
    because: 'addition: a participant sees those that it is the consumer of',
  },
  'vaultCopies.get': { outcomes: 'Y s Y s r r r', success: 200, because: "addition: the vault is its consumer's" },
  'vaultCopies.create': { outcomes: 'Y s Y s r r r', success: 201, because: "addition: the vault is its consumer's" },
  'vaultCopies.verify': { outcomes: 'Y s Y s r r r', success: 200, because: "addition: the vault is its consumer's" },
  'vaultCopies.delete': {
    outcomes: 'Y s Y s r r r',
    success: 204,
    because: 'addition: a provider must not be able to take away what protects from it',
  },
  'offeringTerms.list': { outcomes: 'Y Y Y Y Y Y Y', success: 200, because: 'addition: prices are for everybody' },
  'offeringTerms.get': { outcomes: 'Y Y Y Y Y Y Y', success: 200, because: 'addition: prices are for everybody' },
  'offeringTerms.put': { outcomes: 'Y Y s s r r r', success: 200, because: 'addition: the provider of the agent' },
  'offeringTerms.delete': { outcomes: 'Y Y s s r r r', success: 204, because: 'addition: the provider of the agent' },
  'quotas.get': { outcomes: 'Y s Y s r r r', success: 200, because: 'addition: the consumer that is limited' },
  'quotas.put': { outcomes: 'Y r r r r r r', success: 200, because: 'addition: the federation limits its consumers' },
  'placements.create': { outcomes: 'Y s Y s r r r', success: 201, because: 'addition: who may order' },
  'placementDecisions.list': {
    outcomes: 'Y Y Y Y r r r',
    success: 200,
    because: 'addition: a consumer its own, a provider those in which it was considered',
  },
  'placementDecisions.get': {
    outcomes: 'Y Y Y s r r r',
    success: 200,
    because: 'addition: a provider that was considered reads its own verdict',
  },
  'placementDecisions.why': { outcomes: 'Y Y Y s r r r', success: 200, because: 'addition: who may read the decision' },
  'placementDecisions.inputs': {
    outcomes: 'Y s Y s r r r',
    success: 200,
    because: 'addition: everything that was considered is the consumer’s alone',
  },
  'services.placement': { outcomes: 'Y Y Y s Y s s', success: 200, because: 'addition: who may read the service' },
  'migrations.list': {
    outcomes: 'Y Y Y Y r r r',
    success: 200,
    because: 'addition: the consumer and both providers, narrowed to their own',
  },
  'migrations.create': {
    outcomes: 'Y s Y s r r r',
    success: 201,
    because: 'addition: the consumer of the service decides',
  },
  'migrations.get': {
    outcomes: 'Y Y Y s r r r',
    success: 200,
    because: 'addition: the consumer and both providers may see',
  },
  'drills.list': {
    outcomes: 'Y Y Y Y r r r',
    success: 200,
    because: 'addition: the consumer and both providers, narrowed to their own',
  },
  'drills.create': {
    outcomes: 'Y s Y s r r r',
    success: 201,
    because: 'addition: the consumer of the service decides',
  },
  'drills.get': {
    outcomes: 'Y Y Y s r r r',
    success: 200,
    because: 'addition: the consumer and both providers may see',
  },
  'migrations.pause': { outcomes: 'Y s Y s r r r', success: 200, because: 'addition: the consumer steers' },
  'migrations.resume': { outcomes: 'Y s Y s r r r', success: 200, because: 'addition: the consumer steers' },
  'migrations.cancel': { outcomes: 'Y s Y s r r r', success: 200, because: 'addition: the consumer steers' },
  'migrations.cutOver': { outcomes: 'Y s Y s r r r', success: 200, because: 'addition: the consumer steers' },
  'migrations.rollback': { outcomes: 'Y s Y s r r r', success: 200, because: 'addition: the consumer steers' },
  'migrations.retry': { outcomes: 'Y s Y s r r r', success: 200, because: 'addition: the consumer steers' },
  'drills.cancel': { outcomes: 'Y s Y s r r r', success: 200, because: 'addition: the consumer steers' },
  'evacuations.list': { outcomes: 'Y Y Y Y r r r', success: 200, because: 'addition: each consumer its own' },
  'evacuations.plan': { outcomes: 'Y s Y s r r r', success: 200, because: 'addition: of its own services' },
  'evacuations.create': { outcomes: 'Y s Y s r r r', success: 201, because: 'addition: of its own services' },
  'evacuations.get': { outcomes: 'Y s Y s r r r', success: 200, because: 'addition: the consumer’s own' },
  'evacuations.pause': { outcomes: 'Y s Y s r r r', success: 200, because: 'addition: the consumer’s own' },
  'evacuations.resume': { outcomes: 'Y s Y s r r r', success: 200, because: 'addition: the consumer’s own' },
  'evacuations.cancel': { outcomes: 'Y s Y s r r r', success: 200, because: 'addition: the consumer’s own' },
  'switchings.list': {
    outcomes: 'Y Y Y Y r r r',
    success: 200,
    because: 'addition: both sides of a switch, narrowed to their own',
  },
  'switchings.create': { outcomes: 'Y s Y s r r r', success: 201, because: 'addition: the customer asks for it' },
  'switchings.get': { outcomes: 'Y Y Y s r r r', success: 200, because: 'addition: both sides' },
  'switchings.record': { outcomes: 'Y Y Y s r r r', success: 201, because: 'addition: both sides' },
  'serviceClassifications.list': {
    outcomes: 'Y Y Y Y r r r',
    success: 200,
    because: 'addition: a participant sees those of services that it is the consumer of',
  },
  'serviceClassifications.get': {
    outcomes: 'Y s Y s r r r',
    success: 200,
    because: 'addition: what a service is to its consumer is not for its provider',
  },
  'serviceClassifications.put': { outcomes: 'Y s Y s r r r', success: 200, because: 'addition: as reading it' },
  'exposures.calculate': {
    outcomes: 'Y s Y s r r r',
    success: 200,
    because: 'addition: asked about a group of a consumer; without one everybody is shown what is its own',
  },
  'exposures.concentration': {
    outcomes: 'Y s Y s r r r',
    success: 200,
    because: 'addition: asked about a consumer; what services cost is not for their providers',
  },
  ...Object.fromEntries(
    ['audit.key', 'audit.checkpoint', 'audit.checkpoints', 'audit.consistency'].map((id) => [
      id,
      { outcomes: 'Y Y Y Y Y Y Y', success: 200, because: 'addition: everybody may hold the log to what it signed' },
    ]),
  ),
  'audit.entries': {
    outcomes: 'Y Y Y Y r r r',
    success: 200,
    because: 'addition: who may read the event; those of others are left out',
  },
  'audit.inclusion': { outcomes: 'Y Y Y s r r r', success: 200, because: 'addition: who may read the event' },
  'audit.sign': { outcomes: 'Y r r r r r r', success: 200, because: 'addition: admins run the log' },
  'audit.erase': { outcomes: 'Y r r r r r r', success: 201, because: 'addition: admins run the log' },
  'audit.peers': { outcomes: 'Y r r r r r r', success: 200, because: 'addition: admins run the log' },
  'audit.witness': { outcomes: 'Y r r r r r r', success: 200, because: 'addition: admins run the log' },
  'exitReports.jurisdiction': {
    outcomes: 'Y Y Y Y r r r',
    success: 200,
    because: 'addition: what providers publish is for all who may order',
  },
  'exitReports.exitPlan': {
    outcomes: 'Y s Y s r r r',
    success: 200,
    because: 'addition: a consumer’s own plans, nobody else’s',
  },
  'exitReports.register': {
    outcomes: 'Y s Y s r r r',
    success: 200,
    because: 'addition: a consumer’s own register, nobody else’s',
  },
  'self.get': { outcomes: 'Y r r r r r r', success: 200, because: 'addition: the inside of the server is for admins' },
  'sovereigntyProfiles.list': {
    outcomes: 'Y Y Y Y r r r',
    success: 200,
    because: 'addition: what is published is for everybody who may order or sell',
  },
  'sovereigntyProfiles.create': { outcomes: 'Y Y s s r r r', success: 201, because: 'addition: of itself' },
  'sovereigntyProfiles.effective': {
    outcomes: 'Y Y Y Y r r r',
    success: 200,
    because: 'addition: what is published is for everybody who may order or sell',
  },
  'sovereigntyProfiles.get': {
    outcomes: 'Y Y Y Y r r r',
    success: 200,
    because: 'addition: what is published is for everybody; drafts have a test of their own',
  },
  'sovereigntyProfiles.update': { outcomes: 'Y Y s s r r r', success: 200, because: 'addition: of itself' },
  'sovereigntyProfiles.delete': { outcomes: 'Y Y s s r r r', success: 204, because: 'addition: of itself' },
  'sovereigntyProfiles.publish': { outcomes: 'Y Y s s r r r', success: 200, because: 'addition: of itself' },
  'sovereigntyProfiles.withdraw': { outcomes: 'Y Y s s r r r', success: 200, because: 'addition: of itself' },
  'sovereigntyEvidences.list': {
    outcomes: 'Y Y Y Y r r r',
    success: 200,
    because: 'addition: everybody, narrowed to what is its',
  },
  'sovereigntyEvidences.create': { outcomes: 'Y Y s s r r r', success: 201, because: 'addition: of itself' },
  'sovereigntyEvidences.get': {
    outcomes: 'Y Y s s r r r',
    success: 200,
    because: 'addition: in full only its own; others read the summary in effective profiles',
  },
  'sovereigntyEvidences.delete': { outcomes: 'Y Y s s r r r', success: 204, because: 'addition: of itself' },
  'sovereigntyEvidences.attest': {
    outcomes: 'Y r r r r r r',
    success: 200,
    because: 'addition: nobody attests for itself',
  },
  'sovereigntyEvidences.revoke': {
    outcomes: 'Y r r r r r r',
    success: 200,
    because: 'addition: who attests also revokes',
  },
  'sovereigntyNotices.list': {
    outcomes: 'Y Y Y Y r r r',
    success: 200,
    because: 'addition: the provider, and consumers whose services rely on it',
  },
  'sovereigntyPolicies.list': {
    outcomes: 'Y Y Y Y r r r',
    success: 200,
    because: 'addition: the federation’s for everybody, a consumer’s for itself',
  },
  'sovereigntyPolicies.create': {
    outcomes: 'Y s Y s r r r',
    success: 201,
    because: 'addition: a consumer for itself; the federation’s have a test of their own',
  },
  'sovereigntyPolicies.test': { outcomes: 'Y s Y s r r r', success: 200, because: 'addition: who may set it' },
  'sovereigntyPolicies.get': { outcomes: 'Y s Y s r r r', success: 200, because: 'addition: a consumer’s for itself' },
  'sovereigntyPolicies.update': { outcomes: 'Y s Y s r r r', success: 200, because: 'addition: who may set it' },
  'sovereigntyPolicies.withdraw': { outcomes: 'Y s Y s r r r', success: 200, because: 'addition: who may set it' },
  'sovereigntyWaivers.list': {
    outcomes: 'Y Y Y Y r r r',
    success: 200,
    because: 'addition: everybody, narrowed to what is its',
  },
  'sovereigntyWaivers.create': {
    outcomes: 'Y s Y s r r r',
    success: 201,
    because: 'addition: who may change the policy',
  },
  'sovereigntyWaivers.revoke': {
    outcomes: 'Y s Y s r r r',
    success: 200,
    because: 'addition: who may change the policy',
  },
  'compliance.get': {
    outcomes: 'Y Y Y s r r r',
    success: 200,
    because: 'addition: provider and consumer of the service; agents decide nothing by it',
  },
  'credentials.list': {
    outcomes: 'Y Y Y Y r r r',
    success: 200,
    because: 'addition: everybody, narrowed to what is its',
  },
  'credentials.create': { outcomes: 'Y Y s s r r r', success: 201, because: 'addition: a provider for itself' },
  'credentials.get': { outcomes: 'Y Y s s r r r', success: 200, because: 'addition: whose it is' },
  'credentials.recheck': { outcomes: 'Y Y s s r r r', success: 200, because: 'addition: whose it is' },
  'credentials.delete': { outcomes: 'Y Y s s r r r', success: 204, because: 'addition: whose it is' },
  'credentials.describeParticipant': {
    outcomes: 'Y Y s s r r r',
    success: 200,
    because: 'addition: a participant about itself',
  },
  'credentials.describePlatform': {
    outcomes: 'Y Y Y Y Y Y Y',
    success: 200,
    because: 'addition: what everybody may know of the instance',
  },
  'credentials.signingRequest': {
    outcomes: 'Y r r r r r r',
    success: 200,
    because: 'addition: who operates the instance',
  },
  'keycloakUsers.list': { outcomes: 'Y r r r r r r', success: 200, because: 'API 3, row keycloakUsers' },
  'keycloakUsers.create': { outcomes: 'Y r r r r r r', success: 201, because: 'API 3, row keycloakUsers' },
  'keycloakUsers.get': { outcomes: 'Y r r r r r r', success: 200, because: 'API 3, row keycloakUsers' },
  'keycloakUsers.update': { outcomes: 'Y r r r r r r', success: 200, because: 'API 3, row keycloakUsers' },
  'keycloakUsers.delete': { outcomes: 'Y r r r r r r', success: 204, because: 'API 3, row keycloakUsers' },
}

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
