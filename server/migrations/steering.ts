/** What people ask of a migration, and when they may. Pure. */
import type { MigrationAction } from '@fulcrum/contract'
import { conflict } from '../platform/errors.ts'
import { type Facts, goTo, unwind } from './advance.ts'
import { type Migration, retryState, successor, UNWINDING } from './migration.ts'
import { enter, type Move } from './moving.ts'

/** In the order in which they are shown. */
export function allowedActions(migration: Migration): MigrationAction[] {
  const { state, paused, primary, unwinding, endedAt, fence } = migration
  if (endedAt) return []
  const forward = state !== 'failed' && unwinding === null
  const actions: [MigrationAction, boolean][] = [
    ['pause', forward && !paused],
    ['resume', paused],
    ['cancel', primary === 'source' && unwinding !== 'cancelled' && unwinding !== 'rolled-back'],
    ['cut-over', state === 'ready' && !paused && unwinding === null],
    [
      'rollback',
      primary === 'source'
        ? unwinding !== 'cancelled' && unwinding !== 'rolled-back'
        : state === 'retaining' && fence !== 'pending',
    ],
    ['retry', state === 'failed'],
  ]
  return actions.filter(([, allowed]) => allowed).map(([action]) => action)
}

/**
 * @param acceptWriteLoss  of a rollback after the cut-over
 * @throws Refusal `conflict` when it cannot be asked for now
 */
export function steer(migration: Migration, action: MigrationAction, facts: Facts, acceptWriteLoss = false): Move {
  const allowed = allowedActions(migration)
  if (!allowed.includes(action))
    throw conflict(
      `migration ${migration.id} is ${migration.state}${migration.paused ? ' and paused' : ''}: ${action} cannot be asked for now${allowed.length > 0 ? `, but ${allowed.join(', ')} can` : ''}`,
    )
  const { now } = facts
  switch (action) {
    case 'pause':
      return { next: { ...migration, paused: true, updatedAt: now }, effects: [{ kind: 'tell', type: 'paused' }] }
    case 'resume':
      return { next: { ...migration, paused: false, updatedAt: now }, effects: [{ kind: 'tell', type: 'resumed' }] }
    case 'cut-over':
      return go(migration, enter(migration, successor(migration), now), facts)
    case 'cancel':
      return cancel(migration, facts)
    case 'rollback':
      return migration.primary === 'source' ? cancel(migration, facts) : rollBack(migration, facts, acceptWriteLoss)
    case 'retry':
      return retry(migration, facts)
  }
}

/** What an agent is doing ends first: then `advance` goes on. */
function cancel(migration: Migration, facts: Facts): Move {
  const cancelling: Migration = {
    ...migration,
    unwinding: 'cancelled',
    unwindFailure: null,
    paused: false,
    updatedAt: facts.now,
  }
  if (migration.jobId !== null || UNWINDING.has(migration.state))
    return { next: cancelling, effects: [{ kind: 'tell', type: 'advanced', about: { to: 'cancelled' } }] }
  return unwind(cancelling, facts)
}

/**
 * The target's writes since the cut-over cannot be brought back to the source, and nobody can see whether there were any; hence the
 * word of a person. A new migration back to the source's agent loses nothing.
 */
function rollBack(migration: Migration, facts: Facts, acceptWriteLoss: boolean): Move {
  const { source, target, now } = facts
  if (!acceptWriteLoss)
    throw conflict(
      `the target of migration ${migration.id} has been the primary since the cut-over: what was written to it since would be lost. Migrate it back to agent ${migration.sourceAgentId}, which loses nothing, or say acceptWriteLoss`,
    )
  if (source.terminal) throw conflict(`the source of migration ${migration.id} has ended`)
  if (migration.quiesce === 'yes' && source.busyWith === null && source.obstacles.resume !== null)
    throw conflict(`the source of migration ${migration.id} cannot take writes again: ${source.obstacles.resume}`)
  const quiesces =
    target !== null &&
    !target.terminal &&
    target.reachable &&
    (target.busyWith !== null || target.obstacles.quiesce === null)
  const back: Migration = { ...migration, unwinding: 'rolled-back', paused: false }
  return go(migration, enter(back, quiesces ? 'quiescing-target' : 'switching-back', now), facts)
}

function retry(migration: Migration, facts: Facts): Move {
  const { unwindFailure, primary } = migration
  const next =
    unwindFailure !== null
      ? enter({ ...migration, unwindFailure: null }, unwindFailure.step, facts.now)
      : goTo({ ...migration, failure: null, unwinding: null }, stateToRetry(migration), facts)
  if (primary === 'source' && facts.source.terminal)
    throw conflict(`the source of migration ${migration.id} has ended: there is nothing to move any more`)
  return { next, effects: [{ kind: 'tell', type: 'retried', about: { to: next.state } }] }
}

/** The source took writes again after the failure: what was exported last is old. */
function stateToRetry(migration: Migration) {
  const state = retryState(migration)
  const { from, primary, settings } = migration
  const late = state === 'final-exporting' || state === 'final-importing' || state === 'final-verifying'
  if (from === 'live' && primary === 'source' && (late || state === 'quiescing' || state === 'cutting-over'))
    return settings.quiescable ? 'quiescing' : 'final-exporting'
  return state
}

function go(before: Migration, next: Migration, { now }: Facts): Move {
  return {
    next: { ...next, updatedAt: now },
    effects: [{ kind: 'tell', type: 'advanced', about: { from: before.state, to: next.state } }],
  }
}
