/** What allocations in tests need around them: a provider with a pool set, and rows that can hold values. */
import { randomUUID } from 'node:crypto'
import type { Json } from '@fulcrum/schema'
import type { Tx } from '../../platform/db.ts'
import type { Caller, TestServer } from '../../testing/test-server.ts'

export type PoolWorld = {
  provider: { id: string; caller: Caller }
  setId: string
  agentTypeId: string
  agentId: string
  serviceTypeId: string
  groupId: string
}

/** A provider with an empty pool set, its agent that draws from it, and everything else that a service's row refers to. */
export async function aPoolWorld(server: TestServer): Promise<PoolWorld> {
  const name = `pools ${randomUUID()}`
  const provider = await server.participant(name)
  const set = await created(server.admin, '/service-pool-sets', { name, providerId: provider.id })
  const serviceType = await created(server.admin, '/service-types', {
    name,
    propertySchema: { properties: { ip: { type: 'string' } } },
    lifecycleSchema: {
      states: [{ name: 'New' }],
      actions: [{ name: 'create', transitions: [{ from: 'New', to: 'New' }] }],
      initialState: 'New',
    },
  })
  const agentType = await created(server.admin, '/agent-types', {
    name,
    serviceTypeIds: [serviceType],
    configurationSchema: { properties: { x: { type: 'string' } } },
  })
  const agent = await created(server.admin, '/agents', {
    name,
    providerId: provider.id,
    agentTypeId: agentType,
    servicePoolSetId: set,
  })
  const group = await created(server.admin, '/service-groups', { name, consumerId: provider.id })
  return { provider, setId: set, agentTypeId: agentType, agentId: agent, serviceTypeId: serviceType, groupId: group }
}

/** Creates something and answers its id; anything but success fails the test. */
export async function created(caller: Caller, path: string, body: Json): Promise<string> {
  const reply = await caller.post(path, body)
  if (reply.status !== 201) throw new Error(`POST ${path}: ${reply.status} ${JSON.stringify(reply.body)}`)
  return reply.body.id
}

/** A pool of the world's set. @returns its id */
export function createPool(
  server: TestServer,
  { setId }: PoolWorld,
  pool: { type?: string; generatorConfig?: { [key: string]: Json } },
): Promise<string> {
  return created(server.admin, '/service-pools', {
    name: 'addresses',
    type: 'ip',
    propertyType: 'string',
    generatorType: pool.generatorConfig ? 'subnet' : 'list',
    servicePoolSetId: setId,
    ...pool,
  })
}

/** Writes the row of a service, so that it may hold values. */
export async function insertService(tx: Tx, world: PoolWorld, id: string, terminal = false): Promise<void> {
  const now = new Date()
  await tx
    .insertInto('services')
    .values({
      id,
      name: 'holder',
      status: 'New',
      terminal,
      properties: null,
      agent_instance_id: null,
      agent_instance_data: null,
      status_since: now,
      provider_id: world.provider.id,
      consumer_id: world.provider.id,
      group_id: world.groupId,
      agent_id: world.agentId,
      service_type_id: world.serviceTypeId,
      created_at: now,
      updated_at: now,
    })
    .execute()
}

/** Writes the row of an agent, so that it may hold values of config pools. */
export async function insertAgentRow(tx: Tx, world: PoolWorld, id: string): Promise<void> {
  const now = new Date()
  await tx
    .insertInto('agents')
    .values({
      id,
      name: 'holder',
      status: 'Disconnected',
      last_status_update: null,
      tags: null,
      configuration: null,
      agent_type_id: world.agentTypeId,
      provider_id: world.provider.id,
      service_pool_set_id: null,
      created_at: now,
      updated_at: now,
      deleted_at: null,
    })
    .execute()
}
