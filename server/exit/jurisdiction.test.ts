/** The page about jurisdiction: what it tells of a provider, and what it says is not known. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Profile } from '@fulcrum/sovereignty'
import { jurisdictionPage } from './jurisdiction.ts'

const NOW = new Date('2026-11-24T12:00:00Z')
const OFFERING = {
  agentId: 'a',
  agentName: 'agent',
  serviceTypeId: 't',
  serviceTypeName: 'postgresql',
  profileVersions: [{ profileId: 'f', version: 3 }],
}
const FACTS: Profile = {
  id: 'p',
  legal: {
    legalName: 'Nordlicht Cloud GmbH',
    registeredCountry: 'DE',
    headquartersCountry: 'DE',
    governingLaw: ['DE'],
    courtVenue: ['DE'],
  },
  control: { owners: [{ name: 'employees', country: 'DE', capitalPct: 100, votingPct: 100 }] },
  location: { storage: ['DE'], processing: ['DE'], keys: ['DE'], fallbackOutside: false },
  data: {
    keyHolder: 'customer',
    kmsCountry: 'DE',
    providerPlaintextAccess: 'technically-impossible',
    accessLog: true,
  },
  operations: {
    adminAccessCountries: ['DE'],
    governmentRequests: { challenges: true },
    disconnect: { supported: true, testedAt: '2026-05-01T00:00:00Z', autonomyDays: 120 },
  },
  evidences: [
    {
      id: 'e',
      kind: 'audit-report',
      assertsPaths: ['/data'],
      verification: { status: 'verified', level: 'auditor-attested', checkedAt: '2026-11-20T00:00:00Z' },
    },
  ],
}
const page = (profile: Profile) =>
  jurisdictionPage({ id: 'p', name: 'Nordlicht', profile }, [{ ...OFFERING, profile }], NOW)

test('a European provider is shown with its places, its measures and how well they are proved', () => {
  const { foreignControl, foreignControllers, offerings, legalName } = page(FACTS)
  assert.deepEqual([legalName, foreignControl, foreignControllers], ['Nordlicht Cloud GmbH', 'no', []])
  const [offering] = offerings
  assert.deepEqual(offering?.infrastructure, { storage: ['DE'], processing: ['DE'], keys: ['DE'] })
  assert.deepEqual(
    offering?.reach.map(({ effect, level }) => [effect, level]),
    [
      ['data-access', 'none'],
      ['cut-off', 'none'],
      ['tariff', 'none'],
    ],
  )
  const measures = new Map(offering?.measures.map(({ text, assurance }) => [text, assurance]))
  assert.equal(measures.get('Keys are held by the customer, kept in DE'), 'auditor-attested')
  assert.equal(measures.get('Requests of foreign authorities are challenged'), 'none')
  assert.equal(measures.get('It runs on without its foreign suppliers for 120 days; last tested on 2026-05-01'), 'none')
  assert.ok(offering?.unknown.includes('/location/backup'))
  assert.ok(!offering?.unknown.includes('/location/storage'))
})

test('a parent abroad is named, with what it reaches', () => {
  const owned = page({ ...FACTS, control: { ultimateControllerCountries: ['US'] } })
  assert.deepEqual([owned.foreignControl, owned.foreignControllers], ['yes', ['US']])
  assert.deepEqual(
    owned.offerings[0]?.reach.map(({ effect, level }) => [effect, level]),
    [
      ['data-access', 'mitigated'],
      ['cut-off', 'exposed'],
      ['tariff', 'none'],
    ],
  )
})

test('of a provider that has published nothing nothing good is said', () => {
  const { foreignControl, offerings } = page({ id: 'p' })
  assert.equal(foreignControl, 'unknown')
  assert.deepEqual([offerings[0]?.measures, offerings[0]?.infrastructure], [[], {}])
  assert.equal(offerings[0]?.unknown.length, 14)
  assert.equal(offerings[0]?.reach[0]?.level, 'unknown')
})
