/** Every kind of constraint fails closed: what is not known, or not asked clearly, never passes. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { judge, profile } from '../testing.ts'
import { RULES } from './index.ts'

describe('what nobody knows', () => {
  /** Parameters that ask for something; the profile says nothing at all. */
  const ASKED: Readonly<Record<string, readonly [Readonly<Record<string, unknown>>, string]>> = {
    'location.within': [{ aspects: ['storage'], noFallback: true }, 'UNKNOWN_FACT'],
    'legal.headquarters.within': [{}, 'UNKNOWN_FACT'],
    'legal.governingLaw.within': [{}, 'UNKNOWN_FACT'],
    'control.noThirdCountryControl': [{}, 'UNKNOWN_FACT'],
    'control.ownership.max': [{ individualPct: 24, collectivePct: 39 }, 'UNKNOWN_FACT'],
    'exposure.max': [{ jurisdictions: ['US'], effect: 'data-access', max: 'mitigated' }, 'UNKNOWN_FACT'],
    'data.keyControl': [{ oneOf: ['hyok'] }, 'UNKNOWN_FACT'],
    'ops.adminAccess.within': [{}, 'UNKNOWN_FACT'],
    'ops.staff.clearance': [{ min: 'eu-resident' }, 'UNKNOWN_FACT'],
    'supply.subprocessors.within': [{}, 'UNKNOWN_FACT'],
    'supply.sbom.required': [{}, 'UNKNOWN_FACT'],
    'tech.openSource.min': [{ share: 0.1 }, 'UNKNOWN_FACT'],
    'cert.any': [{ anyOf: ['C5', null, { scheme: 'ENS' }] }, 'CERT_MISSING'],
    'gaiax.label.min': [{ level: 'SC' }, 'LABEL_MISSING'],
    'cispe.badge.any': [{ anyOf: ['sovereign'] }, 'BADGE_MISSING'],
    'csf.seal.min': [{ level: 1 }, 'UNKNOWN_FACT'],
    'csf.score.min': [{ score: 1, basis: 'declared' }, 'UNKNOWN_FACT'],
    'cada.level.min': [{ level: 1 }, 'UNKNOWN_FACT'],
    'c3a.criteria.all': [{ criteria: ['x'] }, 'UNKNOWN_FACT'],
    'portability.dataAct': [{}, 'UNKNOWN_FACT'],
    'portability.exportTested': [{ maxAgeDays: 1 }, 'UNKNOWN_FACT'],
    'concentration.max': [{ dimension: 'locationCountry', share: 1 }, 'UNKNOWN_FACT'],
    'participant.allow': [{ ids: ['somebody'] }, 'PARTICIPANT_NOT_ALLOWED'],
    'participant.deny': [{ ids: ['nobody'] }, 'PARTICIPANT_DENIED'],
    'env.pue.max': [{ pue: 2 }, 'UNKNOWN_FACT'],
    'env.renewable.min': [{ pct: 1 }, 'UNKNOWN_FACT'],
  }

  test('lets nobody pass, whatever is asked', () => {
    assert.deepEqual(Object.keys(ASKED).toSorted(), [...RULES.keys()].toSorted())
    for (const [type, [params, code]] of Object.entries(ASKED))
      assert.equal(judge({ id: 'nobody' }, type, params), code, type)
  })

  test('is also what a constraint asks whose parameters say nothing, or have the wrong type', () => {
    const without = [
      'location.within',
      'legal.headquarters.within',
      'legal.governingLaw.within',
      'control.ownership.max',
    ]
    const parameterless = ['control.noThirdCountryControl', 'ops.adminAccess.within', 'supply.subprocessors.within']
    const asked = [...RULES.keys()].filter(
      (type) => ![...without, ...parameterless, 'portability.dataAct', 'supply.sbom.required'].includes(type),
    )
    const wrong = {
      level: {},
      score: 'x',
      share: Number.NaN,
      ids: 'x',
      anyOf: 'x',
      oneOf: 'x',
      pue: '1',
      pct: '1',
      criteria: 'x',
    }
    for (const type of asked)
      for (const params of [{}, wrong]) assert.equal(judge(profile('alpenwolke'), type, params), 'UNKNOWN_FACT', type)
  })
})
