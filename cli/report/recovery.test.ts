/** Recovery times: nothing is made shorter than it was, and nothing unknown counts as met. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { durationOr, durationText, targetText, verdict } from './recovery.ts'

test('a duration has two units at most, and is never shown shorter than it was', () => {
  const shown = [0, 0.04, 12.31, 59.99, 60, 312.4, 3_599.5, 3_600, 3_601, 14_400, 86_399, 86_400, 93_601].map(
    durationText,
  )
  assert.deepEqual(shown, [
    ...['0 s', '0.1 s', '12.4 s', '60 s', '1 min', '5 min 13 s', '60 min', '1 h', '1 h 1 min', '4 h', '24 h', '1 d'],
    '1 d 3 h',
  ])
  assert.equal(durationOr('never', undefined), 'never')
})

test('only what was measured and has a target is met or missed', () => {
  assert.equal(verdict(60, 60), 'met')
  assert.equal(verdict(60.1, 60), 'MISSED')
  assert.equal(verdict(undefined, 60), 'not measured')
  assert.equal(verdict(60, undefined), 'no target')
  const texts = [targetText('none', 61, 60), targetText('none', undefined, 60), targetText('none', 61, undefined)]
  assert.deepEqual(texts, ['1 min: MISSED', '1 min', 'none'])
})
