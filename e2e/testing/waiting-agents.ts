/** Agents that wait for jobs by long poll, and somebody who orders from them: for measuring and testing the way of a job. */
import { FulcrumClient } from '@fulcrum/client'
import {
  agents,
  agentTypes,
  jobs,
  participants,
  serviceGroups,
  services,
  serviceTypes,
  tokens,
} from '@fulcrum/contract'

/** Requests at once while everything is made. */
const SIDE_BY_SIDE = 4
/** What an answer may take beyond the time that the server was asked to wait. */
const ANSWER_MS = 30_000

export type Field = {
  agents: { id: string; token: string }[]
  /** One group for each order: jobs of one group come one after another. */
  groupIds: string[]
  /** Orders from one agent. @returns the service's id when the order is committed */
  order(agentId: string, groupId: string): Promise<string>
  close(): Promise<void>
}

/** Makes a provider with agents, and a consumer with groups. */
export async function openField(
  server: { url: string; adminToken: string },
  counts: { agents: number; groups: number },
): Promise<Field> {
  const admin = new FulcrumClient({ url: server.url, token: server.adminToken })
  // one server can have several fields
  const word = crypto.randomUUID().slice(0, 8)
  const participant = (name: string) => admin.call(participants.create, { body: { name, status: 'Enabled' } })
  const [provider, consumer] = [await participant('Provider'), await participant('Consumer')]
  const { id: serviceTypeId } = await admin.call(serviceTypes.create, {
    body: {
      name: `box-${word}`,
      propertySchema: { properties: { size: { type: 'integer', default: 1 } } },
      lifecycleSchema: {
        states: [{ name: 'New' }, { name: 'Running' }],
        initialState: 'New',
        actions: [{ name: 'create', transitions: [{ from: 'New', to: 'Running' }] }],
      },
    },
  })
  const { id: agentTypeId } = await admin.call(agentTypes.create, {
    body: {
      name: `box-agent-${word}`,
      serviceTypeIds: [serviceTypeId],
      configurationSchema: { properties: { note: { type: 'string' } } },
    },
  })
  const made = await sideBySide(counts.agents, async (index) => {
    const body = { name: `agent-${index}`, providerId: provider.id, agentTypeId }
    const { id } = await admin.call(agents.create, { body })
    const { value } = await admin.call(tokens.create, { body: { name: `agent-${index}`, role: 'agent', scopeId: id } })
    return { id, token: value ?? '' }
  })
  const groupIds = await sideBySide(counts.groups, async (index) => {
    const body = { name: `group-${index}`, consumerId: consumer.id }
    return (await admin.call(serviceGroups.create, { body })).id
  })
  return {
    agents: made,
    groupIds,
    order: async (agentId, groupId) => {
      const body = { name: 'box', groupId, serviceTypeId, agentId, properties: {} }
      return (await admin.call(services.create, { body })).id
    },
    close: () => admin.close(),
  }
}

async function sideBySide<T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> {
  const made: T[] = []
  let next = 0
  const worker = async () => {
    for (let index = next++; index < count; index = next++) made[index] = await make(index)
  }
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker))
  return made
}

export type Handed = {
  jobId: string
  serviceId: string
  agentId: string
  /** When the job was here; `performance.now()`. */
  atMs: number
  /** How long the question had been open by then. */
  openMs: number
}

/**
 * An agent that asks with `wait`, completes what it gets, and asks again.
 *
 * @param onQuestion  called before each question
 */
export function waitForJobs(
  url: string,
  agent: { id: string; token: string },
  waitSeconds: number,
  onJob: (handed: Handed) => void,
  onQuestion: () => void = () => {},
): { stop: () => Promise<void> } {
  const client = new FulcrumClient({ url, token: agent.token })
  const stopping = new AbortController()
  const run = async () => {
    while (!stopping.signal.aborted) {
      const options = { signal: stopping.signal, timeoutMs: waitSeconds * 1_000 + ANSWER_MS, repeat: false }
      onQuestion()
      const askedMs = performance.now()
      const found = await client.call(jobs.pending, { query: { wait: String(waitSeconds) } }, options)
      const atMs = performance.now()
      for (const { id, serviceId } of found) {
        onJob({ jobId: id, serviceId, agentId: agent.id, atMs, openMs: atMs - askedMs })
        await client.call(jobs.claim, { params: { id } })
        await client.call(jobs.complete, { params: { id }, body: {} })
      }
    }
  }
  const running = run().catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error
  })
  // told by stop(), also when it came before
  running.catch(() => {})
  return {
    stop: async () => {
      stopping.abort()
      await running.finally(() => client.close())
    },
  }
}
