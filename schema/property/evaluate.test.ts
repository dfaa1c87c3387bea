import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Json, JsonObject } from '../json.ts'
import type { PropertySchema } from './definition.ts'
import { checkPropertySchema } from './definition-check.ts'
import { evaluateProperties, unknownProperties } from './evaluate.ts'
import type { Evaluation, EvaluationArgs, Lookups } from './evaluation.ts'

function service(properties: JsonObject, validators: Json = null): PropertySchema {
  return checkPropertySchema({ properties, validators }, 'service')
}

/** Evaluates as a user with a vault whose references are r1, r2, … */
function evaluate(schema: PropertySchema, input: JsonObject, more: Partial<EvaluationArgs> = {}): Promise<Evaluation> {
  let made = 0
  const newReference = () => `r${++made}`
  const base = { registry: 'service', actor: 'user', status: 'Up', vaultAvailable: true, lookups: {} } as const
  return evaluateProperties({ ...base, schema, input, newReference, ...more })
}

function propertiesOf(evaluation: Evaluation): JsonObject {
  assert.ok(evaluation.ok, JSON.stringify(evaluation))
  return evaluation.properties
}

function messagesOf(evaluation: Evaluation): string[] {
  return evaluation.ok ? [] : evaluation.violations.map(({ path, message }) => `${path} | ${message}`)
}

const SECRET = { type: 'string', secret: { type: 'persistent' } }

describe('errors inside an object', () => {
  const size = { type: 'integer', required: true }
  const disk = { type: 'object', properties: { size, name: { type: 'string' } } }

  test('follow the entry of their property, each with its full path', async () => {
    assert.deepEqual(messagesOf(await evaluate(service({ disk }), { disk: { name: 5 } })), [
      'disk | validation failed: 2 errors',
      'disk.size | required property is missing',
      'disk.name | disk.name: expected string, got float64',
    ])
  })

  test('are named through every level and every index', async () => {
    const schema = service({ vm: { type: 'object', properties: { disks: { type: 'array', items: disk } } } })
    assert.deepEqual(messagesOf(await evaluate(schema, { vm: { disks: [{ size: 1 }, { size: 'big' }] } })), [
      'vm | validation failed: validation failed: size: expected integer, got string',
      'vm.disks[1].size | vm.disks[1].size: expected integer, got string',
    ])
  })

  test('include entries of a nested array', async () => {
    const schema = service({
      vm: { type: 'object', properties: { ports: { type: 'array', items: { type: 'integer' } } } },
    })
    assert.deepEqual(messagesOf(await evaluate(schema, { vm: { ports: [1, 'x'] } })), [
      'vm | validation failed: ports[1]: expected integer, got string',
      'vm.ports[1] | vm.ports[1]: expected integer, got string',
    ])
  })

  test('have no second entry when the array is at top level, whose text names the index', async () => {
    const schema = service({ ports: { type: 'array', items: { type: 'integer' } } })
    assert.deepEqual(messagesOf(await evaluate(schema, { ports: [1, 'x'] })), [
      'ports | ports[1]: expected integer, got string',
    ])
  })
})

describe('a vault reference in a secret property', () => {
  const stored = { p: 'vault://mine', q: 'vault://other' }
  const schema = service({
    p: { ...SECRET, immutable: true, validators: [{ type: 'maxLength', config: { value: 3 } }] },
    q: SECRET,
  })

  test('passes when it is the one stored at that very place, even without a vault', async () => {
    const evaluation = await evaluate(schema, { p: 'vault://mine' }, { stored, vaultAvailable: false })
    assert.deepEqual(evaluation, { ok: true, properties: stored, secrets: [], replacedSecrets: [] })
  })

  test('is refused when it stands at another place', async () => {
    assert.deepEqual(messagesOf(await evaluate(schema, { q: 'vault://mine' }, { stored })), [
      'q | q: vault references cannot be set directly',
    ])
  })

  test('is refused on creation', async () => {
    assert.deepEqual(messagesOf(await evaluate(schema, { q: 'vault://mine' })), [
      'q | q: vault references cannot be set directly',
    ])
  })

  test('is refused at another index of an array', async () => {
    const users = service({ users: { type: 'array', items: { type: 'object', properties: { pw: SECRET } } } })
    const held = { users: [{ pw: 'vault://a' }, { pw: 'vault://b' }] }
    assert.deepEqual(propertiesOf(await evaluate(users, held, { stored: held })), held)
    const swapped = { users: [{ pw: 'vault://b' }, { pw: 'vault://b' }] }
    assert.deepEqual(messagesOf(await evaluate(users, swapped, { stored: held })), [
      'users | validation failed: pw: vault references cannot be set directly',
      'users[0].pw | users[0].pw: vault references cannot be set directly',
    ])
  })

  test('is only a value when it comes from a default or a pool', async () => {
    const preset = service({ p: { ...SECRET, default: 'vault://mine' } })
    const evaluation = await evaluate(preset, {})
    assert.deepEqual(propertiesOf(evaluation), { p: 'vault://r1' })
    assert.deepEqual(evaluation.ok && evaluation.secrets[0]?.value, 'vault://mine')
  })
})

describe('secrets', () => {
  test('are handed over with their full path, and the replaced reference with them', async () => {
    const schema = service({ db: { type: 'object', properties: { pw: SECRET, user: { type: 'string' } } } })
    const stored = { db: { pw: 'vault://old', user: 'u' } }
    assert.deepEqual(await evaluate(schema, { db: { pw: 'new' } }, { stored }), {
      ok: true,
      properties: { db: { pw: 'vault://r1', user: 'u' } },
      secrets: [{ reference: 'r1', value: 'new', path: 'db.pw', type: 'persistent' }],
      replacedSecrets: ['old'],
    })
  })

  test('of array entries that are gone count as replaced', async () => {
    const schema = service({ users: { type: 'array', items: { type: 'object', properties: { pw: SECRET } } } })
    const stored = { users: [{ pw: 'vault://a' }, { pw: 'vault://b' }] }
    const evaluation = await evaluate(schema, { users: [{}] }, { stored })
    assert.deepEqual(propertiesOf(evaluation), { users: [{ pw: 'vault://a' }] })
    assert.deepEqual(evaluation.ok && evaluation.replacedSecrets, ['b'])
  })

  test('are not handed over when another property fails', async () => {
    const evaluation = await evaluate(service({ p: SECRET, q: { type: 'integer' } }), { p: 'x', q: 'bad' })
    assert.deepEqual(Object.keys(evaluation), ['ok', 'violations'])
  })

  test('do not show in texts about their value', async () => {
    const pin = { type: 'integer', secret: { type: 'persistent' }, validators: [{ type: 'max', config: { value: 9 } }] }
    assert.deepEqual(messagesOf(await evaluate(service({ pin }), { pin: 4711 })), [
      'pin | pin: value (secret) exceeds maximum 9',
    ])
  })

  test('stored text of a property that is not secret is never a replaced secret', async () => {
    const schema = service({ p: { type: 'string' } })
    const evaluation = await evaluate(schema, { p: 'x' }, { stored: { p: 'vault://somebodys' } })
    assert.deepEqual(evaluation.ok && evaluation.replacedSecrets, [])
  })
})

describe('immutable numbers', () => {
  test('may be sent back unchanged', async () => {
    const schema = service({ n: { type: 'number', immutable: true } })
    assert.deepEqual(propertiesOf(await evaluate(schema, { n: 4.0 }, { stored: { n: 4 } })), { n: 4 })
    assert.deepEqual(messagesOf(await evaluate(schema, { n: 5 }, { stored: { n: 4 } })), [
      'n | n: property is immutable and cannot be changed',
    ])
  })
})

describe('a reference to a service that has ended', () => {
  const id = '550e8400-e29b-41d4-a716-446655440000'
  const validators = [{ type: 'serviceReference' }]
  const ended: Lookups = {
    service: async () => ({ typeName: 'disk', sameConsumer: true, sameGroup: true, terminal: true }),
  }

  test('is refused when newly set', async () => {
    const schema = service({ p: { type: 'uuid', validators } })
    assert.deepEqual(messagesOf(await evaluate(schema, { p: id }, { lookups: ended })), [
      'p | p: referenced service is in a terminal state',
    ])
  })

  test('may be sent back unchanged, in another spelling and at another index too', async () => {
    const schema = service({
      p: { type: 'uuid', validators },
      l: { type: 'array', items: { type: 'uuid', validators } },
    })
    const stored = { p: id, l: ['00000000-0000-0000-0000-000000000000', id] }
    const input = { p: id.toUpperCase(), l: [id] }
    assert.deepEqual(propertiesOf(await evaluate(schema, input, { stored, lookups: ended })), input)
  })

  test('is asked for by its usual form', async () => {
    const asked: string[] = []
    const lookups: Lookups = {
      service: async (wanted) => {
        asked.push(wanted)
        return null
      },
    }
    await evaluate(service({ p: { type: 'string', validators } }), { p: `{${id.toUpperCase()}}` }, { lookups })
    assert.deepEqual(asked, [id])
  })
})

describe('names that objects have by nature', () => {
  const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
  const schema = service(JSON.parse(`{${NAMES.map((name) => `"${name}":{"type":"json"}`).join(',')}}`))

  test('are absent when nobody gives them', async () => {
    assert.deepEqual(propertiesOf(await evaluate(schema, {})), {})
  })

  test('are kept as members like any other, at every depth', async () => {
    const input: JsonObject = JSON.parse(`{${NAMES.map((name) => `"${name}":{"__proto__":1}`).join(',')}}`)
    const properties = propertiesOf(await evaluate(schema, input, { stored: {} }))
    assert.equal(JSON.stringify(properties), JSON.stringify(input))
    assert.equal(Object.getPrototypeOf(properties), Object.prototype)
  })

  test('do not count as present for rules over the whole object', async () => {
    const validators = [{ type: 'exactlyOne', config: { properties: ['toString', 'constructor'] } }]
    const strict = service({ toString: { type: 'string' }, constructor: { type: 'string' } }, validators)
    assert.deepEqual(messagesOf(await evaluate(strict, {})), [
      ' | exactly one of [toString constructor] must be provided',
    ])
  })
})

test('what a lookup throws reaches the caller', async () => {
  const schema = service({ p: { type: 'string', generator: { type: 'pool', config: { poolType: 'ip' } } } })
  const lookups: Lookups = { allocate: () => Promise.reject(new Error('connection lost')) }
  await assert.rejects(evaluate(schema, {}, { lookups }), /connection lost/)
})

test('a pool that yields null has given nothing', async () => {
  const schema = service({
    p: { type: 'json', required: true, generator: { type: 'pool', config: { poolType: 'ip' } } },
  })
  assert.deepEqual(messagesOf(await evaluate(schema, {}, { lookups: { allocate: async () => ({ value: null }) } })), [
    'p | required property is missing',
  ])
})

test('neither the input nor what is stored is changed', async () => {
  const schema = service({ o: { type: 'object', properties: { a: { type: 'string' }, pw: SECRET } } })
  const input = { o: { a: 'x', pw: 'y' } }
  const stored = { o: { a: 'b', pw: 'vault://1' } }
  await evaluate(schema, input, { stored })
  assert.deepEqual([input, stored], [{ o: { a: 'x', pw: 'y' } }, { o: { a: 'b', pw: 'vault://1' } }])
})

test('names that the schema does not know can be asked for', () => {
  assert.deepEqual(unknownProperties(service({ a: { type: 'string' } }), { a: 'x', b: 1, toString: 2 }), [
    'b',
    'toString',
  ])
})
