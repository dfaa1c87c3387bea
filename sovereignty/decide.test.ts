/** Decisions as a whole: waivers, modes, what is unknown, and how well it has to be proved. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decide } from './decide.ts'
import type { Waiver } from './policy.ts'
import { AT, CONTEXT, change, policy, profile } from './testing.ts'

describe('the decision', () => {
  const SEAT = { type: 'legal.headquarters.within' }
  const waiver = (edit: Partial<Waiver> = {}): Waiver => ({
    policyId: 'p',
    constraintId: 'c0',
    subjectId: 'helvetia',
    approvedBy: 'ciso',
    validFrom: '2026-11-01T00:00:00Z',
    validUntil: '2026-12-31T00:00:00Z',
    ...edit,
  })
  const waived = (edit: Partial<Waiver>) =>
    decide(profile('helvetia'), [policy([SEAT])], { ...CONTEXT, waivers: [waiver(edit)] })

  test('a waiver lets one constraint pass for one subject while it holds', () => {
    const { outcome, waived: keys, failed } = waived({})
    assert.deepEqual([outcome, keys, failed], ['allow_with_obligations', ['p/c0:HEADQUARTERS_OUTSIDE_ZONE'], []])
    for (const edit of [
      { policyId: 'q' },
      { constraintId: 'c1' },
      { subjectId: 'x' },
      { approvedBy: '' },
      { validFrom: '2026-11-24T00:00:00Z' },
      { validUntil: AT },
      { validUntil: '2027-05-01T00:00:00Z' },
    ])
      assert.equal(waived(edit).outcome, 'deny', JSON.stringify(edit))
    assert.equal(waived({ validUntil: '2027-04-30T00:00:00Z' }).outcome, 'allow_with_obligations')
  })

  test('nothing waives a constraint that nobody knows, and no setting lets it pass', () => {
    const strange = policy([{ type: 'quantum.safe.min', onUnknown: 'warn', severity: 'soft' }], { onUnknown: 'warn' })
    const { failed } = decide(profile('helvetia'), [strange], { ...CONTEXT, waivers: [waiver()] })
    assert.deepEqual(failed, ['p/c0:UNKNOWN_CONSTRAINT'])
  })

  test('all failures are told, those of soft constraints and of the unknown as warnings', () => {
    const of = profile('eurohyper')
    const constraints = [
      { type: 'ops.adminAccess.within' },
      { type: 'control.noThirdCountryControl' },
      { type: 'cispe.badge.any', params: { anyOf: ['sovereign'] }, severity: 'soft' as const },
      { type: 'supply.sbom.required', onUnknown: 'warn' as const },
      { type: 'tech.openSource.min', params: { share: 0.5 } },
    ]
    const { failed, warnings } = decide(of, [policy(constraints)], CONTEXT)
    assert.deepEqual(failed, ['p/c0:ADMIN_ACCESS_OUTSIDE_ZONE', 'p/c1:CONTROL_THIRD_COUNTRY', 'p/c4:UNKNOWN_FACT'])
    assert.deepEqual(warnings, ['p/c2:BADGE_MISSING', 'p/c3:UNKNOWN_FACT'])
  })

  test('a policy that is not in force yet, or only audits, refuses nothing and obliges to nothing', () => {
    const cutOff = { type: 'exposure.max', params: { jurisdictions: ['US'], effect: 'cut-off', max: 'mitigated' } }
    const later = policy([SEAT], { effectiveFrom: '2026-11-23T12:00:01Z' })
    assert.deepEqual(decide(profile('helvetia'), [later], CONTEXT).findings, [])
    assert.equal(decide(profile('helvetia'), [{ ...later, effectiveFrom: AT }], CONTEXT).outcome, 'deny')
    const audit = decide(profile('trustop'), [policy([cutOff, SEAT], { mode: 'audit' })], CONTEXT)
    assert.deepEqual([audit.outcome, audit.obligations], ['allow', []])
    assert.deepEqual(decide(profile('helvetia'), [policy([SEAT], { mode: 'audit' })], CONTEXT).wouldFail, [
      'p/c0:HEADQUARTERS_OUTSIDE_ZONE',
    ])
  })

  test('without any policy everything is allowed and nothing advised', () => {
    const { outcome, advisories, explanation } = decide(profile('eurohyper'), [], CONTEXT)
    assert.deepEqual([outcome, advisories, explanation], ['allow', [], 'Allowed.'])
  })
})

describe('assurance', () => {
  const attested = (name: string, at = AT, recheckDays?: number) =>
    decide(profile(name), [policy([{ type: 'legal.headquarters.within', minAssurance: 'auditor-attested' }])], {
      ...CONTEXT,
      at,
      ...(recheckDays && { recheckDays }),
    })

  test('says which evidence proves it, or why none does', () => {
    assert.deepEqual(attested('alpenwolke').findings[0]?.evidenceIds, ['ev-gx-l3'])
    assert.deepEqual(attested('lapsed').failed, ['p/c0:EVIDENCE_EXPIRED'])
    assert.deepEqual(attested('cooperativa').failed, ['p/c0:ASSURANCE_TOO_LOW'])
    const label = [policy([{ type: 'gaiax.label.min', params: { level: 'L3' }, minAssurance: 'auditor-attested' }])]
    const revoked = profile('revoked')
    assert.deepEqual(decide(revoked, label, CONTEXT).failed, ['p/c0:EVIDENCE_REVOKED'])
    const failed = change('revoked', ({ evidences }) =>
      Object.assign(evidences[1]?.verification ?? {}, { status: 'failed' }),
    )
    assert.deepEqual(decide(failed, label, CONTEXT).failed, ['p/c0:EVIDENCE_FAILED'])
  })

  test('evidence that was not checked again in time is worth a declaration', () => {
    assert.equal(attested('alpenwolke', '2026-12-19T00:00:00Z').outcome, 'allow')
    assert.deepEqual(attested('alpenwolke', '2026-12-21T00:00:00Z').failed, ['p/c0:ASSURANCE_TOO_LOW'])
    assert.equal(attested('alpenwolke', '2026-12-21T00:00:00Z', 60).outcome, 'allow')
  })

  test('a pass with an obligation rests on what mitigates, too', () => {
    const type = 'exposure.max'
    const params = { jurisdictions: ['US'], effect: 'cut-off', max: 'mitigated' }
    const of = (assertsPaths: string[]) =>
      change('trustop', ({ evidences }) => Object.assign(evidences[1] ?? {}, { assertsPaths }))
    const verdict = (paths: string[]) =>
      decide(of(paths), [policy([{ type, params, minAssurance: 'auditor-attested' }])], CONTEXT).outcome
    assert.equal(verdict(['/legal', '/control', '/supplyChain', '/operations']), 'allow_with_obligations')
    assert.equal(verdict(['/legal', '/control', '/supplyChain']), 'deny')
  })
})
