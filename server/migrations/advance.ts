/**
 * What a migration does next, decided on nothing but what stands in the database. Pure. Asked again with the same facts it
 * decides the same; asked after its decision was written it goes on from there. `null`: it waits, and `waiting.ts` says for what.
 */
import type { MigrationState } from '@fulcrum/contract'
import { watchFence } from './fence.ts'
import {
  type Deed,
  type Imported,
  type Migration,
  type Moved,
  NEEDS_SOURCE,
  successor,
  UNWINDING,
  verify,
  WORK,
  type Work,
} from './migration.ts'
import { type Effect, ended, enter, failureOf, type Move, noted } from './moving.ts'

/** What came of a job that the migration queued. */
export type JobFact =
  | { status: 'Pending' | 'Processing' }
  | { status: 'Failed'; reason: string }
  | { status: 'gone' }
  | { status: 'Completed'; startedAt: Date; endedAt: Date; brought: Brought }

export type Brought =
  | { kind: 'export'; moved: Moved; seconds: number | null }
  | { kind: 'import'; imported: Imported; seconds: number | null }
  | { kind: 'nothing' }
  /** The job is done, and what it reported cannot be used. */
  | { kind: 'useless'; reason: string }

export type ServiceFact = {
  terminal: boolean
  /** Whether its agent is connected. */
  reachable: boolean
  /** An action that is under way and is not the migration's step. */
  busyWith: string | null
  /** Of each deed: null when it may be asked for now, else why not. */
  obstacles: Readonly<Record<Deed, string | null>>
}

export type Facts = {
  now: Date
  job: JobFact | null
  fenceJob: JobFact | null
  source: ServiceFact
  target: ServiceFact | null
  /** The newest copy outside the source's control. */
  vaultCopy: Moved | null
}

export function advance(migration: Migration, facts: Facts): Move | null {
  if (migration.endedAt) return null
  return watchFence(migration, facts) ?? step(migration, facts)
}

function step(migration: Migration, facts: Facts): Move | null {
  const { state, jobId, unwinding } = migration
  const work = WORK[state]
  if (jobId !== null && work) return watch(migration, work, facts)
  if (unwinding === 'cancelled' && !UNWINDING.has(state) && state !== 'failed') return unwind(migration, facts)
  const why = migration.paused ? null : reasonToFallBack(migration, facts)
  if (why !== null) return fallBack(migration, facts, why)
  if (work) return begin(migration, work, facts)
  return decide(migration, facts)
}

/** States in which nobody works: they are left as soon as they may be. */
function decide(migration: Migration, facts: Facts): Move | null {
  const { now } = facts
  switch (migration.state) {
    case 'queued':
      return migration.paused ? null : forward(migration, facts)
    case 'verifying':
    case 'final-verifying':
      return compare(migration, facts)
    case 'cutting-over':
      return migration.paused ? null : cutOver(migration, facts)
    case 'retaining':
      return retain(migration, facts)
    case 'switching-back':
      return unwind({ ...migration, primary: 'source', fence: 'none', updatedAt: now }, facts)
    case 'failed':
      // somebody deleted the source after all
      return migration.primary === 'target' && migration.unwinding === null && facts.source.terminal
        ? advanced(migration, enter(migration, 'done', now), now)
        : null
    default:
      return null
  }
}

function watch(migration: Migration, work: Work, facts: Facts): Move | null {
  const { job, now } = facts
  const cancelling = migration.unwinding === 'cancelled' && !UNWINDING.has(migration.state)
  switch (job?.status) {
    case 'Pending':
    case 'Processing': {
      // what an agent is doing cannot be taken back; what it has not begun can
      if (cancelling && job.status === 'Pending') {
        const next = noted({ ...migration, jobId: null }, { ...ended('failed', now), detail: CANCELLED }, now)
        return withEffects(unwind(next, facts), withdraw(migration, CANCELLED))
      }
      const why = cancelling || migration.paused || work.at === 'target' ? null : reasonToFallBack(migration, facts)
      return why === null ? null : fallBack(migration, facts, why)
    }
    case 'Completed': {
      const { brought } = job
      if (brought.kind === 'useless') return failed(migration, facts, brought.reason)
      const done = completed(migration, work, job)
      const effects = measured(work, job, migration)
      const next = cancelling
        ? unwind(done, facts)
        : UNWINDING.has(done.state)
          ? back(done, facts)
          : forward(done, facts)
      return withEffects(next, ...effects)
    }
    case 'Failed':
      return failed(migration, facts, job.reason === '' ? 'the agent gave no reason' : job.reason)
    default:
      return failed(migration, facts, 'its job is not there any more')
  }
}

const CANCELLED = 'the migration was cancelled'

type Completed = Extract<JobFact, { status: 'Completed' }>

function completed(migration: Migration, { at, deed }: Work, { brought, startedAt, endedAt }: Completed): Migration {
  const bytes = brought.kind === 'export' ? brought.moved.sizeBytes : (migration.exported?.sizeBytes ?? 0)
  const noteworthy = brought.kind === 'export' || brought.kind === 'import'
  const record = noted(
    migration,
    {
      ...ended('done', endedAt),
      startedAt: startedAt.toISOString(),
      ...(noteworthy && { sizeBytes: bytes, ...(brought.seconds !== null && { seconds: brought.seconds }) }),
    },
    endedAt,
  )
  const done: Migration = { ...record, jobId: null }
  if (brought.kind === 'export')
    return {
      ...done,
      exported: brought.moved,
      imported: null,
      verification: 'pending',
      artifactIds: [...done.artifactIds, brought.moved.artifactId],
    }
  if (brought.kind === 'import') return { ...done, imported: brought.imported }
  if (at === 'source' && deed === 'quiesce') return { ...done, quiesce: 'yes', quiescedAt: endedAt.toISOString() }
  if (deed === 'resume') return { ...done, quiesce: 'no', quiescedAt: null }
  if (deed === 'create') return { ...done, targetReady: true }
  return at === 'target' && deed === 'delete' ? { ...done, targetReady: false } : done
}

function measured({ deed }: Work, { brought, startedAt, endedAt }: Completed, migration: Migration): Effect[] {
  const seconds = Math.max(0, (endedAt.getTime() - startedAt.getTime()) / 1_000)
  switch (brought.kind) {
    case 'export':
      return [
        {
          kind: 'measure',
          direction: 'export',
          sizeBytes: brought.moved.sizeBytes,
          seconds: brought.seconds ?? seconds,
        },
      ]
    case 'import': {
      const { exported } = migration
      const measure = { kind: 'measure', direction: 'import', seconds: brought.seconds ?? seconds } as const
      if (!exported) return []
      return [
        { ...measure, sizeBytes: exported.sizeBytes },
        { kind: 'revoke', artifactId: exported.artifactId },
      ]
    }
    default:
      return deed === 'create' ? [{ kind: 'measure', direction: 'create', sizeBytes: 0, seconds }] : []
  }
}

function begin(migration: Migration, { at, deed }: Work, facts: Facts): Move | null {
  const { state, unwinding, paused } = migration
  // a pause never keeps the source from taking writes again
  if (paused && unwinding === null) return null
  if (deed === 'create') return { next: migration, effects: [{ kind: 'order-target' }] }
  const service = at === 'source' ? facts.source : facts.target
  const after = (detail: string) => skip(migration, facts, detail)
  if (!service || service.terminal)
    return deed === 'delete' || state === 'quiescing-target'
      ? after('it is gone already')
      : failed(migration, facts, `the ${at} has ended`)
  if (service.busyWith !== null) return null
  const obstacle = service.obstacles[deed]
  if (obstacle === null) return { next: migration, effects: [{ kind: 'queue', at, deed }] }
  if (state === 'resuming-source' || state === 'quiescing-target') return after(obstacle)
  // a lifecycle may have no way out of its initial state
  if (state === 'deleting-target' && !migration.targetReady) return after(`it never came to be: ${obstacle}`)
  return failed(migration, facts, obstacle)
}

/** Nothing has to be done for this step. */
function skip(migration: Migration, facts: Facts, detail: string): Move {
  const { deed, at } = WORK[migration.state] ?? {}
  const noted_ = noted(migration, { ...ended('done', facts.now), detail }, facts.now)
  const done: Migration = {
    ...noted_,
    ...(deed === 'resume' && { quiesce: 'no', quiescedAt: null }),
    ...(deed === 'delete' && at === 'target' && { targetReady: false }),
  }
  return UNWINDING.has(done.state) ? back(done, facts) : forward(done, facts)
}

/** The next state on the way forward. */
function forward(migration: Migration, facts: Facts): Move {
  const next = successor(migration)
  return advanced(migration, goTo(migration, next, facts), facts.now)
}

function advanced(before: Migration, next: Migration, now: Date, ...effects: Effect[]): Move {
  const type = next.state === 'done' ? 'done' : 'advanced'
  const about = { from: before.state, to: next.state }
  const updated = { ...next, updatedAt: now }
  return { next: updated, effects: [...effects, { kind: 'tell', type, about }] }
}

/** Enters a state, or the one that has to come before it, or the one after it where there is nothing to do. */
export function goTo(migration: Migration, state: MigrationState, facts: Facts): Migration {
  const { target, now } = facts
  if (state !== 'creating') return enter(migration, state, now)
  const there = target !== null && !target.terminal
  if (migration.targetReady && there) return enter(migration, successor(migration, 'creating'), now)
  // one that was ordered and never made is made; what is left of one that failed goes first
  const again = there && target.busyWith === null && target.obstacles.create === null
  return enter({ ...migration, targetReady: false }, there && !again ? 'clearing-target' : 'creating', now)
}

/** One state further on the way back, or, of a drill that went well, to its end. */
function back(migration: Migration, facts: Facts): Move {
  if (migration.unwinding === null) return forward(migration, facts)
  if (migration.state === 'quiescing-target')
    return advanced(migration, enter(migration, 'switching-back', facts.now), facts.now)
  const gone =
    migration.state === 'deleting-target' && facts.target ? { ...facts.target, terminal: true } : facts.target
  return unwind(migration, { ...facts, target: gone })
}

/** What the way back needs next: the source takes writes again, the target goes, the end. */
export function unwind(migration: Migration, facts: Facts): Move {
  const { quiesce, unwinding, kind, primary } = migration
  const { source, target, now } = facts
  const busy = source.busyWith !== null
  // with a job under way nobody can say yet what may follow; `begin` waits for it
  const resumable = !source.terminal && (busy || source.obstacles.resume === null)
  if (primary === 'source' && quiesce !== 'no' && resumable)
    return advanced(migration, enter(migration, 'resuming-source', now), now)
  const keepsTarget = unwinding === 'failed' && kind === 'migration'
  if (!keepsTarget && target !== null && !target.terminal)
    return advanced(migration, enter(migration, 'deleting-target', now), now)
  const state = unwinding ?? 'failed'
  const type = state === 'rolled-back' ? 'rolled_back' : state
  const about = { step: migration.failure?.step ?? migration.state, reason: migration.failure?.reason ?? '' }
  const next = enter(migration, state, now)
  return { next, effects: [{ kind: 'tell', type, ...(state === 'failed' && { about }) }] }
}

/** A step cannot be done. The source stays, or becomes again, what it was. */
export function failed(migration: Migration, facts: Facts, reason: string): Move {
  const { state, kind } = migration
  const { now } = facts
  const quiesce = state === 'quiescing' ? 'tried' : migration.quiesce
  const noted_ = noted({ ...migration, quiesce, jobId: null }, { ...ended('failed', now), detail: reason }, now)
  const failure = failureOf(state, reason, now)
  if (migration.unwinding === 'cancelled' && !UNWINDING.has(state)) return unwind(noted_, facts)
  if (UNWINDING.has(state)) {
    const next = enter({ ...noted_, unwindFailure: failure }, 'failed', now)
    return { next, effects: [{ kind: 'tell', type: 'failed', about: { step: state, reason } }] }
  }
  if (migration.primary === 'target') {
    const next = enter({ ...noted_, failure }, 'failed', now)
    return { next, effects: [{ kind: 'tell', type: 'failed', about: { step: state, reason } }] }
  }
  if (kind === 'migration' && LIVE_STEPS.has(state) && mayFallBack(migration) && refuge(migration, facts))
    return fallBack(noted_, facts, reason)
  return unwind({ ...noted_, failure, unwinding: 'failed' }, facts)
}

const LIVE_STEPS: ReadonlySet<MigrationState> = new Set(['exporting', 'quiescing', 'final-exporting'])

function mayFallBack({ from, settings, kind }: Migration): boolean {
  return kind === 'migration' && from === 'live' && settings.vaultFallback
}

/** The newest copy that does not need the source: the vault's, or what was exported for this migration. */
function refuge({ exported }: Migration, { vaultCopy }: Facts): Moved | null {
  if (!exported || !vaultCopy) return exported ?? vaultCopy
  return Date.parse(exported.takenAt) >= Date.parse(vaultCopy.takenAt) ? exported : vaultCopy
}

/** Null when there is none, or nothing to fall back to. */
function reasonToFallBack(migration: Migration, facts: Facts): string | null {
  const { state, settings, unwinding } = migration
  if (unwinding !== null || !NEEDS_SOURCE.has(state) || !mayFallBack(migration) || !refuge(migration, facts))
    return null
  if (settings.deadlineAt !== null && facts.now.getTime() >= Date.parse(settings.deadlineAt))
    return 'the last export was not done by the deadline'
  return facts.source.reachable ? null : 'the agent of the source is not connected'
}

/** Goes on with the newest copy that there is, without the source. */
function fallBack(migration: Migration, facts: Facts, reason: string): Move {
  const { now } = facts
  const copy = refuge(migration, facts)
  if (!copy) return failed(migration, facts, reason)
  const there = migration.imported?.artifactId === copy.artifactId
  const next: Migration = {
    ...noted(migration, { ...ended('failed', now), detail: reason }, now),
    from: 'vault',
    exported: copy,
    ...(!there && { imported: null, verification: 'pending' as const }),
  }
  const tell: Effect = { kind: 'tell', type: 'fell_back', about: { reason, takenAt: copy.takenAt } }
  const effects = migration.jobId === null ? [] : [withdraw(migration, reason)]
  const state = there && next.targetReady ? 'verifying' : 'creating'
  return { next: goTo(next, state, facts), effects: [...effects, tell] }
}

function withdraw({ jobId }: Migration, reason: string): Effect {
  return { kind: 'withdraw', jobId: jobId ?? '', reason }
}

function compare(migration: Migration, facts: Facts): Move {
  const verification = verify(migration.exported, migration.imported)
  const compared: Migration = { ...migration, verification }
  if (verification === 'mismatch') return failed(compared, facts, MISMATCH)
  const detail = verification === 'verified' ? 'the contents are the same' : 'an agent reported no content to compare'
  const move = forward(noted(compared, { detail }, facts.now), facts)
  return migration.kind === 'drill' ? withEffects(move, { kind: 'testify' }) : move
}

const MISMATCH = 'what was imported is not what was exported: the contents differ'

/** One transaction makes the target the primary: before it the source is, after it the target. */
function cutOver(migration: Migration, facts: Facts): Move {
  const { settings, quiesce, verification, from } = migration
  const { target, now } = facts
  if (!target || target.terminal) return failed(migration, facts, 'the target has ended')
  if (from === 'live' && settings.quiescable && quiesce !== 'yes')
    return failed(migration, facts, 'the source is not quiesced')
  const retainUntil = new Date(now.getTime() + settings.retrievalHours * HOUR_MS).toISOString()
  const fence = quiesce === 'yes' ? 'done' : settings.quiescable && !facts.source.terminal ? 'pending' : 'impossible'
  const next = enter(
    {
      ...migration,
      primary: 'target',
      cutOverAt: now,
      // without proof nothing is deleted by itself
      retainUntil: verification === 'verified' ? retainUntil : null,
      fence: facts.source.terminal ? 'done' : fence,
    },
    'retaining',
    now,
  )
  return {
    next,
    effects: [...(next.fence === 'pending' ? [{ kind: 'fence' } as const] : []), { kind: 'tell', type: 'cut_over' }],
  }
}

const HOUR_MS = 3_600_000

function retain(migration: Migration, facts: Facts): Move | null {
  const { retainUntil, paused, verification, fence } = migration
  const { source, now } = facts
  if (source.terminal) return advanced(migration, enter(migration, 'done', now), now)
  if (paused || fence === 'pending' || verification !== 'verified' || retainUntil === null) return null
  if (now.getTime() < Date.parse(retainUntil)) return null
  return advanced(migration, enter(migration, 'deleting-source', now), now)
}

function withEffects(move: Move, ...effects: Effect[]): Move {
  return { ...move, effects: [...effects, ...move.effects] }
}
