/** Services, options and agents that properties of orders can refer to, in each federation, of types that both share. */
import assert from 'node:assert/strict'
import type { Walk } from '../walk.ts'

export type References = {
  /** A running service of the shared type; its agent calls it `instanceId`. */
  serviceId: string
  instanceId: string
  /** The option that the provider offers of the shared option type. */
  optionValue: string
  optionTypeId: string
  metricTypeId: string
  /** The secret of the running service, `vault://` in front. */
  secret: string
  /** The body of an order of the shared type. */
  order(): Record<string, unknown>
}

const LIFECYCLE = {
  states: ['New', 'Up', 'Gone'].map((name) => ({ name })),
  initialState: 'New',
  terminalStates: ['Gone'],
  actions: [
    { name: 'create', transitions: [{ from: 'New', to: 'Up' }] },
    { name: 'update', transitions: [{ from: 'Up', to: 'Up' }] },
    { name: 'delete', transitions: [{ from: 'Up', to: 'Gone' }] },
  ],
}

const sameConsumer = [{ type: 'serviceReference', config: { origin: 'consumer' } }]

export async function sharedReferences(own: Walk, other: Walk): Promise<Record<'own' | 'other', References>> {
  const { make } = own
  // not named after a federation: everybody may be told of what belongs to nobody
  const name = 'shared_references'
  const optionType = await make('/service-option-types', { name, type: name })
  const metricType = await make('/metric-types', { name, entityType: 'Service' })
  const serviceType = await make('/service-types', {
    name,
    propertySchema: {
      properties: {
        ref: { type: 'string', validators: sameConsumer },
        told: {
          type: 'string',
          validators: sameConsumer,
          authorizers: [{ type: 'actor', config: { actors: ['agent'] } }],
        },
        plan: { type: 'string', validators: [{ type: 'serviceOption', config: { value: optionType.type } }] },
        text: { type: 'string' },
        secret: { type: 'string', secret: { type: 'persistent' }, revealable: true },
      },
    },
    lifecycleSchema: LIFECYCLE,
  })
  const shared = { serviceType, optionType, metricType }
  return { own: await referencesOf(own, shared), other: await referencesOf(other, shared) }
}

type Shared = Record<'serviceType' | 'optionType' | 'metricType', { id: string }>

async function referencesOf(walk: Walk, { serviceType, optionType, metricType }: Shared): Promise<References> {
  const { make, unique, own, callers } = walk
  const { body: agentType } = await callers.admin.get(`/agent-types/${own.agentTypeId}`)
  const serviceTypeIds = [...agentType.serviceTypeIds, serviceType.id]
  assert.equal((await callers.admin.patch(`/agent-types/${own.agentTypeId}`, { serviceTypeIds })).status, 200)
  const [optionValue, instanceId] = [unique(), unique()]
  await make('/service-options', {
    providerId: own.provider.id,
    serviceOptionTypeId: optionType.id,
    name: unique(),
    value: optionValue,
  })
  const order = () => ({
    name: unique(),
    groupId: own.groupId,
    serviceTypeId: serviceType.id,
    agentId: own.agent.id,
  })
  const service = await make('/services', { ...order(), groupId: await own.group(), properties: { secret: unique() } })
  await own.complete(service.id, { agentInstanceId: instanceId })
  return {
    serviceId: service.id,
    instanceId,
    optionValue,
    optionTypeId: optionType.id,
    metricTypeId: metricType.id,
    secret: service.properties.secret,
    order,
  }
}
