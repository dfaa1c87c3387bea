import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseUuid } from './uuid.ts'

const ID = '550e8400-e29b-41d4-a716-446655440000'

test('every usual form of a UUID reads as the same id', () => {
  for (const text of [ID, ID.toUpperCase(), ID.replaceAll('-', ''), `{${ID}}`, `urn:uuid:${ID}`, `URN:UUID:${ID}`])
    assert.deepEqual(parseUuid(text), { id: ID })
})

test('other lengths, counted in bytes, are named', () => {
  assert.deepEqual(parseUuid(''), { error: 'invalid UUID length: 0' })
  assert.deepEqual(parseUuid('é'.repeat(8)), { error: 'invalid UUID length: 16' })
})

test('other texts of a fitting length are refused', () => {
  const texts = [`${ID.slice(0, -1)}g`, `(${ID})`, `{${ID})`, `urn:uid::${ID}`, 'x'.repeat(32), ID.replaceAll('-', '_')]
  for (const text of texts) assert.deepEqual(parseUuid(text), { error: 'invalid UUID format' })
})
