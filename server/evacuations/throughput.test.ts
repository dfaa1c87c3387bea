/** How fast offerings are thought to be, from what was measured. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ASSUMED, createSecondsOf, rateOf, type Sample } from './throughput.ts'

const MIB = 1_048_576
const sample = (sizeMiB: number, seconds: number, direction: Sample['direction'] = 'export'): Sample => ({
  direction,
  sizeBytes: sizeMiB * MIB,
  seconds,
})

test('without a measurement of this direction the assumption counts, and is told to be one', () => {
  const [exports, imports] = [sample(640, 10), sample(640, 20, 'import')]
  assert.deepEqual(rateOf([], 'export'), { ...ASSUMED.export, measured: false })
  assert.deepEqual(rateOf([exports], 'import'), { ...ASSUMED.import, measured: false })
  assert.deepEqual(rateOf([imports], 'import'), { mibPerS: 32, fixedS: 0, measured: true })
  // what took no time says nothing
  assert.deepEqual(rateOf([sample(640, 0)], 'export'), { ...ASSUMED.export, measured: false })
})

test('large ones tell the speed, small ones the time to begin; the bound is 64 MiB', () => {
  assert.deepEqual(rateOf([sample(64, 2)], 'export'), { mibPerS: 32, fixedS: 0, measured: true })
  const small: Sample = { direction: 'export', sizeBytes: 64 * MIB - 1, seconds: 2 }
  assert.deepEqual(rateOf([small], 'export'), { mibPerS: ASSUMED.export.mibPerS, fixedS: 2, measured: true })
  assert.deepEqual(rateOf([small, sample(640, 10)], 'export'), { mibPerS: 64, fixedS: 2, measured: true })
})

test('medians count, so that one odd measurement changes little; of two the upper one', () => {
  const speeds = [sample(100, 1), sample(100, 100), sample(100, 2)]
  assert.equal(rateOf(speeds, 'export').mibPerS, 50)
  assert.equal(rateOf([sample(100, 1), sample(100, 2)], 'export').mibPerS, 100)
  assert.equal(rateOf([sample(1, 9), sample(1, 1), sample(1, 3)], 'export').fixedS, 3)
})

test('creating takes what it took, else what is assumed', () => {
  assert.equal(createSecondsOf([sample(640, 10)]), ASSUMED.createS)
  const created = [5, 90, 7].map((seconds) => sample(0, seconds, 'create'))
  assert.equal(createSecondsOf([...created, sample(640, 1_000)]), 7)
})
