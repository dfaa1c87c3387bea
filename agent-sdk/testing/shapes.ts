/** Complete objects of the contract for tests, of which only what matters has to be said. */
import { randomUUID } from 'node:crypto'
import type { Agent, Job, Service } from '@fulcrum/contract'

/** A time as the server writes it: whole seconds. */
export function timestamp(date = new Date()): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z')
}

export function anAgent(members: Partial<Agent> = {}): Agent {
  return {
    id: randomUUID(),
    name: 'test-agent',
    status: 'New',
    providerId: randomUUID(),
    agentTypeId: randomUUID(),
    tags: null,
    createdAt: timestamp(),
    updatedAt: timestamp(),
    ...members,
  }
}

export function aService(agent: Agent, members: Partial<Service> = {}): Service {
  return {
    id: randomUUID(),
    providerId: agent.providerId,
    consumerId: randomUUID(),
    agentId: agent.id,
    serviceTypeId: randomUUID(),
    groupId: randomUUID(),
    name: 'test-service',
    status: 'New',
    createdAt: timestamp(),
    updatedAt: timestamp(),
    ...members,
  }
}

export function aJob(service: Service, action: string, members: Partial<Job> = {}): Job {
  return {
    id: randomUUID(),
    providerId: service.providerId,
    consumerId: service.consumerId,
    agentId: service.agentId,
    serviceId: service.id,
    action,
    status: 'Pending',
    priority: 1,
    createdAt: timestamp(),
    updatedAt: timestamp(),
    ...members,
  }
}
