import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PropertyDefinition, PropertySchema } from '@fulcrum/contract'
import { CliError } from './errors.ts'
import { parseProperties, putAt } from './properties.ts'

const define = (type: PropertyDefinition['type'], more: Partial<PropertyDefinition> = {}): PropertyDefinition => ({
  type,
  label: '',
  required: false,
  immutable: false,
  ...more,
})

const schema: PropertySchema = {
  validators: null,
  properties: {
    title: define('string'),
    replicas: define('integer', { default: 1 }),
    ratio: define('number'),
    public: define('boolean'),
    owner: define('uuid'),
    tags: define('array', { items: define('string') }),
    ports: define('array', { items: define('integer') }),
    labels: define('object'),
    extra: define('json'),
    storage: define('object', { properties: { sizeGb: define('integer'), class: define('string') } }),
    size: define('integer', { validators: [{ type: 'serviceOption', config: { value: 'pg_size' } }] }),
    zones: define('array', {
      items: define('string', { validators: [{ type: 'serviceOption', config: { value: 'zone' } }] }),
    }),
    host: define('string', { authorizers: [{ type: 'actor', config: { actors: ['agent'] } }] }),
  },
}

const problemsOf = (assignments: string[], file = {}): readonly string[] => {
  try {
    parseProperties(schema, assignments, file)
  } catch (error) {
    assert.ok(error instanceof CliError && error.kind === 'usage')
    return error.details
  }
  assert.fail('accepted')
}

test('each value gets the type that the schema says', () => {
  const { properties } = parseProperties(schema, [
    'title=007',
    'replicas=3',
    'ratio=0.5',
    'public=false',
    'owner=0192f0c1-2222-7333-8444-555566667777',
    'tags=a, b',
    'ports=[80,443]',
    'labels={"a":1}',
    'extra=[true,null]',
  ])
  assert.deepEqual(properties, {
    title: '007',
    replicas: 3,
    ratio: 0.5,
    public: false,
    owner: '0192f0c1-2222-7333-8444-555566667777',
    tags: ['a', 'b'],
    ports: [80, 443],
    labels: { a: 1 },
    extra: [true, null],
  })
})

test('the text after the first equals sign is the value, and may be empty', () => {
  assert.deepEqual(parseProperties(schema, ['title=a=b', 'tags=']).properties, { title: 'a=b', tags: [] })
})

test('dots lead into objects, described or free', () => {
  const { properties } = parseProperties(schema, ['storage.sizeGb=20', 'storage.class=fast', 'labels.team.name=x'])
  assert.deepEqual(properties, { storage: { sizeGb: 20, class: 'fast' }, labels: { team: { name: 'x' } } })
})

test('assignments go on top of the file and leave the file as it was', () => {
  const file = { storage: { sizeGb: 10, class: 'slow' } }
  assert.deepEqual(parseProperties(schema, ['storage.sizeGb=20'], file).properties, {
    storage: { sizeGb: 20, class: 'slow' },
  })
  assert.deepEqual(file, { storage: { sizeGb: 10, class: 'slow' } })
})

test('unknown names and wrong types are all named at once, with what is known', () => {
  const details = problemsOf(['replcas=3', 'replicas=many', 'ratio=', 'public=yes', 'storage.sise=1', 'ports=80,x'])
  assert.deepEqual(details.slice(0, 6), [
    'replcas: is not a property of this service type',
    'replicas: expected integer, got "many"',
    'ratio: expected number, got ""',
    'public: expected boolean, got "yes"',
    'storage.sise: is not a property of this service type',
    'ports.1: expected integer, got "x"',
  ])
  assert.ok(details.some((line) => line.includes('storage.sizeGb  integer')))
  assert.ok(!details.some((line) => line.trimStart().startsWith('host')))
})

test('a file is held to the same rules', () => {
  assert.deepEqual(problemsOf([], { replicas: 1.5, storage: { nope: 1 }, ports: ['x'] }).slice(0, 3), [
    'replicas: expected integer, got 1.5',
    'storage.nope: is not a property of this service type',
    'ports.0: expected integer, got "x"',
  ])
})

test('a property of the agent is refused, also when its name is inherited by every object', () => {
  assert.equal(problemsOf(['host=evil'])[0], 'host: is set by the provider, not by you')
  assert.equal(problemsOf(['constructor=1'])[0], 'constructor: is not a property of this service type')
})

test('a free-form object takes any member name without touching prototypes', () => {
  const { properties } = parseProperties(schema, ['labels.__proto__.polluted=true'])
  assert.equal(Object.hasOwn(properties, 'polluted'), false)
  assert.equal(Object.hasOwn({}.constructor.prototype, 'polluted'), false)
})

test('options are left to be looked up, with the plain value for those who give it', () => {
  const { properties, choices } = parseProperties(schema, ['size=Small', 'zones=north,south'])
  assert.deepEqual(
    choices.map(({ path, optionType, given }) => [path, optionType, given]),
    [
      [['size'], 'pg_size', 'Small'],
      [['zones', 0], 'zone', 'north'],
      [['zones', 1], 'zone', 'south'],
    ],
  )
  assert.throws(() => choices[0]?.plain(), CliError)
  putAt(properties, ['size'], 2)
  putAt(properties, ['zones', 1], 's1')
  assert.deepEqual(properties, { size: 2, zones: ['north', 's1'] })
  assert.equal(parseProperties(schema, ['size=4']).choices[0]?.plain(), 4)
})
