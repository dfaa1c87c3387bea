/** What an operator sets up before an agent starts, and what is seen afterwards: everything over the admin's API. */
import assert from 'node:assert/strict'
import type { FulcrumClient } from '@fulcrum/client'
import {
  type Agent,
  agents,
  agentTypes,
  type Job,
  type JsonObject,
  jobs,
  metricEntries,
  participants,
  type Service,
  serviceGroups,
  services,
  serviceTypes,
  tokens,
} from '@fulcrum/contract'

type Property = { type: string; [more: string]: unknown }

export type Scene = {
  agentId: string
  token: string
  /** Orders in a group of its own, so that no order waits for another one. @returns the service's id */
  order(name: string, properties: JsonObject): Promise<string>
  act(serviceId: string, action: string): Promise<void>
  change(serviceId: string, properties: JsonObject): Promise<void>
  end(serviceId: string): Promise<void>
  service(serviceId: string): Promise<Service>
  /** Of a service: oldest first, each as `action status` with its message, if it has one. */
  history(serviceId: string): Promise<string[]>
  job(serviceId: string): Promise<Job>
  agent(): Promise<Agent>
  /** Each as `type resource value`, sorted. */
  entries(serviceId: string): Promise<string[]>
}

const STATES = ['New', 'Stopped', 'Started', 'Broken', 'Deleted']

function lifecycle(runningStates: string[]) {
  const from = (states: string[], to?: string) => states.map((state) => ({ from: state, to: to ?? state }))
  return {
    states: STATES.map((name) => ({ name })),
    initialState: 'New',
    terminalStates: ['Deleted'],
    runningStates,
    actions: [
      {
        name: 'create',
        transitions: [
          { from: 'New', to: 'Stopped' },
          { from: 'New', to: 'Broken', onError: true },
        ],
      },
      { name: 'start', transitions: from(['Stopped'], 'Started') },
      { name: 'stop', transitions: from(['Started'], 'Stopped') },
      { name: 'update', transitions: from(['Stopped', 'Started']) },
      { name: 'snapshot', transitions: from(['Started']) },
      { name: 'delete', transitions: from(['Stopped', 'Started', 'Broken'], 'Deleted') },
    ],
  }
}

/**
 * A provider with one agent, and a consumer that orders from it.
 *
 * @param options.runningStates  default: Started
 */
export async function aScene(
  admin: FulcrumClient,
  options: {
    properties: Record<string, Property>
    legacyDialect?: boolean
    configuration?: JsonObject
    runningStates?: string[]
  },
): Promise<Scene> {
  const word = crypto.randomUUID().slice(0, 8)
  const participant = (name: string) =>
    admin.call(participants.create, { body: { name: `${name} ${word}`, status: 'Enabled' } })
  const [provider, consumer] = [await participant('Provider'), await participant('Consumer')]
  const { id: serviceTypeId } = await admin.call(serviceTypes.create, {
    body: {
      name: `type-${word}`,
      propertySchema: { properties: options.properties } as never, // the shapes of properties are the tests' own
      lifecycleSchema: lifecycle(options.runningStates ?? ['Started']),
    },
  })
  const { id: agentTypeId } = await admin.call(agentTypes.create, {
    body: {
      name: `agent-type-${word}`,
      serviceTypeIds: [serviceTypeId],
      configurationSchema: {
        properties: { url: { type: 'string' }, key: { type: 'string', secret: { type: 'persistent' } } },
      },
      ...(options.legacyDialect && { legacyDialect: true }),
    },
  })
  const { id: agentId } = await admin.call(agents.create, {
    body: {
      name: `agent-${word}`,
      providerId: provider.id,
      agentTypeId,
      ...(options.configuration && { configuration: options.configuration }),
    },
  })
  const { value } = await admin.call(tokens.create, { body: { name: word, role: 'agent', scopeId: agentId } })
  const jobsOf = async (serviceId: string) =>
    (await admin.call(jobs.list, { query: { serviceId, sort: 'createdAt', pageSize: 100 } })).items
  return {
    agentId,
    token: value ?? assert.fail('a token without a value'),
    async order(name, properties) {
      const group = await admin.call(serviceGroups.create, { body: { name, consumerId: consumer.id } })
      const body = { name, groupId: group.id, serviceTypeId, agentId, properties }
      return (await admin.call(services.create, { body })).id
    },
    async act(id, action) {
      await admin.call(services.action, { params: { id, action } })
    },
    async change(id, properties) {
      await admin.call(services.update, { params: { id }, body: { properties } })
    },
    async end(id) {
      await admin.call(services.delete, { params: { id } })
    },
    service: (id) => admin.call(services.get, { params: { id } }),
    history: async (serviceId) =>
      (await jobsOf(serviceId)).map(
        ({ action, status, errorMessage }) => `${action} ${status}${errorMessage ? `: ${errorMessage}` : ''}`,
      ),
    job: async (serviceId) => (await jobsOf(serviceId)).at(-1) ?? assert.fail('no job'),
    agent: () => admin.call(agents.get, { params: { id: agentId } }),
    entries: async (serviceId) => {
      const { items } = await admin.call(metricEntries.list, { query: { serviceId, pageSize: 100 } })
      return items.map(({ type, resourceId, value }) => `${type?.name} ${resourceId} ${value}`).toSorted()
    },
  }
}
