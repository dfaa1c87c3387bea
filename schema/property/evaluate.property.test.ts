import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Json, type JsonObject, jsonEqual } from '../json.ts'
import { lintSchema } from '../lint.ts'
import { checkPropertySchema } from './definition-check.ts'
import { evaluateProperties } from './evaluate.ts'
import { secretReferences } from './secrets.ts'

const NAMES = ['a', 'b', 'vault', '__proto__', 'constructor', 'toString']
const name = fc.constantFrom(...NAMES)

/** Values around the edges of every type, and anything else. */
const value = fc.oneof(
  fc.constantFrom<Json>(
    null,
    '',
    0,
    -0,
    1e300,
    5.5,
    'vault://x',
    '550e8400-e29b-41d4-a716-446655440000',
    [],
    {},
    false,
  ),
  fc.jsonValue({ maxDepth: 3 }).map((json) => JSON.parse(JSON.stringify(json))),
)
// Object.fromEntries makes `__proto__` a member, as JSON.parse does.
const objectOf = (member: fc.Arbitrary<Json>) =>
  fc.array(fc.tuple(name, member), { maxLength: 5 }).map((members): JsonObject => Object.fromEntries(members))

const limit = fc
  .constantFrom('minLength', 'maxLength', 'min', 'max', 'minItems', 'maxItems')
  .chain((type) => fc.record({ type: fc.constant(type), config: fc.record({ value: fc.nat({ max: 5 }) }) }))
const validator = fc.oneof(
  limit,
  fc.record({ type: fc.constant('pattern'), config: fc.record({ pattern: fc.constantFrom('a', '^$', '(?i)x') }) }),
  fc.record({ type: fc.constant('enum'), config: fc.record({ values: fc.array(value, { minLength: 1 }) }) }),
  fc.constant({ type: 'serviceOption', config: { value: 'os' } }),
  fc.constantFrom({ type: 'serviceReference', config: { origin: 'group' } }, { type: 'serviceReference' }),
)
const authorizer = fc.constantFrom(
  { type: 'actor', config: { actors: ['agent'] } },
  { type: 'state', config: { allowedStates: ['Up'] } },
)
const generator = fc.constantFrom(undefined, { type: 'pool', config: { poolType: 'ip' } })

const leaf = fc.record(
  {
    type: fc.constantFrom('string', 'integer', 'number', 'boolean', 'uuid', 'json'),
    required: fc.boolean(),
    immutable: fc.boolean(),
    default: value,
    generator,
    secret: fc.constantFrom({ type: 'persistent' }, { type: 'ephemeral' }),
    validators: fc.array(validator, { maxLength: 2 }),
    authorizers: fc.array(authorizer, { maxLength: 2 }),
  },
  { requiredKeys: ['type'] },
)
const { definition } = fc.letrec<{ definition: object }>((tie) => ({
  definition: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.record(
      {
        type: fc.constant('object'),
        required: fc.boolean(),
        immutable: fc.boolean(),
        default: fc.constant({}),
        properties: fc.array(fc.tuple(name, tie('definition')), { maxLength: 3 }).map(Object.fromEntries),
      },
      { requiredKeys: ['type', 'properties'] },
    ),
    fc.record({
      type: fc.constant('array'),
      items: tie('definition'),
      validators: fc.array(validator, { maxLength: 1 }),
    }),
  ),
}))

/** Schemas that the check accepts; most of what the generator makes is. */
const schema = fc
  .array(fc.tuple(name, definition), { minLength: 1, maxLength: 4 })
  .map((members) => {
    try {
      return checkPropertySchema({ properties: Object.fromEntries(members) }, 'service')
    } catch {
      return null
    }
  })
  .filter((accepted) => accepted !== null)

const circumstances = fc.record({
  input: objectOf(value),
  stored: fc.option(objectOf(value), { nil: undefined }),
  actor: fc.constantFrom('user', 'agent', 'system'),
  vaultAvailable: fc.boolean(),
  made: value,
  serviceKnown: fc.boolean(),
})

test('any input against any accepted schema is either refused with texts or becomes JSON', async () => {
  let accepted = 0
  await fc.assert(
    fc.asyncProperty(schema, circumstances, async (accepting, { stored, made, serviceKnown, ...given }) => {
      let references = 0
      const evaluation = await evaluateProperties({
        ...given,
        schema: accepting,
        registry: 'service',
        ...(stored === undefined ? {} : { stored }),
        status: 'Up',
        newReference: () => `new-${++references}`,
        lookups: {
          allocate: async () => ({ value: made }),
          service: async () =>
            serviceKnown ? { typeName: 't', sameConsumer: true, sameGroup: true, terminal: false } : null,
          serviceOptions: async () => ({ known: true, enabledValues: [made] }),
        },
      })
      if (!evaluation.ok) {
        assert.ok(evaluation.violations.length > 0)
        assert.ok(evaluation.violations.every(({ message }) => message !== ''))
        return
      }
      accepted++
      const { properties, secrets, replacedSecrets } = evaluation
      assert.equal(Object.getPrototypeOf(properties), Object.prototype)
      assert.ok(jsonEqual(JSON.parse(JSON.stringify(properties)), properties))
      assert.ok(Object.keys(properties).every((key) => Object.hasOwn(accepting.properties, key)))
      // Every secret has its place, and nothing that is still held is given up.
      const held = secretReferences(accepting, properties).map(({ reference }) => reference)
      assert.ok(secrets.every(({ reference }) => held.includes(reference)))
      assert.ok(replacedSecrets.every((reference) => !held.includes(reference)))
    }),
    { numRuns: 500 },
  )
  assert.ok(accepted > 0, 'no input was ever accepted')
})

test('a reference in the result was stored at that place or is new, whoever gives what', async () => {
  const accepting = checkPropertySchema(
    {
      properties: {
        a: { type: 'json', secret: { type: 'persistent' } },
        b: {
          type: 'array',
          items: { type: 'object', properties: { a: { type: 'json', secret: { type: 'ephemeral' } } } },
        },
      },
    },
    'service',
  )
  const held = fc.constantFrom<Json>('vault://1', 'vault://2', 'plain', 7)
  const properties = fc.record({ a: held, b: fc.array(fc.record({ a: held })) }, { requiredKeys: [] })
  await fc.assert(
    fc.asyncProperty(properties, fc.option(properties, { nil: undefined }), async (input, stored) => {
      const evaluation = await evaluateProperties({
        schema: accepting,
        registry: 'service',
        input,
        ...(stored === undefined ? {} : { stored }),
        actor: 'user',
        vaultAvailable: true,
        newReference: () => 'new',
        lookups: {},
      })
      if (!evaluation.ok) return
      const before = secretReferences(accepting, stored ?? {})
      for (const { path, reference } of secretReferences(accepting, evaluation.properties))
        assert.ok(reference === 'new' || before.some((old) => old.path === path && old.reference === reference), path)
    }),
  )
})

test('the check of a definition refuses with its own error or accepts, whatever it is given', () => {
  const anything = fc.oneof(
    value,
    fc.record({ properties: objectOf(value), validators: value }),
    fc.constant(undefined),
  )
  const known = fc.record({ properties: objectOf(fc.record({ type: name, validators: value, default: value })) })
  fc.assert(
    fc.property(fc.oneof(anything, known), fc.constantFrom('service', 'agent'), (input, registry) => {
      try {
        checkPropertySchema(input, registry)
      } catch (error) {
        assert.equal(error instanceof Error && error.name, 'SchemaError')
      }
    }),
  )
})

test('an accepted schema can be stored, read back and looked over for traps', () => {
  fc.assert(
    fc.property(schema, (accepted) => {
      const again = checkPropertySchema(JSON.parse(JSON.stringify(accepted)), 'service')
      assert.equal(JSON.stringify(again), JSON.stringify(accepted))
      assert.ok(lintSchema(accepted).every(({ message }) => message !== ''))
    }),
  )
})
