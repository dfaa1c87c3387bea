// What a definition and an evaluation may cost at most: hostile ones are refused at once, and with a text.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  allowedActions,
  checkLifecycle,
  checkPropertySchema,
  compilePattern,
  evaluateProperties,
  type JsonObject,
  nextState,
  SchemaError,
} from './index.ts'

/**
 * Of processor time, which does not depend on what else the machine does. Well below a second outside: the test runner follows
 * every promise. Quadratic work on these sizes takes many times longer.
 */
const BOUND_MS = 8_000

async function inTime<T>(run: () => T | Promise<T>): Promise<T> {
  const start = process.cpuUsage()
  const result = await run()
  const { user, system } = process.cpuUsage(start)
  const tookMs = (user + system) / 1_000
  assert.ok(tookMs < BOUND_MS, `${tookMs} ms`)
  return result
}

async function evaluate(properties: JsonObject, input: JsonObject, validators: JsonObject[] = []) {
  const schema = checkPropertySchema({ properties, validators }, 'service')
  return inTime(() =>
    evaluateProperties({
      schema,
      registry: 'service',
      input,
      actor: 'user',
      vaultAvailable: true,
      newReference: () => crypto.randomUUID(),
      lookups: {
        allocate: async () => ({ value: 1 }),
        service: async () => ({ typeName: 't', sameConsumer: true, sameGroup: true, terminal: false }),
        serviceOptions: async () => ({ known: true, enabledValues: Array.from({ length: 10_000 }, (_, n) => n) }),
      },
    }),
  )
}

async function messages(properties: JsonObject, input: JsonObject): Promise<string[]> {
  const evaluation = await evaluate(properties, input)
  return evaluation.ok ? [] : evaluation.violations.map(({ message }) => message)
}

const patternOf = (pattern: string): JsonObject => ({ type: 'pattern', config: { pattern } })
const text = (...patterns: string[]): JsonObject => ({ type: 'string', validators: patterns.map(patternOf) })
const arrayOf = (items: JsonObject): JsonObject => ({ type: 'array', items })

describe('patterns', () => {
  test('that become huge by repetition are refused without being compiled', async () => {
    const huge = [
      'x{1000}'.repeat(250),
      `(${'abcdefghij'.repeat(10)}){1000}`,
      '(?:[ab]{10}[cd]{10}){900}',
      '(((a{1000}){1000}){1000})',
      `${'('.repeat(1_000)}a${')'.repeat(1_000)}`,
      'a'.repeat(2_001),
    ]
    for (const pattern of huge)
      await inTime(() =>
        assert.throws(() => compilePattern(pattern), { name: 'SchemaError' }, `${pattern.slice(0, 30)} is accepted`),
      )
  })

  test('of any usual size are accepted, whatever stands in braces, classes and escapes', () => {
    const octet = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)'
    for (const pattern of [
      'a{1000}',
      'a{3000',
      '\\{1000}',
      '[{(]{3}',
      '(?i)^(?P<name>\\pL[[:alnum:]_-]{0,62})$',
      `^(?:${octet}\\.){3}${octet}(?:/\\d{1,2})?$`,
      '\\x{10FFFF}\\Q({[\\E',
      `^(?:${'[a-z0-9]{1,63}|'.repeat(20)})$`,
    ])
      assert.equal(typeof compilePattern(pattern), 'function', pattern)
  })

  test('of one definition are bounded together', async () => {
    const many = Array.from({ length: 3_000 }, (_, n) => `(?i:\\pL){3}${n}`)
    await inTime(() =>
      assert.throws(() => checkPropertySchema({ properties: { a: text(...many) } }, 'service'), {
        message: 'all patterns together may have 8192 bytes at most',
      }),
    )
    const large = Array.from({ length: 3 }, (_, n) => `${n}a{1000}b{1000}c{1000}d{1000}`)
    assert.throws(() => checkPropertySchema({ properties: { a: text(...large) } }, 'service'), {
      message: 'all patterns together may have 10000 elements at most',
    })
  })

  test('search no more text in one evaluation than takes a moment', async () => {
    const slow = '(?:[ab]*a[ab]{1000})\\b[ab]'
    const input = 'ab'.repeat(250_000)
    assert.deepEqual(await messages({ a: text(slow) }, { a: input }), ['a: too much text to search for patterns'])
    const pieces = { a: Array.from({ length: 1_000 }, () => 'ab'.repeat(250)) }
    assert.match((await messages({ a: arrayOf(text(slow)) }, pieces))[0] ?? '', /too much text|does not match/)
    assert.deepEqual(await messages({ a: text('^[a-z0-9]+$') }, { a: input }), [])
  })

  test('search the beginning of an error message', async () => {
    const lifecycle = checkLifecycle({
      states: [{ name: 'A' }, { name: 'B' }],
      initialState: 'A',
      actions: [
        {
          name: 'create',
          transitions: [{ from: 'A', to: 'B', onError: true, onErrorRegexp: 'end|(?:[ab]*a[ab]{500})\\bc' }],
        },
      ],
    })
    const step = (message: string) => inTime(() => nextState(lifecycle, 'A', 'create', message).kind)
    assert.equal(await step(`${'ab'.repeat(2_000)} end`), 'to')
    assert.equal(await step(`${'ab'.repeat(500_000)} end`), 'no-transition')
  })
})

describe('values', () => {
  test('are compared with long lists at once', async () => {
    const values = Array.from({ length: 10_000 }, (_, n) => n)
    const among = (validator: JsonObject) => ({ a: arrayOf({ type: 'integer', validators: [validator] }) })
    const input = { a: Array.from({ length: 90_000 }, () => 9_999) }
    assert.deepEqual(await messages(among({ type: 'enum', config: { values } }), input), [])
    assert.deepEqual(await messages(among({ type: 'serviceOption', config: { value: 'os' } }), input), [])
  })

  test('are found to be different at once', async () => {
    const names = Array.from({ length: 50_000 }, (_, n) => `p${n}`)
    const properties = Object.fromEntries(names.map((name): [string, JsonObject] => [name, { type: 'json' }]))
    const input = Object.fromEntries(names.map((name, n): [string, JsonObject] => [name, { x: n }]))
    const unique = [{ type: 'uniqueValues', config: { properties: names } }]
    assert.ok((await evaluate(properties, input, unique)).ok)
    const evaluation = await evaluate(properties, { ...input, p49999: { x: 0 } }, unique)
    assert.deepEqual(!evaluation.ok && evaluation.violations, [
      { path: '', message: 'properties p0 and p49999 must have unique values, both have: map[x:0]' },
    ])
  })

  test('are as many as an answer can hold, defaults included', async () => {
    const defaults = Object.fromEntries(
      Array.from({ length: 200 }, (_, n): [string, JsonObject] => [`d${n}`, { type: 'integer', default: n }]),
    )
    const objects = { a: arrayOf({ type: 'object', properties: defaults }) }
    const empty = (count: number) => ({ a: Array.from({ length: count }, () => ({})) })
    assert.deepEqual(await messages(objects, empty(400)), [])
    assert.match((await messages(objects, empty(30_000))).join('; '), /more than 100000 values/)
    assert.deepEqual(await messages({ a: arrayOf({ type: 'json' }) }, { a: Array(300_000).fill(null) }), [
      'a: more than 100000 values',
    ])
  })

  test('that cost the database something are fewer', async () => {
    const secret = { type: 'object', properties: { s: { type: 'string', secret: { type: 'persistent' } } } }
    assert.match(
      (await messages({ a: arrayOf(secret) }, { a: Array(1_001).fill({ s: 'x' }) }))[0] ?? '',
      /more than 1000 secrets/,
    )
    const pooled = {
      type: 'object',
      properties: { ip: { type: 'json', generator: { type: 'pool', config: { poolType: 'ip' } } } },
    }
    assert.match((await messages({ a: arrayOf(pooled) }, { a: Array(501).fill({}) }))[0] ?? '', /more than 500/)
    const reference = { type: 'uuid', validators: [{ type: 'serviceReference' }] }
    const ids = Array.from({ length: 501 }, () => crypto.randomUUID())
    assert.match((await messages({ a: arrayOf(reference) }, { a: ids }))[0] ?? '', /more than 500/)
    assert.deepEqual(await messages({ a: arrayOf(reference) }, { a: ids.slice(0, 500) }), [])
  })
})

test('a lifecycle of 10,000 states and actions is checked and asked at once', async () => {
  const names = Array.from({ length: 10_000 }, (_, n) => `s${n}`)
  const given = {
    states: names.map((name) => ({ name })),
    initialState: 's0',
    terminalStates: names.slice(5_000),
    runningStates: names,
    actions: names.map((from, n) => ({ name: `a${n}`, transitions: [{ from, to: 's0' }] })),
  }
  const lifecycle = await inTime(() => checkLifecycle(given))
  assert.deepEqual(await inTime(() => allowedActions(lifecycle, 's4999')), ['a4999'])
  assert.deepEqual(await inTime(() => allowedActions(lifecycle, 's5000')), [])
  assert.deepEqual(nextState(lifecycle, 's9999', 'a9999', null), { kind: 'to', state: 's0' })
  assert.throws(() => checkLifecycle({ ...given, terminalStates: ['s10000'] }), SchemaError)
})
