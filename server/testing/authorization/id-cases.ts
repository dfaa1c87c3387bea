/**
 * Every id that a request may hold beside the object that its path names: one's own, somebody else's, one that nothing has, and
 * what is no id. Each is put into a call that succeeds otherwise. More than 400 lines, because it is one table with an entry for
 * every id of the API.
 */
import { randomUUID } from 'node:crypto'
import { anotherPlace, groupOfMovable, movable } from '../cases-of-migrations.ts'
import { portabilityCases } from '../cases-of-portability.ts'
import type { Walk } from '../walk.ts'
import type { CallerName } from './expectations.ts'
import type { References } from './references.ts'

/** What ids are taken from: the federation of the callers, the other one, and services with properties that refer to something. */
export type Stock = { own: Walk; other: Walk; references: Readonly<Record<'own' | 'other', References>> }

export type Probe = {
  as: CallerName
  value: (stock: Stock) => unknown
  status: number
  /** Why it is not the usual: 403 for somebody else's, 404 for one that nothing has, 400 for what is no id. */
  because?: string
}

/** `not`: why there can be none. */
type Kind = Probe | readonly Probe[] | { not: string }

export type IdCase = { own: Kind; foreign: Kind; missing: Kind; malformed: Kind }

const P = 'provider' as const
const C = 'consumer' as const
const A = 'agent' as const
const ADMIN = 'admin' as const
const missing = () => randomUUID()
const NOBODYS = { not: 'a kind that belongs to nobody' } as const
const REFERENCE = '400: API v1 refuses what a body refers to and is not there as invalid input'
const malformed = (as: CallerName): Probe => ({ as, value: () => 'no-id', status: 400 })

const own = (as: CallerName, value: Probe['value'], status = 201): Probe => ({ as, value, status })
const foreign = (as: CallerName, value: Probe['value']): Probe => ({ as, value, status: 403 })
/** The caller's own id is the only one that it may give, so that an unknown one is like a foreign one. */
const missingOf = (as: CallerName, status: 400 | 404): readonly Probe[] => [
  { as: ADMIN, value: missing, status, ...(status === 400 && { because: REFERENCE }) },
  { as, value: missing, status: 403, because: 'only its own id is within its scope' },
]

const aSet = async ({ make, unique, own: { provider } }: Walk): Promise<string> =>
  (await make('/service-pool-sets', { name: unique(), providerId: provider.id })).id
const aPool = async (walk: Walk): Promise<string> => {
  const { make, unique } = walk
  const pool = { name: unique(), type: unique(), propertyType: 'string', generatorType: 'list' }
  return (await make('/service-pools', { ...pool, servicePoolSetId: await aSet(walk) })).id
}
const aConfigPool = async ({ make, unique, own: { provider } }: Walk): Promise<string> => {
  const pool = { name: unique(), type: unique(), propertyType: 'string', generatorType: 'list' }
  return (await make('/config-pools', { ...pool, participantId: provider.id })).id
}
/** A service of the same provider that another of its agents runs. */
const ofSibling = async ({ own: { make, own: federation, unique, callers } }: Stock): Promise<string> => {
  const { body: sibling } = await callers.sibling.get('/agents/me')
  const { groupId, serviceTypeId } = federation
  return (await make('/services', { name: unique(), groupId, serviceTypeId, agentId: sibling.id })).id
}

/** A service whose type declares an export. */
const aPortableService = async (walk: Walk): Promise<string> => {
  await portabilityCases['portability.get']?.call(walk)
  return walk.own.order()
}

const POOL_SET_OF_ANOTHER = '400: a pool set belongs to the provider of the agent'

const poolSet = (status: number, missingStatus: 400 | 404): IdCase => ({
  own: own(P, (stock) => aSet(stock.own), status),
  foreign: { as: P, value: (stock) => aSet(stock.other), status: 400, because: POOL_SET_OF_ANOTHER },
  missing: { as: P, value: missing, status: missingStatus, ...(missingStatus === 400 && { because: REFERENCE }) },
  malformed: malformed(P),
})

const serviceTypes = (status: number): IdCase => ({
  own: own(ADMIN, (stock) => stock.own.own.serviceTypeId, status),
  foreign: NOBODYS,
  missing: {
    as: ADMIN,
    value: missing,
    status: 400,
    because: 'difference: agent type with an unknown service type id',
  },
  malformed: malformed(ADMIN),
})

const participant: IdCase = {
  own: own(P, (stock) => stock.own.own.provider.id),
  foreign: foreign(P, (stock) => stock.other.own.provider.id),
  missing: missingOf(P, 404),
  malformed: malformed(P),
}
const participantInvalid: IdCase = { ...participant, missing: missingOf(P, 400) }

const measuredService: IdCase = {
  own: own(A, (stock) => stock.own.own.order()),
  foreign: [foreign(A, (stock) => stock.other.own.order()), foreign(A, ofSibling)],
  missing: { as: A, value: missing, status: 404 },
  malformed: malformed(A),
}
const instance: IdCase = {
  own: own(A, (stock) => stock.references.own.instanceId),
  foreign: {
    as: A,
    value: async ({ other: { own: federation, unique } }) => {
      const [serviceId, agentInstanceId] = [await federation.order({}, await federation.group()), unique()]
      await federation.complete(serviceId, { agentInstanceId })
      return agentInstanceId
    },
    status: 404,
    because: 'looked up among the services of the caller',
  },
  missing: { as: A, value: missing, status: 404 },
  malformed: { not: 'any text may be one' },
}
const ignored: IdCase = {
  own: own(A, (stock) => stock.own.own.provider.id),
  foreign: { as: A, value: (stock) => stock.other.own.provider.id, status: 201, because: 'read past (API 2.12)' },
  missing: { as: A, value: missing, status: 201, because: 'read past (API 2.12)' },
  malformed: malformed(A),
}
const userOf = (kind: 'provider' | 'agent', status: number): IdCase => ({
  own: own(ADMIN, (stock) => stock.own.own[kind].id, status),
  foreign: { not: 'admins alone may, and see everything' },
  missing: { as: ADMIN, value: missing, status: 400, because: REFERENCE },
  malformed: malformed(ADMIN),
})

/** Properties whose validators look something up: a service of the same consumer, an option of the agent's provider. */
const properties = (as: CallerName, member: 'ref' | 'told', status: number): IdCase => {
  const said = 'violations of properties are 400'
  const probe = (value: (references: References) => unknown, from: 'own' | 'other'): Probe => ({
    as,
    value: async (stock) => ({ [member]: await value(stock.references[from]) }),
    status: from === 'own' ? status : 400,
    ...(from === 'other' && { because: said }),
  })
  const plan = (from: 'own' | 'other'): Probe => ({
    as,
    value: (stock) => ({ plan: stock.references[from].optionValue }),
    status: from === 'own' ? status : 400,
    ...(from === 'other' && { because: said }),
  })
  const options = member === 'ref'
  return {
    own: [probe(({ serviceId }) => serviceId, 'own'), ...(options ? [plan('own')] : [])],
    foreign: [probe(({ serviceId }) => serviceId, 'other'), ...(options ? [plan('other')] : [])],
    missing: { as, value: () => ({ [member]: missing() }), status: 400, because: said },
    malformed: { as, value: () => ({ [member]: 'no-id' }), status: 400 },
  }
}

/** A consumer asks about itself. */
const exposedConsumer: IdCase = {
  own: own(C, (stock) => stock.own.own.consumer.id, 200),
  foreign: foreign(C, (stock) => stock.other.own.consumer.id),
  missing: missingOf(ADMIN, 404).slice(0, 1),
  malformed: malformed(C),
}
const anyProvider: IdCase = {
  own: own(C, (stock) => stock.own.own.provider.id, 200),
  foreign: {
    as: C,
    value: (stock) => stock.other.own.provider.id,
    status: 200,
    because: 'offers show who provides; only services of the caller are looked at',
  },
  missing: { as: C, value: missing, status: 404 },
  malformed: malformed(C),
}

/** Properties that are only judged: what is wrong with them is told of each candidate, and nothing is ordered. */
const toldOnly = (as: CallerName, because = 'an obstacle of a dry run, and no refusal'): IdCase => {
  const probe = (value: Probe['value']): Probe => ({ as, value, status: 201, because })
  return {
    own: probe((stock) => ({ ref: stock.references.own.serviceId })),
    foreign: probe((stock) => ({ ref: stock.references.other.serviceId })),
    missing: probe(() => ({ ref: missing() })),
    malformed: probe(() => ({ ref: 'no-id' })),
  }
}

/** What stands in the step's failure then, by the same checks as in an order. */
const WHEN_ORDERED = 'looked at when the target is ordered'

/** The service type of an offering, behind its agent. */
const offered = (as: CallerName, status: number): IdCase => ({
  own: own(as, (stock) => stock.own.own.serviceTypeId, status),
  foreign: {
    as,
    value: (stock) => stock.other.own.serviceTypeId,
    status: 404,
    because: 'types belong to nobody; this one is not offered by the agent',
  },
  missing: { as, value: missing, status: 404 },
  malformed: malformed(as),
})

/** Subjects of facts: a participant, with an agent, with a service type at it. */
const ofParticipant: IdCase = { ...participant, missing: missingOf(P, 400) }
const NOT_OF_IT = '400: it does not belong to the participant'
const ofAgent: IdCase = {
  own: own(P, async ({ own: { make, own: federation, unique } }) => {
    const { agentTypeId, provider } = federation
    return (await make('/agents', { name: unique(), providerId: provider.id, agentTypeId })).id
  }),
  foreign: { as: P, value: (stock) => stock.other.own.agent.id, status: 400, because: NOT_OF_IT },
  missing: { as: P, value: missing, status: 400, because: REFERENCE },
  malformed: malformed(P),
}
const ofOffering: IdCase = {
  own: own(P, (stock) => stock.own.own.serviceTypeId),
  foreign: {
    as: P,
    value: (stock) => stock.other.own.serviceTypeId,
    status: 400,
    because: 'types belong to nobody; this one is not offered by the agent',
  },
  missing: { as: P, value: missing, status: 400, because: REFERENCE },
  malformed: malformed(P),
}
const aPolicy = async ({ make, unique, own: { consumer } }: Walk): Promise<string> => {
  const place = { id: 'place', type: 'location.within' }
  const policy = { mode: 'audit', trustedZone: { groups: ['EEA'] }, onUnknown: 'deny', minAssurance: 'none' }
  const scope = { kind: 'consumer', id: consumer.id }
  return (await make('/sovereignty-policies', { ...policy, name: unique(), scope, constraints: [place] })).id
}
/** Constraints name participants: any that there is may be allowed and denied. */
const constraints = (status: number): IdCase => {
  const denied = (id: string) => ({ id: 'denied', type: 'participant.deny', params: { ids: [id] } })
  const because = 'any provider may be denied'
  return {
    own: own(C, (stock) => denied(stock.own.own.provider.id), status),
    foreign: { as: C, value: (stock) => denied(stock.other.own.provider.id), status, because },
    missing: { as: C, value: () => denied(missing()), status: 400, because: REFERENCE },
    malformed: { as: C, value: () => denied('no-id'), status: 400 },
  }
}

/** By operation and member. */
export const ID_CASES: Readonly<Record<string, IdCase>> = {
  'tokens.create body.scopeId': {
    own: own(P, (stock) => stock.own.own.provider.id),
    foreign: foreign(P, (stock) => stock.other.own.provider.id),
    missing: { as: P, value: missing, status: 400, because: 'API 2.2: unknown participant: 400' },
    malformed: malformed(P),
  },
  'tokens.create body.scopeId of an agent': {
    own: own(P, (stock) => stock.own.own.agent.id),
    foreign: foreign(P, (stock) => stock.other.own.agent.id),
    missing: {
      as: P,
      value: missing,
      status: 400,
      because: 'difference: token create: missing scopeId, unknown role, unknown agent',
    },
    malformed: malformed(P),
  },
  'agentTypes.create body.serviceTypeIds[]': serviceTypes(201),
  'agentTypes.update body.serviceTypeIds[]': serviceTypes(200),
  'agents.create body.providerId': participantInvalid,
  'agents.create body.agentTypeId': {
    own: own(P, (stock) => stock.own.own.agentTypeId),
    foreign: NOBODYS,
    missing: { as: P, value: missing, status: 400, because: REFERENCE },
    malformed: malformed(P),
  },
  'agents.create body.servicePoolSetId': poolSet(201, 400),
  'agents.update body.servicePoolSetId': poolSet(200, 404),
  'configPools.create body.participantId': participantInvalid,
  'configPoolValues.create body.configPoolId': {
    own: own(P, (stock) => aConfigPool(stock.own)),
    foreign: foreign(P, (stock) => aConfigPool(stock.other)),
    missing: { as: P, value: missing, status: 404 },
    malformed: malformed(P),
  },
  'services.create body.groupId': {
    own: own(C, (stock) => stock.own.own.group()),
    foreign: foreign(C, (stock) => stock.other.own.groupId),
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'services.create body.serviceTypeId': {
    own: own(C, (stock) => stock.own.own.serviceTypeId),
    foreign: NOBODYS,
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'services.create body.agentId': {
    own: own(C, (stock) => stock.own.own.agent.id),
    foreign: {
      as: C,
      value: (stock) => stock.other.own.agent.id,
      status: 400,
      because: 'any agent may be ordered from; this one does not offer the type',
    },
    missing: { as: C, value: missing, status: 400, because: REFERENCE },
    malformed: malformed(C),
  },
  'services.create body.properties': properties(C, 'ref', 201),
  'placements.create body.properties': toldOnly(C),
  'migrations.create body.properties': toldOnly(C, WHEN_ORDERED),
  'drills.create body.properties': toldOnly(C, WHEN_ORDERED),
  'offeringTerms.get params.serviceTypeId': offered('agent', 200),
  'offeringTerms.put params.serviceTypeId': offered(P, 200),
  'offeringTerms.delete params.serviceTypeId': offered(P, 204),
  'quotas.put body.serviceTypes[].serviceTypeId': {
    own: own(ADMIN, (stock) => stock.own.own.serviceTypeId, 200),
    foreign: NOBODYS,
    missing: { as: ADMIN, value: missing, status: 404 },
    malformed: malformed(ADMIN),
  },
  'placements.create body.groupId': {
    own: own(C, (stock) => stock.own.own.group()),
    foreign: foreign(C, (stock) => stock.other.own.groupId),
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'placements.create body.serviceTypeId': {
    own: own(C, (stock) => stock.own.own.serviceTypeId),
    foreign: NOBODYS,
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'services.update body.properties': properties(C, 'ref', 200),
  'jobs.complete body.properties': properties(A, 'told', 204),
  'jobs.complete body.agentInstanceId': {
    own: own(A, () => randomUUID(), 204),
    foreign: {
      as: A,
      value: (stock) => stock.references.other.instanceId,
      status: 204,
      because: 'difference: same agentInstanceId under two agents',
    },
    missing: { not: 'any text may be one' },
    malformed: { not: 'any text may be one' },
  },
  'serviceGroups.create body.consumerId': {
    own: own(C, (stock) => stock.own.own.consumer.id),
    foreign: foreign(C, (stock) => stock.other.own.consumer.id),
    missing: missingOf(C, 400),
    malformed: malformed(C),
  },
  'serviceOptions.create body.providerId': participant,
  'serviceOptions.create body.serviceOptionTypeId': {
    own: own(P, (stock) => stock.references.own.optionTypeId),
    foreign: NOBODYS,
    missing: { as: P, value: missing, status: 404 },
    malformed: malformed(P),
  },
  'servicePoolSets.create body.providerId': participant,
  'servicePools.create body.servicePoolSetId': {
    own: own(P, (stock) => aSet(stock.own)),
    foreign: foreign(P, (stock) => aSet(stock.other)),
    missing: { as: P, value: missing, status: 404 },
    malformed: malformed(P),
  },
  'servicePoolValues.create body.servicePoolId': {
    own: own(P, (stock) => aPool(stock.own)),
    foreign: foreign(P, (stock) => aPool(stock.other)),
    missing: { as: P, value: missing, status: 404 },
    malformed: malformed(P),
  },
  'metricEntries.create body.serviceId': measuredService,
  'metricEntries.create body.agentInstanceId': instance,
  'metricEntries.create body.metricTypeId': ignored,
  'metricEntries.create body.entityId': ignored,
  'metricEntries.createBatch body.entries[].serviceId': measuredService,
  'metricEntries.createBatch body.entries[].agentInstanceId': instance,
  'metricEntries.createBatch body.entries[].metricTypeId': ignored,
  'metricEntries.createBatch body.entries[].entityId': ignored,
  'metricEntries.aggregate params.typeId': {
    own: own(C, (stock) => stock.references.own.metricTypeId, 200),
    foreign: NOBODYS,
    missing: { as: C, value: missing, status: 200, because: 'API 2.12: out of reach is an empty series' },
    malformed: malformed(C),
  },
  'artifacts.upload query.serviceId': {
    own: own(A, (stock) => stock.own.own.order(), 200),
    foreign: [foreign(A, (stock) => stock.other.own.order()), foreign(A, ofSibling)],
    missing: { as: A, value: missing, status: 404 },
    malformed: malformed(A),
  },
  'vaultSchedules.create body.serviceId': {
    own: own(C, (stock) => aPortableService(stock.own)),
    foreign: foreign(C, (stock) => aPortableService(stock.other)),
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'vaultSchedules.create body.groupId': {
    own: own(C, (stock) => stock.own.own.group()),
    foreign: foreign(C, (stock) => stock.other.own.group()),
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'vaultSchedules.create body.consumerId': {
    own: own(C, (stock) => stock.own.own.consumer.id),
    foreign: foreign(C, (stock) => stock.other.own.consumer.id),
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'exitReports.exitPlan query.providerId': {
    own: own(C, (stock) => stock.own.own.provider.id, 200),
    foreign: {
      as: C,
      value: (stock) => stock.other.own.provider.id,
      status: 200,
      because: 'narrows the caller’s own services; at this provider it has none',
    },
    missing: { as: C, value: missing, status: 200, because: 'narrows to nothing' },
    malformed: malformed(C),
  },
  'switchings.create body.consumerId': {
    own: own(C, (stock) => stock.own.own.consumer.id),
    foreign: foreign(C, (stock) => stock.other.own.consumer.id),
    missing: missingOf(C, 400),
    malformed: malformed(C),
  },
  'switchings.create body.providerId': {
    own: own(C, (stock) => stock.own.own.provider.id),
    foreign: {
      as: C,
      value: (stock) => stock.other.own.provider.id,
      status: 400,
      because: 'any provider may be named; the services that are left are none of this one',
    },
    missing: { as: C, value: missing, status: 400, because: REFERENCE },
    malformed: malformed(C),
  },
  'switchings.create body.serviceIds[]': {
    own: own(C, (stock) => stock.own.own.order()),
    foreign: {
      as: C,
      value: (stock) => stock.other.own.order(),
      status: 400,
      because: 'none of the consumer, and refused as one that nothing has',
    },
    missing: { as: C, value: missing, status: 400, because: REFERENCE },
    malformed: malformed(C),
  },
  'switchings.create body.destinationProviderId': {
    own: own(
      C,
      async ({ own: { make, unique } }) => (await make('/participants', { name: unique(), status: 'Enabled' })).id,
    ),
    foreign: NOBODYS,
    missing: { as: C, value: missing, status: 400, because: REFERENCE },
    malformed: malformed(C),
  },
  'migrations.create body.serviceId': {
    own: own(C, (stock) => movable(stock.own)),
    foreign: foreign(C, (stock) => movable(stock.other)),
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'migrations.create body.agentId': {
    own: own(C, async (stock) => (await anotherPlace(stock.own)).agentId),
    foreign: { not: 'any agent that offers the type may be named' },
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'drills.create body.serviceIds[]': {
    own: own(C, (stock) => movable(stock.own)),
    foreign: foreign(C, (stock) => movable(stock.other)),
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'drills.create body.groupId': {
    own: own(C, (stock) => stock.own.own.groupId),
    foreign: foreign(C, (stock) => stock.other.own.groupId),
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'drills.create body.providerId': {
    own: {
      as: C,
      value: (stock) => stock.own.own.provider.id,
      status: 400,
      because: 'the test has ordered more there by now than is drilled at once',
    },
    foreign: { not: 'any provider may be named: only services of the caller are drilled' },
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'drills.create body.agentId': {
    own: own(C, async (stock) => (await anotherPlace(stock.own)).agentId),
    foreign: { not: 'any agent that offers the type may be named' },
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'evacuations.plan body.serviceIds[]': {
    own: own(C, (stock) => movable(stock.own), 200),
    foreign: foreign(C, (stock) => movable(stock.other)),
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'evacuations.plan body.groupId': {
    own: own(C, (stock) => groupOfMovable(stock.own), 200),
    foreign: foreign(C, (stock) => stock.other.own.groupId),
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'evacuations.plan body.providerId': {
    own: own(C, (stock) => stock.own.own.provider.id, 200),
    foreign: { not: 'any provider may be named: only services of the caller leave' },
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'evacuations.plan body.consumerId': {
    own: own(C, (stock) => stock.own.own.consumer.id, 200),
    foreign: foreign(C, (stock) => stock.other.own.consumer.id),
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'evacuations.plan body.scenario.providerIds[]': {
    own: own(C, (stock) => stock.own.own.provider.id, 200),
    foreign: { not: 'any provider may be named: only services of the caller leave' },
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'evacuations.plan body.targetAgentIds[]': {
    own: own(C, async (stock) => (await anotherPlace(stock.own)).agentId, 200),
    foreign: { not: 'any agent may be named' },
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'evacuations.create body.serviceIds[]': {
    own: own(C, (stock) => movable(stock.own)),
    foreign: foreign(C, (stock) => movable(stock.other)),
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'evacuations.create body.groupId': {
    own: {
      as: C,
      value: (stock) => groupOfMovable(stock.own),
      status: 400,
      because: 'the named service is in another group: nothing leaves',
    },
    foreign: foreign(C, (stock) => stock.other.own.groupId),
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'evacuations.create body.providerId': {
    own: own(C, (stock) => stock.own.own.provider.id),
    foreign: { not: 'any provider may be named: only services of the caller leave' },
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'evacuations.create body.consumerId': {
    own: own(C, (stock) => stock.own.own.consumer.id),
    foreign: foreign(C, (stock) => stock.other.own.consumer.id),
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'evacuations.create body.scenario.providerIds[]': {
    own: own(C, (stock) => stock.own.own.provider.id),
    foreign: { not: 'any provider may be named: only services of the caller leave' },
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'evacuations.create body.targetAgentIds[]': {
    own: own(C, async (stock) => (await anotherPlace(stock.own)).agentId),
    foreign: { not: 'any agent may be named' },
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'audit.erase body.id': {
    own: own(ADMIN, (stock) => stock.own.own.group()),
    foreign: { not: 'admins alone may, and see everything' },
    missing: { as: ADMIN, value: missing, status: 404 },
    malformed: malformed(ADMIN),
  },
  'exposures.calculate body.consumerId': exposedConsumer,
  'exposures.calculate body.groupId': {
    own: own(C, (stock) => stock.own.own.groupId, 200),
    foreign: foreign(C, (stock) => stock.other.own.groupId),
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'exposures.calculate body.serviceTypeId': {
    own: own(C, (stock) => stock.own.own.serviceTypeId, 200),
    foreign: NOBODYS,
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'exposures.calculate body.providerId': anyProvider,
  'exposures.calculate body.scenario.providers[]': anyProvider,
  'exposures.concentration query.consumerId': exposedConsumer,
  'exposures.concentration query.groupId': {
    own: own(C, (stock) => stock.own.own.groupId, 200),
    foreign: foreign(C, (stock) => stock.other.own.groupId),
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'sovereigntyProfiles.create body.participantId': ofParticipant,
  'sovereigntyProfiles.create body.agentId': ofAgent,
  'sovereigntyProfiles.create body.serviceTypeId': ofOffering,
  'sovereigntyProfiles.effective query.agentId': {
    own: own(C, (stock) => stock.own.own.agent.id, 200),
    foreign: {
      as: C,
      value: (stock) => stock.other.own.agent.id,
      status: 404,
      because: 'any offering may be read; this agent does not offer the type',
    },
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'sovereigntyProfiles.effective query.serviceTypeId': offered(C, 200),
  'sovereigntyEvidences.create body.participantId': ofParticipant,
  'sovereigntyEvidences.create body.agentId': ofAgent,
  'sovereigntyEvidences.create body.serviceTypeId': ofOffering,
  'sovereigntyPolicies.create body.scope.id': {
    own: own(C, (stock) => stock.own.own.consumer.id),
    foreign: foreign(C, (stock) => stock.other.own.consumer.id),
    missing: missingOf(C, 400),
    malformed: malformed(C),
  },
  'sovereigntyPolicies.create body.constraints[]': constraints(201),
  'sovereigntyPolicies.update body.constraints[]': constraints(200),
  'sovereigntyWaivers.create body.policyId': {
    own: own(C, (stock) => aPolicy(stock.own)),
    foreign: foreign(C, (stock) => aPolicy(stock.other)),
    missing: { as: C, value: missing, status: 404 },
    malformed: malformed(C),
  },
  'sovereigntyWaivers.create body.subjectId': {
    own: own(C, (stock) => stock.own.own.provider.id),
    foreign: {
      as: C,
      value: (stock) => stock.other.own.provider.id,
      status: 201,
      because: 'an exception may be made for any provider',
    },
    missing: { as: C, value: missing, status: 400, because: REFERENCE },
    malformed: malformed(C),
  },
  'credentials.create body.participantId': participantInvalid,
  'credentials.create body.agentId': {
    own: own(P, (stock) => stock.own.own.agent.id),
    foreign: {
      as: P,
      value: (stock) => stock.other.own.agent.id,
      status: 400,
      because: 'an agent of the participant, or none that it has',
    },
    missing: { as: P, value: missing, status: 400, because: REFERENCE },
    malformed: malformed(P),
  },
  'credentials.create body.serviceTypeId': {
    own: own(P, (stock) => stock.own.own.serviceTypeId),
    foreign: {
      as: P,
      value: (stock) => stock.other.own.serviceTypeId,
      status: 400,
      because: 'the agent does not offer it',
    },
    missing: { as: P, value: missing, status: 400, because: REFERENCE },
    malformed: malformed(P),
  },
  'keycloakUsers.create body.participantId': userOf('provider', 201),
  'keycloakUsers.create body.agentId': userOf('agent', 201),
  'keycloakUsers.update body.participantId': userOf('provider', 200),
  'keycloakUsers.update body.agentId': userOf('agent', 200),
}

/** Members that look like ids or may hold them, and why no object is meant. */
export const NO_IDS: Readonly<Record<string, string>> = {
  'policy.scope.id': 'as sovereigntyPolicies.create, by the same functions; its test has them',
  'policy.constraints[]': 'as sovereigntyPolicies.create, by the same functions; its test has them',
  'preferences[].params': 'countries',
  facts: 'a document: what it refers to is not looked up',
  'issuer.did': 'a name that the issuer has elsewhere',
  constraintId: 'a word of the policy, looked up in it',
  'requirements.constraints[]': 'judged by rules; participants in it are compared and not looked up',
  'customerKey.reference': 'a name that the customer gives to a key of its own; nothing is looked up by it',
  latencyMs: 'numbers by regions',
  'configurationSchema.properties.*': 'names kinds by their type; written by admins alone',
  'configurationSchema.validators[].config': 'names properties; written by admins alone',
  'propertySchema.properties.*': 'names kinds by their type; written by admins alone',
  'propertySchema.validators[].config': 'names properties; written by admins alone',
  'body.configuration':
    'nothing in it is looked up; a reference to a secret of others opens nothing, see the test of its own',
  'body.generatorConfig': 'a block of addresses',
  'body.value': 'kept as it is',
  'body.agentInstanceData': 'kept as it is',
  'body.result': 'kept as it is; what a migration reads in it is compared with what was asked for',
  resourceId: 'a word of the agent for something inside its service',
  subscriberId: 'a name that a consumer of events gives itself; admins alone',
  instanceId: 'a name that a consumer of events gives itself; admins alone',
}
