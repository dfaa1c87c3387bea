/** Cases of the walk: the audit log. */
import { generateKeyPairSync } from 'node:crypto'
import { EMPTY_ROOT, rawPublicKey, signCheckpoint } from '@fulcrum/sovereignty/audit'
import type { Cases, Walk } from './walk.ts'

const signed = async ({ callers }: Walk) => {
  await callers.admin.post('/audit/checkpoints')
}
/** The number of an event that concerns the walk's provider and consumer. */
const anOwnEvent = async ({ own, callers }: Walk): Promise<string> => {
  const serviceId = await own.order({}, await own.group())
  const { body } = await callers.admin.get(`/events?entityId=${serviceId}`)
  return String(body.items[0].sequenceNumber)
}
const aPeer = (name: string) => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const origin = `${name}/audit`
  const publicKey = rawPublicKey(privateKey).toString('base64')
  return { note: signCheckpoint({ origin, size: 1, root: EMPTY_ROOT }, origin, privateKey), publicKey }
}
const peerName = ({ unique }: Walk) => unique().replaceAll('_', '.')

const afterSigning = async (walk: Walk) => {
  await signed(walk)
  return {}
}

export const auditCases: Cases = {
  'audit.key': { as: 'agent', call: afterSigning },
  'audit.checkpoint': { as: 'agent', call: afterSigning },
  'audit.checkpoints': { as: 'agent', call: afterSigning },
  'audit.sign': { as: 'admin', call: () => ({}) },
  'audit.entries': {
    as: 'provider',
    call: async (walk) => ({ query: { from: await anOwnEvent(walk) } }),
    foreign: ['otherProvider', 'otherConsumer'],
    refusals: {
      'a page that is too long': { call: () => ({ query: { limit: '1001' } }), status: 400 },
      'a number that is none': { call: () => ({ query: { from: '-1' } }), status: 400 },
    },
  },
  'audit.inclusion': {
    as: 'consumer',
    call: async (walk) => ({ query: { seq: await anOwnEvent(walk) } }),
    foreign: ['otherProvider', 'otherConsumer'],
    refusals: {
      'no number': { call: () => ({}), status: 400 },
      'a number that no event has': { call: () => ({ query: { seq: '999999999' } }), status: 404 },
      'a tree that does not hold it': {
        call: async (walk) => ({ query: { seq: await anOwnEvent(walk), size: '1' } }),
        status: 400,
      },
    },
  },
  'audit.consistency': {
    as: 'consumer',
    call: async (walk) => {
      await signed(walk)
      return { query: { from: '1' } }
    },
    refusals: {
      'no size': { call: () => ({}), status: 400 },
      'a tree that is not there': { call: () => ({ query: { from: '1', to: '999999999' } }), status: 400 },
      'a tree that shrinks': { call: () => ({ query: { from: '3', to: '2' } }), status: 400 },
    },
  },
  'audit.erase': {
    as: 'admin',
    call: async ({ own }) => ({ body: { subject: 'entity', id: await own.group(), reason: 'asked for' } }),
    refusals: {
      'a subject that there is not': {
        call: async ({ own }) => ({ body: { subject: 'everything', id: await own.group() } }),
        status: 400,
      },
      'a participant by a name': {
        call: () => ({ body: { subject: 'participant', id: 'somebody' } }),
        status: 400,
      },
      'a user of whom there is nothing': {
        call: () => ({ body: { subject: 'initiator', id: 'nobody ever' } }),
        status: 404,
      },
      'a reason that is too long': {
        call: async ({ own }) => ({ body: { subject: 'entity', id: await own.group(), reason: 'x'.repeat(1_001) } }),
        status: 400,
      },
    },
  },
  'audit.peers': { as: 'admin', call: () => ({}) },
  'audit.witness': {
    as: 'admin',
    call: async (walk) => {
      await signed(walk)
      const name = peerName(walk)
      return { params: { name }, body: aPeer(name) }
    },
    refusals: {
      'a first checkpoint without a key': {
        call: (walk) => {
          const name = peerName(walk)
          return { params: { name }, body: { note: aPeer(name).note } }
        },
        status: 400,
      },
      'a name with a space': { call: () => ({ params: { name: 'a b' }, body: aPeer('ab') }), status: 400 },
      'a signature of somebody else': {
        call: (walk) => {
          const name = peerName(walk)
          return { params: { name }, body: { ...aPeer(name), publicKey: aPeer(name).publicKey } }
        },
        status: 400,
      },
    },
  },
}
