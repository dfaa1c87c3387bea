/** Runs a service's properties through the schema engine, with everything that it looks up in the database. */
import { randomUUID } from 'node:crypto'
import { type Actor, evaluateProperties, type JsonObject, type NewSecret, type PropertySchema } from '@fulcrum/schema'
import type { Agent } from '../agents/index.ts'
import { referencedService } from '../placement/index.ts'
import type { Command } from '../platform/command.ts'
import { Refusal } from '../platform/errors.ts'
import { enabledOptionValues } from '../service-options/index.ts'
import { allocateServiceValue } from '../service-pools/index.ts'

export type PropertiesRequest = {
  schema: PropertySchema
  input: JsonObject
  /** What the service has; absent when it is created. */
  stored?: JsonObject
  actor: Actor
  /** The service's state; absent when it is created. */
  status?: string
  serviceId: string
  consumerId: string
  groupId: string
  agent: Pick<Agent, 'providerId' | 'servicePoolSetId'>
  vaultAvailable: boolean
}

/**
 * The properties after the request. Pool values are taken at once, inside the transaction; secrets are handed back to be stored
 * by the caller.
 *
 * @throws Refusal `invalid` with a violation for each fault
 */
export async function applyProperties(
  c: Command,
  { schema, input, stored, actor, status, serviceId, consumerId, groupId, agent, vaultAvailable }: PropertiesRequest,
): Promise<{ properties: JsonObject; secrets: NewSecret[] }> {
  const result = await evaluateProperties({
    schema,
    registry: 'service',
    input,
    ...(stored && { stored }),
    actor,
    ...(status !== undefined && { status }),
    vaultAvailable,
    newReference: randomUUID,
    lookups: {
      serviceOptions: (type) => enabledOptionValues(c.tx, agent.providerId, type),
      service: (id) => referencedService(c.tx, id, consumerId, groupId),
      allocate: (poolType, propertyName) =>
        allocateServiceValue(c, { poolSetId: agent.servicePoolSetId, poolType, serviceId, propertyName }),
    },
  })
  if (!result.ok) {
    const text = result.violations.map(({ message }) => message).join('; ')
    throw new Refusal('invalid', text, { violations: result.violations })
  }
  return result
}
