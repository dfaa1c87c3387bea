import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BoundedCache } from './bounded-cache.ts'

test('a text is there until its time is over', () => {
  const cache = new BoundedCache({ maxEntries: 2, maxBytes: 1_000 })
  cache.set('a', 'text', 100)
  assert.equal(cache.get('a', 99), 'text')
  assert.equal(cache.get('a', 100), undefined)
  assert.equal(cache.size, 0)
})

test('the longest unused goes first when there are too many', () => {
  const cache = new BoundedCache({ maxEntries: 2, maxBytes: 1_000 })
  cache.set('a', '1', 100)
  cache.set('b', '2', 100)
  cache.get('a', 0)
  cache.set('c', '3', 100)
  assert.deepEqual(
    ['a', 'b', 'c'].map((key) => cache.get(key, 0)),
    ['1', undefined, '3'],
  )
})

test('it holds no more bytes than it may, and nothing that is larger by itself', () => {
  const cache = new BoundedCache({ maxEntries: 100, maxBytes: 100 })
  for (const key of ['a', 'b', 'c', 'd']) cache.set(key, 'x'.repeat(20), 100)
  assert.equal(cache.size, 2)
  cache.set('e', 'x'.repeat(60), 100)
  assert.equal(cache.get('e', 0), undefined)
  assert.equal(cache.size, 2)
  cache.set('d', 'short', 100)
  assert.equal(cache.get('d', 0), 'short')
})
