// Lifecycles against a second, simpler reading of the contract: which are accepted, and where they lead.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SchemaError } from '../schema-error.ts'
import { allowedActions, isTerminal, type LifecycleSchema, mayStart, nextState } from './lifecycle.ts'
import { checkLifecycle } from './lifecycle-check.ts'

const state: fc.Arbitrary<string> = fc.constantFrom('A', 'B', 'C', 'D', '', '__proto__')
const action: fc.Arbitrary<string> = fc.constantFrom('create', 'stop', 'delete', '', 'constructor')
const regexp: fc.Arbitrary<string> = fc.constantFrom('quota', '^time', 'a|b', '', '(', '(?=x)', '(?i)QUOTA')
const message: fc.Arbitrary<string> = fc.constantFrom('', 'quota', 'Quota exceeded', 'timeout', 'a', 'z')
const BROKEN = new Set(['(', '(?=x)'])

const transition = fc.record(
  { from: state, to: state, onError: fc.boolean(), onErrorRegexp: regexp },
  { requiredKeys: ['from', 'to'] },
)
const lifecycle = fc.record(
  {
    states: fc.uniqueArray(state, { minLength: 1 }).map((names) => names.map((name) => ({ name }))),
    initialState: state,
    terminalStates: fc.array(state, { maxLength: 2 }),
    runningStates: fc.array(state, { maxLength: 2 }),
    actions: fc.array(fc.record({ name: action, transitions: fc.array(transition, { minLength: 1, maxLength: 5 }) }), {
      minLength: 1,
      maxLength: 3,
    }),
  },
  { requiredKeys: ['states', 'initialState', 'actions'] },
)
type Given = typeof lifecycle extends fc.Arbitrary<infer T> ? T : never

/** Mostly acceptable ones: names are known, and patterns are sound. */
const repaired: fc.Arbitrary<Given> = lifecycle.map((given) => {
  const names = [...new Set(given.states.map(({ name }) => name || 'E'))]
  const known = (name: string) => names[name.charCodeAt(0) % names.length] ?? names[0] ?? ''
  return {
    states: names.map((name) => ({ name })),
    initialState: known(given.initialState),
    terminalStates: given.terminalStates?.map(known) ?? [],
    actions: given.actions.map(({ name, transitions }) => ({
      name: name || 'update',
      transitions: transitions.map((one) => ({
        ...one,
        from: known(one.from),
        to: known(one.to),
        ...(one.onErrorRegexp !== undefined && BROKEN.has(one.onErrorRegexp) && { onErrorRegexp: 'x' }),
      })),
    })),
  }
})

/** As the contract lists the checks, without their order or texts. */
function isAcceptable({ states, initialState, terminalStates = [], runningStates = [], actions }: Given): boolean {
  const names = states.map(({ name }) => name)
  const transitions = actions.flatMap((one) => one.transitions)
  const referred = [
    initialState,
    ...terminalStates,
    ...runningStates,
    ...transitions.flatMap(({ from, to }) => [from, to]),
  ]
  const actionNames = actions.map(({ name }) => name)
  return (
    !names.includes('') &&
    referred.every((name) => names.includes(name)) &&
    !actionNames.includes('') &&
    new Set(actionNames).size === actionNames.length &&
    !transitions.some(({ onErrorRegexp }) => onErrorRegexp !== undefined && BROKEN.has(onErrorRegexp))
  )
}

function check(given: Given): LifecycleSchema | null {
  try {
    return checkLifecycle(given)
  } catch (error) {
    assert.ok(error instanceof SchemaError, String(error))
    return null
  }
}

test('exactly what the contract calls acceptable is accepted', () => {
  let accepted = 0
  fc.assert(
    fc.property(fc.oneof(lifecycle, repaired), (given) => {
      const checked = check(given)
      assert.equal(checked !== null, isAcceptable(given), JSON.stringify(given))
      if (checked === null) return
      accepted++
      assert.deepEqual(checkLifecycle(JSON.parse(JSON.stringify(checked))), checked)
    }),
    { numRuns: 5_000 },
  )
  assert.ok(accepted > 50, `only ${accepted} were accepted`)
})

test('an ended job leads to a declared state, by the first transition that fits, or nowhere', () => {
  let steps = 0
  const matches = (pattern: string, text: string) =>
    pattern === '(?i)QUOTA' ? /quota/i.test(text) : new RegExp(pattern).test(text)
  fc.assert(
    fc.property(repaired, fc.nat(), action, fc.option(message), (given, at, name, errorMessage) => {
      const schema = check(given)
      if (schema === null) return
      const from = schema.states[at % schema.states.length]?.name ?? ''
      const step = nextState(schema, from, name, errorMessage)
      const found = schema.actions.find((one) => one.name === name)
      const expected = found?.transitions.find(
        (one) =>
          one.from === from &&
          (one.onError ?? false) === (errorMessage !== null) &&
          (errorMessage === null || matches(one.onErrorRegexp ?? '', errorMessage)),
      )
      if (!found) assert.deepEqual(step, { kind: 'unknown-action' })
      else if (!expected) assert.deepEqual(step, { kind: 'no-transition' })
      else {
        steps++
        assert.deepEqual(step, { kind: 'to', state: expected.to })
        assert.ok(schema.states.some((one) => one.name === expected.to))
      }
      const starts = found?.transitions.some((one) => one.from === from) === true && !isTerminal(schema, from)
      assert.equal(mayStart(schema, from, name).ok, starts)
      assert.equal(allowedActions(schema, from).includes(name), starts)
    }),
    { numRuns: 5_000 },
  )
  assert.ok(steps > 100, `only ${steps} steps`)
})
