/** Cases of the walk: profiles, evidence, policies and waivers. What is reported only changes nothing for other cases. */
import { randomUUID } from 'node:crypto'
import type { Cases, Walk } from './walk.ts'

const [P, C] = ['provider', 'consumer'] as const
const notP = ['otherProvider', 'consumer'] as const
const notC = ['otherConsumer', 'provider'] as const

const DAY_MS = 86_400_000
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString()

const FACTS = { legal: { registeredCountry: 'AT', governingLaw: ['AT'] }, location: { storage: ['AT'] } }

/** A subject of its own: each has one draft at a time. */
const anOffering = async ({ make, own, unique }: Walk) => {
  const agent = await make('/agents', { name: unique(), providerId: own.provider.id, agentTypeId: own.agentTypeId })
  return { participantId: own.provider.id, agentId: agent.id, serviceTypeId: own.serviceTypeId }
}
const draftBody = async (walk: Walk) => ({ ...(await anOffering(walk)), facts: FACTS })
const aDraft = async (walk: Walk) => walk.make('/sovereignty-profiles', await draftBody(walk))
const aPublished = async (walk: Walk) => {
  const { id, ...rest } = await aDraft(walk)
  await walk.callers.admin.post(`/sovereignty-profiles/${id}/publish`)
  return { id, ...rest }
}

const evidenceBody = ({ own }: Walk) => ({
  participantId: own.provider.id,
  agentId: own.agent.id,
  serviceTypeId: own.serviceTypeId,
  kind: 'certificate',
  assertsPaths: ['/legal'],
  issuer: { name: 'Certification Body' },
  // shown among what ends soon
  validUntil: inDays(30),
  sha256: randomUUID().replaceAll('-', '').repeat(2),
})
const anEvidence = (walk: Walk) => walk.make('/sovereignty-evidences', evidenceBody(walk))

const RULES = {
  mode: 'audit',
  trustedZone: { groups: ['EEA'] },
  onUnknown: 'deny',
  minAssurance: 'none',
  constraints: [{ id: 'place', type: 'location.within', params: { aspects: ['storage'] } }],
}
const policyBody = ({ own, unique }: Walk) => ({
  ...RULES,
  name: unique(),
  scope: { kind: 'consumer', id: own.consumer.id },
})
const aPolicy = (walk: Walk) => walk.make('/sovereignty-policies', policyBody(walk))
const waiverBody = async (walk: Walk) => ({
  policyId: (await aPolicy(walk)).id,
  constraintId: 'place',
  subjectId: walk.own.provider.id,
  reason: 'until the new site is ready',
  validUntil: inDays(90),
})
const aWaiver = async (walk: Walk) => walk.make('/sovereignty-waivers', await waiverBody(walk))

const idOf = (make: (walk: Walk) => Promise<{ id: string }>) => async (walk: Walk) => ({
  params: { id: (await make(walk)).id },
})
const afterMaking = (make: (walk: Walk) => Promise<unknown>) => async (walk: Walk) => {
  await make(walk)
  return {}
}

export const sovereigntyCases: Cases = {
  'sovereigntyProfiles.list': { as: C, call: afterMaking(aPublished) },
  'sovereigntyProfiles.create': {
    as: P,
    call: async (walk) => ({ body: await draftBody(walk) }),
    foreign: notP,
    refusals: {
      'a fact that there is not': {
        call: async (walk) => ({ body: { ...(await draftBody(walk)), facts: { legal: { seat: 'AT' } } } }),
        status: 400,
      },
      'a second draft': {
        call: async (walk) => {
          const { participantId, agentId, serviceTypeId } = await aDraft(walk)
          return { body: { participantId, agentId, serviceTypeId, facts: {} } }
        },
        status: 409,
      },
    },
  },
  'sovereigntyProfiles.effective': {
    as: C,
    call: ({ own }) => ({ query: { agentId: own.agent.id, serviceTypeId: own.serviceTypeId } }),
    refusals: {
      'a time that is none': {
        call: ({ own }) => ({ query: { agentId: own.agent.id, serviceTypeId: own.serviceTypeId, at: 'noon' } }),
        status: 400,
      },
    },
  },
  'sovereigntyProfiles.get': { as: C, call: idOf(aPublished) },
  'sovereigntyProfiles.update': {
    as: P,
    call: async (walk) => ({ ...(await idOf(aDraft)(walk)), body: { facts: {} } }),
    foreign: notP,
    refusals: {
      'what is published': {
        call: async (walk) => ({ ...(await idOf(aPublished)(walk)), body: { facts: {} } }),
        status: 409,
      },
    },
  },
  'sovereigntyProfiles.delete': { as: P, call: idOf(aDraft), foreign: notP },
  'sovereigntyProfiles.publish': {
    as: P,
    call: idOf(aDraft),
    foreign: notP,
    refusals: { 'what is published already': { call: idOf(aPublished), status: 409 } },
  },
  'sovereigntyProfiles.withdraw': {
    as: P,
    call: idOf(aPublished),
    foreign: notP,
    refusals: { 'a draft': { call: idOf(aDraft), status: 409 } },
  },

  'sovereigntyEvidences.list': { as: P, call: afterMaking(anEvidence), foreign: notP },
  'sovereigntyEvidences.create': {
    as: P,
    call: (walk) => ({ body: evidenceBody(walk) }),
    foreign: notP,
    refusals: {
      'a measurement': { call: (walk) => ({ body: { ...evidenceBody(walk), kind: 'measurement' } }), status: 400 },
      'a place that there is not': {
        call: (walk) => ({ body: { ...evidenceBody(walk), assertsPaths: ['/nowhere'] } }),
        status: 400,
      },
    },
  },
  'sovereigntyEvidences.get': { as: P, call: idOf(anEvidence), foreign: notP },
  'sovereigntyEvidences.delete': {
    as: P,
    call: idOf(anEvidence),
    foreign: notP,
    refusals: {
      'what was attested': {
        call: async (walk) => {
          const { id } = await anEvidence(walk)
          const attest = { level: 'auditor-attested', method: 'read it' }
          await walk.callers.admin.post(`/sovereignty-evidences/${id}/attest`, attest)
          return { params: { id } }
        },
        status: 409,
      },
    },
  },
  'sovereigntyEvidences.attest': {
    as: 'admin',
    call: async (walk) => ({
      ...(await idOf(anEvidence)(walk)),
      body: { level: 'auditor-attested', method: 'read the register' },
    }),
    refusals: {
      'no method': {
        call: async (walk) => ({
          ...(await idOf(anEvidence)(walk)),
          body: { level: 'auditor-attested', method: ' ' },
        }),
        status: 400,
      },
    },
  },
  'sovereigntyEvidences.revoke': {
    as: 'admin',
    call: async (walk) => ({ ...(await idOf(anEvidence)(walk)), body: { reason: 'the issuer has withdrawn it' } }),
    refusals: {
      'no reason': {
        call: async (walk) => ({ ...(await idOf(anEvidence)(walk)), body: { reason: '' } }),
        status: 400,
      },
    },
  },
  'sovereigntyNotices.list': { as: P, call: afterMaking(anEvidence) },

  'sovereigntyPolicies.list': { as: C, call: afterMaking(aPolicy) },
  'sovereigntyPolicies.create': {
    as: C,
    call: (walk) => ({ body: policyBody(walk) }),
    foreign: notC,
    refusals: {
      'an unknown kind of constraint': {
        call: (walk) => ({ body: { ...policyBody(walk), constraints: [{ id: 'a', type: 'no.such' }] } }),
        status: 400,
      },
    },
  },
  'sovereigntyPolicies.test': {
    as: C,
    call: (walk) => ({ body: { policy: policyBody(walk) } }),
    foreign: notC,
    refusals: {
      'no constraint at all': {
        call: (walk) => ({ body: { policy: { ...policyBody(walk), constraints: [] } } }),
        status: 400,
      },
    },
  },
  'sovereigntyPolicies.get': { as: C, call: idOf(aPolicy), foreign: notC },
  'sovereigntyPolicies.update': {
    as: C,
    call: async (walk) => ({ ...(await idOf(aPolicy)(walk)), body: { ...RULES, name: walk.unique() } }),
    foreign: notC,
    refusals: {
      'an empty name': {
        call: async (walk) => ({ ...(await idOf(aPolicy)(walk)), body: { ...RULES, name: '' } }),
        status: 400,
      },
    },
  },
  'sovereigntyPolicies.withdraw': { as: C, call: idOf(aPolicy), foreign: notC },

  'sovereigntyWaivers.list': { as: C, call: afterMaking(aWaiver), foreign: notC },
  'sovereigntyWaivers.create': {
    as: C,
    call: async (walk) => ({ body: await waiverBody(walk) }),
    foreign: notC,
    refusals: {
      'more than 180 days': {
        call: async (walk) => ({ body: { ...(await waiverBody(walk)), validUntil: inDays(200) } }),
        status: 400,
      },
    },
  },
  'sovereigntyWaivers.revoke': { as: C, call: idOf(aWaiver), foreign: notC },

  'compliance.get': {
    as: C,
    call: async ({ own }) => ({ params: { id: await own.order({}, await own.group()) } }),
    foreign: ['otherConsumer', 'otherProvider'],
  },
}
