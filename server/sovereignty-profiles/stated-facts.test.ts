import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Evidence } from '@fulcrum/sovereignty'
import { withStatedFacts } from './stated-facts.ts'

const AT = '2026-12-01T00:00:00Z'
const evidence = (status: Evidence['verification']['status'], more: Partial<Evidence> = {}): Evidence => ({
  id: 'e',
  kind: 'verifiable-credential',
  assertsPaths: ['/assessments/gaia-x'],
  verification: { status, level: 'credential-verified', checkedAt: AT },
  ...more,
})
const label = (level: string) => ({ assessments: { 'gaia-x': { level } } })
const DECLARED = {
  legal: { legalName: 'N' },
  assessments: { 'gaia-x': { level: 'L3' }, cispe: { badge: 'sovereign' } },
}

test('the level of a label stands instead of a declared one, and everything else stays', () => {
  const facts = withStatedFacts(DECLARED, [{ evidence: evidence('verified'), facts: label('L1') }], AT)
  assert.deepEqual(facts, { ...DECLARED, assessments: { 'gaia-x': { level: 'L1' }, cispe: { badge: 'sovereign' } } })
})

test('of several labels the highest counts, and of registration numbers all', () => {
  const number = (value: string) => ({ legal: { registrationNumbers: [{ scheme: 'vatID', value, country: 'AT' }] } })
  const facts = withStatedFacts(
    {},
    [label('SC'), label('L2'), label('L1'), number('ATU1'), number('ATU2')].map((own) => ({
      evidence: evidence('verified'),
      facts: own,
    })),
    AT,
  )
  assert.deepEqual(facts, {
    assessments: { 'gaia-x': { level: 'L2' } },
    legal: { registrationNumbers: ['ATU1', 'ATU2'].map((value) => ({ scheme: 'vatID', value, country: 'AT' })) },
  })
})

test('evidence that was revoked, has failed or has ended states nothing', () => {
  for (const one of [
    evidence('revoked'),
    evidence('failed'),
    evidence('verified', { validUntil: '2026-11-30T00:00:00Z' }),
    evidence('verified', { validFrom: '2026-12-02T00:00:00Z' }),
  ])
    assert.deepEqual(withStatedFacts(DECLARED, [{ evidence: one, facts: label('L1') }], AT), DECLARED)
  assert.deepEqual(withStatedFacts(DECLARED, [{ evidence: evidence('verified'), facts: null }], AT), DECLARED)
})
