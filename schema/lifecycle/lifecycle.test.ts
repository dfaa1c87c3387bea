import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { JsonObject } from '../json.ts'
import { SchemaError } from '../schema-error.ts'
import { assertVector, readVectors, textOf } from '../testing/vectors.ts'
import {
  allowedActions,
  isRunning,
  isTerminal,
  type LifecycleSchema,
  leavesFrom,
  mayStart,
  nextState,
  stepRefusal,
} from './lifecycle.ts'
import { checkLifecycle } from './lifecycle-check.ts'

function check(lifecycle: unknown): JsonObject {
  try {
    checkLifecycle(lifecycle)
    return { ok: true }
  } catch (error) {
    assert.ok(error instanceof SchemaError, String(error))
    return { ok: false, error: error.message }
  }
}

function lifecycleOf(world: JsonObject | undefined, given: JsonObject): LifecycleSchema {
  return checkLifecycle(world?.[textOf(given, 'lifecycle')])
}

describe('the contract says which lifecycles are acceptable', () => {
  for (const vector of readVectors('lifecycle-definition').vectors)
    test(vector.name, () => {
      assertVector(vector, check(vector.given.lifecycle))
    })
})

describe('the contract says where an ended job leads', () => {
  const { world, vectors } = readVectors('lifecycle-transition')
  for (const vector of vectors)
    test(vector.name, () => {
      const { given } = vector
      const state = textOf(given, 'state')
      const action = textOf(given, 'action')
      const message = given.errorMessage === null ? null : textOf(given, 'errorMessage')
      const step = nextState(lifecycleOf(world, given), state, action, message)
      assertVector(
        vector,
        step.kind === 'to'
          ? { next: step.state }
          : { error: stepRefusal(step.kind, state, action, message), noTransition: step.kind === 'no-transition' },
      )
    })
})

describe('the contract says which actions have a transition from a state', () => {
  const { world, vectors } = readVectors('lifecycle-action-allowed')
  for (const vector of vectors)
    test(vector.name, () => {
      const lifecycle = lifecycleOf(world, vector.given)
      const state = textOf(vector.given, 'state')
      const action = textOf(vector.given, 'action')
      const leaves = leavesFrom(lifecycle, state, action)
      const terminal = isTerminal(lifecycle, state)
      const running = isRunning(lifecycle, state)
      assertVector(vector, { ok: leaves.ok, ...(leaves.ok ? {} : { error: leaves.reason }), terminal, running })
      const reason = `cannot perform action on service in terminal state: ${state}`
      assert.deepEqual(mayStart(lifecycle, state, action), terminal ? { ok: false, reason } : leaves)
      assert.equal(allowedActions(lifecycle, state).includes(action), leaves.ok && !terminal)
    })
})

const SMALL = {
  states: [{ name: 'New' }, { name: 'Up' }],
  actions: [{ name: 'create', transitions: [{ from: 'New', to: 'Up' }] }],
  initialState: 'New',
}

describe('the stored form of a lifecycle', () => {
  test('has null where there are no terminal states, and nothing else that was not given', () => {
    assert.deepEqual(checkLifecycle({ ...SMALL, extra: 1, runningStates: [] }), { ...SMALL, terminalStates: null })
  })

  test('keeps everything known and leaves out flags that are false', () => {
    const full = {
      states: [{ name: 'New' }, { name: 'Up' }, { name: 'Gone' }],
      actions: [
        {
          name: 'create',
          requestSchemaType: 'properties',
          transitions: [
            { from: 'New', to: 'Up' },
            { from: 'New', to: 'Gone', onError: true, onErrorRegexp: 'quota' },
          ],
        },
      ],
      initialState: 'New',
      terminalStates: ['Gone'],
      runningStates: ['Up'],
    }
    const given = structuredClone(full)
    Object.assign(given.actions[0]?.transitions[0] ?? {}, { onError: false, onErrorRegexp: '' })
    assert.deepEqual(checkLifecycle(given), full)
    assert.deepEqual(checkLifecycle(full), full)
  })
})

describe('the name of an action', () => {
  const named = (name: string) => ({ ...SMALL, actions: [{ name, transitions: [{ from: 'New', to: 'Up' }] }] })

  test('may have 50 bytes', () => {
    assert.deepEqual(check(named('a'.repeat(50))), { ok: true })
  })

  test('is refused beyond, counted in bytes', () => {
    for (const name of ['a'.repeat(51), 'é'.repeat(26)])
      assert.deepEqual(check(named(name)), {
        ok: false,
        error: `lifecycle action "${name}" name must not be longer than 50 bytes`,
      })
  })
})

describe('a lifecycle of the wrong shape gets a text of its own', () => {
  const wrong: [unknown, string][] = [
    [[], 'lifecycle must be an object'],
    [{ states: {} }, 'lifecycle states must be an array'],
    [{ states: ['New'] }, 'lifecycle state must be an object'],
    [{ ...SMALL, terminalStates: [1] }, 'lifecycle terminal states must contain only strings'],
    [{ ...SMALL, actions: [1] }, 'lifecycle action must be an object'],
  ]
  for (const [lifecycle, error] of wrong)
    test(error, () => {
      assert.deepEqual(check(lifecycle), { ok: false, error })
    })
})

test('an action named like a member of every object is unknown', () => {
  assert.deepEqual(nextState(checkLifecycle(SMALL), 'New', 'constructor', null), { kind: 'unknown-action' })
})

test('a stored regexp that does not compile catches nothing', () => {
  const transitions = [{ from: 'New', to: 'Up', onError: true, onErrorRegexp: '(?=x)' }]
  const lifecycle = { ...SMALL, actions: [{ name: 'create', transitions }], terminalStates: null }
  assert.deepEqual(nextState(lifecycle, 'New', 'create', 'x'), { kind: 'no-transition' })
})

test('every state, action and outcome has an answer', () => {
  const name = fc.constantFrom('A', 'B', 'C', '')
  const transition = fc.record(
    {
      from: name,
      to: name,
      onError: fc.boolean(),
      onErrorRegexp: fc.oneof(fc.string(), fc.constantFrom('a', '(', '^$')),
    },
    { requiredKeys: ['from', 'to'] },
  )
  const lifecycle = fc.record({
    states: fc.array(fc.record({ name })),
    actions: fc.array(fc.record({ name, transitions: fc.array(transition) })),
    initialState: name,
    terminalStates: fc.option(fc.array(name)),
  })
  fc.assert(
    fc.property(lifecycle, name, name, fc.option(fc.string()), (schema, state, action, message) => {
      const step = nextState(schema, state, action, message)
      const known = schema.actions.some((one) => one.name === action)
      assert.equal(step.kind === 'unknown-action', !known)
      // A step that is taken could also be asked for, terminal states aside.
      if (step.kind === 'to') assert.ok(leavesFrom(schema, state, action).ok)
    }),
  )
})
