/** Cases of the walk: participants, tokens, and everything that providers and admins set up before somebody orders. */
import { LIFECYCLE, PROPERTY_SCHEMA } from './federation.ts'
import type { Cases, OperationCase, Walk } from './walk.ts'

type Refusals = NonNullable<OperationCase['refusals']>

const SCHEMA = { properties: { url: { type: 'string' } } }
const EMPTY_NAME = { name: '' }

/** The refusal that every entity with a name shares. */
const noName = (call: OperationCase['call']): Refusals => ({
  'an empty name': {
    call: async (walk) => {
      const parts = await call(walk)
      return { ...parts, body: { ...(parts.body as object), ...EMPTY_NAME } } // cases give objects
    },
    status: 400,
  },
})

const named = (test: Omit<OperationCase, 'refusals'>, more: Refusals = {}): OperationCase => ({
  ...test,
  refusals: { ...noName(test.call), ...more },
})

const aParticipant = ({ make, unique }: Walk) => make('/participants', { name: unique(), status: 'Enabled' })
const aToken = ({ make, unique, own }: Walk) =>
  make('/tokens', { name: unique(), role: 'participant', scopeId: own.provider.id })
const anAgentType = ({ make, unique }: Walk) => make('/agent-types', { name: unique(), configurationSchema: SCHEMA })
const agentBody = ({ own, unique }: Walk) => ({
  name: unique(),
  providerId: own.provider.id,
  agentTypeId: own.agentTypeId,
})
const serviceTypeBody = ({ unique }: Walk) => ({
  name: unique(),
  propertySchema: PROPERTY_SCHEMA,
  lifecycleSchema: LIFECYCLE,
})
const optionTypeBody = ({ unique }: Walk) => ({ name: unique(), type: unique() })
const anOptionType = (walk: Walk) => walk.make('/service-option-types', optionTypeBody(walk))
const optionBody = async (walk: Walk) => ({
  providerId: walk.own.provider.id,
  serviceOptionTypeId: (await anOptionType(walk)).id,
  name: walk.unique(),
  value: { cpus: 2 },
})
const anOption = async (walk: Walk) => walk.make('/service-options', await optionBody(walk))
const metricTypeBody = ({ unique }: Walk) => ({ name: unique(), entityType: 'Service' })
const aMetricType = (walk: Walk) => walk.make('/metric-types', metricTypeBody(walk))
const afterMaking = (make: (walk: Walk) => Promise<unknown>) => async (walk: Walk) => {
  await make(walk)
  return {}
}

const idOf = (make: (walk: Walk) => Promise<{ id: string }>) => async (walk: Walk) => ({
  params: { id: (await make(walk)).id },
})
const rename = (make: (walk: Walk) => Promise<{ id: string }>) => async (walk: Walk) => ({
  params: { id: (await make(walk)).id },
  body: { name: walk.unique() },
})
const inUse = (id: (walk: Walk) => string | Promise<string>): Refusals => ({
  'something that is in use': { call: async (walk) => ({ params: { id: await id(walk) } }), status: 409 },
})

const P = 'provider' as const
const notP = ['otherProvider', 'consumer'] as const
const participantItself = ({ own }: Walk) => ({ params: { id: own.provider.id } })

export const offerCases: Cases = {
  'participants.list': { as: P, call: () => ({}), foreign: notP },
  'participants.create': named({
    as: 'admin',
    call: ({ unique }) => ({ body: { name: unique(), status: 'Enabled' } }),
  }),
  'participants.get': { as: P, call: participantItself, foreign: notP },
  'participants.update': named({
    as: P,
    call: (walk) => ({ ...participantItself(walk), body: { name: walk.unique() } }),
    foreign: notP,
  }),
  'participants.delete': { as: 'admin', call: idOf(aParticipant), refusals: inUse(({ own }) => own.provider.id) },

  'tokens.list': { as: P, call: () => ({}), foreign: notP },
  'tokens.create': named({
    as: P,
    call: ({ unique, own }) => ({ body: { name: unique(), role: 'participant', scopeId: own.provider.id } }),
    foreign: notP,
  }),
  'tokens.get': { as: P, call: idOf(aToken), foreign: notP },
  'tokens.update': named({ as: P, call: rename(aToken), foreign: notP }),
  'tokens.regenerate': { as: P, call: idOf(aToken), foreign: notP },
  'tokens.delete': { as: P, call: idOf(aToken), foreign: notP },

  'agentTypes.list': { as: 'consumer', call: () => ({}) },
  'agentTypes.create': named({
    as: 'admin',
    call: ({ unique }) => ({ body: { name: unique(), configurationSchema: SCHEMA } }),
  }),
  'agentTypes.get': { as: 'agent', call: idOf(anAgentType) },
  'agentTypes.update': named({ as: 'admin', call: rename(anAgentType) }),
  'agentTypes.delete': { as: 'admin', call: idOf(anAgentType), refusals: inUse(({ own }) => own.agentTypeId) },

  'agents.list': { as: P, call: () => ({}), foreign: ['otherProvider', 'otherAgent', 'consumer'] },
  'agents.create': named({ as: P, call: (walk) => ({ body: agentBody(walk) }), foreign: notP }),
  'agents.get': {
    as: P,
    call: idOf((walk) => walk.make('/agents', agentBody(walk))),
    foreign: ['otherProvider', 'otherAgent', 'consumer'],
  },
  'agents.update': named({
    as: P,
    call: rename((walk) => walk.make('/agents', agentBody(walk))),
    foreign: notP,
  }),
  'agents.delete': {
    as: P,
    call: idOf((walk) => walk.make('/agents', agentBody(walk))),
    foreign: notP,
    refusals: inUse(async ({ own }) => {
      await own.order()
      return own.agent.id
    }),
  },
  'agents.me': { as: 'agent', call: () => ({}) },
  'agents.meStatus': {
    as: 'agent',
    call: () => ({ body: { status: 'Connected' } }),
    refusals: { 'an unknown status': { call: () => ({ body: { status: 'Fine' } }), status: 400 } },
  },

  'serviceTypes.list': { as: 'consumer', call: () => ({}) },
  'serviceTypes.create': named({ as: 'admin', call: (walk) => ({ body: serviceTypeBody(walk) }) }),
  'serviceTypes.get': { as: 'agent', call: ({ own }) => ({ params: { id: own.serviceTypeId } }) },
  'serviceTypes.update': named({
    as: 'admin',
    call: rename((walk) => walk.make('/service-types', serviceTypeBody(walk))),
  }),
  'serviceTypes.delete': {
    as: 'admin',
    call: idOf((walk) => walk.make('/service-types', serviceTypeBody(walk))),
    refusals: inUse(async ({ own }) => {
      await own.order()
      return own.serviceTypeId
    }),
  },
  'serviceTypes.offers': { as: 'consumer', call: ({ own }) => ({ params: { id: own.serviceTypeId } }) },

  'serviceOptionTypes.list': { as: 'agent', call: afterMaking(anOptionType) },
  'serviceOptionTypes.create': named({ as: 'admin', call: (walk) => ({ body: optionTypeBody(walk) }) }),
  'serviceOptionTypes.get': { as: 'consumer', call: idOf(anOptionType) },
  'serviceOptionTypes.update': named({ as: 'admin', call: rename(anOptionType) }),
  'serviceOptionTypes.delete': {
    as: 'admin',
    call: idOf(anOptionType),
    refusals: inUse(async (walk) => (await anOption(walk)).serviceOptionTypeId),
  },
  'serviceOptions.list': {
    as: 'agent',
    call: afterMaking(anOption),
    foreign: [...notP, 'otherAgent'],
  },
  'serviceOptions.create': named({
    as: P,
    call: async (walk) => ({ body: await optionBody(walk) }),
    foreign: [...notP, 'otherAgent'],
  }),
  'serviceOptions.get': { as: 'agent', call: idOf(anOption), foreign: [...notP, 'otherAgent'] },
  'serviceOptions.update': named({ as: P, call: rename(anOption), foreign: [...notP, 'otherAgent'] }),
  'serviceOptions.delete': { as: P, call: idOf(anOption), foreign: [...notP, 'otherAgent'] },

  'metricTypes.list': {
    as: 'agent',
    call: afterMaking(aMetricType),
  },
  'metricTypes.create': named({ as: 'admin', call: (walk) => ({ body: metricTypeBody(walk) }) }),
  'metricTypes.get': { as: 'consumer', call: idOf(aMetricType) },
  'metricTypes.update': named({
    as: 'admin',
    call: rename(aMetricType),
  }),
  'metricTypes.delete': { as: 'admin', call: idOf(aMetricType) },
}
