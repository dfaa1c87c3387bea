import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changedMembers, checkClassification, UNCLASSIFIED } from './classification.ts'

test('a service of which nothing is said is a normal one', () => {
  assert.deepEqual(checkClassification({}), UNCLASSIFIED)
})

test('values out of range are refused by their names', () => {
  const refused: [Parameters<typeof checkClassification>[0], RegExp][] = [
    [{ rtoTargetSeconds: -1 }, /rtoTargetSeconds/],
    [{ rpoTargetSeconds: 2 ** 31 }, /rpoTargetSeconds/],
    [{ noticePeriodDays: -1 }, /noticePeriodDays/],
    [{ monthlySpend: { amount: -0.01, currency: 'EUR' } }, /monthlySpend\.amount/],
    [{ monthlySpend: { amount: Number.POSITIVE_INFINITY, currency: 'EUR' } }, /monthlySpend\.amount/],
    [{ monthlySpend: { amount: 1, currency: 'eur' } }, /monthlySpend\.currency/],
    [{ function: ' ' }, /function/],
    [{ contractRef: 'x'.repeat(201) }, /contractRef/],
    [{ function: 'a\0b' }, /NUL/],
    [{ contractStart: '2026-02-30' }, /contractStart/],
    [{ contractEnd: 'tomorrow' }, /contractEnd/],
    [{ contractStart: '2026-02-02', contractEnd: '2026-02-01' }, /before contractStart/],
    [{ dataClasses: Array.from({ length: 51 }, (_, index) => `c${index}`) }, /dataClasses/],
    [{ dataClasses: [''] }, /dataClasses/],
  ]
  for (const [put, reason] of refused) assert.throws(() => checkClassification(put), reason, JSON.stringify(put))
})

test('a contract may end on the day it starts, and a class of data counts once', () => {
  const day = '2028-02-29'
  const checked = checkClassification({ contractStart: day, contractEnd: day, dataClasses: ['health', 'health'] })
  assert.deepEqual(checked, {
    criticality: 'normal',
    contractStart: day,
    contractEnd: day,
    dataClasses: ['health'],
  })
})

test('what changed is told by name', () => {
  const before = checkClassification({ criticality: 'critical', function: 'billing' })
  const after = checkClassification({ criticality: 'critical', monthlySpend: { amount: 1, currency: 'EUR' } })
  assert.deepEqual(changedMembers(before, after), ['function', 'monthlySpend'])
  assert.deepEqual(changedMembers(after, after), [])
})
