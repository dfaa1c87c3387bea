/** What generated requests can meet: one of everything that the API has, and a token of each role beside the admin's. */

import { FulcrumClient } from '@fulcrum/client'
import {
  agents,
  agentTypes,
  configPools,
  configPoolValues,
  jobs,
  metricEntries,
  metricTypes,
  participants,
  serviceGroups,
  serviceOptions,
  serviceOptionTypes,
  servicePoolSets,
  servicePools,
  servicePoolValues,
  services,
  serviceTypes,
  tokens,
} from '@fulcrum/contract'

export type FuzzWorld = {
  tokens: { participant: string; agent: string }
  known: {
    /** Ids by the path of their collection. */
    ids: Record<string, string>
    /** Values by the name of the member that refers to them. */
    members: Record<string, string>
    /** What requests must leave alone, because the run needs it. */
    protected: string[]
  }
}

const LIFECYCLE = {
  states: [{ name: 'New' }, { name: 'Started' }, { name: 'Failed' }, { name: 'Deleted' }],
  initialState: 'New',
  terminalStates: ['Deleted'],
  runningStates: ['Started'],
  actions: [
    {
      name: 'create',
      transitions: [
        { from: 'New', to: 'Started' },
        { from: 'New', to: 'Failed', onError: true, onErrorRegexp: 'time.?out' },
      ],
    },
    { name: 'update', transitions: [{ from: 'Started', to: 'Started' }] },
    { name: 'delete', transitions: [{ from: 'Started', to: 'Deleted' }] },
  ],
}

export async function aFuzzWorld(admin: FulcrumClient, url: string): Promise<FuzzWorld> {
  const status = 'Enabled' as const
  const provider = await admin.call(participants.create, { body: { name: 'provider', status } })
  const consumer = await admin.call(participants.create, { body: { name: 'consumer', status } })
  const type = await admin.call(serviceTypes.create, {
    body: {
      name: 'database',
      propertySchema: {
        properties: {
          size: { type: 'integer', default: 1, validators: [{ type: 'max', config: { value: 100 } }] },
          address: { type: 'string', authorizers: [{ type: 'actor', config: { actors: ['agent'] } }] },
        },
      },
      lifecycleSchema: LIFECYCLE,
    },
  })
  const agentType = await admin.call(agentTypes.create, {
    body: {
      name: 'database agent',
      serviceTypeIds: [type.id],
      configurationSchema: { properties: { region: { type: 'string' } } },
    },
  })
  const body = { name: 'agent', providerId: provider.id, agentTypeId: agentType.id }
  const agent = await admin.call(agents.create, { body })
  const token = async (role: 'participant' | 'agent', name: string, scopeId: string) =>
    await admin.call(tokens.create, { body: { role, name, scopeId } })
  const [ofConsumer, ofAgent] = [
    await token('participant', 'consumer', consumer.id),
    await token('agent', 'agent', agent.id),
  ]
  const spare = await token('participant', 'spare', consumer.id)
  const worker = new FulcrumClient({ url, token: ofAgent.value ?? '' })

  const group = await admin.call(serviceGroups.create, { body: { name: 'group', consumerId: consumer.id } })
  const order = { groupId: group.id, serviceTypeId: type.id, agentId: agent.id }
  const service = await admin.call(services.create, { body: { ...order, name: 'running', properties: { size: 2 } } })
  const [job] = await worker.call(jobs.pending, {})
  if (!job) throw new Error('the order has made no job')
  await worker.call(jobs.claim, { params: { id: job.id } })
  await worker.call(jobs.complete, { params: { id: job.id }, body: { agentInstanceId: 'db1' } })
  await admin.call(services.create, { body: { ...order, name: 'waiting' } })
  const metricType = await admin.call(metricTypes.create, { body: { name: 'used', entityType: 'Service' } })
  await worker.call(metricEntries.create, {
    body: { serviceId: service.id, resourceId: 'disk', value: 1, typeName: 'used' },
  })

  const optionType = await admin.call(serviceOptionTypes.create, { body: { name: 'Plan', type: 'plan' } })
  const option = await admin.call(serviceOptions.create, {
    body: { providerId: provider.id, serviceOptionTypeId: optionType.id, name: 'small', value: { gib: 1 } },
  })
  const poolSet = await admin.call(servicePoolSets.create, { body: { name: 'set', providerId: provider.id } })
  const list = { propertyType: 'string', generatorType: 'list' } as const
  const pool = await admin.call(servicePools.create, {
    body: { ...list, name: 'pool', type: 'address', servicePoolSetId: poolSet.id },
  })
  const poolValue = await admin.call(servicePoolValues.create, {
    body: { servicePoolId: pool.id, name: 'first', value: '10.0.0.1' },
  })
  const configPool = await admin.call(configPools.create, { body: { ...list, name: 'pool', type: 'region' } })
  const configPoolValue = await admin.call(configPoolValues.create, {
    body: { configPoolId: configPool.id, name: 'first', value: 'eu' },
  })
  const { items: allTokens } = await admin.call(tokens.list, { query: { pageSize: 100 } })

  return {
    tokens: { participant: ofConsumer.value ?? '', agent: ofAgent.value ?? '' },
    known: {
      ids: {
        '/participants': consumer.id,
        '/tokens': spare.id,
        '/agent-types': agentType.id,
        '/agents': agent.id,
        '/config-pools': configPool.id,
        '/config-pool-values': configPoolValue.id,
        '/service-types': type.id,
        '/services': service.id,
        '/service-groups': group.id,
        '/service-option-types': optionType.id,
        '/service-options': option.id,
        '/service-pool-sets': poolSet.id,
        '/service-pools': pool.id,
        '/service-pool-values': poolValue.id,
        '/jobs': job.id,
        '/metric-types': metricType.id,
      },
      members: {
        providerId: provider.id,
        consumerId: consumer.id,
        participantId: consumer.id,
        scopeId: consumer.id,
        agentId: agent.id,
        agentTypeId: agentType.id,
        serviceId: service.id,
        serviceTypeId: type.id,
        groupId: group.id,
        serviceOptionTypeId: optionType.id,
        servicePoolSetId: poolSet.id,
        servicePoolId: pool.id,
        configPoolId: configPool.id,
        typeId: metricType.id,
        typeName: 'used',
      },
      protected: allTokens.map(({ id }) => id).filter((id) => id !== spare.id),
    },
  }
}
