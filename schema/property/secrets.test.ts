import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkPropertySchema } from './definition-check.ts'
import { secretReferences } from './secrets.ts'

const schema = checkPropertySchema(
  {
    properties: {
      key: { type: 'string', secret: { type: 'persistent' }, revealable: true },
      note: { type: 'string' },
      free: { type: 'object' },
      users: {
        type: 'array',
        items: { type: 'object', properties: { pw: { type: 'json', secret: { type: 'ephemeral' } } } },
      },
    },
  },
  'service',
)

test('references are found at places declared secret, with path, type and revealability', () => {
  const properties = {
    key: 'vault://1',
    note: 'vault://2',
    free: { pw: 'vault://3' },
    users: [{ pw: 'vault://4' }, {}, { pw: 'vault://5', other: 'vault://6' }],
    unknown: 'vault://7',
  }
  assert.deepEqual(secretReferences(schema, properties), [
    { reference: '1', path: 'key', type: 'persistent', revealable: true },
    { reference: '4', path: 'users[0].pw', type: 'ephemeral', revealable: false },
    { reference: '5', path: 'users[2].pw', type: 'ephemeral', revealable: false },
  ])
})

test('stored values that do not fit the schema hold no references', () => {
  assert.deepEqual(secretReferences(schema, { key: ['vault://1'], users: 'vault://2' }), [])
  assert.deepEqual(
    secretReferences(schema, { key: 'plain', users: [null, 'vault://3', { pw: { x: 'vault://4' } }] }),
    [],
  )
})
