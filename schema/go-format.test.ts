import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { goNumber, goQuote, goValue } from './go-format.ts'

test('numbers print with the shortest digits, in plain form for exponents from -4 to 5', () => {
  const texts: [number, string][] = [
    [0, '0'],
    [-0, '-0'],
    [70000, '70000'],
    [123456, '123456'],
    [999999.5, '999999.5'],
    [1000000, '1e+06'],
    [-2500000, '-2.5e+06'],
    [123456789, '1.23456789e+08'],
    [0.0001, '0.0001'],
    [0.00012345, '0.00012345'],
    [0.00001, '1e-05'],
    [1e100, '1e+100'],
    [5e-324, '5e-324'],
    [9007199254740992, '9.007199254740992e+15'],
  ]
  for (const [number, text] of texts) assert.equal(goNumber(number), text)
})

test('a printed number reads back as itself', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      assert.ok(Object.is(Number(goNumber(number)), number))
    }),
  )
})

test('values print as maps with sorted keys and arrays without commas', () => {
  assert.equal(goValue({ y: [1, 'a b', null], x: { b: true, a: 1e6 } }), 'map[x:map[a:1e+06 b:true] y:[1 a b <nil>]]')
  // U+FF5E comes before U+1F600 in bytes of UTF-8 and after it in UTF-16.
  assert.equal(goValue({ '\u{1f600}': 1, '～': 2, '': 0, ab: 4, a: 3 }), 'map[:0 a:3 ab:4 ～:2 \u{1f600}:1]')
})

test('quoted text escapes what does not print', () => {
  assert.equal(goQuote('a"b\\c\n\t\u0001é\u00a0\u200b😀'), '"a\\"b\\\\c\\n\\t\\x01é\\u00a0\\u200b😀"')
})
