/** What one piece of evidence is worth at a moment, and how well a fact is proved by all of it. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { covers, prove, weigh } from './evidence.ts'
import type { Assurance, Evidence, Profile } from './profile.ts'

const AT = '2026-11-23T12:00:00Z'
const LATER = '2026-11-23T12:00:01Z'
const EARLIER = '2026-11-23T11:59:59Z'

function evidence(verification: Partial<Evidence['verification']>, more: Partial<Evidence> = {}): Evidence {
  return {
    id: 'e',
    kind: 'certificate',
    assertsPaths: ['/control'],
    ...more,
    verification: { status: 'verified', level: 'auditor-attested', ...verification },
  }
}
const worth = (verification: Partial<Evidence['verification']>, more: Partial<Evidence> = {}) => {
  const { level, finding } = weigh(evidence(verification, more), AT)
  return `${level} ${finding}`
}

describe('one piece of evidence', () => {
  test('is worth its level while it is verified and valid', () => {
    assert.equal(worth({}), 'auditor-attested valid')
    assert.equal(worth({ checkedAt: AT }, { validFrom: AT, validUntil: AT }), 'auditor-attested valid')
    assert.equal(worth({ level: 'none' }), 'none valid')
  })

  test('is worth nothing when it failed, was revoked, is over or has not begun', () => {
    assert.equal(worth({ status: 'failed' }), 'none failed')
    assert.equal(worth({ status: 'revoked' }), 'none revoked')
    assert.equal(worth({ status: 'expired' }), 'none expired')
    assert.equal(worth({}, { validUntil: EARLIER }), 'none expired')
    assert.equal(worth({}, { validFrom: LATER }), 'none not-yet-valid')
    assert.equal(worth({}, { validFrom: LATER, validUntil: '2030-01-01T00:00:00Z' }), 'none not-yet-valid')
  })

  test('is worth a declaration when nobody has verified it, or not lately', () => {
    assert.equal(worth({ status: 'unverified' }), 'self-declared unverified')
    assert.equal(worth({ status: 'stale' }), 'self-declared stale')
    assert.equal(worth({ checkedAt: '2026-10-24T12:00:00Z' }), 'auditor-attested valid')
    assert.equal(worth({ checkedAt: '2026-10-24T11:59:59Z' }), 'self-declared stale')
    assert.equal(worth({ status: 'unverified', level: 'self-declared' }), 'self-declared unverified')
    assert.equal(worth({ status: 'unverified', level: 'none' }), 'none unverified')
    assert.equal(worth({ status: 'unverified', checkedAt: '2020-01-01T00:00:00Z' }), 'self-declared unverified')
  })

  test('gets stale after as many days as its catalogue says', () => {
    const checked = evidence({ checkedAt: '2026-11-16T12:00:00Z' })
    assert.equal(weigh(checked, AT, 7).finding, 'valid')
    assert.equal(weigh(checked, AT, 6.9).finding, 'stale')
  })
})

test('a pointer covers itself and what stands below it, and nothing that only begins the same', () => {
  assert.deepEqual(
    [
      covers('/control', '/control'),
      covers('/control', '/control/owners'),
      covers('/control', '/controls'),
      covers('/control/owners', '/control'),
      covers('/', '/anything'),
      covers('', '/anything'),
    ],
    [true, true, false, false, true, true],
  )
})

describe('a fact', () => {
  const of = (...evidences: Evidence[]): Profile => ({ id: 'p', evidences })
  const one = (
    id: string,
    level: Assurance,
    more: Partial<Evidence> = {},
    status: Evidence['verification']['status'] = 'verified',
  ) => evidence({ level, status }, { id, ...more })

  test('is proved by the best of what speaks of it, and by all of that level', () => {
    const profile = of(
      one('a', 'self-declared'),
      one('b', 'credential-verified'),
      one('c', 'credential-verified'),
      one('d', 'auditor-attested', { assertsPaths: ['/data'] }),
    )
    assert.deepEqual(prove(profile, '/control/owners', AT), {
      level: 'credential-verified',
      evidenceIds: ['b', 'c'],
      lost: [],
    })
  })

  test('names what would have been worth more, and why it is not', () => {
    const profile = of(
      one('a', 'self-declared'),
      one('b', 'auditor-attested', {}, 'revoked'),
      one('c', 'self-declared', {}, 'revoked'),
      one('d', 'credential-verified', { validUntil: EARLIER }),
    )
    assert.deepEqual(prove(profile, '/control', AT), {
      level: 'self-declared',
      evidenceIds: ['a'],
      lost: [
        { evidenceId: 'b', claimed: 'auditor-attested', finding: 'revoked' },
        { evidenceId: 'd', claimed: 'credential-verified', finding: 'expired' },
      ],
    })
  })

  test('without any evidence, or with worthless evidence alone, is not proved at all', () => {
    const nothing = { level: 'none', evidenceIds: [] }
    assert.deepEqual(prove({ id: 'p' }, '/control', AT), { ...nothing, lost: [] })
    const lost = [{ evidenceId: 'a', claimed: 'auditor-attested', finding: 'failed' }]
    assert.deepEqual(prove(of(one('a', 'auditor-attested', {}, 'failed')), '/control', AT), { ...nothing, lost })
    assert.deepEqual(prove(of(one('a', 'none')), '/control', AT), { ...nothing, lost: [] })
  })

  test('that evidence leaves out is not proved by it, nor is what holds such a fact', () => {
    const profile = of(one('a', 'auditor-attested', { exceptPaths: ['/control/owners'] }))
    assert.equal(prove(profile, '/control/owners', AT).level, 'none')
    assert.equal(prove(profile, '/control', AT).level, 'none')
    assert.equal(prove(profile, '/control/changeOfControl', AT).level, 'auditor-attested')
  })

  test('is checked again as often as is asked for', () => {
    const profile = of(evidence({ checkedAt: '2026-11-20T12:00:00Z' }))
    assert.equal(prove(profile, '/control', AT, 2).level, 'self-declared')
    assert.equal(prove(profile, '/control', AT, 3).level, 'auditor-attested')
  })
})
