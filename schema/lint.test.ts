import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Json, JsonObject } from './json.ts'
import { checkLifecycle } from './lifecycle/lifecycle-check.ts'
import { lintSchema } from './lint.ts'
import { checkPropertySchema } from './property/definition-check.ts'

const SOUND = {
  states: [{ name: 'New' }, { name: 'Up' }, { name: 'Gone' }],
  actions: [
    {
      name: 'create',
      transitions: [
        { from: 'New', to: 'Up' },
        { from: 'New', to: 'Gone', onError: true },
      ],
    },
    { name: 'delete', transitions: [{ from: 'Up', to: 'Gone' }] },
  ],
  initialState: 'New',
  terminalStates: ['Gone'],
}

function lint(properties: JsonObject, validators: Json = null, lifecycle: object = SOUND): string[] {
  const schema = checkPropertySchema({ properties, validators }, 'service')
  return lintSchema(schema, checkLifecycle(lifecycle)).map(({ path, message }) => `${path}: ${message}`)
}

/** Exactly one warning, which begins with the path and has the words. */
function assertWarning(warnings: string[], path: string, words: RegExp): void {
  assert.equal(warnings.length, 1, warnings.join('\n'))
  assert.ok(warnings[0]?.startsWith(`${path}: `), warnings[0])
  assert.match(warnings[0] ?? '', words)
}

const rule = (type: string, config: JsonObject = {}) => ({ type, config })
const actor = (...actors: string[]) => rule('actor', { actors })
const pool = rule('pool', { poolType: 'ip' })

test('a sound schema has no warnings', () => {
  const properties = {
    cpu: { type: 'integer', required: true, validators: [rule('min', { value: 1 }), rule('max', { value: 64 })] },
    ip: { type: 'string', required: true, authorizers: [actor('system')], generator: pool },
    disk: { type: 'uuid', validators: [rule('serviceReference', { origin: 'consumer' })] },
    host: { type: 'string', authorizers: [actor('agent')] },
    password: { type: 'string', secret: { type: 'persistent' } },
    tags: { type: 'array', items: { type: 'string' } },
  }
  assert.deepEqual(lint(properties), [])
})

describe('properties', () => {
  const cases: [string, JsonObject, string, RegExp][] = [
    ['a pool value that anybody may give', { type: 'string', generator: pool }, 'p', /actor authorizer/],
    [
      'a required property that no user may give',
      { type: 'string', required: true, authorizers: [actor('agent')] },
      'p',
      /no user can ever create/,
    ],
    ['an ephemeral secret', { type: 'string', secret: { type: 'ephemeral' } }, 'p', /deleted after the next job/],
    ['a secret with a default', { type: 'string', default: 'x', secret: { type: 'persistent' } }, 'p', /can be read/],
    ['a length in bytes', { type: 'string', validators: [rule('maxLength', { value: 9 })] }, 'p', /bytes/],
    ['a reference without origin', { type: 'uuid', validators: [rule('serviceReference')] }, 'p', /other consumers/],
    [
      'a validator that fits no value',
      { type: 'integer', validators: [rule('pattern', { pattern: 'a' })] },
      'p',
      /refuses every value/,
    ],
    [
      'an enum value of another type',
      { type: 'string', validators: [rule('enum', { values: [1, 'a'] })] },
      'p',
      /enum value 1 /,
    ],
    [
      'limits that cross',
      { type: 'integer', validators: [rule('min', { value: 2 }), rule('max', { value: 1 })] },
      'p',
      /no value fits/,
    ],
    [
      'a default that its validators refuse',
      { type: 'integer', default: 0, validators: [rule('min', { value: 2 })] },
      'p',
      /the default is refused/,
    ],
    [
      'an unknown state',
      { type: 'string', authorizers: [rule('state', { allowedStates: ['Up', 'Down'] })] },
      'p',
      /allowed state Down/,
    ],
    [
      'objects in an array',
      { type: 'array', items: { type: 'object', properties: { a: { type: 'string' } } } },
      'p',
      /same index/,
    ],
    [
      'flags on items',
      { type: 'array', items: { type: 'string', required: true, default: 'x', authorizers: [actor('agent')] } },
      'p[]',
      /required, default, authorizers on items/,
    ],
    [
      'a trap in a member',
      { type: 'object', properties: { s: { type: 'string', secret: { type: 'ephemeral' } } } },
      'p.s',
      /deleted after/,
    ],
  ]
  for (const [name, definition, path, words] of cases)
    test(`${name} is warned of`, () => {
      assertWarning(lint({ p: definition }), path, words)
    })

  test('an exactlyOne rule cannot be switched', () => {
    const properties = { a: { type: 'string' }, b: { type: 'string' } }
    assertWarning(lint(properties, [rule('exactlyOne', { properties: ['a', 'b'] })]), '', /switch/)
  })

  test('uniqueValues may name what is not defined', () => {
    assertWarning(lint({ a: { type: 'string' } }, [rule('uniqueValues', { properties: ['a', 'x'] })]), '', /names x/)
  })

  test('a secret default is not shown', () => {
    const validators = [rule('min', { value: 9 })]
    const warnings = lint({ p: { type: 'integer', default: 4711, secret: { type: 'persistent' }, validators } })
    assert.ok(warnings.every((warning) => !warning.includes('4711')))
  })

  test('an agent type hears that its schema is skipped without a configuration', () => {
    const schema = checkPropertySchema({ properties: { url: { type: 'string', required: true } } }, 'agent')
    assertWarning(
      lintSchema(schema).map(({ path, message }) => `${path}: ${message}`),
      '',
      /without a configuration/,
    )
  })
})

describe('lifecycles', () => {
  const [create, remove] = SOUND.actions
  const cases: [string, object, string, RegExp][] = [
    ['no create action', { actions: [{ ...create, name: 'begin' }, remove] }, 'lifecycle', /no create action/],
    [
      'no way out of a failed creation',
      { actions: [{ name: 'create', transitions: [{ from: 'New', to: 'Up' }] }, remove] },
      'lifecycle',
      /no error transition/,
    ],
    [
      'a transition out of the end',
      { actions: [create, remove, { name: 'x', transitions: [{ from: 'Gone', to: 'Up' }] }] },
      'lifecycle.actions.x',
      /terminal/,
    ],
    [
      'a regexp that does nothing',
      { actions: [create, remove, { name: 'x', transitions: [{ from: 'Up', to: 'Up', onErrorRegexp: 'a' }] }] },
      'lifecycle.actions.x',
      /regexp/,
    ],
    [
      'a hidden transition',
      {
        actions: [
          create,
          remove,
          {
            name: 'x',
            transitions: [
              { from: 'Up', to: 'Up' },
              { from: 'Up', to: 'Gone' },
            ],
          },
        ],
      },
      'lifecycle.actions.x',
      /never taken/,
    ],
    [
      'a state that nothing reaches',
      { states: [...SOUND.states, { name: 'Lost' }] },
      'lifecycle.states.Lost',
      /no action leads here/,
    ],
    [
      'a dead end',
      {
        states: [...SOUND.states, { name: 'Dead' }],
        actions: [create, remove, { name: 'x', transitions: [{ from: 'Up', to: 'Dead' }] }],
      },
      'lifecycle.states.Dead',
      /for ever/,
    ],
  ]
  for (const [name, change, path, words] of cases)
    test(`${name} is warned of`, () => {
      assertWarning(lint({ p: { type: 'integer' } }, null, { ...SOUND, ...change }), path, words)
    })

  test('a creation that can never succeed is warned of', () => {
    const actions = [{ name: 'create', transitions: [{ from: 'New', to: 'Up', onError: true }] }, remove]
    assertWarning(lint({ p: { type: 'integer' } }, null, { ...SOUND, actions }), 'lifecycle', /no success transition/)
  })

  test('an initial state that is terminal is warned of', () => {
    const warnings = lint({ p: { type: 'integer' } }, null, { ...SOUND, initialState: 'Gone' })
    assert.ok(warnings.some((warning) => /the initial state Gone is terminal/.test(warning)))
  })
})
