/** Cases of the walk: terms of offerings, quotas, dry runs and decisions. */
import assert from 'node:assert/strict'
import type { Cases, Walk } from './walk.ts'

const C = 'consumer' as const
const P = 'provider' as const

/** What any offering fulfils. */
const SPREAD = { preferences: [{ type: 'spread', weight: 1 }] }
const TERMS = { monthlyPrice: { amount: 12.5, currency: 'EUR' }, capacityUnits: 10_000, latencyMs: 12, sku: 'db-small' }

const offering = ({ own }: Walk) => ({ id: own.agent.id, serviceTypeId: own.serviceTypeId })
const placementBody = ({ own }: Walk) => ({
  groupId: own.groupId,
  serviceTypeId: own.serviceTypeId,
  requirements: SPREAD,
})
const aDecision = async (walk: Walk) => ({ params: { id: (await walk.make('/placements', placementBody(walk))).id } })

/** A service that was placed by a decision. */
async function aPlacedService(walk: Walk) {
  const { make, own, unique } = walk
  const body = { name: unique(), groupId: await own.group(), serviceTypeId: own.serviceTypeId, agentId: own.agent.id }
  return { params: { id: (await make('/services', { ...body, requirements: SPREAD })).id } }
}

async function withTerms(walk: Walk) {
  const { id, serviceTypeId } = offering(walk)
  const reply = await walk.callers.admin.put(`/agents/${id}/offerings/${serviceTypeId}/terms`, TERMS)
  assert.equal(reply.status, 200, JSON.stringify(reply.body))
  return { params: offering(walk) }
}

const after = (make: (walk: Walk) => Promise<unknown>) => async (walk: Walk) => {
  await make(walk)
  return {}
}

export const placementCases: Cases = {
  'offeringTerms.list': { as: C, call: after(withTerms) },
  'offeringTerms.get': { as: 'agent', call: withTerms },
  'offeringTerms.put': {
    as: P,
    call: (walk) => ({ params: offering(walk), body: TERMS }),
    foreign: ['otherProvider', 'consumer'],
    refusals: {
      'a price below nothing': {
        call: (walk) => ({ params: offering(walk), body: { monthlyPrice: { amount: -1, currency: 'EUR' } } }),
        status: 400,
      },
    },
  },
  'offeringTerms.delete': { as: P, call: withTerms, foreign: ['otherProvider', 'consumer'] },

  'quotas.get': {
    as: C,
    call: ({ own }) => ({ params: { id: own.consumer.id } }),
    foreign: ['otherConsumer', 'provider'],
  },
  'quotas.put': {
    as: 'admin',
    call: ({ own }) => ({
      params: { id: own.consumer.id },
      body: { maxServices: 100_000, serviceTypes: [{ serviceTypeId: own.serviceTypeId, maxServices: 100_000 }] },
    }),
    refusals: {
      'a number below nothing': {
        call: ({ own }) => ({ params: { id: own.consumer.id }, body: { maxServices: -1 } }),
        status: 400,
      },
    },
  },

  'placements.create': {
    as: C,
    call: (walk) => ({ body: placementBody(walk) }),
    foreign: ['provider', 'otherConsumer'],
    refusals: {
      'requirements that demand nothing': {
        call: (walk) => ({ body: { ...placementBody(walk), requirements: {} } }),
        status: 400,
      },
    },
  },
  'placementDecisions.list': {
    as: C,
    call: after(aDecision),
    foreign: ['otherConsumer', 'otherProvider'],
  },
  'placementDecisions.get': { as: P, call: aDecision, foreign: ['otherConsumer', 'otherProvider'] },
  'placementDecisions.why': { as: P, call: aDecision, foreign: ['otherConsumer', 'otherProvider'] },
  'placementDecisions.inputs': { as: C, call: aDecision, foreign: ['provider', 'otherConsumer'] },
  'services.placement': { as: C, call: aPlacedService, foreign: ['otherConsumer', 'otherProvider', 'sibling'] },
}
