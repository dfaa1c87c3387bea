/**
 * A small world on servers that come and go: a provider whose agents really run (in this process, with the SDK), consumers that
 * order, change and give back, and a record of what was done for whom.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { defineAgent, JobFailure, type RunningAgent, runAgent } from '@fulcrum/agent-sdk'
import { FulcrumClient } from '@fulcrum/client'
import {
  agents,
  agentTypes,
  participants,
  serviceGroups,
  servicePoolSets,
  servicePools,
  serviceTypes,
  tokens,
} from '@fulcrum/contract'

/** An order with this in its name is refused by the agent. */
export const REFUSED = 'refused'
const AGENTS = 2
const JOB_MS = 30

export type Market = {
  readonly admin: FulcrumClient
  readonly serviceTypeId: string
  readonly agents: readonly { id: string }[]
  /** As this agent; closed with the market. */
  agentClient(agentId: string): FulcrumClient
  readonly consumers: readonly { id: string; client: FulcrumClient; groupIds: string[] }[]
  /** How often the handler of each job has run, by the job's id. */
  readonly runs: ReadonlyMap<string, number>
  /** A token of a new participant, for those who take it away again. */
  visitor(name: string): Promise<{ participantId: string; tokenId: string; value: string }>
  close(): Promise<void>
}

/** @param url  through which everybody works */
export async function openMarket(
  url: string,
  adminToken: string,
  counts: { consumers: number; groups: number },
): Promise<Market> {
  const admin = new FulcrumClient({ url, token: adminToken })
  const clients = [admin]
  const open = (token: string) => {
    const client = new FulcrumClient({ url, token })
    clients.push(client)
    return client
  }
  const participant = async (name: string) => {
    const { id } = await admin.call(participants.create, { body: { name, status: 'Enabled' } })
    const body = { name, role: 'participant' as const, scopeId: id }
    const { id: tokenId, value = '' } = await admin.call(tokens.create, { body })
    return { participantId: id, tokenId, value }
  }

  const runs = new Map<string, number>()
  const directory = mkdtempSync(path.join(tmpdir(), 'fulcrum-market-'))
  const running: RunningAgent[] = []
  const close = async () => {
    await Promise.allSettled(running.map((agent) => agent.stop()))
    await Promise.all(clients.map((client) => client.close()))
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    return await fill()
  } catch (error) {
    await close()
    throw error
  }

  async function fill(): Promise<Market> {
    const provider = await participant('Provider')
    const { serviceTypeId, agentTypeId } = await makeTypes(admin)
    const servicePoolSetId = await makePool(admin, provider.participantId)
    const made: { id: string; token: string }[] = []
    for (let number = 1; number <= AGENTS; number++) {
      const body = { name: `agent-${number}`, providerId: provider.participantId, agentTypeId, servicePoolSetId }
      const { id } = await admin.call(agents.create, { body })
      const { value: token = '' } = await admin.call(tokens.create, {
        body: { name: body.name, role: 'agent', scopeId: id },
      })
      made.push({ id, token })
      running.push(
        await runAgent(countingAgent(runs), {
          url,
          token,
          journalDir: path.join(directory, body.name),
          waitSeconds: 10,
          heartbeatMs: 2_000,
          stopGraceMs: 5_000,
          log: SILENT,
        }),
      )
    }
    const consumers = []
    for (let number = 1; number <= counts.consumers; number++) {
      const { participantId: id, value } = await participant(`Consumer ${number}`)
      const groupIds: string[] = []
      for (let group = 1; group <= counts.groups; group++)
        groupIds.push((await admin.call(serviceGroups.create, { body: { name: `group-${group}`, consumerId: id } })).id)
      consumers.push({ id, client: open(value), groupIds })
    }

    return {
      admin,
      serviceTypeId,
      agents: made,
      agentClient: (agentId) => open(made.find(({ id }) => id === agentId)?.token ?? ''),
      consumers,
      runs,
      visitor: participant,
      close,
    }
  }
}

/** Does nothing but count, and refuses what it is told to refuse. */
function countingAgent(runs: Map<string, number>) {
  const run = async (jobId: string) => {
    runs.set(jobId, (runs.get(jobId) ?? 0) + 1)
    await sleep(JOB_MS)
  }
  return defineAgent({
    name: 'counting',
    parseConfiguration: () => ({}),
    handlers: {
      create: async ({ job, service }) => {
        await run(job.id)
        if (service.name.includes(REFUSED)) throw new JobFailure('as asked for')
        return { agentInstanceId: `instance of ${service.id}` }
      },
      update: async ({ job }) => run(job.id),
      delete: async ({ job }) => run(job.id),
    },
  })
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {}, child: () => SILENT }

async function makeTypes(admin: FulcrumClient): Promise<{ serviceTypeId: string; agentTypeId: string }> {
  const { id: serviceTypeId } = await admin.call(serviceTypes.create, {
    body: {
      name: 'box',
      propertySchema: {
        properties: {
          size: { type: 'integer', default: 1 },
          address: { type: 'string', generator: { type: 'pool', config: { poolType: 'address' } } },
        },
      },
      lifecycleSchema: {
        states: ['New', 'Running', 'Failed', 'Deleted'].map((name) => ({ name })),
        initialState: 'New',
        terminalStates: ['Deleted'],
        runningStates: ['Running'],
        actions: [
          {
            name: 'create',
            transitions: [
              { from: 'New', to: 'Running' },
              { from: 'New', to: 'Failed', onError: true },
            ],
          },
          { name: 'update', transitions: [{ from: 'Running', to: 'Running' }] },
          { name: 'delete', transitions: ['Running', 'Failed'].map((from) => ({ from, to: 'Deleted' })) },
        ],
      },
    },
  })
  const { id: agentTypeId } = await admin.call(agentTypes.create, {
    body: {
      name: 'box-agent',
      serviceTypeIds: [serviceTypeId],
      configurationSchema: { properties: { note: { type: 'string' } } },
    },
  })
  return { serviceTypeId, agentTypeId }
}

async function makePool(admin: FulcrumClient, providerId: string): Promise<string> {
  const { id } = await admin.call(servicePoolSets.create, { body: { name: 'addresses', providerId } })
  await admin.call(servicePools.create, {
    body: {
      ...{ name: 'address', type: 'address', propertyType: 'string', generatorType: 'subnet', servicePoolSetId: id },
      generatorConfig: { cidr: '10.7.0.0/24', excludeFirst: 1, excludeLast: 1 },
    },
  })
  return id
}
