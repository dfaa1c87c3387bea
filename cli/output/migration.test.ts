/** What is printed of plans. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planText } from './migration.ts'

test('a plan says that nothing is hit instead of an empty table', () => {
  const totals = { services: 0, feasible: 0, fromVault: 0, rtoMissed: 0, rpoMissed: 0, longestRtoSeconds: 0 }
  const at = '2026-11-25T00:00:00Z'
  const scenario = { type: 'cut-off' as const, jurisdictions: ['US'], providerIds: [], at, graceHours: 2 }
  const plan = { scenario, deadlineAt: at, items: [], assumptions: [], totals }
  const text = (notHit: string[]) => planText({ ...plan, notHit }, new Map())
  assert.equal(text(['a', 'b']), 'Nothing is hit, of 2 services: there is nothing to move.\n')
  assert.equal(text([]), 'Nothing is hit: there is nothing to move.\n')
})
