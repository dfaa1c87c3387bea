/** Merged profiles: who wins, what is united, and what evidence of a parent still proves. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { effectiveProfile } from './effective.ts'
import { prove } from './evidence.ts'
import type { Profile } from './profile.ts'

const AT = '2026-11-23T12:00:00Z'
const PARTICIPANT: Profile = {
  id: 'provider',
  legal: { headquartersCountry: 'AT', governingLaw: ['AT'] },
  location: { storage: ['AT'], keys: ['AT'], fallbackOutside: false },
  supplyChain: { components: [{ name: 'hypervisor', supplierCountry: 'DE' }], subprocessors: [{ name: 'mail' }] },
  security: { certifications: [{ scheme: 'C5' }] },
  evidences: [
    {
      id: 'audit',
      kind: 'audit-report',
      assertsPaths: ['/'],
      validFrom: '2026-01-01T00:00:00Z',
      verification: { status: 'verified', level: 'auditor-attested', checkedAt: AT },
    },
  ],
}

test('a child adds places, components and sub-processors, and hides none', () => {
  const merged = effectiveProfile([
    PARTICIPANT,
    {
      id: 'agent',
      location: { storage: ['DE'] },
      supplyChain: { components: [{ name: 'backup', supplierCountry: 'US' }] },
    },
    { id: 'offering', location: { storage: [], keys: ['FR', 'AT'] }, supplyChain: { subprocessors: [] } },
  ])
  assert.equal(merged.id, 'offering')
  assert.deepEqual(merged.location, { storage: ['AT', 'DE'], keys: ['FR', 'AT'], fallbackOutside: false })
  assert.deepEqual(
    merged.supplyChain?.components?.map(({ name }) => name),
    ['hypervisor', 'backup'],
  )
  assert.deepEqual(
    merged.supplyChain?.subprocessors?.map(({ name }) => name),
    ['mail'],
  )
})

test('the more specific one wins elsewhere, and speaks of an item of the same name', () => {
  const merged = effectiveProfile([
    PARTICIPANT,
    {
      id: 'agent',
      legal: { headquartersCountry: 'DE' },
      location: { fallbackOutside: true },
      supplyChain: { components: [{ name: 'hypervisor', supplierCountry: 'FR' }] },
      security: { certifications: [] },
    },
  ])
  assert.equal(merged.legal?.headquartersCountry, 'DE')
  assert.equal(merged.location?.fallbackOutside, true)
  assert.deepEqual(merged.supplyChain?.components, [{ name: 'hypervisor', supplierCountry: 'FR' }])
  assert.deepEqual(merged.security?.certifications, [])
})

test('evidence of a parent does not prove what a child says instead', () => {
  const merged = effectiveProfile([PARTICIPANT, { id: 'agent', location: { storage: ['US'] } }])
  assert.equal(prove(merged, '/legal', AT).level, 'auditor-attested')
  assert.equal(prove(merged, '/location/keys', AT).level, 'auditor-attested')
  assert.equal(prove(merged, '/location/storage', AT).level, 'none')
  assert.equal(prove(merged, '/location', AT).level, 'none')
  assert.equal(prove(effectiveProfile([PARTICIPANT, { id: 'agent' }]), '/location', AT).level, 'auditor-attested')
})
