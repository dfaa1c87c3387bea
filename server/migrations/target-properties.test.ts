/** What a target is ordered with, from what its source has. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { JsonObject, PropertySchema } from '@fulcrum/schema'
import { Refusal } from '../platform/errors.ts'
import { type Options, optionTypesOf, targetProperties } from './target-properties.ts'

const option = (value: string) => [{ type: 'serviceOption', config: { value } }]
const actors = (...who: string[]) => [{ type: 'actor', config: { actors: who } }]
const PLAIN = { label: '', required: false, immutable: false }
const SCHEMA: PropertySchema = {
  validators: [],
  properties: {
    size: { ...PLAIN, type: 'integer' },
    plan: { ...PLAIN, type: 'string', validators: option('plan') },
    password: { ...PLAIN, type: 'string', secret: { type: 'persistent' } },
    port: { ...PLAIN, type: 'integer', generator: { type: 'pool', config: { poolType: 'ports' } } },
    host: { ...PLAIN, type: 'string', authorizers: actors('agent') },
    note: { ...PLAIN, type: 'string', authorizers: actors('agent', 'user') },
    disk: {
      ...PLAIN,
      type: 'object',
      properties: {
        kind: { ...PLAIN, type: 'string', validators: option('disk') },
        path: { ...PLAIN, type: 'string', authorizers: actors('agent') },
      },
    },
    replicas: { ...PLAIN, type: 'array', items: { ...PLAIN, type: 'string', validators: option('plan') } },
  },
}
const OPTIONS: Options = (type) =>
  type === 'plan'
    ? {
        source: [
          { name: 'Small', value: 's1' },
          { name: 'Large', value: 'l1' },
          { name: 'Same', value: 'same' },
        ],
        target: [
          { name: 'Small', value: 's2' },
          { name: 'Huge', value: 'h2' },
          { name: 'Another', value: 'same' },
        ],
      }
    : { source: [{ name: 'SSD', value: 'ssd' }], target: [{ name: 'SSD', value: { tier: 1 } }] }

const of = (source: JsonObject, overrides: JsonObject = {}) => targetProperties(SCHEMA, source, overrides, OPTIONS)

describe('what is taken over', () => {
  test('is what a person chose, not what a vault, a pool or an agent gave', () => {
    const source = { size: 7, password: 'vault:1', port: 5432, host: 'h', note: 'n', strange: 1 }
    assert.deepEqual(of(source), { size: 7, note: 'n' })
    assert.deepEqual(of({ size: null, note: '' }), { note: '' })
  })

  test('speaks in the words of the target: an option of the same value, else of the same name, at every depth', () => {
    assert.deepEqual(of({ plan: 's1' }), { plan: 's2' })
    assert.deepEqual(of({ plan: 'same' }), { plan: 'same' })
    assert.deepEqual(of({ disk: { kind: 'ssd', path: '/a' } }), { disk: { kind: { tier: 1 } } })
    assert.deepEqual(of({ replicas: ['same', 's1'] }), { replicas: ['same', 's2'] })
  })

  test('is refused where the target has no such option, with those that it has', () => {
    const refusal = (source: JsonObject, text: RegExp) =>
      assert.throws(
        () => of(source),
        (error) => error instanceof Refusal && error.kind === 'invalid' && text.test(error.message),
      )
    refusal({ plan: 'l1' }, /no option Large of type plan for property plan \(it offers Small, Huge, Another\)/)
    refusal({ plan: 'gone' }, /no option "gone" of type plan/)
    refusal({ replicas: ['s1', 'l1'] }, /property replicas\[1\]/)
    refusal({ disk: { kind: 'tape' } }, /property disk\.kind \(it offers SSD\)/)
  })
})

test('what is said wins, member by member at the top, also where nothing would fit', () => {
  assert.deepEqual(of({ plan: 'l1', size: 7 }, { plan: 'h2', extra: true }), { size: 7, plan: 'h2', extra: true })
  assert.deepEqual(of({ disk: { kind: 'ssd' } }, { disk: {} }), { disk: {} })
})

test('the option types of a schema are found at every depth, each once', () => {
  assert.deepEqual(optionTypesOf(SCHEMA), ['plan', 'disk'])
  assert.deepEqual(optionTypesOf({ validators: [], properties: { size: { ...PLAIN, type: 'integer' } } }), [])
})
