/** Cases of the walk: what consumers say of their services, and what events would do to them. */
import type { Cases, Walk } from './walk.ts'

const C = 'consumer' as const
const notC = ['otherConsumer', 'provider'] as const

const CLASSIFICATION = { criticality: 'critical', monthlySpend: { amount: 1_200, currency: 'EUR' } }

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
}
