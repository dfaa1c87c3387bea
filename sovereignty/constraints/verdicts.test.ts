/**
 * What each kind of constraint says, to the word: result, code, detail, and the facts that a pass rests on. More than 400 lines,
 * because it is one table with a row for each answer of 26 rules.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Facts, Verdict } from '../policy.ts'
import type { Profile } from '../profile.ts'
import { RULES } from './index.ts'
import { list, number, text } from './params.ts'

const AT = '2026-11-23T12:00:00Z'
const GROUPS = { EEA: ['DE', 'FR', 'AT'] }

type Case = readonly [
  params: Record<string, unknown>,
  profile: Omit<Profile, 'id'>,
  says: string,
  more?: Partial<Facts>,
]

/** `pass <paths>`, `fail CODE detail`, `unknown detail`. */
function told(verdict: Verdict): string {
  switch (verdict.result) {
    case 'pass':
      return ['pass', verdict.paths.join(' '), ...(verdict.obligations ?? [])].join(' ').trim()
    case 'fail':
      return `fail ${verdict.code} ${verdict.detail}`
    case 'unknown':
      return `unknown ${verdict.detail}`
  }
}

function hold(type: string, cases: readonly Case[]): void {
  describe(type, () => {
    for (const [params, profile, says, more] of cases)
      test(`${JSON.stringify(params)} of ${JSON.stringify(profile)}: ${says}`, () => {
        const rule = RULES.get(type)
        assert.ok(rule)
        const facts: Facts = {
          profile: { id: 'p', ...profile },
          at: AT,
          zone: { groups: ['EEA'] },
          groups: GROUPS,
          current: [],
          candidate: { provider: 'p' },
          ...more,
        }
        assert.equal(told(rule(params, facts)), says)
      })
  })
}

const gaiax = (level: string) => ({ assessments: { 'gaia-x': { level } } })
hold('gaiax.label.min', [
  [{ level: 'L2' }, gaiax('L2'), 'pass /assessments/gaia-x'],
  [{ level: 'L2' }, gaiax('L1'), 'fail LABEL_TOO_LOW L1<L2'],
  [{ level: 'L2' }, {}, 'fail LABEL_MISSING none<L2'],
  [{ level: 'L2' }, gaiax('BL'), 'unknown label BL'],
  [{ level: 'X' }, gaiax('L3'), 'unknown level'],
  [{}, gaiax('L3'), 'unknown level'],
  [{ level: 'SC' }, gaiax('SC'), 'pass /assessments/gaia-x'],
])

const cispe = (badge: string, jurisdiction?: string) => ({
  assessments: { cispe: { badge, ...(jurisdiction !== undefined && { jurisdiction }) } },
})
hold('cispe.badge.any', [
  [{ anyOf: ['sovereign'] }, cispe('sovereign'), 'pass /assessments/cispe'],
  [{ anyOf: ['sovereign'], jurisdiction: 'FR' }, cispe('sovereign', 'FR'), 'pass /assessments/cispe'],
  [{ anyOf: ['sovereign'], jurisdiction: 'FR' }, cispe('sovereign', 'DE'), 'fail BADGE_MISSING sovereign'],
  [{ anyOf: ['sovereign'] }, cispe('resilient'), 'fail BADGE_MISSING resilient'],
  [{ anyOf: ['sovereign'] }, {}, 'fail BADGE_MISSING none'],
  [{}, cispe('sovereign'), 'unknown anyOf'],
])

const certificates = (...held: object[]) => ({
  security: { certifications: held as { scheme: string; level?: string; validUntil?: string }[] },
})
hold('cert.any', [
  [{ anyOf: ['c5'] }, certificates({ scheme: 'c5' }), 'pass /security/certifications'],
  [{ anyOf: ['c5'] }, certificates({ scheme: 'c5', validUntil: AT }), 'pass /security/certifications'],
  [{ anyOf: ['c5'] }, certificates({ scheme: 'c5', validUntil: '2026-11-23T11:59:59Z' }), 'fail CERT_EXPIRED c5'],
  [
    { anyOf: ['c5', 'ens'] },
    certificates(
      { scheme: 'c5', validUntil: '2020-01-01' },
      { scheme: 'ens', validUntil: '2020-01-01' },
      { scheme: 'hds' },
    ),
    'fail CERT_EXPIRED c5,ens',
  ],
  [{ anyOf: ['c5'] }, certificates({ scheme: 'ens' }, { scheme: 'hds' }), 'fail CERT_MISSING ens,hds'],
  [{ anyOf: ['c5'] }, {}, 'fail CERT_MISSING none'],
  [
    { anyOf: [{ scheme: 'ens', level: 'alta' }] },
    certificates({ scheme: 'ens', level: 'alta' }),
    'pass /security/certifications',
  ],
  [
    { anyOf: [{ scheme: 'ens', level: 'alta' }] },
    certificates({ scheme: 'ens', level: 'media' }),
    'fail CERT_MISSING ens',
  ],
  [{ anyOf: [7, null] }, certificates({ scheme: 'ens' }), 'fail CERT_MISSING ens'],
  [{ anyOf: 'c5' }, certificates({ scheme: 'c5' }), 'unknown anyOf'],
])

const csf = (assessment: object) => ({ assessments: { 'ec-csf': assessment } })
const seals = (all: number, more: object = {}) =>
  csf({ seals: { ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8].map((n) => [`SOV-${n}`, all])), ...more } })
hold('csf.seal.min', [
  [{ level: 3 }, seals(3), 'pass /assessments/ec-csf'],
  [{ level: 3 }, seals(3, { 'SOV-5': 2, 'SOV-7': 1 }), 'fail SEAL_TOO_LOW SOV-5=2,SOV-7=1'],
  [{ level: 3, objectives: ['SOV-1'] }, seals(3, { 'SOV-5': 2 }), 'pass /assessments/ec-csf'],
  [{ level: 3, objectives: ['SOV-1', 'SOV-9'] }, seals(3), 'unknown objectives'],
  [{ level: 3, objectives: ['SOV-1', 'SOV-2'] }, csf({ seals: {} }), 'unknown SOV-1,SOV-2'],
  [{ level: 3, objectives: ['SOV-1'] }, csf({}), 'unknown SOV-1'],
  [{ level: 3, objectives: ['SOV-1'] }, { assessments: {} }, 'unknown SOV-1'],
  [{}, seals(3), 'unknown level'],
])
hold('csf.score.min', [
  [{ score: 60 }, csf({ verifiedScore: 60, declaredScore: 10 }), 'pass /assessments/ec-csf'],
  [{ score: 60 }, csf({ verifiedScore: 59.5, declaredScore: 99 }), 'fail SCORE_TOO_LOW 59.5<60'],
  [{ score: 60, basis: 'declared' }, csf({ verifiedScore: 1, declaredScore: 61 }), 'pass /assessments/ec-csf'],
  [{ score: 60 }, {}, 'unknown score'],
  [{ score: 60, basis: 'declared' }, {}, 'unknown score'],
  [{}, csf({ verifiedScore: 60 }), 'unknown score'],
])
const cada = (level: string) => ({ assessments: { 'cada-ual': { level } } })
hold('cada.level.min', [
  [{ level: 2 }, cada('2'), 'pass /assessments/cada-ual'],
  [{ level: 'L2' }, cada('UAL-3'), 'pass /assessments/cada-ual'],
  [{ level: 'UAL2' }, cada('ual1'), 'fail CADA_LEVEL_TOO_LOW 1<2'],
  [{ level: 2 }, {}, 'unknown cada-ual'],
  [{ level: 5 }, cada('4'), 'unknown level'],
  [{ level: 'XL2' }, cada('4'), 'unknown level'],
  [{ level: 'L22' }, cada('4'), 'unknown level'],
  [{}, cada('4'), 'unknown level'],
])
const c3a = (...criteria: string[]) => ({ assessments: { 'bsi-c3a': { criteria } } })
hold('c3a.criteria.all', [
  [{ criteria: ['a', 'b'] }, c3a('b', 'a', 'c'), 'pass /assessments/bsi-c3a'],
  [{ criteria: ['a', 'b', 'c'] }, c3a('b'), 'fail C3A_CRITERIA_MISSING a,c'],
  [{ criteria: ['a'] }, {}, 'unknown bsi-c3a'],
  [{ criteria: [] }, c3a('a'), 'unknown criteria'],
  [{}, c3a('a'), 'unknown criteria'],
])

const staff = (staffClearance: 'none' | 'eu-resident' | 'eu-citizen') => ({ operations: { staffClearance } })
hold('ops.staff.clearance', [
  [{ min: 'eu-resident' }, staff('eu-resident'), 'pass /operations/staffClearance'],
  [{ clearance: 'eu-resident' }, staff('eu-citizen'), 'pass /operations/staffClearance'],
  [{ min: 'eu-citizen' }, staff('eu-resident'), 'fail STAFF_CLEARANCE_TOO_LOW eu-resident<eu-citizen'],
  [{ min: 'none' }, staff('none'), 'pass /operations/staffClearance'],
  [{ min: 'vetted' }, staff('eu-citizen'), 'unknown staffClearance'],
  [{}, staff('eu-citizen'), 'unknown staffClearance'],
  [{ min: 'none' }, {}, 'unknown staffClearance'],
])
const sbom = (...formats: ('cyclonedx' | 'spdx')[]) => ({
  supplyChain: { sbom: formats.map((format) => ({ format })) },
})
hold('supply.sbom.required', [
  [{}, sbom('spdx'), 'pass /supplyChain/sbom'],
  [{ format: 'cyclonedx' }, sbom('spdx', 'cyclonedx'), 'pass /supplyChain/sbom'],
  [{ format: 'cyclonedx' }, sbom('spdx'), 'fail SBOM_MISSING cyclonedx'],
  [{}, sbom(), 'fail SBOM_MISSING none'],
  [{}, {}, 'unknown sbom'],
])
const open = (openSourceShare: number) => ({ technology: { openSourceShare } })
hold('tech.openSource.min', [
  [{ share: 0.7 }, open(0.7), 'pass /technology'],
  [{ share: 0.7 }, open(0.69), 'fail OPEN_SOURCE_TOO_LOW 0.69<0.7'],
  [{ share: 0.7 }, {}, 'unknown openSourceShare'],
  [{}, open(1), 'unknown openSourceShare'],
])
const TERMS = { noticePeriodDays: 62, transitionDays: 30, retrievalDays: 30, switchingCharges: 'none' as const }
const terms = (more: object) => ({ portability: { ...TERMS, ...more } })
hold('portability.dataAct', [
  [{}, terms({}), 'pass /portability'],
  [{}, terms({ noticePeriodDays: 63 }), 'fail DATA_ACT_TERMS notice'],
  [
    {},
    terms({ noticePeriodDays: 63, transitionDays: 31, retrievalDays: 29, switchingCharges: 'above-cost' }),
    'fail DATA_ACT_TERMS notice,transition,retrieval,charges',
  ],
  [{}, {}, 'unknown notice,transition,retrieval,charges'],
  [{}, { portability: { noticePeriodDays: 1 } }, 'unknown transition,retrieval,charges'],
  [{}, terms({ switchingCharges: 'cost-based' }), 'pass /portability', { at: '2027-01-11T23:59:59Z' }],
  [{}, terms({ switchingCharges: 'cost-based' }), 'fail DATA_ACT_TERMS charges', { at: '2027-01-12T00:00:00Z' }],
])
const tested = (exportTestedAt: string | null) => ({ portability: { exportTestedAt } })
hold('portability.exportTested', [
  [{ maxAgeDays: 90 }, tested('2026-08-25T12:00:00Z'), 'pass /portability/exportTestedAt'],
  [{ maxAgeDays: 90 }, tested('2026-08-25T11:59:59Z'), 'fail EXPORT_TEST_STALE 2026-08-25T11:59:59Z'],
  [{ maxAgeDays: 90 }, tested(AT), 'pass /portability/exportTestedAt'],
  [{ maxAgeDays: 90 }, tested('2026-11-23T12:00:01Z'), 'fail EXPORT_TEST_STALE 2026-11-23T12:00:01Z'],
  [{ maxAgeDays: 90 }, tested(null), 'fail EXPORT_TEST_STALE never'],
  [{ maxAgeDays: 90 }, {}, 'unknown exportTestedAt'],
  [{}, tested(AT), 'unknown exportTestedAt'],
])
hold('env.pue.max', [
  [{ pue: 1.3 }, { environment: { pue: 1.3 } }, 'pass /environment/pue'],
  [{ max: 1.3 }, { environment: { pue: 1.31 } }, 'fail PUE_TOO_HIGH 1.31>1.3'],
  [{ pue: 1.3 }, {}, 'unknown pue'],
  [{}, { environment: { pue: 1 } }, 'unknown pue'],
])
hold('env.renewable.min', [
  [{ pct: 75 }, { environment: { renewablePct: 75 } }, 'pass /environment/renewablePct'],
  [{ min: 75 }, { environment: { renewablePct: 74 } }, 'fail RENEWABLE_TOO_LOW 74<75'],
  [{ pct: 75 }, {}, 'unknown renewablePct'],
  [{}, { environment: { renewablePct: 100 } }, 'unknown renewablePct'],
])

const PLACES = { storage: ['DE'], processing: ['FR'] }
hold('location.within', [
  [{ aspects: ['storage', 'processing'] }, { location: PLACES }, 'pass /location'],
  [
    { aspects: ['storage'] },
    { location: { storage: ['US', 'DE', 'US', 'CN'] } },
    'fail LOCATION_OUTSIDE_ZONE storage:US,storage:CN',
  ],
  [{ aspects: ['storage', 'keys'] }, { location: { ...PLACES, keys: [] } }, 'unknown keys'],
  [{ aspects: ['storage', 'keys', 'backup'] }, { location: PLACES }, 'unknown backup,keys'],
  [{ aspects: ['storage', 'moon', 'mars'] }, { location: PLACES }, 'unknown moon,mars'],
  [
    { aspects: ['storage'], noFallback: true },
    { location: { ...PLACES, fallbackOutside: true } },
    'fail LOCATION_FALLBACK_OUTSIDE fallback',
  ],
  [{ aspects: ['storage'], noFallback: true }, { location: PLACES }, 'unknown fallbackOutside'],
  [{ aspects: ['storage'], noFallback: true }, { location: { ...PLACES, fallbackOutside: false } }, 'pass /location'],
  [{ aspects: ['storage'] }, { location: { ...PLACES, fallbackOutside: true } }, 'pass /location'],
  [{ aspects: ['storage'], noFallback: 'yes' }, { location: { ...PLACES, fallbackOutside: true } }, 'pass /location'],
  [
    { aspects: ['storage'], noFallback: true },
    { location: { storage: ['US'], fallbackOutside: true } },
    'fail LOCATION_OUTSIDE_ZONE storage:US',
  ],
  [{ aspects: ['storage', 'moon'] }, { location: { storage: ['US'] } }, 'fail LOCATION_OUTSIDE_ZONE storage:US'],
])
const seat = (registeredCountry: string, headquartersCountry: string, mainEstablishmentCountry?: string) => ({
  legal: {
    registeredCountry,
    headquartersCountry,
    ...(mainEstablishmentCountry !== undefined && { mainEstablishmentCountry }),
  },
})
hold('legal.headquarters.within', [
  [{}, seat('DE', 'DE', 'FR'), 'pass /legal'],
  [{}, seat('US', 'CN', 'IN'), 'fail HEADQUARTERS_OUTSIDE_ZONE registered:US,headquarters:CN,mainEstablishment:IN'],
  [{}, seat('DE', 'DE'), 'unknown mainEstablishment'],
  [{}, {}, 'unknown registered,headquarters,mainEstablishment'],
])
hold('legal.governingLaw.within', [
  [{}, { legal: { governingLaw: ['DE'] } }, 'pass /legal/governingLaw'],
  [{}, { legal: { governingLaw: ['DE', 'US'] } }, 'fail GOVERNING_LAW_OUTSIDE_ZONE US'],
  [{}, {}, 'unknown governingLaw'],
])
hold('ops.adminAccess.within', [
  [{}, { operations: { adminAccessCountries: ['DE'] } }, 'pass /operations/adminAccessCountries'],
  [{}, { operations: { adminAccessCountries: ['IN', 'US'] } }, 'fail ADMIN_ACCESS_OUTSIDE_ZONE IN,US'],
  [{}, {}, 'unknown adminAccess'],
])
const processor = (name: string, registeredCountry?: string, controllerCountry?: string) => ({
  name,
  ...(registeredCountry !== undefined && { registeredCountry }),
  ...(controllerCountry !== undefined && { controllerCountry }),
})
const processors = (...subprocessors: ReturnType<typeof processor>[]) => ({ supplyChain: { subprocessors } })
hold('supply.subprocessors.within', [
  [{}, processors(), 'pass /supplyChain/subprocessors'],
  [{}, processors(processor('a', 'DE', 'FR')), 'pass /supplyChain/subprocessors'],
  [{}, processors(processor('a', 'DE', 'US'), processor('b', 'CN', 'CN')), 'fail SUBPROCESSOR_OUTSIDE_ZONE a:US,b:CN'],
  [{}, processors(processor('a', 'DE'), processor('b', 'DE', 'DE')), 'unknown a'],
  [{}, {}, 'unknown subprocessors'],
])
const owned = (...owners: NonNullable<NonNullable<Profile['control']>['owners']>[number][]) => ({ control: { owners } })
hold('control.noThirdCountryControl', [
  [{}, owned({ country: 'DE', votingPct: 60 }), 'pass /control'],
  [{}, owned({ country: 'US', votingPct: 51 }, { country: 'DE', votingPct: 49 }), 'fail CONTROL_THIRD_COUNTRY US'],
  [{}, owned({ country: 'US', votingPct: 30 }, { country: 'CN', votingPct: 30 }), 'fail CONTROL_THIRD_COUNTRY US,CN'],
  [{}, {}, 'unknown owners'],
])
hold('control.ownership.max', [
  [{ individualPct: 24 }, owned({ country: 'US', capitalPct: 24 }, { country: 'DE', capitalPct: 76 }), 'pass /control'],
  [{ individualPct: 24 }, owned({ country: 'US', capitalPct: 25 }), 'fail OWNERSHIP_INDIVIDUAL_EXCEEDED 25>24'],
  [
    { individualPct: 24 },
    owned({ country: 'US', capitalPct: 1, votingPct: 25 }),
    'fail OWNERSHIP_INDIVIDUAL_EXCEEDED 25>24',
  ],
  [
    { individualPct: 24 },
    owned({ country: 'US', capitalPct: 25, votingPct: 1 }),
    'fail OWNERSHIP_INDIVIDUAL_EXCEEDED 25>24',
  ],
  [
    { collectivePct: 39 },
    owned({ country: 'US', capitalPct: 20 }, { country: 'CN', capitalPct: 20 }, { country: 'DE', capitalPct: 60 }),
    'fail OWNERSHIP_COLLECTIVE_EXCEEDED 40>39',
  ],
  [{ collectivePct: 39 }, owned({ country: 'US', capitalPct: 39 }, { country: 'DE', capitalPct: 61 }), 'pass /control'],
  [
    { collectivePct: 39 },
    owned({ country: 'US', capitalPct: 20 }, { country: 'DE', capitalPct: 60 }),
    'unknown undisclosed owners',
  ],
  [{ collectivePct: 39 }, owned({ country: 'US', capitalPct: 19 }, { country: 'DE', capitalPct: 61 }), 'pass /control'],
  [{ individualPct: 24 }, owned({ country: 'DE', capitalPct: 75 }), 'unknown undisclosed owners'],
  [{ individualPct: 24 }, owned({ country: 'DE', capitalPct: 76 }), 'pass /control'],
  [{ individualPct: 24 }, owned({ country: 'DE', votingPct: 76 }), 'pass /control'],
  [{}, owned({ country: 'DE', capitalPct: 1 }), 'pass /control'],
  [{ individualPct: 24 }, { control: {} }, 'unknown owners'],
])

const SAFE = { ...seat('DE', 'DE', 'DE'), ...owned({ country: 'DE', votingPct: 100 }) }
const part = (more: object) => ({
  supplyChain: {
    components: [
      {
        name: 'os',
        criticality: 'critical' as const,
        substitutable: 'none' as const,
        controllerCountry: 'US',
        ...more,
      },
    ],
  },
})
hold('exposure.max', [
  [{ effect: 'data-access', jurisdictions: '*', max: 'none' }, SAFE, 'pass /legal /control /location'],
  [{ effect: 'cut-off', jurisdictions: '*', max: 'none' }, SAFE, 'pass /legal /control /supplyChain'],
  [{ effect: 'tariff', jurisdictions: '*', max: 'none' }, SAFE, 'pass /supplyChain'],
  [
    { effect: 'data-access', jurisdictions: ['US'], max: 'none' },
    { ...SAFE, ...seat('US', 'DE', 'DE') },
    'fail EXPOSURE_DATA_ACCESS SEAT_IN',
  ],
  [
    { effect: 'cut-off', jurisdictions: ['US'], max: 'none' },
    { ...SAFE, ...seat('US', 'DE', 'DE'), location: { controlPlane: ['DE', 'US'] } },
    'fail EXPOSURE_CUT_OFF SEAT_IN,CONTROL_PLANE_IN',
  ],
  [
    { effect: 'cut-off', jurisdictions: ['CN'], max: 'none' },
    { ...SAFE, ...part({}) },
    'pass /legal /control /supplyChain',
  ],
  [
    { effect: 'cut-off', jurisdictions: ['CN', '*'], max: 'none' },
    { ...SAFE, ...part({}) },
    'fail EXPOSURE_CUT_OFF CRITICAL_COMPONENT:os',
  ],
  [
    { effect: 'cut-off', jurisdictions: '*', max: 'mitigated' },
    { ...SAFE, ...part({ survivesDays: 90 }) },
    'pass /legal /control /supplyChain /operations OBL_REPLACE_COMPONENT_IN_TIME',
  ],
  [
    { effect: 'cut-off', jurisdictions: '*', max: 'none' },
    { ...SAFE, ...part({ survivesDays: 90 }) },
    'fail EXPOSURE_CUT_OFF CRITICAL_COMPONENT:os',
  ],
  [
    { effect: 'cut-off', jurisdictions: '*', max: 'mitigated', minAutonomyDays: 91 },
    { ...SAFE, ...part({ survivesDays: 90 }) },
    'fail EXPOSURE_CUT_OFF CRITICAL_COMPONENT:os',
  ],
  [
    { effect: 'cut-off', jurisdictions: '*', max: 'mitigated', minAutonomyDays: 10 },
    { ...SAFE, ...part({ survivesDays: 11 }) },
    'pass /legal /control /supplyChain /operations OBL_REPLACE_COMPONENT_IN_TIME',
  ],
  [
    { effect: 'cut-off', jurisdictions: '*', max: 'mitigated', maxTestAgeDays: 30 },
    {
      ...SAFE,
      ...part({}),
      operations: { disconnect: { supported: true, testedAt: '2026-09-01T00:00:00Z', autonomyDays: 100 } },
    },
    'fail EXPOSURE_CUT_OFF CRITICAL_COMPONENT:os',
  ],
  [
    { effect: 'cut-off', jurisdictions: '*', max: 'mitigated' },
    {
      ...SAFE,
      ...part({}),
      operations: { disconnect: { supported: true, testedAt: '2026-09-01T00:00:00Z', autonomyDays: 100 } },
    },
    'pass /legal /control /supplyChain /operations OBL_KEEP_DISCONNECT_TEST_FRESH',
  ],
  [
    { effect: 'tariff', jurisdictions: ['US'], max: 'mitigated' },
    {
      ...SAFE,
      supplyChain: { components: [{ name: 'x', supplierCountry: 'US', costShare: 0.2 }] },
      commercial: { priceLockUntil: '2027-01-01' },
    },
    'pass /supplyChain /commercial OBL_MONITOR_PRICE_LOCK',
  ],
  [
    { effect: 'data-access', jurisdictions: ['US'], max: 'mitigated' },
    {
      ...SAFE,
      ...seat('US', 'US', 'US'),
      data: { keyHolder: 'customer', kmsCountry: 'DE', providerPlaintextAccess: 'technically-impossible' },
    },
    'pass /legal /control /location /data OBL_CUSTOMER_HELD_KEYS',
  ],
  [{ effect: 'data-access', jurisdictions: '*', max: 'none' }, {}, 'unknown CONTROL_UNKNOWN'],
  [{ effect: 'weather', jurisdictions: '*' }, SAFE, 'unknown effect weather'],
  [{ effect: 'tariff' }, SAFE, 'unknown jurisdictions'],
  [{ effect: 'tariff', jurisdictions: 'US' }, SAFE, 'unknown jurisdictions'],
])
hold('data.keyControl', [
  [{ oneOf: ['hyok'] }, { data: { encryption: 'hyok' } }, 'pass /data/encryption'],
  [{ oneOf: ['hyok'] }, { data: { encryption: 'byok' } }, 'fail KEY_CONTROL_INSUFFICIENT byok'],
  [{ oneOf: ['hyok'] }, {}, 'unknown encryption'],
  [{}, { data: { encryption: 'hyok' } }, 'unknown encryption'],
])
const at = (...providers: string[]) => ({ current: providers.map((provider) => ({ provider })) })
hold('concentration.max', [
  [{ dimension: 'provider', share: 0.5 }, {}, 'pass', at('q')],
  [{ dimension: 'provider', share: 0.5 }, {}, 'fail CONCENTRATION 0.6667>0.5', at('p', 'q')],
  [{ dimension: 'provider', share: 0.5, minUnits: 4 }, {}, 'pass', at('p', 'q')],
  [{ dimension: 'provider', share: 0.5, minUnits: 3 }, {}, 'fail CONCENTRATION 0.6667>0.5', at('p', 'q')],
  [{ dimension: 'controllerCountry', share: 0.5 }, {}, 'unknown controllerCountry', at('p')],
  [{ dimension: 'weather', share: 0.5 }, {}, 'unknown dimension', at('p')],
  [{ dimension: 'provider' }, {}, 'unknown dimension', at('p')],
])
hold('participant.allow', [
  [{ ids: ['p'] }, {}, 'pass'],
  [{ ids: ['q'] }, {}, 'fail PARTICIPANT_NOT_ALLOWED p'],
  [{}, {}, 'unknown ids'],
  [{ ids: ['p'] }, {}, 'unknown ids', { candidate: {} }],
])
hold('participant.deny', [
  [{ ids: ['q'] }, {}, 'pass'],
  [{ ids: ['p'] }, {}, 'fail PARTICIPANT_DENIED p'],
  [{}, {}, 'unknown ids'],
  [{ ids: ['q'] }, {}, 'unknown ids', { candidate: {} }],
])

test('parameters of another type count as absent', () => {
  assert.deepEqual(list(['a', 1, null, 'b']), ['a', 'b'])
  assert.deepEqual([list('a'), list(undefined)], [null, null])
  assert.deepEqual([number(1.5), number('1'), number(Number.NaN), number(true)], [1.5, null, null, null])
  assert.deepEqual([text('a'), text(''), text(1)], ['a', null, null])
})
