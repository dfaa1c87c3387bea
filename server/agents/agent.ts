/** What an agent is: the process of a provider that carries out jobs, and how it is configured. */
import type { AgentStatus } from '@fulcrum/contract'
import type { Json, JsonObject } from '@fulcrum/schema'
import { shapeTime } from '../events/index.ts'
import { invalidInput } from '../platform/errors.ts'

export type Agent = {
  id: string
  name: string
  status: AgentStatus
  /** The last sign of life, or the last time somebody set the status. */
  lastStatusUpdate: Date | null
  tags: string[] | null
  configuration: JsonObject | null
  agentTypeId: string
  providerId: string
  servicePoolSetId: string | null
  createdAt: Date
  updatedAt: Date
}

const MAX_TAG_BYTES = 100

/** @throws Refusal `invalid` with the contract's text */
export function checkAgent(agent: Agent): Agent {
  if (agent.name === '') throw invalidInput('agent name cannot be empty')
  for (const [index, tag] of (agent.tags ?? []).entries()) {
    if (tag === '') throw invalidInput(`tag at index ${index} cannot be empty`)
    if (Buffer.byteLength(tag) > MAX_TAG_BYTES)
      throw invalidInput(`tag at index ${index} exceeds maximum length of ${MAX_TAG_BYTES} characters`)
  }
  return agent
}

/** The agent after it reported a status about itself. A disabled one stays so: only its provider or an admin can enable it. */
export function report(agent: Agent, status: AgentStatus, now: Date): Agent {
  if (agent.status === 'Disabled') return agent
  return { ...agent, status, lastStatusUpdate: now, updatedAt: status === agent.status ? agent.updatedAt : now }
}

/** The agent as events compare it. */
export function agentShape(agent: Agent): { [key: string]: Json } {
  return {
    id: agent.id,
    name: agent.name,
    status: agent.status,
    ...(agent.lastStatusUpdate && { lastStatusUpdate: shapeTime(agent.lastStatusUpdate) }),
    tags: agent.tags,
    ...(agent.configuration && { configuration: agent.configuration }),
    agentTypeId: agent.agentTypeId,
    providerId: agent.providerId,
    ...(agent.servicePoolSetId && { servicePoolSetId: agent.servicePoolSetId }),
  }
}
