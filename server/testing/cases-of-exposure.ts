/** Cases of the walk: what consumers say of their services, and what events would do to them. */
import { randomUUID } from 'node:crypto'
import type { Cases, Walk } from './walk.ts'

const C = 'consumer' as const
const notC = ['otherConsumer', 'provider'] as const

const CLASSIFICATION = { criticality: 'critical', monthlySpend: { amount: 1_200, currency: 'EUR' } }

const SCENARIO = { type: 'cut-off', jurisdictions: ['US'], graceHours: 2 }

const aService = async ({ own }: Walk) => ({ params: { id: await own.order() } })
const aClassifiedService = async (walk: Walk) => {
  const parts = await aService(walk)
  await walk.callers.admin.put(`/services/${parts.params.id}/classification`, CLASSIFICATION)
  return parts
}

export const exposureCases: Cases = {
  'serviceClassifications.list': {
    as: C,
    call: async (walk) => {
      await aClassifiedService(walk)
      return {}
    },
    foreign: notC,
  },
  'serviceClassifications.get': { as: C, call: aClassifiedService, foreign: notC },
  'serviceClassifications.put': {
    as: C,
    call: async (walk) => ({ ...(await aService(walk)), body: CLASSIFICATION }),
    foreign: notC,
    refusals: {
      'a negative amount': {
        call: async (walk) => ({
          ...(await aService(walk)),
          body: { monthlySpend: { amount: -1, currency: 'EUR' } },
        }),
        status: 400,
      },
    },
  },
  'exposures.calculate': {
    as: C,
    call: async ({ own }) => {
      await own.order()
      return { body: { scenario: SCENARIO, groupId: own.groupId } }
    },
    foreign: notC,
    refusals: {
      'a scenario without a power': { call: () => ({ body: { scenario: { type: 'cut-off' } } }), status: 400 },
      'a provider that there is not': {
        call: () => ({ body: { scenario: SCENARIO, providerId: randomUUID() } }),
        status: 404,
      },
    },
  },
  'exposures.concentration': {
    as: C,
    call: async ({ own }) => {
      await own.order()
      return { query: { consumerId: own.consumer.id } }
    },
    foreign: notC,
    refusals: {
      'what is no id': { call: () => ({ query: { groupId: 'mine' } }), status: 400 },
    },
  },
}
