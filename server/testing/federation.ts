/** The smallest federation that can do everything: one provider with one agent, one consumer with one group, one service type. */
import assert from 'node:assert/strict'
import type { Caller, TestServer } from './test-server.ts'

export type TestFederation = {
  provider: { id: string; caller: Caller }
  consumer: { id: string; caller: Caller }
  agent: { id: string; caller: Caller }
  groupId: string
  serviceTypeId: string
  agentTypeId: string
  /** Orders a service and returns its id. */
  order(properties?: unknown, groupId?: string): Promise<string>
  /** A further group of the consumer. */
  group(): Promise<string>
  /** A further agent of the provider. */
  sibling(name: string, tags?: string[]): Promise<{ id: string; caller: Caller }>
  /** Claims and completes the service's job. */
  complete(serviceId: string, report?: unknown): Promise<void>
}

/** `secret` is persistent and revealable, `once` ephemeral; `address` is the agent's to set. */
export const PROPERTY_SCHEMA = {
  properties: {
    size: { type: 'integer', default: 1, validators: [{ type: 'max', config: { value: 100 } }] },
    secret: { type: 'string', secret: { type: 'persistent' }, revealable: true },
    hidden: { type: 'string', secret: { type: 'persistent' } },
    once: { type: 'string', secret: { type: 'ephemeral' } },
    address: { type: 'string', authorizers: [{ type: 'actor', config: { actors: ['agent'] } }] },
  },
}

export const LIFECYCLE = {
  states: ['New', 'Stopped', 'Started', 'Failed', 'Deleted'].map((name) => ({ name })),
  initialState: 'New',
  terminalStates: ['Deleted'],
  runningStates: ['Started'],
  actions: [
    {
      name: 'create',
      transitions: [
        { from: 'New', to: 'Started' },
        { from: 'New', to: 'Failed', onError: true },
      ],
    },
    { name: 'update', transitions: [{ from: 'Started', to: 'Started' }] },
    {
      name: 'stop',
      transitions: [
        { from: 'Started', to: 'Stopped' },
        { from: 'Started', to: 'Failed', onError: true, onErrorRegexp: 'timeout' },
      ],
    },
    { name: 'start', transitions: [{ from: 'Stopped', to: 'Started' }] },
    { name: 'delete', transitions: ['Started', 'Stopped', 'Failed'].map((from) => ({ from, to: 'Deleted' })) },
  ],
}

let serial = 0

export async function aFederation(server: TestServer): Promise<TestFederation> {
  const unique = `federation ${serial++}`
  const { admin } = server
  const created = async (path: string, body: unknown) => {
    const reply = await admin.post(path, body)
    assert.equal(reply.status, 201, JSON.stringify(reply.body))
    return reply.body
  }
  const provider = await server.participant(`${unique} provider`)
  const consumer = await server.participant(`${unique} consumer`)
  const type = await created('/service-types', {
    name: unique,
    propertySchema: PROPERTY_SCHEMA,
    lifecycleSchema: LIFECYCLE,
  })
  const agentType = await created('/agent-types', {
    name: unique,
    serviceTypeIds: [type.id],
    configurationSchema: { properties: { url: { type: 'string' } } },
  })
  const anAgent = async (name: string, tags: string[] = []) => {
    const { id } = await created('/agents', { name, providerId: provider.id, agentTypeId: agentType.id, tags })
    const { value } = await created('/tokens', { name, role: 'agent', scopeId: id })
    return { id, caller: server.as(value) }
  }
  const agent = await anAgent(`${unique} agent`)
  const aGroup = async () =>
    (await created('/service-groups', { name: `${unique} ${serial++}`, consumerId: consumer.id })).id
  const groupId = await aGroup()
  return {
    provider,
    consumer,
    agent,
    groupId,
    serviceTypeId: type.id,
    agentTypeId: agentType.id,
    group: aGroup,
    sibling: anAgent,
    order: async (properties, group = groupId) => {
      const reply = await consumer.caller.post('/services', {
        name: `service ${serial++}`,
        groupId: group,
        serviceTypeId: type.id,
        agentId: agent.id,
        properties,
      })
      assert.equal(reply.status, 201, JSON.stringify(reply.body))
      return reply.body.id
    },
    complete: async (serviceId, report = {}) => {
      const job = (await admin.get(`/jobs?serviceId=${serviceId}&status=Pending`)).body.items[0]
      assert.equal((await agent.caller.post(`/jobs/${job.id}/claim`)).status, 204)
      const reply = await agent.caller.post(`/jobs/${job.id}/complete`, report)
      assert.equal(reply.status, 204, JSON.stringify(reply.body))
    },
  }
}
