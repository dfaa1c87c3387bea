/** Automatic grades, one table for each factor of the specification, and the data that ships. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { CSF_FACTORS, CSF_WEIGHTS, ZONE_GROUPS } from './catalogues.ts'
import { automaticGrades } from './grades.ts'
import type { Profile } from './profile.ts'

const AT = '2026-11-23T12:00:00Z'
const FILE = JSON.parse(readFileSync(new URL('testdata/vectors.json', import.meta.url), 'utf8'))

function grade(factor: string, profile: Omit<Profile, 'id'>, at = AT): number | null {
  return (
    automaticGrades({ id: 'x', ...profile }, at, ZONE_GROUPS).find((found) => found.factor === factor)?.grade ?? null
  )
}

const IN_AT = { registeredCountry: 'AT', headquartersCountry: 'AT', mainEstablishmentCountry: 'AT' }
const held = (...owners: [string, number][]) => ({
  owners: owners.map(([country, pct]) => ({ country, capitalPct: pct, votingPct: pct })),
})
const places = (...countries: string[]) => ({
  storage: countries,
  processing: countries,
  backup: countries,
  telemetry: countries,
  support: countries,
  controlPlane: countries,
  keys: countries,
})
const component = (substitutable: 'easy' | 'difficult' | 'none', name = 'c') => ({
  name,
  criticality: 'critical' as const,
  supplierCountry: 'US',
  substitutable,
})
const disconnect = (autonomyDays: number, testedAt: string | null = '2026-06-01T00:00:00Z') => ({
  operations: { disconnect: { supported: true, testedAt, autonomyDays } },
})
const green = { climate: 'cool' as const, pue: 1.3, wue: 0.4, renewablePct: 75 }
const measured = {
  evidences: [
    {
      id: 'm',
      kind: 'measurement' as const,
      assertsPaths: ['/environment'],
      verification: { status: 'verified' as const, level: 'credential-verified' as const },
    },
  ],
}

const TABLE: Readonly<Record<string, readonly (readonly [number | null, Omit<Profile, 'id'>])[]>> = {
  'SOV-1.1': [
    [4, { legal: IN_AT, control: held(['AT', 100]) }],
    [3, { legal: IN_AT, control: held(['AT', 61], ['US', 20], ['GB', 19]) }],
    [2, { legal: IN_AT, control: held(['AT', 60], ['US', 20], ['GB', 20]) }],
    [2, { legal: IN_AT, control: held(['AT', 75], ['US', 25]) }],
    [1, { legal: IN_AT, control: held(['US', 100]) }],
    [0, { legal: { ...IN_AT, headquartersCountry: 'US' }, control: held(['AT', 100]) }],
    [null, { legal: IN_AT }],
    [null, { legal: { registeredCountry: 'AT' }, control: held(['AT', 100]) }],
  ],
  'SOV-1.2': [
    [4, { control: { changeOfControl: 'statutory' } }],
    [3, { control: { changeOfControl: 'consent' } }],
    [2, { control: { changeOfControl: 'notice' } }],
    [0, { control: { changeOfControl: 'none' } }],
    [null, {}],
  ],
  'SOV-1.6': [
    [4, disconnect(365)],
    [3, disconnect(364)],
    [3, disconnect(180)],
    [2, disconnect(179)],
    [2, disconnect(90)],
    [1, disconnect(89)],
    [1, disconnect(400, null)],
    [1, disconnect(400, '2025-11-22T00:00:00Z')],
    [0, { operations: { disconnect: { supported: false } } }],
    [null, {}],
  ],
  'SOV-2.1': [
    [4, { legal: { governingLaw: ['AT', 'DE'] } }],
    [3, { legal: { governingLaw: ['AT', 'US'] } }],
    [2, { legal: { governingLaw: ['US', 'AT'] } }],
    [0, { legal: { governingLaw: ['US'] } }],
    [null, { legal: { governingLaw: [] } }],
  ],
  'SOV-2.2': [
    [4, { legal: IN_AT, control: held(['AT', 100]) }],
    [
      3,
      {
        control: held(['US', 100]),
        data: { keyHolder: 'customer', kmsCountry: 'AT', providerPlaintextAccess: 'technically-impossible' },
      },
    ],
    [1, { control: held(['US', 100]), operations: { governmentRequests: { challenges: true } } }],
    [0, { control: held(['US', 100]) }],
    [null, { legal: IN_AT }],
  ],
  'SOV-3.1': [
    [4, { data: { encryption: 'hyok', kmsCountry: 'AT' } }],
    [4, { data: { encryption: 'client-side' }, location: { keys: ['AT'] } }],
    [3, { data: { encryption: 'hyok', kmsCountry: 'US' } }],
    [3, { data: { encryption: 'client-side' } }],
    [2, { data: { encryption: 'byok', kmsCountry: 'US' } }],
    [1, { data: { encryption: 'provider-managed', kmsCountry: 'AT' } }],
    [0, { data: { encryption: 'provider-managed', kmsCountry: 'US' } }],
    [0, { data: { encryption: 'none' } }],
    [null, {}],
  ],
  'SOV-3.3': [
    [4, { location: { ...places('AT'), fallbackOutside: false } }],
    [3, { location: { ...places('AT'), fallbackOutside: true } }],
    [3, { location: { ...places('AT'), telemetry: ['US'] } }],
    [2, { location: { ...places('AT'), keys: ['US'] } }],
    [1, { location: { storage: ['AT'], processing: ['US'] } }],
    [0, { location: places('US') }],
    [null, {}],
  ],
  'SOV-4.1': [
    [4, { portability: { exportFormats: ['sql'], exportTestedAt: '2026-08-25T12:00:00Z' } }],
    [3, { portability: { exportFormats: ['sql'], exportTestedAt: '2026-08-24T12:00:00Z' } }],
    [2, { portability: { exportFormats: ['sql'], exportTestedAt: '2025-11-22T12:00:00Z' } }],
    [1, { portability: { exportFormats: ['x'], exportAction: 'export' }, technology: { apiKind: 'closed' } }],
    [0, { portability: {} }],
    [null, {}],
  ],
  'SOV-4.4': [
    [4, { location: { support: ['AT', 'DE'] } }],
    [1, { location: { support: ['AT', 'US'] } }],
    [0, { location: { support: ['US'] } }],
    [null, { location: {} }],
  ],
  'SOV-5.4': [
    [4, { supplyChain: { components: [] } }],
    [3, { supplyChain: { components: [component('easy')] } }],
    [2, { supplyChain: { components: [component('difficult'), component('easy', 'd')] } }],
    [1, { supplyChain: { components: [component('none')] } }],
    [0, { supplyChain: { components: [component('none'), component('none', 'd')] } }],
    [null, { supplyChain: {} }],
  ],
  'SOV-5.5': [
    [
      4,
      {
        supplyChain: {
          sbom: [{ format: 'spdx' }],
          provenance: [{ predicateType: 'slsa', level: 3 }],
          auditRight: true,
        },
      },
    ],
    [3, { supplyChain: { sbom: [{ format: 'spdx' }], provenance: [{ predicateType: 'slsa', level: 3 }] } }],
    [2, { supplyChain: { components: [component('easy')] } }],
    [0, { supplyChain: {} }],
    [null, {}],
  ],
  'SOV-6.1': [
    [4, { technology: { apiKind: 'open-standard', openSourceShare: 0.9 } }],
    [3, { technology: { apiKind: 'documented', openSourceShare: 0.9 } }],
    [3, { technology: { apiKind: 'open-standard', openSourceShare: 0.7 } }],
    [2, { technology: { apiKind: 'documented', openSourceShare: 0.69 } }],
    [0, { technology: { apiKind: 'closed', openSourceShare: 1 } }],
    [null, { technology: {} }],
  ],
  'SOV-7.3': [
    [4, { operations: { socCountries: ['AT'] } }],
    [1, { operations: { socCountries: ['AT', 'US'] } }],
    [0, { operations: { socCountries: ['US'] } }],
    [null, {}],
  ],
  'SOV-8.1': [
    [4, { environment: green, ...measured }],
    [3, { environment: green }],
    [3, { environment: { ...green, climate: 'warm', pue: 1.4 } }],
    [0, { environment: { ...green, pue: 1.31 } }],
    [0, { environment: { ...green, renewablePct: 74 } }],
    [0, { environment: { ...green, wue: 0.5 } }],
    [null, { environment: {} }],
  ],
}

describe('automatic grades', () => {
  for (const [factor, rows] of Object.entries(TABLE))
    test(factor, () => {
      for (const [expected, profile] of rows) assert.equal(grade(factor, profile), expected, JSON.stringify(profile))
    })

  test('factors that ask the same have the same grade', () => {
    const grades = automaticGrades(FILE.profiles.alpenwolke, AT, ZONE_GROUPS)
    const of = (factor: string) => grades.find((found) => found.factor === factor)?.grade
    assert.deepEqual(['SOV-4.2', 'SOV-2.3'].map(of), ['SOV-1.6', 'SOV-2.2'].map(of))
    assert.equal(of('SOV-1.1'), 4)
  })

  test('targets for renewable energy rise at the end of 2030', () => {
    assert.equal(grade('SOV-8.1', { environment: green }, '2030-12-30T23:59:59Z'), 3)
    assert.equal(grade('SOV-8.1', { environment: green }, '2030-12-31T00:00:00Z'), 0)
  })
})

describe('the data that ships', () => {
  test('is that of the specification', () => {
    assert.deepEqual(ZONE_GROUPS.EU?.toSorted(), FILE.zones.EU.toSorted())
    assert.deepEqual(ZONE_GROUPS.EEA?.toSorted(), FILE.zones.EEA.toSorted())
    assert.deepEqual(CSF_WEIGHTS, FILE.csfWeights)
    assert.deepEqual(
      CSF_FACTORS,
      FILE.scoring[0].factors.map(({ id }: { id: string }) => id),
    )
  })

  test('grades only factors that there are', () => {
    const known = new Set(CSF_FACTORS)
    for (const { factor } of automaticGrades(FILE.profiles.alpenwolke, AT, ZONE_GROUPS))
      assert.ok(known.has(factor), factor)
  })
})
