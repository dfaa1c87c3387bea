/** Cases of the walk: groups, services, jobs, metrics, events, secrets and artifacts. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Cases, Walk } from './walk.ts'

const C = 'consumer' as const
const notC = ['otherConsumer', 'provider'] as const
const outsiders = ['otherConsumer', 'otherProvider'] as const
const strangers = [...outsiders, 'otherAgent', 'sibling'] as const
const agents = ['sibling', 'otherAgent'] as const

const orderBody = ({ own, unique }: Walk) => ({
  name: unique(),
  groupId: own.groupId,
  serviceTypeId: own.serviceTypeId,
  agentId: own.agent.id,
})
const aGroup = async ({ own }: Walk) => ({ params: { id: await own.group() } })
const aService = async ({ own }: Walk) => ({ params: { id: await own.order() } })
const aRunningService = async ({ running }: Walk) => ({ params: { id: await running() } })
const aJob = async ({ job }: Walk) => ({ params: { id: await job() } })
const aClaimedJob = async (walk: Walk) => {
  const parts = await aJob(walk)
  assert.equal((await walk.callers.agent.post(`/jobs/${parts.params.id}/claim`)).status, 204)
  return parts
}
const anEndedJob = async (walk: Walk) => {
  const parts = await aClaimedJob(walk)
  assert.equal((await walk.callers.agent.post(`/jobs/${parts.params.id}/complete`, {})).status, 204)
  return parts
}

const afterMaking = (make: (walk: Walk) => Promise<unknown>) => async (walk: Walk) => {
  await make(walk)
  return {}
}

const aConsumer = (subscriberId: string) => ({ subscriberId, instanceId: 'one' })
const aLease = async ({ callers, unique }: Walk) => {
  const consumer = aConsumer(unique())
  assert.equal((await callers.admin.post('/events/lease', consumer)).status, 200)
  return consumer
}

const measurement = async ({ own, make, unique }: Walk) => {
  const type = await make('/metric-types', { name: unique(), entityType: 'Service' })
  return { serviceId: await own.order(), resourceId: 'disk', value: 1.5, typeName: type.name, typeId: type.id }
}
const aMeasurement = async (walk: Walk) => {
  const body = await measurement(walk)
  assert.equal((await walk.callers.agent.post('/metric-entries', body)).status, 201)
  return body
}
const aSecret = async ({ own, callers }: Walk) => {
  const id = await own.order({ secret: 'open sesame' })
  const { properties } = (await callers.agent.get(`/services/${id}`)).body
  return { params: { reference: String(properties.secret).replace('vault://', '') } }
}
const anUpload = async ({ own }: Walk) => ({
  params: { id: randomUUID() },
  query: { serviceId: await own.order(), kind: 'backup', format: 'raw' },
  bytes: new Uint8Array(100),
})
const anArtifact = async (walk: Walk) => {
  const { params, query } = await anUpload(walk)
  const { status } = await walk.callers.agent.put(`/artifacts/${params.id}?${new URLSearchParams(query)}`, {})
  assert.equal(status, 200)
  return { params }
}

export const orderCases: Cases = {
  'serviceGroups.list': { as: C, call: () => ({}), foreign: notC },
  'serviceGroups.create': {
    as: C,
    call: ({ own, unique }) => ({ body: { name: unique(), consumerId: own.consumer.id } }),
    foreign: notC,
    refusals: {
      'an empty name': { call: ({ own }) => ({ body: { name: '', consumerId: own.consumer.id } }), status: 400 },
    },
  },
  'serviceGroups.get': { as: C, call: aGroup, foreign: notC },
  'serviceGroups.update': {
    as: C,
    call: async (walk) => ({ ...(await aGroup(walk)), body: { name: walk.unique() } }),
    foreign: notC,
    refusals: {
      'an empty name': { call: async (walk) => ({ ...(await aGroup(walk)), body: { name: '' } }), status: 400 },
    },
  },
  'serviceGroups.delete': {
    as: C,
    call: aGroup,
    foreign: notC,
    refusals: {
      'one with services': {
        call: async ({ own }) => {
          await own.order()
          return { params: { id: own.groupId } }
        },
        status: 409,
      },
    },
  },

  'services.list': { as: C, call: afterMaking(aService), foreign: strangers },
  'services.create': {
    as: C,
    call: (walk) => ({ body: orderBody(walk) }),
    foreign: notC,
    refusals: {
      'an empty name': { call: (walk) => ({ body: { ...orderBody(walk), name: '' } }), status: 400 },
      'an unknown group': { call: (walk) => ({ body: { ...orderBody(walk), groupId: randomUUID() } }), status: 404 },
      'a property out of range': {
        call: (walk) => ({ body: { ...orderBody(walk), properties: { size: 101 } } }),
        status: 400,
      },
    },
  },
  'services.get': { as: C, call: aService, foreign: strangers },
  'services.update': {
    as: C,
    call: async (walk) => ({
      ...(await aRunningService(walk)),
      body: { name: walk.unique(), properties: { size: 2 } },
    }),
    foreign: outsiders,
    refusals: {
      'an empty name': { call: async (walk) => ({ ...(await aService(walk)), body: { name: '' } }), status: 400 },
    },
  },
  'services.delete': {
    as: C,
    call: aRunningService,
    foreign: outsiders,
    refusals: { 'one that is being created': { call: aService, status: 400 } },
  },
  'services.action': {
    as: C,
    call: async ({ running }) => ({ params: { id: await running(), action: 'stop' } }),
    foreign: outsiders,
    refusals: {
      'an action that the lifecycle does not have': {
        call: async ({ running }) => ({ params: { id: await running(), action: 'explode' } }),
        status: 400,
      },
    },
  },
  'services.reveal': { as: C, call: aService, foreign: notC },
  'services.why': { as: C, call: aService, foreign: strangers },
  'services.setConditions': {
    as: 'agent',
    call: async (walk) => ({
      ...(await aRunningService(walk)),
      body: { conditions: [{ type: 'StorageLimitReached', message: 'Writing is off.' }] },
    }),
    foreign: agents,
    refusals: {
      'a type that is no word': {
        call: async (walk) => ({ ...(await aService(walk)), body: { conditions: [{ type: 'a b', message: 'm' }] } }),
        status: 400,
      },
    },
  },

  'jobs.list': { as: 'agent', call: afterMaking(aJob), foreign: strangers },
  'jobs.pending': { as: 'agent', call: afterMaking(aJob), foreign: agents },
  'jobs.get': { as: 'agent', call: aJob, foreign: strangers },
  'jobs.why': { as: C, call: aJob, foreign: strangers },
  'jobs.claim': {
    as: 'agent',
    call: aJob,
    foreign: agents,
    refusals: { 'one that is claimed': { call: aClaimedJob, status: 409 } },
  },
  'jobs.complete': {
    as: 'agent',
    call: async (walk) => ({ ...(await aClaimedJob(walk)), body: { agentInstanceId: walk.unique() } }),
    foreign: agents,
    refusals: {
      'one that is not claimed': { call: async (walk) => ({ ...(await aJob(walk)), body: {} }), status: 400 },
    },
  },
  'jobs.fail': {
    as: 'agent',
    call: async (walk) => ({ ...(await aClaimedJob(walk)), body: { errorMessage: 'no room' } }),
    foreign: agents,
    refusals: {
      'one that has ended': { call: async (walk) => ({ ...(await anEndedJob(walk)), body: {} }), status: 400 },
    },
  },

  'metricEntries.list': { as: C, call: afterMaking(aMeasurement), foreign: outsiders },
  'metricEntries.create': {
    as: 'agent',
    call: async (walk) => ({ body: await measurement(walk) }),
    foreign: agents,
    refusals: {
      'an unknown type': {
        call: async (walk) => ({ body: { ...(await measurement(walk)), typeName: walk.unique() } }),
        status: 404,
      },
    },
  },
  'metricEntries.createBatch': {
    as: 'agent',
    call: async (walk) => ({ body: { entries: [await measurement(walk)] } }),
    foreign: agents,
    refusals: { 'an empty batch': { call: () => ({ body: { entries: [] } }), status: 400 } },
  },
  'metricEntries.resourceIds': {
    as: C,
    call: async (walk) => {
      const body = { ...(await measurement(walk)), resourceId: walk.unique() }
      assert.equal((await walk.callers.agent.post('/metric-entries', body)).status, 201)
      return { query: { resourceId: body.resourceId } }
    },
    foreign: outsiders,
  },
  'metricEntries.aggregate': {
    as: C,
    call: async (walk) => {
      const { serviceId, resourceId, typeId } = await aMeasurement(walk)
      return { params: { serviceId, resourceId, typeId }, query: { aggregateType: 'max', bucket: 'hour' } }
    },
    foreign: outsiders,
    refusals: {
      'an unknown bucket': {
        call: () => ({
          params: { serviceId: randomUUID(), resourceId: 'r', typeId: randomUUID() },
          query: { bucket: 'week' },
        }),
        status: 400,
      },
    },
  },

  'events.list': { as: C, call: afterMaking(aService), foreign: outsiders },
  'events.lease': {
    as: 'admin',
    call: ({ unique }) => ({ body: aConsumer(unique()) }),
    refusals: {
      'an empty subscriber': { call: () => ({ body: aConsumer('') }), status: 400 },
      'another instance': {
        call: async (walk) => {
          const { subscriberId } = await aLease(walk)
          return { body: { subscriberId, instanceId: 'another' } }
        },
        status: 409,
      },
    },
  },
  'events.ack': {
    as: 'admin',
    call: async (walk) => ({ body: { ...(await aLease(walk)), lastEventSequenceProcessed: 1 } }),
    refusals: {
      'a number below 1': {
        call: async (walk) => ({ body: { ...(await aLease(walk)), lastEventSequenceProcessed: 0 } }),
        status: 400,
      },
      'an unknown subscriber': {
        call: ({ unique }) => ({ body: { ...aConsumer(unique()), lastEventSequenceProcessed: 1 } }),
        status: 404,
      },
      'a number beyond the newest event': {
        call: async (walk) => ({ body: { ...(await aLease(walk)), lastEventSequenceProcessed: 1_000_000_000 } }),
        status: 409,
      },
    },
  },
  'vault.getSecret': {
    as: 'agent',
    call: aSecret,
    foreign: agents,
    // whether there is such a secret is a secret
    foreignStatus: 404,
    refusals: { 'an unknown reference': { call: () => ({ params: { reference: randomUUID() } }), status: 404 } },
  },

  'artifacts.list': { as: C, call: afterMaking(anArtifact), foreign: strangers },
  'artifacts.describe': { as: C, call: anArtifact, foreign: strangers },
  'artifacts.upload': {
    as: 'agent',
    call: anUpload,
    foreign: [...agents, 'provider', 'otherConsumer'],
    makesItsId: true,
    refusals: {
      'a digest that differs': {
        call: async (walk) => {
          const parts = await anUpload(walk)
          return { ...parts, query: { ...parts.query, sha256: '00'.repeat(32) } }
        },
        status: 400,
      },
    },
  },
  'artifacts.download': { as: C, call: anArtifact, foreign: strangers },
  'artifacts.delete': { as: 'provider', call: anArtifact, foreign: [...outsiders, ...agents] },
}
