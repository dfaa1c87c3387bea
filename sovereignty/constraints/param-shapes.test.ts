/** What a policy may ask of each kind of constraint. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { ZONE_GROUPS } from '../catalogues.ts'
import { isCountry } from '../countries.ts'
import type { Policy } from '../policy.ts'
import { judge, profile } from '../testing.ts'
import { RULES } from './index.ts'
import { PARAM_SHAPES, paramFault, preferenceFault } from './param-shapes.ts'

/** Parameters that ask for something, and that the rule of the kind understands. */
const GOOD: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> = {
  'location.within': [{}, { aspects: ['storage', 'keys'] }, { noFallback: true }],
  'legal.headquarters.within': [{}],
  'legal.governingLaw.within': [{}],
  'control.noThirdCountryControl': [{}],
  'control.ownership.max': [{ individualPct: 24, collectivePct: 39 }, { individualPct: 0 }, { collectivePct: 100 }],
  'ops.adminAccess.within': [{}],
  'supply.subprocessors.within': [{}],
  'exposure.max': [
    { effect: 'data-access', jurisdictions: ['US'], max: 'none' },
    { effect: 'cut-off', jurisdictions: '*', max: 'mitigated', maxTestAgeDays: 365, minAutonomyDays: 90 },
    { effect: 'tariff', jurisdictions: ['*'], max: 'mitigated' },
  ],
  'data.keyControl': [{ oneOf: ['hyok', 'client-side'] }],
  'concentration.max': [
    { dimension: 'provider', share: 0.5 },
    { dimension: 'provider', share: 1, minUnits: 4 },
  ],
  'participant.allow': [{ ids: ['alpenwolke'] }],
  'participant.deny': [{ ids: ['nordkraft'] }],
  'gaiax.label.min': ['SC', 'L1', 'L2', 'L3'].map((level) => ({ level })),
  'cispe.badge.any': [{ anyOf: ['sovereign'] }, { anyOf: ['sovereign', 'resilient'], jurisdiction: 'EU' }],
  'cert.any': [
    { anyOf: ['ISO27001'] },
    { anyOf: ['ISO27001', { scheme: 'SecNumCloud', level: '3.2' }, { scheme: 'C5' }] },
  ],
  'csf.seal.min': [{ level: 2 }, { level: 0, objectives: ['SOV-1', 'SOV-8'] }],
  'csf.score.min': [{ score: 50 }, { score: 50, basis: 'declared' }, { score: 50, basis: 'verified' }],
  'cada.level.min': [{ level: 3 }, { level: '2' }, { level: 'L2' }],
  'c3a.criteria.all': [{ criteria: ['SOV-4-09-C'] }],
  'ops.staff.clearance': [{ min: 'eu-resident' }, { clearance: 'eu-citizen' }],
  'supply.sbom.required': [{}, { format: 'spdx' }],
  'tech.openSource.min': [{ share: 0.7 }],
  'portability.dataAct': [{}],
  'portability.exportTested': [{ maxAgeDays: 90 }],
  'env.pue.max': [{ pue: 1.3 }, { max: 1.4 }],
  'env.renewable.min': [{ pct: 75 }, { min: 100 }],
}

const BAD: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
  ['location.within', { aspects: ['moon'] }, 'aspects'],
  ['location.within', { aspects: [] }, 'aspects'],
  ['location.within', { noFallback: 'yes' }, 'noFallback'],
  ['location.within', { aspect: ['storage'] }, 'aspect'],
  ['legal.headquarters.within', { zone: 'EU' }, 'zone'],
  ['control.ownership.max', {}, ''],
  ['control.ownership.max', { individualPct: 101 }, 'individualPct'],
  ['control.ownership.max', { collectivePct: -1 }, 'collectivePct'],
  ['exposure.max', { effect: 'cut-off', max: 'none' }, 'jurisdictions'],
  ['exposure.max', { effect: 'cut-off', max: 'none', jurisdictions: ['EL'] }, 'jurisdictions'],
  ['exposure.max', { effect: 'cut-off', max: 'none', jurisdictions: ['US', '*'] }, 'jurisdictions'],
  ['exposure.max', { effect: 'spying', max: 'none', jurisdictions: ['US'] }, 'effect'],
  ['exposure.max', { effect: 'cut-off', max: 'some', jurisdictions: ['US'] }, 'max'],
  ['exposure.max', { effect: 'cut-off', jurisdictions: ['US'] }, 'max'],
  ['exposure.max', { effect: 'cut-off', max: 'none', jurisdictions: ['US'], minAutonomyDays: 1.5 }, 'minAutonomyDays'],
  ['data.keyControl', { oneOf: ['secret'] }, 'oneOf'],
  ['concentration.max', { dimension: 'colour', share: 0.5 }, 'dimension'],
  ['concentration.max', { dimension: 'provider', share: 50 }, 'share'],
  ['participant.allow', { ids: [] }, 'ids'],
  ['participant.deny', {}, 'ids'],
  ['gaiax.label.min', { level: 'L4' }, 'level'],
  ['cispe.badge.any', { anyOf: 'sovereign' }, 'anyOf'],
  ['cert.any', { anyOf: [{ schema: 'C5' }] }, 'anyOf'],
  ['cert.any', { anyOf: [{ scheme: 'C5', levle: '2' }] }, 'anyOf'],
  ['csf.seal.min', { level: 5 }, 'level'],
  ['csf.seal.min', { level: 2, objectives: ['SOV-9'] }, 'objectives'],
  ['csf.score.min', { score: 101 }, 'score'],
  ['csf.score.min', { score: 10, basis: 'guessed' }, 'basis'],
  ['cada.level.min', { level: 5 }, 'level'],
  ['c3a.criteria.all', { criteria: [] }, 'criteria'],
  ['ops.staff.clearance', {}, ''],
  ['ops.staff.clearance', { min: 'none', clearance: 'none' }, ''],
  ['supply.sbom.required', { format: 'csv' }, 'format'],
  ['tech.openSource.min', { share: 70 }, 'share'],
  ['portability.exportTested', { maxAgeDays: '90' }, 'maxAgeDays'],
  ['env.pue.max', {}, ''],
  ['env.pue.max', { pue: 0.5 }, 'pue'],
  ['env.renewable.min', { pct: 75, min: 75 }, ''],
]

describe('parameters of constraints', () => {
  test('are described for every kind that there is a rule for, and for no other', () => {
    assert.deepEqual(Object.keys(PARAM_SHAPES).toSorted(), [...RULES.keys()].toSorted())
    assert.deepEqual(Object.keys(GOOD).toSorted(), [...RULES.keys()].toSorted())
  })

  test('that are accepted mean something to the rule: it does not answer that it cannot read them', () => {
    for (const [type, all] of Object.entries(GOOD))
      for (const params of all) {
        assert.equal(paramFault(type, params), null, `${type} ${JSON.stringify(params)}`)
        const code = judge(profile('alpenwolke'), type, params, {
          candidate: { provider: 'alpenwolke' },
        })
        const fact = ['ops.staff.clearance', 'supply.sbom.required', 'tech.openSource.min', 'cada.level.min']
        const more = ['c3a.criteria.all', 'env.pue.max', 'env.renewable.min']
        if (code === 'UNKNOWN_FACT') assert.ok([...fact, ...more].includes(type), `${type} ${JSON.stringify(params)}`)
      }
  })

  for (const [type, params, param] of BAD)
    test(`${type} refuses ${JSON.stringify(params)}`, () => {
      assert.equal(paramFault(type, params)?.param, param)
    })

  test('a kind that there is not is refused, also one that every object has', () => {
    assert.match(paramFault('location.outside')?.message ?? '', /no constraint type location\.outside/)
    assert.match(paramFault('toString')?.message ?? '', /no constraint type/)
    assert.match(paramFault('env.pue.max', { pue: 1.2, constructor: 1 })?.message ?? '', /no parameter/)
  })

  test('all policies of the vectors are accepted but the one with an unknown constraint', () => {
    const { policy } = JSON.parse(readFileSync(new URL('../testdata/vectors.json', import.meta.url), 'utf8'))
    const refused = new Set<string>()
    for (const one of policy as { policies: Policy[] }[])
      for (const { constraints } of one.policies)
        for (const { type, params } of constraints) if (paramFault(type, params)) refused.add(type)
    assert.deepEqual([...refused], ['quantum.safe.min'])
  })
})

test('only an order of countries has parameters among preferences', () => {
  assert.equal(preferenceFault('price'), null)
  assert.equal(preferenceFault('price', { countries: ['DE'] })?.param, 'countries')
  assert.equal(preferenceFault('country-order', { countries: ['DE', 'FR'] }), null)
  assert.equal(preferenceFault('country-order')?.param, 'countries')
  assert.equal(preferenceFault('country-order', { countries: ['UK'] })?.param, 'countries')
})

test('countries are those of ISO 3166-1: GR and GB, not EL, UK or EU; every member of a group of countries is one', () => {
  for (const code of ['GR', 'GB', 'CH', 'US']) assert.ok(isCountry(code), code)
  for (const code of ['EL', 'UK', 'EU', 'XX', 'de', '']) assert.ok(!isCountry(code), code)
  for (const codes of Object.values(ZONE_GROUPS)) for (const code of codes) assert.ok(isCountry(code), code)
})
