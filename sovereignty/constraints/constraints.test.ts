/** Each kind of constraint at its edges, with the situations of the specification that its vectors leave out. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decide } from '../decide.ts'
import type { Policy } from '../policy.ts'
import type { Profile } from '../profile.ts'
import { AT, CONTEXT, change, judge, lacking, policy, profile } from '../testing.ts'
import { RULES } from './index.ts'

test('there are 25 kinds of constraints; allow and deny of participants are one', () => {
  assert.equal(RULES.size, 26)
})

describe('ownership and control', () => {
  test('the individual and the collective cap', () => {
    const caps = { individualPct: 24, collectivePct: 39 }
    assert.equal(judge(profile('nordkraft'), 'control.ownership.max', caps), 'OWNERSHIP_INDIVIDUAL_EXCEEDED')
    assert.equal(judge(profile('three-funds'), 'control.ownership.max', caps), 'OWNERSHIP_COLLECTIVE_EXCEEDED')
    assert.equal(judge(profile('alpenwolke'), 'control.ownership.max', caps), 'pass')
    assert.equal(judge(profile('nordkraft'), 'control.ownership.max', { individualPct: 39 }), 'pass')
    assert.equal(judge(profile('three-funds'), 'control.ownership.max', { collectivePct: 42 }), 'pass')
    assert.equal(judge(profile('cooperativa'), 'control.ownership.max', caps), 'UNKNOWN_FACT')
  })

  test('shares that are not disclosed could break a cap', () => {
    const partly = change('alpenwolke', ({ control }) => {
      control.owners = [{ name: 'a', country: 'AT', capitalPct: 75, votingPct: 75 }]
    })
    assert.equal(judge(partly, 'control.ownership.max', { individualPct: 24, collectivePct: 39 }), 'UNKNOWN_FACT')
    assert.equal(judge(partly, 'control.ownership.max', { individualPct: 25, collectivePct: 39 }), 'pass')
  })

  for (const [what, owners, expected] of [
    [
      '50 % of the votes are no control',
      [
        ['US', 50],
        ['AT', 50],
      ],
      'pass',
    ],
    [
      '51 % are',
      [
        ['US', 51],
        ['AT', 49],
      ],
      'CONTROL_THIRD_COUNTRY',
    ],
    [
      'outsiders together',
      [
        ['US', 30],
        ['GB', 30],
        ['AT', 40],
      ],
      'CONTROL_THIRD_COUNTRY',
    ],
    [
      'undisclosed shares that cannot tip it',
      [
        ['AT', 60],
        ['US', 10],
      ],
      'pass',
    ],
    [
      'undisclosed shares that could tip it',
      [
        ['AT', 45],
        ['US', 10],
      ],
      'UNKNOWN_FACT',
    ],
  ] as const)
    test(`control: ${what}`, () => {
      const of = change('alpenwolke', ({ control }) => {
        control.owners = owners.map(([country, votingPct]) => ({ country, capitalPct: votingPct, votingPct }))
      })
      assert.equal(judge(of, 'control.noThirdCountryControl'), expected)
    })

  test('a veto or a majority of the board is control, however small the share', () => {
    for (const right of ['vetoRights', 'boardMajorityRight']) {
      const of = change('alpenwolke', ({ control }) => {
        control.owners = [
          { country: 'AT', votingPct: 95, capitalPct: 95 },
          { country: 'US', votingPct: 5, [right]: true },
        ]
      })
      assert.equal(judge(of, 'control.noThirdCountryControl'), 'CONTROL_THIRD_COUNTRY')
    }
  })

  test('a named ultimate controller decides where shares are not known', () => {
    const of = (countries: string[]) =>
      change('cooperativa', (p) => Object.assign(p.control, { ultimateControllerCountries: countries }))
    assert.equal(judge(of(['US']), 'control.noThirdCountryControl'), 'CONTROL_THIRD_COUNTRY')
    assert.equal(judge(of(['ES']), 'control.noThirdCountryControl'), 'pass')
    assert.equal(judge(profile('cooperativa'), 'control.noThirdCountryControl'), 'UNKNOWN_FACT')
  })
})

describe('places', () => {
  test('every aspect counts that is named, all when none is', () => {
    assert.equal(judge(profile('eurohyper'), 'location.within', { aspects: ['storage', 'keys'] }), 'pass')
    assert.equal(judge(profile('eurohyper'), 'location.within', { aspects: ['support'] }), 'LOCATION_OUTSIDE_ZONE')
    assert.equal(judge(profile('eurohyper'), 'location.within'), 'LOCATION_OUTSIDE_ZONE')
    assert.equal(judge(profile('alpenwolke'), 'location.within'), 'pass')
    assert.equal(
      judge(lacking('alpenwolke', 'location.backup'), 'location.within', { aspects: ['backup'] }),
      'UNKNOWN_FACT',
    )
    assert.equal(judge(profile('alpenwolke'), 'location.within', { aspects: ['moon'] }), 'UNKNOWN_FACT')
  })

  test('a fallback outside can be forbidden', () => {
    const params = { aspects: ['storage'], noFallback: true }
    assert.equal(judge(profile('eurohyper'), 'location.within', params), 'LOCATION_FALLBACK_OUTSIDE')
    assert.equal(judge(profile('alpenwolke'), 'location.within', params), 'pass')
    assert.equal(judge(profile('cooperativa'), 'location.within', params), 'UNKNOWN_FACT')
  })

  test('seat, law, administration and sub-processors', () => {
    assert.equal(judge(profile('helvetia'), 'legal.headquarters.within'), 'HEADQUARTERS_OUTSIDE_ZONE')
    assert.equal(judge(lacking('alpenwolke', 'legal.headquartersCountry'), 'legal.headquarters.within'), 'UNKNOWN_FACT')
    assert.equal(judge(profile('helvetia'), 'legal.governingLaw.within'), 'GOVERNING_LAW_OUTSIDE_ZONE')
    assert.equal(judge(profile('alpenwolke'), 'legal.governingLaw.within'), 'pass')
    assert.equal(judge(profile('eurohyper'), 'ops.adminAccess.within'), 'ADMIN_ACCESS_OUTSIDE_ZONE')
    assert.equal(judge(profile('alpenwolke'), 'ops.adminAccess.within'), 'pass')
    const with_ = (controllerCountry: string) =>
      change('alpenwolke', ({ supplyChain }) => {
        supplyChain.subprocessors = [{ name: 'mail', registeredCountry: 'IE', controllerCountry }]
      })
    assert.equal(judge(with_('US'), 'supply.subprocessors.within'), 'SUBPROCESSOR_OUTSIDE_ZONE')
    assert.equal(judge(with_('IE'), 'supply.subprocessors.within'), 'pass')
    assert.equal(judge(profile('alpenwolke'), 'supply.subprocessors.within'), 'pass')
    assert.equal(
      judge(lacking('alpenwolke', 'supplyChain.subprocessors'), 'supply.subprocessors.within'),
      'UNKNOWN_FACT',
    )
  })

  test('a zone has groups, countries and exceptions; a group that nobody knows holds nothing', () => {
    const decided = (trustedZone: Policy['trustedZone'], name = 'helvetia') =>
      decide(profile(name), [policy([{ type: 'legal.headquarters.within' }], { trustedZone })], CONTEXT).outcome
    assert.equal(decided({ groups: ['EEA'], countries: ['CH'] }), 'allow')
    assert.equal(decided({ groups: ['EEA'], countries: ['CH'], except: ['CH'] }), 'deny')
    assert.equal(decided({ groups: ['EEA'], except: ['AT'] }, 'alpenwolke'), 'deny')
    assert.equal(decided({ groups: ['EFTA'] }), 'deny')
  })
})

describe('foreign reach', () => {
  const us = (effect: string, max: string, more = {}) => ({ jurisdictions: ['US'], effect, max, ...more })

  test('a disconnect test counts up to its age and from its autonomy on', () => {
    const tested = (testedAt: string, autonomyDays: number) =>
      change('trustop', ({ operations }) => {
        operations.disconnect = { supported: true, testedAt, autonomyDays }
      })
    const verdict = (of: Profile) => judge(of, 'exposure.max', us('cut-off', 'mitigated'))
    assert.equal(verdict(tested('2025-11-23T12:00:00Z', 90)), 'pass OBL_KEEP_DISCONNECT_TEST_FRESH')
    assert.equal(verdict(tested('2025-11-22T12:00:00Z', 90)), 'EXPOSURE_CUT_OFF')
    assert.equal(verdict(tested('2026-06-01T00:00:00Z', 89)), 'EXPOSURE_CUT_OFF')
    assert.equal(verdict(tested('2026-12-01T00:00:00Z', 365)), 'EXPOSURE_CUT_OFF')
    const limits = us('cut-off', 'mitigated', { maxTestAgeDays: 30 })
    assert.equal(judge(profile('trustop'), 'exposure.max', limits), 'EXPOSURE_CUT_OFF')
    assert.equal(judge(profile('trustop'), 'exposure.max', us('cut-off', 'none')), 'EXPOSURE_CUT_OFF')
  })

  test('a component that lives long enough without its supplier mitigates, and has to be replaced in time', () => {
    const lasting = (survivesDays: number) =>
      change('nordkraft', ({ supplyChain }) => {
        supplyChain.components = [
          { name: 'v', criticality: 'critical', supplierCountry: 'US', substitutable: 'difficult', survivesDays },
        ]
      })
    const verdict = (of: Profile) => judge(of, 'exposure.max', us('cut-off', 'mitigated'))
    assert.equal(verdict(lasting(90)), 'pass OBL_REPLACE_COMPONENT_IN_TIME')
    assert.equal(verdict(lasting(89)), 'EXPOSURE_CUT_OFF')
    for (const harmless of [{ substitutable: 'easy' }, { criticality: 'minor' }, { supplierCountry: 'DE' }] as const)
      assert.equal(
        verdict(
          change('nordkraft', ({ supplyChain: { components } }) =>
            Object.assign(
              components?.[0] ?? {},
              { controllerCountry: 'DE' },
              harmless.supplierCountry ? harmless : { supplierCountry: 'US', ...harmless },
            ),
          ),
        ),
        'pass',
      )
  })

  test('keys help against reading only, when the customer holds them outside and nobody else sees plain text', () => {
    const verdict = (of: Profile) => judge(of, 'exposure.max', us('data-access', 'mitigated'))
    assert.equal(verdict(profile('eurohyper-cse')), 'pass OBL_CUSTOMER_HELD_KEYS')
    for (const edit of [{ keyHolder: 'third-party' }, { kmsCountry: 'US' }, { providerPlaintextAccess: 'possible' }])
      assert.equal(verdict(change('eurohyper-cse', ({ data }) => Object.assign(data, edit))), 'EXPOSURE_DATA_ACCESS')
    assert.equal(verdict(lacking('eurohyper-cse', 'data.kmsCountry')), 'EXPOSURE_DATA_ACCESS')
    assert.equal(judge(profile('eurohyper-cse'), 'exposure.max', us('data-access', 'none')), 'EXPOSURE_DATA_ACCESS')
    assert.equal(judge(profile('eurohyper-cse'), 'exposure.max', us('cut-off', 'mitigated')), 'EXPOSURE_CUT_OFF')
  })

  test('each way of reach to data is one', () => {
    const verdict = (of: Profile) => judge(of, 'exposure.max', us('data-access', 'none'))
    assert.equal(verdict(profile('alpenwolke')), 'pass')
    for (const edit of [
      (p: Required<Profile>) => Object.assign(p.legal, { mainEstablishmentCountry: 'US' }),
      (p: Required<Profile>) => Object.assign(p.location, { backup: ['US'] }),
      (p: Required<Profile>) => Object.assign(p.operations, { adminAccessCountries: ['US'] }),
      (p: Required<Profile>) =>
        Object.assign(p.supplyChain, { subprocessors: [{ name: 's', controllerCountry: 'US' }] }),
      (p: Required<Profile>) =>
        Object.assign(p, { extraterritorial: [{ jurisdiction: 'US', instrument: 'X', effects: ['data-access'] }] }),
    ])
      assert.equal(verdict(change('alpenwolke', edit)), 'EXPOSURE_DATA_ACCESS')
    const blind = (p: Required<Profile>) =>
      Object.assign(p.supplyChain, { subprocessors: [{ name: 's', controllerCountry: 'US', dataAccess: 'none' }] })
    assert.equal(verdict(change('alpenwolke', blind)), 'pass')
  })

  test('a price lock counts until it ends', () => {
    const at = (moment: string) => judge(profile('trustop'), 'exposure.max', us('tariff', 'mitigated'), { at: moment })
    assert.equal(at('2027-12-30T00:00:00Z'), 'pass OBL_MONITOR_PRICE_LOCK')
    assert.equal(at('2027-12-31T00:00:00Z'), 'EXPOSURE_TARIFF')
  })

  test('a star means everybody outside the zone; parameters that say nothing are unknown', () => {
    const star = { jurisdictions: '*', effect: 'cut-off', max: 'none' }
    assert.equal(judge(profile('helvetia'), 'exposure.max', star), 'EXPOSURE_CUT_OFF')
    assert.equal(judge(profile('alpenwolke'), 'exposure.max', star), 'pass')
    assert.equal(judge(profile('cooperativa'), 'exposure.max', star), 'UNKNOWN_FACT')
    assert.equal(judge(profile('alpenwolke'), 'exposure.max', { ...star, effect: 'magic' }), 'UNKNOWN_FACT')
    assert.equal(judge(profile('alpenwolke'), 'exposure.max', { effect: 'cut-off', max: 'none' }), 'UNKNOWN_FACT')
  })
})

describe('what others attest', () => {
  test('labels, badges and levels', () => {
    assert.equal(judge(profile('nordkraft'), 'gaiax.label.min', { level: 'L2' }), 'pass')
    assert.equal(judge(profile('nordkraft'), 'gaiax.label.min', { level: 'L3' }), 'LABEL_TOO_LOW')
    assert.equal(judge(profile('cooperativa'), 'gaiax.label.min', { level: 'SC' }), 'LABEL_MISSING')
    assert.equal(judge(profile('nordkraft'), 'gaiax.label.min', { level: 'L9' }), 'UNKNOWN_FACT')
    assert.equal(judge(profile('trustop'), 'cispe.badge.any', { anyOf: ['sovereign'] }), 'BADGE_MISSING')
    assert.equal(judge(profile('trustop'), 'cispe.badge.any', { anyOf: ['sovereign', 'resilient'] }), 'pass')
    assert.equal(
      judge(profile('trustop'), 'cispe.badge.any', { anyOf: ['resilient'], jurisdiction: 'US' }),
      'BADGE_MISSING',
    )
    const cada = (level: string) => change('alpenwolke', (p) => Object.assign(p.assessments, { 'cada-ual': { level } }))
    assert.equal(judge(cada('L2'), 'cada.level.min', { level: 2 }), 'pass')
    assert.equal(judge(cada('2'), 'cada.level.min', { level: 'L3' }), 'CADA_LEVEL_TOO_LOW')
    assert.equal(judge(profile('alpenwolke'), 'cada.level.min', { level: 1 }), 'UNKNOWN_FACT')
    const c3a = change('alpenwolke', (p) => Object.assign(p.assessments, { 'bsi-c3a': { criteria: ['SOV-4-09-C'] } }))
    assert.equal(judge(c3a, 'c3a.criteria.all', { criteria: ['SOV-4-09-C'] }), 'pass')
    assert.equal(judge(c3a, 'c3a.criteria.all', { criteria: ['SOV-4-09-C', 'SOV-1-01-C'] }), 'C3A_CRITERIA_MISSING')
    assert.equal(judge(profile('alpenwolke'), 'c3a.criteria.all', { criteria: ['SOV-4-09-C'] }), 'UNKNOWN_FACT')
    assert.equal(judge(c3a, 'c3a.criteria.all', { criteria: [] }), 'UNKNOWN_FACT')
  })

  test('certificates by scheme and level, until they end', () => {
    const held = (anyOf: unknown, at = AT) => judge(profile('alpenwolke'), 'cert.any', { anyOf }, { at })
    assert.equal(held(['SecNumCloud', 'C5']), 'pass')
    assert.equal(held([{ scheme: 'SecNumCloud', level: '3.2' }]), 'pass')
    assert.equal(held([{ scheme: 'SecNumCloud', level: '4' }]), 'CERT_MISSING')
    assert.equal(held(['ENS']), 'CERT_MISSING')
    assert.equal(held(['ISO27001'], '2027-06-01T00:00:00Z'), 'pass')
    assert.equal(held(['ISO27001'], '2027-06-01T00:00:01Z'), 'CERT_EXPIRED')
    assert.equal(held(undefined), 'UNKNOWN_FACT')
  })

  test('levels and scores of the sovereignty framework', () => {
    assert.equal(judge(profile('trustop'), 'csf.seal.min', { level: 2 }), 'pass')
    assert.equal(judge(profile('trustop'), 'csf.seal.min', { level: 3, objectives: ['SOV-1'] }), 'pass')
    assert.equal(judge(profile('trustop'), 'csf.seal.min', { level: 3, objectives: ['SOV-5'] }), 'SEAL_TOO_LOW')
    assert.equal(judge(profile('trustop'), 'csf.seal.min', { level: 3, objectives: ['SOV-9'] }), 'UNKNOWN_FACT')
    assert.equal(
      judge(lacking('alpenwolke', 'assessments.ec-csf.seals.SOV-8'), 'csf.seal.min', { level: 1 }),
      'UNKNOWN_FACT',
    )
    assert.equal(judge(profile('cooperativa'), 'csf.score.min', { score: 78, basis: 'declared' }), 'pass')
    assert.equal(judge(profile('cooperativa'), 'csf.score.min', { score: 78, basis: 'verified' }), 'SCORE_TOO_LOW')
    assert.equal(
      judge(lacking('alpenwolke', 'assessments.ec-csf.verifiedScore'), 'csf.score.min', { score: 1 }),
      'UNKNOWN_FACT',
    )
  })
})

describe('operation and the way out', () => {
  test('keys, staff, software', () => {
    assert.equal(
      judge(profile('nordkraft'), 'data.keyControl', { oneOf: ['hyok', 'client-side'] }),
      'KEY_CONTROL_INSUFFICIENT',
    )
    assert.equal(judge(profile('trustop'), 'data.keyControl', { oneOf: ['hyok', 'client-side'] }), 'pass')
    assert.equal(judge(profile('trustop'), 'data.keyControl', {}), 'UNKNOWN_FACT')
    const staff = (staffClearance: string) =>
      change('alpenwolke', ({ operations }) => Object.assign(operations, { staffClearance }))
    assert.equal(judge(staff('eu-citizen'), 'ops.staff.clearance', { min: 'eu-resident' }), 'pass')
    assert.equal(judge(staff('none'), 'ops.staff.clearance', { min: 'eu-resident' }), 'STAFF_CLEARANCE_TOO_LOW')
    assert.equal(judge(profile('alpenwolke'), 'ops.staff.clearance', { min: 'eu-resident' }), 'UNKNOWN_FACT')
    const sbom = (formats: string[]) =>
      change('alpenwolke', ({ supplyChain }) =>
        Object.assign(supplyChain, { sbom: formats.map((format) => ({ format })) }),
      )
    assert.equal(judge(sbom(['spdx']), 'supply.sbom.required'), 'pass')
    assert.equal(judge(sbom(['spdx']), 'supply.sbom.required', { format: 'cyclonedx' }), 'SBOM_MISSING')
    assert.equal(judge(sbom([]), 'supply.sbom.required'), 'SBOM_MISSING')
    assert.equal(judge(profile('alpenwolke'), 'supply.sbom.required'), 'UNKNOWN_FACT')
    const open = (openSourceShare: number) =>
      change('alpenwolke', (p) => Object.assign(p, { technology: { openSourceShare } }))
    assert.equal(judge(open(0.9), 'tech.openSource.min', { share: 0.9 }), 'pass')
    assert.equal(judge(open(0.89), 'tech.openSource.min', { share: 0.9 }), 'OPEN_SOURCE_TOO_LOW')
    assert.equal(judge(profile('alpenwolke'), 'tech.openSource.min', { share: 0.1 }), 'UNKNOWN_FACT')
  })

  test('the terms of the Data Act', () => {
    const at = (moment: string, edit: object = {}) =>
      judge(
        change('nordkraft', ({ portability }) => Object.assign(portability, edit)),
        'portability.dataAct',
        {},
        { at: moment },
      )
    assert.equal(at('2027-01-11T23:59:59Z'), 'pass')
    assert.equal(at('2027-01-12T00:00:00Z'), 'DATA_ACT_TERMS')
    assert.equal(at('2027-01-12T00:00:00Z', { switchingCharges: 'none' }), 'pass')
    assert.equal(at(AT, { switchingCharges: 'above-cost' }), 'DATA_ACT_TERMS')
    assert.equal(at(AT, { noticePeriodDays: 63 }), 'DATA_ACT_TERMS')
    assert.equal(at(AT, { transitionDays: 31 }), 'DATA_ACT_TERMS')
    assert.equal(at(AT, { retrievalDays: 29 }), 'DATA_ACT_TERMS')
    assert.equal(judge(lacking('nordkraft', 'portability.retrievalDays'), 'portability.dataAct'), 'UNKNOWN_FACT')
  })

  test('drills, concentration, participants, environment', () => {
    assert.equal(judge(profile('eurohyper'), 'portability.exportTested', { maxAgeDays: 365 }), 'EXPORT_TEST_STALE')
    assert.equal(judge(profile('cooperativa'), 'portability.exportTested', { maxAgeDays: 23 }), 'pass')
    assert.equal(judge(profile('cooperativa'), 'portability.exportTested', { maxAgeDays: 22 }), 'EXPORT_TEST_STALE')
    assert.equal(
      judge(lacking('cooperativa', 'portability.exportTestedAt'), 'portability.exportTested', { maxAgeDays: 9 }),
      'UNKNOWN_FACT',
    )
    const current = [{ provider: 'alpenwolke' }, { provider: 'trustop' }, { provider: 'trustop' }, { provider: 'x' }]
    const share = (most: number, minUnits: number, dimension = 'provider') =>
      judge(profile('alpenwolke'), 'concentration.max', { dimension, share: most, minUnits }, { current })
    assert.equal(share(0.4, 5), 'pass')
    assert.equal(share(0.39, 5), 'CONCENTRATION')
    assert.equal(share(0.39, 6), 'pass')
    assert.equal(share(0.39, 5, 'locationCountry'), 'UNKNOWN_FACT')
    assert.equal(judge(profile('alpenwolke'), 'participant.allow', { ids: ['alpenwolke'] }), 'pass')
    assert.equal(judge(profile('alpenwolke'), 'participant.allow', { ids: ['x'] }), 'PARTICIPANT_NOT_ALLOWED')
    assert.equal(judge(profile('alpenwolke'), 'participant.deny', { ids: ['alpenwolke'] }), 'PARTICIPANT_DENIED')
    assert.equal(judge(profile('alpenwolke'), 'participant.deny', { ids: ['x'] }), 'pass')
    assert.equal(judge(profile('alpenwolke'), 'participant.deny', {}), 'UNKNOWN_FACT')
    const green = change('alpenwolke', (p) => Object.assign(p, { environment: { pue: 1.3, renewablePct: 75 } }))
    assert.equal(judge(green, 'env.pue.max', { pue: 1.3 }), 'pass')
    assert.equal(judge(green, 'env.pue.max', { pue: 1.29 }), 'PUE_TOO_HIGH')
    assert.equal(judge(green, 'env.renewable.min', { pct: 75 }), 'pass')
    assert.equal(judge(green, 'env.renewable.min', { pct: 76 }), 'RENEWABLE_TOO_LOW')
    assert.equal(judge(profile('alpenwolke'), 'env.pue.max', { pue: 2 }), 'UNKNOWN_FACT')
    assert.equal(judge(profile('alpenwolke'), 'env.renewable.min', { pct: 1 }), 'UNKNOWN_FACT')
  })
})
