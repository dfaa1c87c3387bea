/** Cases of the walk: credentials that are handed in, and descriptions as credentials. */
import { randomUUID } from 'node:crypto'
import type { Cases, Walk } from './walk.ts'

const P = 'provider' as const
const notP = ['otherProvider', 'consumer'] as const

/** A credential that nobody signed: without trust anchors it is kept and not looked at. */
const jwtOf = (walk: Walk) => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const document = {
    id: `https://cloud.example/vc/${randomUUID()}`,
    type: ['VerifiableCredential', 'gx:ServiceOffering'],
    issuer: `did:web:${walk.unique().replaceAll('_', '-')}.example`,
    credentialSubject: { id: 'https://cloud.example/vc#cs' },
  }
  return `${part({ alg: 'ES256', typ: 'vc+jwt' })}.${part(document)}.c2lnbmF0dXJl`
}
const bodyOf = (walk: Walk) => ({
  participantId: walk.own.provider.id,
  agentId: walk.own.agent.id,
  serviceTypeId: walk.own.serviceTypeId,
  jwt: jwtOf(walk),
})
const aCredential = async (walk: Walk) => {
  const { id } = await walk.make('/credentials', bodyOf(walk))
  return { params: { id } }
}

export const credentialCases: Cases = {
  'credentials.list': {
    as: P,
    call: async (walk) => {
      await aCredential(walk)
      return {}
    },
    foreign: notP,
  },
  'credentials.create': {
    as: P,
    call: (walk) => ({ body: bodyOf(walk) }),
    foreign: notP,
    refusals: {
      'neither a credential nor where it is': {
        call: ({ own }) => ({ body: { participantId: own.provider.id } }),
        status: 400,
      },
      'an address without TLS': {
        call: ({ own }) => ({ body: { participantId: own.provider.id, url: 'http://cloud.example/vc' } }),
        status: 400,
      },
      'the same once more': {
        call: async (walk) => {
          const body = bodyOf(walk)
          await walk.make('/credentials', body)
          return { body }
        },
        status: 409,
      },
    },
  },
  'credentials.get': { as: P, call: aCredential, foreign: notP },
  'credentials.recheck': { as: P, call: aCredential, foreign: notP },
  'credentials.delete': { as: P, call: aCredential, foreign: notP },
  'credentials.describeParticipant': {
    as: P,
    call: ({ own }) => ({ params: { id: own.provider.id } }),
    foreign: notP,
  },
  'credentials.describePlatform': { as: 'agent', call: () => ({}) },
  'credentials.signingRequest': { as: 'admin', call: () => ({}) },
}
