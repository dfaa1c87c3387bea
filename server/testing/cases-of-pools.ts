/** Cases of the walk: pools of services and of configurations, and their values. */
import type { Cases, Walk } from './walk.ts'

const P = 'provider' as const
const notP = ['otherProvider', 'consumer'] as const
const notPNorAgent = [...notP, 'otherAgent'] as const
const NO_NAME = { name: '' }
const VALUE = { name: 'value', value: 'eu-1' }

type Made = { id: string }

const setBody = ({ unique, own }: Walk) => ({ name: unique(), providerId: own.provider.id })
const aSet = (walk: Walk): Promise<Made> => walk.make('/service-pool-sets', setBody(walk))
const poolBody = ({ unique }: Walk) => ({
  name: unique(),
  type: unique(),
  propertyType: 'string',
  generatorType: 'list',
})
const servicePoolBody = async (walk: Walk) => ({ ...poolBody(walk), servicePoolSetId: (await aSet(walk)).id })
const aServicePool = async (walk: Walk): Promise<Made & { servicePoolSetId: string }> =>
  walk.make('/service-pools', await servicePoolBody(walk))
const serviceValueBody = async (walk: Walk) => ({ ...VALUE, servicePoolId: (await aServicePool(walk)).id })
const aServiceValue = async (walk: Walk): Promise<Made & { servicePoolId: string }> =>
  walk.make('/service-pool-values', await serviceValueBody(walk))
const configPoolBody = (walk: Walk) => ({ ...poolBody(walk), participantId: walk.own.provider.id })
const aConfigPool = (walk: Walk): Promise<Made> => walk.make('/config-pools', configPoolBody(walk))
const configValueBody = async (walk: Walk) => ({ ...VALUE, configPoolId: (await aConfigPool(walk)).id })
const aConfigValue = async (walk: Walk): Promise<Made & { configPoolId: string }> =>
  walk.make('/config-pool-values', await configValueBody(walk))

const idOf = (make: (walk: Walk) => Promise<Made>) => async (walk: Walk) => ({ params: { id: (await make(walk)).id } })
const patch = (make: (walk: Walk) => Promise<Made>, body: object) => async (walk: Walk) => ({
  ...(await idOf(make)(walk)),
  body,
})
const afterMaking = (make: (walk: Walk) => Promise<Made>) => async (walk: Walk) => {
  await make(walk)
  return {}
}
const emptyName = (body: (walk: Walk) => object | Promise<object>) => ({
  'an empty name': { call: async (walk: Walk) => ({ body: { ...(await body(walk)), ...NO_NAME } }), status: 400 },
})
const emptyNewName = (make: (walk: Walk) => Promise<Made>) => ({
  'an empty name': { call: patch(make, NO_NAME), status: 400 },
})
const stillHolds = (id: (walk: Walk) => Promise<string>) => ({
  'one that something is in': { call: async (walk: Walk) => ({ params: { id: await id(walk) } }), status: 409 },
})

export const poolCases: Cases = {
  'servicePoolSets.list': { as: P, call: afterMaking(aSet), foreign: notP },
  'servicePoolSets.create': {
    as: P,
    call: (walk) => ({ body: setBody(walk) }),
    foreign: notP,
    refusals: emptyName(setBody),
  },
  'servicePoolSets.get': { as: P, call: idOf(aSet), foreign: notP },
  'servicePoolSets.update': { as: P, call: patch(aSet, { name: 'new' }), foreign: notP, refusals: emptyNewName(aSet) },
  'servicePoolSets.delete': {
    as: P,
    call: idOf(aSet),
    foreign: notP,
    refusals: stillHolds(async (walk) => (await aServicePool(walk)).servicePoolSetId),
  },

  'servicePools.list': { as: 'agent', call: afterMaking(aServicePool), foreign: notPNorAgent },
  'servicePools.create': {
    as: P,
    call: async (walk) => ({ body: await servicePoolBody(walk) }),
    foreign: notP,
    refusals: emptyName(servicePoolBody),
  },
  'servicePools.get': { as: 'agent', call: idOf(aServicePool), foreign: notPNorAgent },
  'servicePools.update': {
    as: P,
    call: patch(aServicePool, { name: 'new' }),
    foreign: notP,
    refusals: emptyNewName(aServicePool),
  },
  'servicePools.delete': {
    as: P,
    call: idOf(aServicePool),
    foreign: notP,
    refusals: stillHolds(async (walk) => (await aServiceValue(walk)).servicePoolId),
  },

  'servicePoolValues.list': { as: 'agent', call: afterMaking(aServiceValue), foreign: notPNorAgent },
  'servicePoolValues.create': {
    as: P,
    call: async (walk) => ({ body: await serviceValueBody(walk) }),
    foreign: notP,
    refusals: emptyName(serviceValueBody),
  },
  'servicePoolValues.get': { as: 'agent', call: idOf(aServiceValue), foreign: notPNorAgent },
  'servicePoolValues.delete': { as: P, call: idOf(aServiceValue), foreign: notP },

  'configPools.list': { as: P, call: afterMaking(aConfigPool), foreign: notP },
  'configPools.create': {
    as: P,
    call: (walk) => ({ body: configPoolBody(walk) }),
    foreign: notP,
    refusals: {
      ...emptyName(configPoolBody),
      'a global pool of a participant': { call: (walk) => ({ body: poolBody(walk) }), status: 403 },
    },
  },
  'configPools.get': { as: P, call: idOf(aConfigPool), foreign: notP },
  'configPools.update': {
    as: P,
    call: patch(aConfigPool, { name: 'new' }),
    foreign: notP,
    refusals: emptyNewName(aConfigPool),
  },
  'configPools.delete': {
    as: P,
    call: idOf(aConfigPool),
    foreign: notP,
    refusals: stillHolds(async (walk) => (await aConfigValue(walk)).configPoolId),
  },

  'configPoolValues.list': { as: P, call: afterMaking(aConfigValue), foreign: notP },
  'configPoolValues.create': {
    as: P,
    call: async (walk) => ({ body: await configValueBody(walk) }),
    foreign: notP,
    refusals: emptyName(configValueBody),
  },
  'configPoolValues.get': { as: P, call: idOf(aConfigValue), foreign: notP },
  'configPoolValues.delete': { as: P, call: idOf(aConfigValue), foreign: notP },
}
