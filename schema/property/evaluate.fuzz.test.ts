// Evaluating what came out of an evaluation changes nothing, and no secret stays where it was given.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isJsonObject, type Json, type JsonObject, jsonEqual } from '../json.ts'
import { SchemaError } from '../schema-error.ts'
import type { PropertyDefinition, PropertySchema } from './definition.ts'
import { checkPropertySchema } from './definition-check.ts'
import { evaluateProperties } from './evaluate.ts'
import type { Evaluation } from './evaluation.ts'
import { typeProblem } from './types.ts'

/** No other value holds it, so that it can be found wherever it goes. */
const MARK = 'sesame'
const name = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor')
const plain = fc.oneof(
  fc.constantFrom<Json>('', 'x', 0, -1, 1.5, 1e300, true, [], {}, null),
  fc.string({ maxLength: 5 }),
  fc.integer(),
)
const fitting: Record<string, fc.Arbitrary<Json>> = {
  string: fc.string({ maxLength: 6 }),
  integer: fc.integer(),
  number: fc.double({ noNaN: true, noDefaultInfinity: true }),
  boolean: fc.boolean(),
  uuid: fc.uuid(),
  json: plain.filter((value) => value !== null),
}
const validators: Record<string, object[]> = {
  string: [
    { type: 'maxLength', config: { value: 4 } },
    { type: 'pattern', config: { pattern: '^[^q]*$' } },
  ],
  integer: [{ type: 'min', config: { value: -10 } }],
  number: [{ type: 'max', config: { value: 10 } }],
}

type Pair = { definition: JsonObject; value: Json | undefined }

/** A definition, and a value that mostly has its type. */
const leaf: fc.Arbitrary<Pair> = fc.constantFrom(...Object.keys(fitting)).chain((type) =>
  fc
    .record({
      secret: fc.boolean(),
      required: fc.boolean(),
      immutable: fc.boolean(),
      preset: fc.option(fitting[type] ?? plain, { nil: undefined }),
      rules: fc.subarray(validators[type] ?? []),
      value: fc.option(fc.oneof({ weight: 6, arbitrary: fitting[type] ?? plain }, plain), { nil: undefined }),
    })
    .map(({ secret, required, immutable, preset, rules, value }): Pair => {
      const secretValue = type === 'string' || type === 'json' ? MARK : value
      return {
        definition: JSON.parse(
          JSON.stringify({
            type,
            required,
            immutable,
            ...(secret ? { secret: { type: 'persistent' } } : { default: preset }),
            ...(!secret && { validators: rules }),
          }),
        ),
        value: secret && value !== undefined ? secretValue : value,
      }
    }),
)

const { pair } = fc.letrec<{ pair: Pair }>((tie) => ({
  pair: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 3, arbitrary: leaf },
    {
      weight: 1,
      arbitrary: fc
        .uniqueArray(fc.tuple(name, tie('pair')), { selector: ([key]) => key, minLength: 1, maxLength: 3 })
        .map(
          (members): Pair => ({
            definition: { type: 'object', properties: definitionsOf(members) },
            value: valuesOf(members),
          }),
        ),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(tie('pair'), fc.nat({ max: 3 })).map(([{ definition, value }, count]): Pair => {
        // items themselves cannot be secret
        const { secret, ...items } = definition
        const item = secret === undefined ? value : 'open'
        return {
          definition: { type: 'array', items },
          value: item === undefined ? [] : Array.from({ length: count }, () => item),
        }
      }),
    },
  ),
}))

function definitionsOf(members: [string, Pair][]): JsonObject {
  return Object.fromEntries(members.map(([key, { definition }]) => [key, definition]))
}

function valuesOf(members: [string, Pair][]): JsonObject {
  return Object.fromEntries(
    members.flatMap(([key, { value }]): [string, Json][] => (value === undefined ? [] : [[key, value]])),
  )
}

const cases = fc.uniqueArray(fc.tuple(name, pair), { selector: ([key]) => key, minLength: 1, maxLength: 4 })

function evaluate(schema: PropertySchema, input: JsonObject, stored?: JsonObject): Promise<Evaluation> {
  return evaluateProperties({
    schema,
    registry: 'service',
    input,
    ...(stored && { stored }),
    actor: 'user',
    vaultAvailable: true,
    newReference: () => crypto.randomUUID(),
    lookups: {},
  })
}

/** The result has the types that its schema names, wherever something stands. */
function assertFits(definitions: Record<string, PropertyDefinition>, properties: JsonObject): void {
  for (const [key, value] of Object.entries(properties)) {
    assert.ok(Object.hasOwn(definitions, key), `${key} is not defined`)
    const definition = definitions[key]
    if (definition) assertValueFits(definition, value)
  }
  for (const [key, definition] of Object.entries(definitions))
    if (definition.required) assert.ok(Object.hasOwn(properties, key), `${key} is missing`)
}

function assertValueFits(definition: PropertyDefinition, value: Json): void {
  if (definition.secret) {
    assert.match(String(value), /^vault:\/\//)
    return
  }
  assert.equal(typeProblem(definition.type, value), null)
  if (definition.properties && isJsonObject(value)) assertFits(definition.properties, value)
  if (definition.items && Array.isArray(value)) for (const item of value) assertValueFits(definition.items, item)
}

test('a result fits its schema, has no secret in clear, and evaluated again it stays as it is', async () => {
  let accepted = 0
  let secrets = 0
  await fc.assert(
    fc.asyncProperty(cases, async (members) => {
      const schema = checkPropertySchema({ properties: definitionsOf(members) }, 'service')
      const first = await evaluate(schema, valuesOf(members))
      if (!first.ok) {
        assert.ok(!JSON.stringify(first.violations).includes(MARK), 'a violation shows a secret')
        return
      }
      accepted++
      secrets += first.secrets.length
      assertFits(schema.properties, first.properties)
      const hidden = first.secrets.filter(({ value }) => value === MARK).length
      assert.ok(hidden === 0 || !JSON.stringify(first.properties).includes(MARK), 'a secret stayed in clear')

      const again = await evaluate(schema, first.properties, first.properties)
      assert.ok(again.ok, JSON.stringify(again))
      assert.ok(jsonEqual(again.properties, first.properties), JSON.stringify([first.properties, again.properties]))
      assert.deepEqual([again.secrets, again.replacedSecrets], [[], []])
      const nothing = await evaluate(schema, {}, first.properties)
      assert.ok(nothing.ok && jsonEqual(nothing.properties, first.properties))
    }),
    { numRuns: 1_000 },
  )
  assert.ok(accepted > 100 && secrets > 20, `${accepted} accepted, ${secrets} secrets`)
})

test('a broken definition is refused by the error of its own, whatever is broken', () => {
  const definition = cases.map((members) => JSON.stringify({ properties: definitionsOf(members) }))
  const damage = fc.tuple(
    fc.nat(),
    fc.constantFrom('null', '1', '""', '[]', '{}', '{"type":"array"}', '[[1]]', '"(?=a)"'),
  )
  let refused = 0
  fc.assert(
    fc.property(definition, damage, fc.constantFrom('service', 'agent'), (text, [at, value], registry) => {
      let count = 0
      JSON.parse(text, () => count++)
      let visited = 0
      const broken = JSON.parse(text, (_name, member) => (visited++ === at % count ? JSON.parse(value) : member))
      try {
        checkPropertySchema(broken, registry)
      } catch (error) {
        assert.ok(error instanceof SchemaError, String(error))
        refused++
      }
    }),
    { numRuns: 2_000 },
  )
  assert.ok(refused > 100)
})
