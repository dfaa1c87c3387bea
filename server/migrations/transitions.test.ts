/** Every state of a migration with everything that can be found or asked for, and the transitions that come of it. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type MigrationAction, MigrationState } from '@fulcrum/contract'
import { Refusal } from '../platform/errors.ts'
import { advance } from './advance.ts'
import { isEnded, type Migration, pathOf, retryState } from './migration.ts'
import type { Move } from './moving.ts'
import { allowedActions, steer } from './steering.ts'
import { DIAGRAM } from './testing/diagram.ts'
import { TABLE } from './testing/transition-table.ts'
import {
  answerTo,
  completed,
  FINDINGS,
  type Finding,
  factsOf,
  type Kind,
  migrationIn,
  NOW,
  service,
  told,
} from './testing/transitions.ts'

const FOUND = Object.keys(FINDINGS).filter((name): name is Finding => name in FINDINGS)
/** Where a drill never is, because nothing is cut over, and nothing retried. */
const NOT_OF_DRILLS: ReadonlySet<MigrationState> = new Set([
  ...(['clearing-target', 'ready', 'quiescing', 'final-exporting', 'final-importing', 'final-verifying'] as const),
  ...([
    'cutting-over',
    'retaining',
    'deleting-source',
    'resuming-source',
    'quiescing-target',
    'switching-back',
  ] as const),
])
const WAY_BACK: readonly MigrationState[] = [
  ...(['clearing-target', 'resuming-source', 'deleting-target', 'quiescing-target', 'switching-back'] as const),
  ...(['failed', 'cancelled', 'rolled-back'] as const),
]

/** The states in which a migration of this kind can be. */
function statesOf(kind: Kind): MigrationState[] {
  const all = new Set([...pathOf(migrationIn('queued', kind)), ...WAY_BACK])
  return [...all].filter((state) => kind.kind !== 'drill' || !NOT_OF_DRILLS.has(state))
}

const met = new Set<string>()

/** Notes the transition, and holds it against what is true of every one. */
function meet(before: Migration, move: Move | null): void {
  if (!move) return
  const { next, effects } = move
  assert.ok(!isEnded(before), 'what has ended does not move')
  if (next.state === before.state) return
  met.add(`${before.state} → ${next.state}`)
  assert.equal(effects.filter(({ kind }) => kind === 'tell').length, 1, 'each transition is told once')
  assert.equal(next.jobId, null, 'the job of a state does not outlive it')
  if (before.primary !== next.primary)
    assert.ok(before.state === 'cutting-over' ? next.state === 'retaining' : before.state === 'switching-back')
  if (next.state === 'deleting-source')
    assert.ok(next.primary === 'target' && next.fence !== 'pending' && next.verification === 'verified')
  if (next.state === 'cancelled' || next.state === 'rolled-back')
    assert.ok(next.primary === 'source' && next.quiesce === 'no', 'the source takes writes again')
}

describe('what a migration does next', () => {
  for (const [name, { kind, rows }] of Object.entries(TABLE))
    for (const state of statesOf(kind))
      test(`${name}: ${state}`, () => {
        const expected = rows[state] ?? TABLE.live?.rows[state]
        const answers: Record<string, Finding[]> = {}
        for (const finding of FOUND) {
          const answer = answerTo(migrationIn(state, kind), finding)
          if (!answer) continue
          meet(answer.before, answer.move)
          const text = told(answer.before, answer.move)
          answers[text] = [...(answers[text] ?? []), finding]
        }
        assert.deepEqual(answers, expected)
      })
})

describe('what people ask of a migration', () => {
  const ALLOWED: Partial<Record<MigrationState, MigrationAction[]>> = {
    ready: ['pause', 'cancel', 'cut-over', 'rollback'],
    retaining: ['pause', 'rollback'],
    'deleting-source': ['pause'],
    'resuming-source': ['cancel', 'rollback'],
    'deleting-target': [],
    'quiescing-target': [],
    'switching-back': [],
    failed: ['cancel', 'rollback', 'retry'],
    done: [],
    cancelled: [],
    'rolled-back': [],
  }
  const manual: Kind = { settings: { cutOver: 'manual' } }

  test('can be asked for in these states and in no others', () => {
    for (const state of statesOf(manual)) {
      const migration = migrationIn(state, manual)
      const expected = ALLOWED[state] ?? ['pause', 'cancel', 'rollback']
      assert.deepEqual(allowedActions(migration), expected, state)
      for (const action of ['pause', 'resume', 'cancel', 'cut-over', 'rollback', 'retry'] as const) {
        const ask = () => steer(migration, action, factsOf(migration), true)
        if (expected.includes(action)) meet(migration, ask())
        else assert.throws(ask, (error) => error instanceof Refusal && error.kind === 'conflict', `${action} ${state}`)
      }
    }
  })

  test('a word of a person cuts over what is ready, by the way of its kind', () => {
    const next = (kind: Kind) => {
      const migration = migrationIn('ready', kind)
      const move = steer(migration, 'cut-over', factsOf(migration))
      meet(migration, move)
      return move.next.state
    }
    assert.equal(next(manual), 'quiescing')
    assert.equal(next({ settings: { cutOver: 'manual', quiescable: false } }), 'final-exporting')
    assert.equal(next({ from: 'vault', settings: { cutOver: 'manual' } }), 'cutting-over')
  })

  test('a pause is taken back, and keeps from a cut-over', () => {
    const paused = { ...migrationIn('ready', manual), paused: true }
    assert.deepEqual(allowedActions(paused), ['resume', 'cancel', 'rollback'])
    assert.equal(steer(paused, 'resume', factsOf(paused)).next.paused, false)
  })

  test('a rollback after the cut-over needs a word about writes, a source, and a target that lets itself be stopped', () => {
    const migration = migrationIn('retaining')
    const ask = (change: Parameters<typeof factsOf>[1], acceptWriteLoss = true) => {
      const move = steer(migration, 'rollback', factsOf(migration, change), acceptWriteLoss)
      meet(migration, move)
      return move.next.state
    }
    assert.throws(() => ask({}, false), /acceptWriteLoss/)
    assert.throws(() => ask({ source: service({ terminal: true }) }), /has ended/)
    const stuck = service({ obstacles: { ...service().obstacles, resume: 'it is broken' } })
    assert.throws(() => ask({ source: stuck }), /it is broken/)
    assert.equal(ask({}), 'quiescing-target')
    assert.equal(ask({ target: service({ reachable: false }) }), 'switching-back')
    assert.equal(ask({ target: service({ terminal: true }) }), 'switching-back')
    const pending = { ...migration, fence: 'pending' as const }
    assert.deepEqual(allowedActions(pending), ['pause'])
  })

  test('a retry begins where what has to be made again begins', () => {
    const steps = ['exporting', 'creating', 'importing', 'verifying', 'quiescing', 'final-exporting', 'final-importing']
    const RETRIED: Record<string, string> = {
      verifying: 'exporting',
      'final-exporting': 'quiescing',
      'final-importing': 'quiescing',
      'final-verifying': 'quiescing',
      'cutting-over': 'quiescing',
    }
    for (const step of MigrationState.enum.filter((one) => [...steps, 'final-verifying', 'cutting-over'].includes(one)))
      for (const quiescable of [true, false]) {
        const failure = { step, reason: 'no', at: new Date(0).toISOString() }
        const failed = { ...migrationIn('failed', { settings: { quiescable } }), failure }
        const { next } = steer({ ...failed, targetReady: false }, 'retry', factsOf(failed, { target: null }))
        const again = RETRIED[step] ?? step
        assert.equal(next.state, !quiescable && again === 'quiescing' ? 'final-exporting' : again, step)
        assert.deepEqual([next.failure, next.unwinding], [null, null])
        meet(failed, { next, effects: [{ kind: 'tell', type: 'retried' }] })
      }
  })

  test('a retry of a creation deletes first what is left of the one before', () => {
    const failure = { step: 'creating' as const, reason: 'no', at: new Date(0).toISOString() }
    const failed = { ...migrationIn('failed'), failure, targetReady: false }
    const ask = (target: ReturnType<typeof service>) => {
      const move = steer(failed, 'retry', factsOf(failed, { target }))
      meet(failed, move)
      return move.next.state
    }
    assert.equal(ask(service()), 'clearing-target')
    assert.equal(ask(service({ terminal: true })), 'creating')
    assert.equal(ask(service({ obstacles: { ...service().obstacles, create: null } })), 'creating')
    assert.equal(retryState({ ...failed, failure: { ...failure, step: 'clearing-target' } }), 'creating')
  })

  test('a retry of the way back goes on with it', () => {
    const at = new Date(0).toISOString()
    for (const step of ['resuming-source', 'deleting-target', 'quiescing-target'] as const) {
      const failed = { ...migrationIn('failed'), unwindFailure: { step, reason: 'no', at } }
      const move = steer(failed, 'retry', factsOf(failed))
      meet(failed, move)
      assert.deepEqual([move.next.state, move.next.unwindFailure], [step, null])
    }
    const late = { ...migrationIn('failed'), primary: 'target' as const, unwinding: null }
    const deleting = { ...late, failure: { step: 'deleting-source' as const, reason: 'no', at } }
    const move = steer(deleting, 'retry', factsOf(deleting))
    meet(deleting, move)
    assert.equal(move.next.state, 'deleting-source')
    const ended = advance(deleting, factsOf(deleting, { source: service({ terminal: true }) }))
    meet(deleting, ended)
    assert.equal(ended?.next.state, 'done')
  })
})

describe('the way back', () => {
  test('leads where it was to lead: the source takes writes again, then the target goes', () => {
    for (const unwinding of ['cancelled', 'rolled-back'] as const) {
      const resuming = { ...migrationIn('resuming-source'), unwinding }
      const deleting = { ...migrationIn('deleting-target'), quiesce: 'no' as const, unwinding }
      const after = (before: Migration, target: ReturnType<typeof service>) => {
        const working: Migration = { ...before, jobId: 'job' }
        const move = advance(working, { ...factsOf(working, { target }), job: completed(before) })
        meet(working, move)
        return move?.next.state
      }
      assert.equal(after(resuming, service()), 'deleting-target')
      assert.equal(after(resuming, service({ terminal: true })), unwinding)
      assert.equal(after(deleting, service({ terminal: true })), unwinding)
    }
  })

  test('of a drill that failed leads over its scratch service', () => {
    const drill: Migration = { ...migrationIn('deleting-target', { kind: 'drill' }), unwinding: 'failed', jobId: 'job' }
    const move = advance(drill, factsOf(drill, { job: completed(drill), target: service({ terminal: true }) }))
    meet(drill, move)
    assert.deepEqual([move?.next.state, move?.next.endedAt], ['failed', NOW])
  })

  test('of one that failed before there was a target ends at once when it is cancelled', () => {
    const failed = { ...migrationIn('failed'), quiesce: 'no' as const }
    const move = steer(failed, 'cancel', factsOf(failed, { target: null }))
    meet(failed, move)
    assert.equal(move.next.state, 'cancelled')
  })
})

describe('what an earlier try has left', () => {
  const exporting = (targetReady: boolean): Migration => ({
    ...migrationIn('exporting', { settings: { vaultFallback: true } }),
    targetServiceId: 'target',
    targetReady,
    jobId: 'job',
  })
  const after = (before: Migration) => {
    const move = advance(before, factsOf(before, { job: completed(before) }))
    meet(before, move)
    return move?.next.state
  }

  test('is used when it is there, and deleted first when it failed', () => {
    assert.equal(after(exporting(true)), 'importing')
    assert.equal(after(exporting(false)), 'clearing-target')
  })
})

test('the transitions that were met are those of the diagram', () => {
  assert.deepEqual([...met].toSorted(), [...DIAGRAM].toSorted())
})
