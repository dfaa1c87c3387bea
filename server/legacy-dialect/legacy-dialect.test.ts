/** What jobs and services were called before. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Job, Service } from '@fulcrum/contract'
import type { LifecycleSchema } from '@fulcrum/schema'
import { type Background, legacyJob, legacyService } from './legacy-dialect.ts'

const NOON = '2026-11-24T12:00:00Z'
const ID = '00000000-0000-4000-8000-000000000001'

const LIFECYCLE: LifecycleSchema = {
  states: ['New', 'Stopped', 'Started', 'Failed', 'Deleted'].map((name) => ({ name })),
  initialState: 'New',
  terminalStates: ['Deleted'],
  runningStates: ['Started'],
  actions: [
    {
      name: 'create',
      transitions: [
        { from: 'New', to: 'Failed', onError: true },
        { from: 'New', to: 'Stopped' },
      ],
    },
    {
      name: 'update',
      transitions: ['Stopped', 'Started'].map((state) => ({ from: state, to: state })),
    },
    { name: 'start', transitions: [{ from: 'Stopped', to: 'Started' }] },
    { name: 'stop', transitions: [{ from: 'Started', to: 'Stopped' }] },
    { name: 'snapshot', transitions: [{ from: 'Started', to: 'Started' }] },
    { name: 'delete', transitions: [{ from: 'Stopped', to: 'Deleted' }] },
  ],
}

const service = (status: string, more: Partial<Service> = {}): Service => ({
  id: ID,
  providerId: ID,
  consumerId: ID,
  agentId: ID,
  serviceTypeId: ID,
  groupId: ID,
  name: 'alpha',
  status,
  properties: { size: 1 },
  createdAt: NOON,
  updatedAt: NOON,
  ...more,
})

const job = (action: string, more: Partial<Job> = {}): Job => ({
  id: ID,
  providerId: ID,
  consumerId: ID,
  agentId: ID,
  serviceId: ID,
  action,
  status: 'Pending',
  priority: 1,
  createdAt: NOON,
  updatedAt: NOON,
  ...more,
})

const during = (action: string, params: Record<string, number> | null = null): Background => ({
  lifecycle: LIFECYCLE,
  openJob: { action, params },
})
const AT_REST: Background = { lifecycle: LIFECYCLE, openJob: null }

/** The members that were not there before. */
function added(before: object, after: object): object {
  return Object.fromEntries(Object.entries(after).filter(([key]) => !Object.hasOwn(before, key)))
}

describe('a service in the former dialect', () => {
  test('keeps every present member', () => {
    const before = service('Started')
    for (const [key, value] of Object.entries(before))
      assert.deepEqual(Object.entries(legacyService(before, AT_REST)).find(([name]) => name === key)?.[1], value)
  })

  test('at rest has no target', () => {
    const before = service('Started', { agentInstanceId: 'vm-1', agentInstanceData: { node: 'n' } })
    assert.deepEqual(added(before, legacyService(before, AT_REST)), {
      externalId: 'vm-1',
      resources: { node: 'n' },
      currentStatus: 'Started',
      targetStatus: null,
      currentProperties: { size: 1 },
      targetProperties: null,
    })
  })

  test('that is being created has a target and nothing current but its state', () => {
    const before = service('New')
    assert.deepEqual(added(before, legacyService(before, during('create', { size: 1 }))), {
      externalId: null,
      resources: null,
      currentStatus: 'New',
      targetStatus: 'Stopped',
      currentProperties: null,
      targetProperties: { size: 1 },
    })
  })

  test('that is being updated has both properties', () => {
    const legacy = legacyService(service('Stopped'), during('update', { size: 2 }))
    assert.deepEqual(
      [legacy.currentProperties, legacy.targetProperties, legacy.targetStatus],
      [{ size: 1 }, { size: 2 }, 'Stopped'],
    )
  })

  test('under another action has a target state and no target properties', () => {
    const legacy = legacyService(service('Stopped'), during('start'))
    assert.deepEqual(
      [legacy.currentProperties, legacy.targetProperties, legacy.targetStatus],
      [{ size: 1 }, null, 'Started'],
    )
  })

  test('has no target state where the lifecycle knows no way', () => {
    assert.equal(legacyService(service('New'), during('stop')).targetStatus, null)
    assert.equal(legacyService(service('New'), during('unheard of')).targetStatus, null)
  })
})

describe('a job in the former dialect', () => {
  for (const [action, status, former] of [
    ['create', 'New', 'ServiceCreate'],
    ['start', 'Stopped', 'ServiceStart'],
    ['stop', 'Started', 'ServiceStop'],
    ['delete', 'Stopped', 'ServiceDelete'],
    ['update', 'Started', 'ServiceHotUpdate'],
    ['update', 'Stopped', 'ServiceColdUpdate'],
    ['snapshot', 'Started', 'snapshot'],
    ['toString', 'Started', 'toString'],
  ] as const)
    test(`to ${action} a service that is ${status} is called ${former}`, () => {
      assert.equal(legacyJob(job(action, { service: service(status) }), AT_REST).action, former)
    })

  test('carries its state, and the service as this job finds it', () => {
    const params = { size: 3 }
    const legacy = legacyJob(job('update', { params, service: service('Started') }), AT_REST)
    assert.deepEqual(
      [legacy.state, legacy.status, legacy.params, legacy.service?.targetProperties, legacy.service?.targetStatus],
      ['Pending', 'Pending', params, params, 'Started'],
    )
  })

  test('that has ended shows the service as the open job finds it', () => {
    const ended = job('create', { status: 'Completed', params: { size: 1 }, service: service('Stopped') })
    const legacy = legacyJob(ended, during('start'))
    assert.deepEqual(
      [legacy.state, legacy.service?.targetStatus, legacy.service?.targetProperties, legacy.service?.currentProperties],
      ['Completed', 'Started', null, { size: 1 }],
    )
  })

  test('without its service changes its words only', () => {
    const before = job('update')
    const legacy = legacyJob(before, AT_REST)
    assert.deepEqual([legacy.action, added(before, legacy)], ['ServiceColdUpdate', { state: 'Pending' }])
  })
})
