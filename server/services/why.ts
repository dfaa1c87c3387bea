/** Says in words why a service or a job is as it is: what it waits for, since when, who can help, what would make it possible. */
import type { Why } from '@fulcrum/contract'
import { allowedActions, type LifecycleSchema } from '@fulcrum/schema'
import { timestamp } from '../platform/wire.ts'
import type { Service } from './service.ts'

export type JobFacts = {
  id: string
  action: string
  status: 'Pending' | 'Processing' | 'Completed' | 'Failed'
  errorMessage: string | null
  createdAt: Date
  claimedAt: Date | null
  completedAt: Date | null
}

export type AgentFacts = {
  name: string
  status: string
  lastSeen: Date | null
  provider: string
  providerDisabled: boolean
}

/** A job of the same group that this agent works on: groups go one job at a time. */
export type BlockingFacts = { action: string; serviceName: string; claimedAt: Date | null }

export type ServiceFacts = {
  lifecycle: LifecycleSchema
  agent: AgentFacts
  /** The newest job; it is the active one when it has not ended. Null when retention took it. */
  job: JobFacts | null
  blocking: BlockingFacts | null
  /** Pending jobs of the same group and agent that come first. */
  ahead: number
  /** Vault copies that did not come in time. */
  overdueCopies: readonly { store: string; since: Date; reason: string }[]
}

export function explainService(service: Service, facts: ServiceFacts, now: Date): Why {
  const { job } = facts
  if (job && (job.status === 'Pending' || job.status === 'Processing')) return explainJob(job, facts, now)
  const possibleIf = allowedActions(facts.lifecycle, service.status).map((action) => `action ${action}`)
  if (job?.status === 'Failed')
    return {
      ...explainJob(job, facts, now),
      summary: `The last action, ${job.action}, failed: ${job.errorMessage || 'without a message'}. The service is ${service.status}.`,
      possibleIf,
    }
  const overdue = facts.overdueCopies.map(({ store, since, reason }) => ({
    what: `vault copy to ${store}`,
    verdict: `is overdue since ${timestamp(since)}: ${reason}`,
  }))
  const [first] = service.conditions
  if (first)
    return {
      state: 'restricted',
      summary: service.conditions.map(({ message }) => message).join(' '),
      since: first.since,
      considered: [...service.conditions.map(({ type, message }) => ({ what: type, verdict: message })), ...overdue],
      possibleIf,
    }
  return {
    state: 'done',
    summary: service.terminal
      ? `The service has ended: ${service.status}.`
      : `The service is ${service.status} and nothing is under way.`,
    since: timestamp(service.statusSince),
    considered: overdue,
    possibleIf,
  }
}

export function explainJob(
  job: JobFacts,
  facts: Omit<ServiceFacts, 'lifecycle' | 'job' | 'overdueCopies'>,
  now: Date,
): Why {
  switch (job.status) {
    case 'Pending':
      return explainPending(job, facts, now)
    case 'Processing':
      return {
        state: 'working',
        summary: `${facts.agent.name} of ${facts.agent.provider} works on ${job.action}.`,
        since: timestamp(job.claimedAt ?? job.createdAt),
        waitsFor: 'the agent reports the outcome',
        unblockedBy: facts.agent.provider,
        considered: [agentVerdict(facts.agent)],
        possibleIf: facts.agent.status === 'Connected' ? [] : [`agent ${facts.agent.name} connects again`],
      }
    case 'Completed':
      return {
        state: 'done',
        summary: `${job.action} is done.`,
        since: timestamp(job.completedAt ?? job.createdAt),
        considered: [],
        possibleIf: [],
      }
    case 'Failed':
      return {
        state: 'failed',
        summary: `${job.action} failed: ${job.errorMessage || 'without a message'}.`,
        since: timestamp(job.completedAt ?? job.createdAt),
        unblockedBy: facts.agent.provider,
        considered: [{ what: `job ${job.id}`, verdict: job.errorMessage || 'failed without a message' }],
        possibleIf: [],
      }
  }
}

function explainPending(
  job: JobFacts,
  { agent, blocking, ahead }: Omit<ServiceFacts, 'lifecycle' | 'job' | 'overdueCopies'>,
  now: Date,
): Why {
  const since = timestamp(job.createdAt)
  const considered = [agentVerdict(agent)]
  if (blocking)
    considered.push({
      what: `job ${blocking.action} of service ${blocking.serviceName}`,
      verdict: 'is being worked on in the same group',
    })
  if (ahead > 0) considered.push({ what: `${ahead} pending job(s) of the same group`, verdict: 'come first' })
  const waiting = (summary: string, waitsFor: string, unblockedBy: string, possibleIf: string[]): Why => ({
    state: 'waiting',
    summary,
    since,
    waitsFor,
    unblockedBy,
    considered,
    possibleIf,
  })

  if (agent.providerDisabled || agent.status === 'Disabled') {
    const who = agent.providerDisabled ? `provider ${agent.provider}` : `agent ${agent.name}`
    return waiting(
      `${job.action} waits: ${who} is disabled.`,
      `${who} is enabled`,
      agent.providerDisabled ? 'an administrator' : agent.provider,
      [`${who} is enabled`],
    )
  }
  if (agent.status !== 'Connected') {
    const silent = agent.lastSeen ? `was last heard of ${ago(agent.lastSeen, now)} ago` : 'was never heard of'
    return waiting(
      `${job.action} waits: agent ${agent.name} of ${agent.provider} is ${agent.status} and ${silent}.`,
      `agent ${agent.name} connects`,
      agent.provider,
      [`agent ${agent.name} connects`],
    )
  }
  if (blocking)
    return waiting(
      `${job.action} waits for ${blocking.action} of ${blocking.serviceName}: jobs of one group run one after another.`,
      `the job on ${blocking.serviceName} ends`,
      agent.provider,
      [`the job on ${blocking.serviceName} ends`],
    )
  if (ahead > 0)
    return waiting(
      `${job.action} waits for ${ahead} job(s) of the same group that come first.`,
      'the jobs before it end',
      agent.provider,
      ['the jobs before it end'],
    )
  return waiting(
    `${job.action} waits for agent ${agent.name} of ${agent.provider} to take it.`,
    'the agent claims the job',
    agent.provider,
    [`agent ${agent.name} has room for another job`],
  )
}

function agentVerdict({ name, status, lastSeen }: AgentFacts): { what: string; verdict: string } {
  return {
    what: `agent ${name}`,
    verdict: `${status}${lastSeen ? `, last sign of life ${timestamp(lastSeen)}` : ', never heard of'}`,
  }
}

const MINUTE_MS = 60_000

/** Whole minutes below two hours, then hours, then days. */
function ago(time: Date, now: Date): string {
  const minutes = Math.max(0, Math.floor((now.getTime() - time.getTime()) / MINUTE_MS))
  if (minutes < 120) return `${minutes} min`
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1_440)} days`
}
