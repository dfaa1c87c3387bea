/** Says in words what a migration waits for, since when, who can help, and what helps after a failure. Pure. */
import type { MigrationFailure, MigrationWaiting } from '@fulcrum/contract'
import { timestamp } from '../platform/wire.ts'
import type { Facts, ServiceFact } from './advance.ts'
import { type Failure, type Migration, WORK, type Work } from './migration.ts'

export type SideNames = {
  agent: string
  provider: string
  agentStatus: string
  lastSeen: Date | null
  service: string | null
}
export type Names = { source: SideNames; target: SideNames }

type Told = Omit<MigrationWaiting, 'since'>

/** Undefined when it waits for nothing that somebody would have to do: it has ended, or goes on at once. */
export function explainWaiting(migration: Migration, facts: Facts, names: Names): MigrationWaiting | undefined {
  if (migration.endedAt) return undefined
  const told = tell(migration, facts, names)
  if (!told) return undefined
  const open = migration.steps.findLast(({ status }) => status === 'waiting' || status === 'running')
  const since = open ? (open.startedAt ?? open.since) : migration.updatedAt.toISOString()
  return { ...told, since: timestamp(new Date(since)) }
}

function tell(migration: Migration, facts: Facts, names: Names): Told | undefined {
  const { state, paused, jobId, unwinding, verification, fence, retainUntil } = migration
  const work = WORK[state]
  if (state === 'failed')
    return {
      summary: `It failed in ${(migration.unwindFailure ?? migration.failure)?.step ?? 'an unknown step'} and waits for a word.`,
      waitsFor: 'retry or cancel',
      unblockedBy: 'the consumer',
      possibleIf: ['retry', 'cancel'],
    }
  if (jobId !== null && work) return working(work, facts, names)
  if (paused && unwinding === null)
    return {
      summary: `It is paused${migration.quiesce === 'yes' && migration.primary === 'source' ? ': the source takes no writes meanwhile' : ''}.`,
      waitsFor: 'resume',
      unblockedBy: 'the consumer',
      possibleIf: ['resume', 'cancel'],
    }
  if (work) return starting(work, facts, names)
  if (state === 'ready')
    return {
      summary: 'Everything is prepared: the cut-over waits for the word of a person.',
      waitsFor: 'cut-over',
      unblockedBy: 'the consumer',
      possibleIf: ['cut-over', 'cancel'],
    }
  if (state !== 'retaining') return undefined
  if (fence === 'pending')
    return {
      summary: `The target is the primary. The source has not been stopped yet: that is the first job of ${names.source.agent} of ${names.source.provider} when it comes back.`,
      waitsFor: `agent ${names.source.agent} connects and stops the source`,
      unblockedBy: names.source.provider,
      possibleIf: [`agent ${names.source.agent} connects`],
    }
  if (verification !== 'verified' || retainUntil === null)
    return {
      summary:
        'The target is the primary. The contents could not be compared: the source is kept until somebody deletes it.',
      waitsFor: 'somebody looks at the target and deletes the source',
      unblockedBy: 'the consumer',
      possibleIf: ['delete the source', 'rollback'],
    }
  return {
    summary: `The target is the primary. The source is kept until ${timestamp(new Date(retainUntil))}.`,
    waitsFor: 'the end of the time in which the source is kept',
    unblockedBy: 'nobody needs to',
    possibleIf: ['time passes', 'delete the source', 'rollback'],
  }
}

function working({ at }: Work, { job }: Facts, names: Names): Told {
  const side = names[at]
  const who = `${side.agent} of ${side.provider}`
  if (job?.status === 'Pending')
    return {
      summary:
        side.agentStatus === 'Connected'
          ? `It waits for agent ${who} to take the job.`
          : `It waits for agent ${who}, which is ${side.agentStatus}${seen(side)}.`,
      waitsFor: `agent ${side.agent} takes the job`,
      unblockedBy: side.provider,
      possibleIf: [
        side.agentStatus === 'Connected'
          ? `agent ${side.agent} has room for another job`
          : `agent ${side.agent} connects`,
      ],
    }
  return {
    summary: `Agent ${who} works on it${side.agentStatus === 'Connected' ? '' : `, but is ${side.agentStatus}${seen(side)}`}.`,
    waitsFor: 'the agent reports the outcome',
    unblockedBy: side.provider,
    possibleIf: side.agentStatus === 'Connected' ? [] : [`agent ${side.agent} connects`],
  }
}

function starting({ at }: Work, facts: Facts, names: Names): Told | undefined {
  const service: ServiceFact | null = at === 'source' ? facts.source : facts.target
  const action = service?.busyWith ?? null
  if (action === null) return undefined
  return {
    summary: `It waits for the end of ${action}, which is under way on the ${at}.`,
    waitsFor: `${action} ends`,
    unblockedBy: names[at].provider,
    possibleIf: [`${action} ends`],
  }
}

function seen({ lastSeen }: SideNames): string {
  return lastSeen ? ` since ${timestamp(lastSeen)}` : ' and was never heard of'
}

/** The failure that matters now, with what helps. */
export function explainFailure(migration: Migration): MigrationFailure | undefined {
  const failure = migration.unwindFailure ?? migration.failure
  if (!failure || (migration.state !== 'failed' && migration.unwinding === null)) return undefined
  const reason =
    migration.unwindFailure && migration.failure
      ? `${failure.reason}. Before that: ${migration.failure.step}: ${migration.failure.reason}`
      : failure.reason
  return { step: failure.step, reason, at: timestamp(new Date(failure.at)), helps: helpOf(migration, failure) }
}

function helpOf(migration: Migration, { step }: Failure): string[] {
  if (migration.kind === 'drill')
    return step === 'deleting-target'
      ? [`delete the scratch service ${migration.targetServiceId ?? ''} yourself`]
      : ['mend the reason and start another drill']
  const again = 'mend the reason, then retry'
  switch (step) {
    case 'resuming-source':
      return ['retry: the source takes no writes until it is resumed', 'resume the source by its own action']
    case 'deleting-target':
      return ['retry', 'the provider of the target deletes what is left']
    case 'quiescing-target':
      return ['retry: until the target is stopped, it stays the primary']
    case 'deleting-source':
      return ['retry', 'delete the source by its own action: the target is the primary']
    case 'verifying':
    case 'final-verifying':
      return ['retry: what was exported is made again', 'cancel: the source is untouched']
    case 'creating':
    case 'clearing-target':
      return [again, 'cancel, and migrate to another agent or with other properties']
    default:
      return [
        again,
        'cancel: the source is untouched',
        ...(migration.from === 'live' ? ['migrate from a vault copy'] : []),
      ]
  }
}
