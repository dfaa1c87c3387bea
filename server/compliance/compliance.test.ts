/** What follows from decisions about running services, without a database. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Decision, Policy } from '@fulcrum/sovereignty'
import { assess, differs, isNews, isQuarantined, quarantineMessage } from './compliance.ts'

const NOW = new Date('2026-11-24T12:00:00Z')
const LATER = new Date('2026-12-01T12:00:00Z')

const policy = (id: string, breach?: Policy['breach']): Policy => ({
  id,
  version: 1,
  scope: { kind: 'platform' },
  mode: 'enforce',
  trustedZone: { groups: ['EEA'] },
  onUnknown: 'deny',
  minAssurance: 'none',
  constraints: [],
  ...(breach && { breach }),
})
const refused = (...keys: string[]): Pick<Decision, 'outcome' | 'failed' | 'wouldFail' | 'findings'> => ({
  outcome: keys.length > 0 ? 'deny' : 'allow',
  failed: keys,
  wouldFail: [],
  findings: keys.map((key) => {
    const [policyId = '', constraintId = '', code = ''] = key.split(/[/:]/)
    return { policyId, policyVersion: 1, constraintId, type: 't', result: 'fail', code, evidenceIds: [] }
  }),
})
const ALL = [
  policy('mild'),
  policy('block', { action: 'block-new', graceDays: 0 }),
  policy('jail', { action: 'quarantine', graceDays: 0 }),
  policy('leave', { action: 'evacuate', graceDays: 30 }),
]

describe('assessing a decision', () => {
  test('takes the sharpest action of the policies that refuse, and an alert where a policy names none', () => {
    assert.equal(assess(refused('mild/a:X'), ALL, null, NOW).action, 'alert')
    assert.equal(assess(refused('mild/a:X', 'block/b:Y'), ALL, null, NOW).action, 'block-new')
    const all = assess(refused('mild/a:X', 'block/b:Y', 'jail/c:Z', 'leave/d:W'), ALL, null, NOW)
    assert.deepEqual([all.action, all.policyId, all.breaches.length], ['evacuate', 'leave', 4])
    assert.ok(isQuarantined(all))
    assert.match(quarantineMessage(all), /c:Z/)
  })

  test('counts the days of grace from when the policy first refused', () => {
    const first = assess(refused('leave/a:X'), ALL, null, NOW)
    assert.equal(first.evacuateAt?.toISOString(), '2026-12-24T12:00:00.000Z')
    const again = assess(refused('leave/a:X', 'mild/b:Y'), ALL, first, LATER)
    assert.equal(again.evacuateAt?.toISOString(), '2026-12-24T12:00:00.000Z')
    assert.equal(again.since, LATER)
    const passed = assess(refused(), ALL, again, LATER)
    assert.deepEqual([passed.outcome, passed.evacuateAt, passed.action], ['allow', null, null])
    const anew = assess(refused('leave/a:X'), ALL, passed, LATER)
    assert.equal(anew.evacuateAt?.toISOString(), '2026-12-31T12:00:00.000Z')
  })

  test('is news when outcome, codes or actions change, and not when the same is found again', () => {
    const one = assess(refused('mild/a:X'), ALL, null, NOW)
    const same = assess(refused('mild/a:X'), ALL, one, LATER)
    assert.ok(!isNews(one, same))
    assert.equal(same.since, NOW)
    assert.ok(isNews(one, assess(refused('mild/a:Z'), ALL, one, LATER)))
    assert.ok(isNews(one, assess(refused(), ALL, one, LATER)))
    assert.ok(
      isNews(one, assess(refused('mild/a:X'), [policy('mild', { action: 'block-new', graceDays: 0 })], one, LATER)),
    )
    assert.ok(isNews(null, one))
    assert.ok(!isNews(null, assess(refused(), ALL, null, NOW)))
    assert.ok(!differs(one, { ...one, failed: [...one.failed] }))
  })
})
