import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { JsonObject } from '../json.ts'
import { SchemaError } from '../schema-error.ts'
import { assertVector, readVectors, textOf } from '../testing/vectors.ts'
import type { Registry } from './definition.ts'
import { checkPropertySchema } from './definition-check.ts'

function check(schema: unknown, registry: Registry = 'service'): JsonObject {
  try {
    checkPropertySchema(schema, registry)
    return { ok: true }
  } catch (error) {
    assert.ok(error instanceof SchemaError, String(error))
    return { ok: false, error: error.message }
  }
}

describe('the contract says which property schemas are acceptable', () => {
  for (const vector of readVectors('property-schema-definition').vectors)
    test(vector.name, () => {
      const registry = textOf(vector.given, 'engine') === 'agent' ? 'agent' : 'service'
      assertVector(vector, check(vector.given.schema, registry))
    })
})

describe('the stored form of a property schema', () => {
  test('always carries type, label, required, immutable and validators', () => {
    assert.deepEqual(checkPropertySchema({ properties: { p: { type: 'string' } } }, 'service'), {
      properties: { p: { type: 'string', label: '', required: false, immutable: false } },
      validators: null,
    })
  })

  test('keeps everything known and drops everything else', () => {
    const definition = {
      type: 'string',
      label: 'L',
      required: true,
      immutable: true,
      default: 'x',
      authorizers: [{ type: 'actor', config: { actors: ['user'] } }],
      validators: [{ type: 'minLength', config: { value: 0 } }],
      secret: { type: 'persistent' },
      revealable: true,
    }
    const input = { properties: { p: { ...definition, source: 'input' } }, extra: 1, validators: [] }
    assert.deepEqual(checkPropertySchema(input, 'service'), { properties: { p: definition }, validators: [] })
  })

  test('is its own stored form', () => {
    const once = checkPropertySchema(
      {
        properties: {
          o: { type: 'object', properties: { s: { type: 'json', secret: { type: 'ephemeral' } } } },
          l: { type: 'array', items: { type: 'object', properties: { n: { type: 'integer', default: 0 } } } },
          g: { type: 'string', generator: { type: 'pool', config: { poolType: 'ip' } } },
          r: { type: 'uuid', validators: [{ type: 'serviceReference' }] },
        },
        validators: [{ type: 'exactlyOne', config: { properties: ['o', 'l'] } }],
      },
      'service',
    )
    assert.deepEqual(checkPropertySchema(JSON.parse(JSON.stringify(once)), 'service'), once)
  })

  test('has null where a rule has no config', () => {
    const schema = checkPropertySchema(
      { properties: { p: { type: 'uuid', validators: [{ type: 'serviceReference' }] } } },
      'service',
    )
    assert.deepEqual(schema.properties.p?.validators, [{ type: 'serviceReference', config: null }])
  })

  test('leaves out what is null or empty', () => {
    const { properties } = checkPropertySchema(
      { properties: { p: { type: 'object', properties: {}, authorizers: [], validators: null, default: null } } },
      'service',
    )
    assert.deepEqual(properties.p, { type: 'object', label: '', required: false, immutable: false })
  })

  test('reads field names in any letter case, but not names of properties or settings', () => {
    const { properties } = checkPropertySchema({ Properties: { P: { TYPE: 'string', Required: true } } }, 'service')
    assert.deepEqual(properties, { P: { type: 'string', label: '', required: true, immutable: false } })
    assert.deepEqual(
      check({ properties: { p: { type: 'string', validators: [{ type: 'minLength', config: { Value: 1 } }] } } }),
      {
        ok: false,
        error: "p: minLength validator requires 'value' config",
      },
    )
  })
})

describe('revealable', () => {
  test('is refused on a property that is not secret', () => {
    assert.deepEqual(
      check({ properties: { o: { type: 'object', properties: { p: { type: 'string', revealable: true } } } } }),
      {
        ok: false,
        error: 'o.p: only secret properties can be revealable',
      },
    )
  })

  test('is stored only when true', () => {
    const secret = { type: 'persistent' }
    const { properties } = checkPropertySchema(
      {
        properties: {
          yes: { type: 'string', secret, revealable: true },
          no: { type: 'string', secret, revealable: false },
        },
      },
      'agent',
    )
    assert.equal(properties.yes?.revealable, true)
    assert.equal(Object.hasOwn(properties.no ?? {}, 'revealable'), false)
  })

  test('must be a boolean', () => {
    assert.deepEqual(
      check({ properties: { p: { type: 'string', secret: { type: 'persistent' }, revealable: 'yes' } } }),
      {
        ok: false,
        error: 'p: revealable must be a boolean',
      },
    )
  })
})

describe('a definition of the wrong shape gets a text of its own', () => {
  const wrong: [unknown, string][] = [
    ['x', 'property schema must be an object'],
    [[], 'property schema must be an object'],
    [null, 'schema must have at least one property defined'],
    [{ properties: [] }, "property schema 'properties' must be an object"],
    [{ properties: { p: 1 } }, 'p: definition must be an object'],
    [{ properties: { p: { type: 7 } } }, 'p: type must be a string'],
    [{ properties: { p: { type: 'string', required: 'yes' } } }, 'p: required must be a boolean'],
    [{ properties: { p: { type: 'string', validators: {} } } }, 'p: validators must be an array'],
    [{ properties: { p: { type: 'string', validators: [1] } } }, 'p: entry of validators must be an object'],
    [
      { properties: { p: { type: 'string' } }, validators: [{ type: 'x', config: [] }] },
      'schema validator config must be an object',
    ],
  ]
  for (const [schema, error] of wrong)
    test(error, () => {
      assert.deepEqual(check(schema), { ok: false, error })
    })
})

test('exactlyOne must name properties that are defined', () => {
  const validators = [{ type: 'exactlyOne', config: { properties: ['a', 'toString'] } }]
  assert.deepEqual(check({ properties: { a: { type: 'string' } }, validators }), {
    ok: false,
    error: "exactlyOne validator: property 'toString' is not defined",
  })
})

test('names that objects have by nature are names like any other', () => {
  const input: unknown = JSON.parse('{"properties":{"__proto__":{"type":"string"},"constructor":{"type":"integer"}}}')
  const { properties } = checkPropertySchema(input, 'service')
  assert.deepEqual(Object.keys(properties), ['__proto__', 'constructor'])
  assert.equal(Object.getPrototypeOf(properties), Object.prototype)
  for (const type of ['constructor', '__proto__', 'toString'])
    assert.deepEqual(check({ properties: { p: { type } } }), { ok: false, error: `p: invalid type '${type}'` })
})
