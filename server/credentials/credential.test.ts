import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { evidenceStatus, type Finding, issuanceKeys, type Progress, RETRY_MS, settle } from './credential.ts'

const NOW = new Date('2026-12-01T00:00:00Z')
const DAY_MS = 86_400_000
const TIMES = { now: NOW, recheckMs: DAY_MS, validFrom: null, validUntil: null }
const pending: Progress = { state: 'pending', attempts: 0, createdAt: NOW, verifiedAt: null }
const verified: Progress = { ...pending, state: 'verified', verifiedAt: NOW }
const away: Finding = { valid: false, reason: 'STATUS_UNAVAILABLE', detail: 'away', checks: [], passing: true }
const broken: Finding = { valid: false, reason: 'SIGNATURE', detail: 'no', checks: [], passing: false }
const after = (ms: number) => new Date(NOW.getTime() + ms)

describe('a credential that passes', () => {
  test('is verified, and looked at again after the interval', () => {
    const settled = settle({ ...pending, attempts: 3 }, { valid: true, checks: [] }, TIMES)
    assert.deepEqual([settled.state, settled.attempts, settled.nextCheckAt], ['verified', 0, after(DAY_MS)])
  })

  test('is looked at when it ends, if that is sooner', () => {
    const validUntil = after(1_000).getTime()
    assert.deepEqual(settle(pending, { valid: true, checks: [] }, { ...TIMES, validUntil }).nextCheckAt, after(1_000))
  })
})

describe('a credential that fails', () => {
  test('has failed at once and for good when nothing was missing', () => {
    const settled = settle(verified, broken, TIMES)
    assert.deepEqual([settled.state, settled.reason, settled.nextCheckAt], ['failed', 'SIGNATURE', null])
  })

  test('because something cannot be fetched keeps its state for a bounded number of attempts, then has failed', () => {
    for (const start of [pending, verified]) {
      let progress = start
      for (const wait of RETRY_MS) {
        const settled = settle(progress, away, TIMES)
        assert.deepEqual([settled.state, settled.conclusive, settled.nextCheckAt], [start.state, false, after(wait)])
        progress = { ...progress, attempts: settled.attempts }
      }
      const last = settle(progress, away, TIMES)
      assert.deepEqual([last.state, last.reason, last.conclusive], ['failed', 'STATUS_UNAVAILABLE', true])
      assert.deepEqual(last.nextCheckAt, after(DAY_MS))
      const again = settle({ ...progress, state: 'failed', attempts: last.attempts }, away, TIMES)
      assert.equal(again.state, 'failed')
    }
  })

  test('is given up when what is missing has been away for a month', () => {
    const old = { ...pending, state: 'failed' as const, attempts: 6, createdAt: after(-31 * DAY_MS) }
    assert.equal(settle(old, away, TIMES).nextCheckAt, null)
  })

  test('because it is not valid yet is looked at when it will be', () => {
    const early: Finding = { valid: false, reason: 'VALIDITY', detail: '', checks: [], passing: false }
    assert.deepEqual(
      settle(pending, early, { ...TIMES, validFrom: after(DAY_MS * 9).getTime() }).nextCheckAt,
      after(DAY_MS * 9),
    )
    assert.equal(settle(pending, early, { ...TIMES, validFrom: after(-1).getTime() }).nextCheckAt, null)
  })

  test('tells what its evidence is worth', () => {
    assert.deepEqual(
      [evidenceStatus('STATUS', false), evidenceStatus('REVOKED_BEFORE', false), evidenceStatus('VALIDITY', true)],
      ['revoked', 'revoked', 'expired'],
    )
    assert.deepEqual([evidenceStatus('VALIDITY', false), evidenceStatus('SUBJECT', true)], ['failed', 'failed'])
  })
})

describe('issuances', () => {
  const label = (level: string, credentials: { id: string; type: string }[]) => ({
    issuer: 'did:web:ch',
    type: ['VerifiableCredential', 'gx:LabelCredential'],
    subjectId: 'https://ch/1#cs',
    label: { level, credentials },
  })
  const offering = { id: 'https://p/offering', type: 'gx:ServiceOffering' }
  const person = { id: 'https://p/legal', type: 'gx:LegalPerson' }

  test('of a label are of the offering that it was given for, not of who offers it', () => {
    assert.deepEqual(issuanceKeys(label('L2', [person, offering])), [
      'did:web:ch gx:LabelCredential+L2 https://ch/1#cs',
      'did:web:ch gx:LabelCredential+L2 https://p/offering',
    ])
  })

  test('of another level, issuer or type are other ones', () => {
    const keys = new Set([
      ...issuanceKeys(label('L1', [offering])),
      ...issuanceKeys(label('L2', [offering])),
      ...issuanceKeys({ ...label('L2', [offering]), issuer: 'did:web:other' }),
    ])
    assert.equal(keys.size, 6)
    const plain = { issuer: 'did:web:p', type: ['VerifiableCredential', 'gx:LegalPerson'], subjectId: 's', label: null }
    assert.deepEqual(issuanceKeys(plain), ['did:web:p gx:LegalPerson s'])
  })
})
