/** Cases of the walk: leaving a provider. */
import type { Cases, Walk } from './walk.ts'

const C = 'consumer' as const

/** The body of a switching of one new service. */
export async function switchingBody({ own, make, unique }: Walk) {
  return {
    consumerId: own.consumer.id,
    providerId: own.provider.id,
    serviceIds: [await own.order({}, await own.group())],
    destination: 'provider',
    destinationProviderId: (await make('/participants', { name: unique(), status: 'Enabled' })).id,
  }
}

const aSwitching = async (walk: Walk) => walk.make('/switchings', await switchingBody(walk))
const params = async (walk: Walk) => ({ params: { id: (await aSwitching(walk)).id } })
const foreign = ['otherProvider', 'otherConsumer'] as const
const incident = { kind: 'incident', text: 'the export was late' }

const consumerItself = ({ own }: Walk) => ({ params: { id: own.consumer.id } })

export const exitCases: Cases = {
  'exitReports.jurisdiction': { as: C, call: ({ own }) => ({ params: { id: own.provider.id } }) },
  'exitReports.exitPlan': { as: C, call: consumerItself, foreign: ['provider', ...foreign] },
  'exitReports.register': { as: C, call: consumerItself, foreign: ['provider', ...foreign] },
  'switchings.list': {
    as: C,
    call: async (walk) => {
      await aSwitching(walk)
      return {}
    },
    foreign,
  },
  'switchings.create': {
    as: C,
    call: async (walk) => ({ body: await switchingBody(walk) }),
    foreign: ['provider', ...foreign],
    refusals: {
      'a service that is being left already': {
        call: async (walk) => {
          const body = await switchingBody(walk)
          await walk.make('/switchings', body)
          return { body }
        },
        status: 409,
      },
      'a day in the past': {
        call: async (walk) => ({ body: { ...(await switchingBody(walk)), requestedOn: '2024-01-01' } }),
        status: 400,
      },
    },
  },
  'switchings.get': { as: C, call: params, foreign },
  'switchings.record': {
    as: C,
    call: async (walk) => ({ ...(await params(walk)), body: incident }),
    foreign,
    refusals: {
      'an entry of the other side': {
        call: async (walk) => ({ ...(await params(walk)), body: { kind: 'erasure', proofSha256: '0'.repeat(64) } }),
        status: 403,
      },
      'an incident without a word about it': {
        call: async (walk) => ({ ...(await params(walk)), body: { kind: 'incident' } }),
        status: 400,
      },
      'a settlement without a dispute': {
        call: async (walk) => ({ ...(await params(walk)), body: { kind: 'settlement', text: 'fine' } }),
        status: 409,
      },
    },
  },
}
