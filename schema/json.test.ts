import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type Json, jsonEqual } from './json.ts'

/** Few different values, so that equal ones meet often. */
const { small } = fc.letrec<{ small: Json }>((tie) => ({
  small: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom<Json>(null, true, 0, -0, 1, '', '1', 'a'),
    fc.array(tie('small'), { maxLength: 2 }),
    fc.array(fc.tuple(fc.constantFrom('x', '__proto__'), tie('small')), { maxLength: 2 }).map(Object.fromEntries),
  ),
}))

describe('equality of JSON values', () => {
  test('does not see the order of keys or the way a number is written', () => {
    assert.ok(jsonEqual(JSON.parse('{"a":4.0,"b":[1e0]}'), JSON.parse('{"b":[1],"a":4}')))
    assert.ok(jsonEqual(0, -0))
  })

  test('sees types, the order of arrays and missing members', () => {
    const pairs: [Json, Json][] = [
      ['1', 1],
      [
        [1, 2],
        [2, 1],
      ],
      [[1], [1, 1]],
      [{ a: null }, {}],
      [{ a: 1 }, { b: 1 }],
      [{}, []],
      [null, false],
      [{}, JSON.parse('{"__proto__":{}}')],
      [JSON.parse('{"toString":1}'), { a: 1 }],
    ]
    for (const [a, b] of pairs) assert.equal(jsonEqual(a, b), false, `${JSON.stringify(a)} = ${JSON.stringify(b)}`)
  })

  test('is an equivalence', () => {
    fc.assert(
      fc.property(small, small, small, (a, b, c) => {
        assert.ok(jsonEqual(a, a))
        assert.equal(jsonEqual(a, b), jsonEqual(b, a))
        if (jsonEqual(a, b) && jsonEqual(b, c)) assert.ok(jsonEqual(a, c))
      }),
      { numRuns: 2000 },
    )
  })

  test('holds for every value and its copy', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        assert.ok(jsonEqual(JSON.parse(text), JSON.parse(text)))
      }),
    )
  })
})
