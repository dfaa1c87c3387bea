import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePattern } from './pattern.ts'
import { SchemaError } from './schema-error.ts'

test('a pattern that makes backtracking engines hang is answered at once', () => {
  const startMs = performance.now()
  assert.equal(compilePattern('^(a+)+$')(`${'a'.repeat(20_000)}b`), false)
  // Backtracking would need longer than the universe has; the bound only has to tell these apart on a busy machine.
  assert.ok(performance.now() - startMs < 10_000)
})

test('what RE2 does not have is refused', () => {
  for (const pattern of ['(?=x)', '(?<=x)y', '(a)\\1', 'a{1001}', '[', '((a{100}){100}){100}', 'a++'])
    assert.throws(() => compilePattern(pattern), SchemaError, pattern)
})

test('a pattern is searched for, and keeps no memory between texts', () => {
  const search = compilePattern('[0-9]')
  assert.deepEqual([search('abc1def'), search('abc'), search('1'), search('1')], [true, false, true, true])
})

test('a pattern compiles again after many others', () => {
  for (let index = 0; index < 1200; index++) compilePattern(`^a${index}$`)
  assert.equal(compilePattern('^a0$')('a0'), true)
})
