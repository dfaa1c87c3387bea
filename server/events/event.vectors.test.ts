/** Diffs and the shapes of entities in events, against the contract's vectors. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Json } from '@fulcrum/schema'
import { readVectors } from '../testing/vectors.ts'
import { changes } from './event.ts'

describe('event-diff', () => {
  for (const { name, given, expect } of readVectors('event-diff').vectors)
    test(name, () => assert.deepEqual(changes(given.before ?? null, given.after ?? null), expect))

  test('a patch applied backwards gives the state before', () => {
    const before = { a: 1, list: [1, 2, 3], gone: 'x', 'a/b~c': { deep: true } }
    const after = { a: 2, list: [1, 5], new: [], 'a/b~c': { deep: false } }
    assert.deepEqual(invert(after, changes(before, after).diff), before)
  })
})

type Operation = { op: string; path: string; value?: Json }

/** Undoes a patch from its end: a `test` before a replace or remove tells the old value. */
function invert(document: Json, diff: Json): Json {
  assert.ok(Array.isArray(diff))
  const operations = diff as Operation[] // a patch is a list of operations
  const result = structuredClone(document) as { [key: string]: Json }
  for (let index = operations.length - 1; index >= 0; index--) {
    const { op, path, value } = operations[index] ?? { op: '', path: '' }
    const keys = path
      .split('/')
      .slice(1)
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    const last = keys.pop() ?? ''
    const parent = keys.reduce<Json>((at, key) => (at as { [key: string]: Json })[key] ?? null, result)
    if (op === 'add' && Array.isArray(parent)) parent.pop()
    else if (op === 'add') delete (parent as { [key: string]: Json })[last]
    else if (op === 'test' && Array.isArray(parent) && operations[index + 1]?.op === 'remove')
      parent.splice(Number(last), 0, value ?? null)
    else if (op === 'test') (parent as { [key: string]: Json })[last] = value ?? null
  }
  return result
}
