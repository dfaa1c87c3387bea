/** The vectors of the rules, as far as placement tries them over HTTP: a copy of those in the room `sovereignty`. */
import { readFileSync } from 'node:fs'
import type { Placed, Policy, Profile, Waiver } from '@fulcrum/sovereignty'

export type PolicyVector = {
  id: string
  title: string
  profile: string
  at: string
  context: { waivers?: Waiver[]; current?: Placed[] }
  policies: Policy[]
  expected: {
    outcome: string
    failed: string[]
    warnings: string[]
    obligations: string[]
    waived: string[]
    wouldFail: string[]
    advisories: string[]
  }
}

// the file is ours and has this form
const FILE = JSON.parse(readFileSync(new URL('../testdata/sovereignty-policies.json', import.meta.url), 'utf8')) as {
  profiles: Record<string, Profile>
  policy: PolicyVector[]
}

export const PROFILES: Readonly<Record<string, Profile>> = {
  ...FILE.profiles,
  'trustop-stale': changed('trustop', (profile) => {
    profile.operations = {
      ...profile.operations,
      disconnect: { ...profile.operations?.disconnect, testedAt: '2025-11-22T12:00:00Z' },
    }
  }),
}

function changed(name: string, edit: (profile: Profile) => void): Profile {
  const profile = structuredClone(known(FILE.profiles[name], name))
  edit(profile)
  return profile
}

function known<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`the vectors have no ${name}`)
  return value
}

type Change = Partial<Omit<PolicyVector, 'expected'>> & { expected: Partial<PolicyVector['expected']> }

/** A situation of the specification that the file leaves out, told by what differs from one that it has. */
function like(of: string, id: string, title: string, { expected, ...change }: Change): PolicyVector {
  const vector = structuredClone(
    known(
      FILE.policy.find((one) => one.id === of),
      of,
    ),
  )
  return { ...vector, id, title, ...change, expected: { ...vector.expected, ...expected } }
}

const judgedBy = (policyId: string, ...constraints: Policy['constraints']): Policy[] => [
  {
    id: policyId,
    version: 1,
    scope: { kind: 'consumer', id: 'c1' },
    mode: 'enforce',
    trustedZone: { groups: ['EEA'] },
    onUnknown: 'deny',
    minAssurance: 'self-declared',
    constraints,
  },
]
const EXPOSED = ['data-access=exposed', 'cut-off=exposed']

export const VECTORS: readonly PolicyVector[] = [
  ...FILE.policy,
  like('P04', 'P05', 'three non-EEA holders at 14 % each break the collective cap', {
    profile: 'three-funds',
    expected: { failed: ['snc/own:OWNERSHIP_COLLECTIVE_EXCEEDED'], advisories: [] },
  }),
  like('P09', 'P10', 'the disconnect test is 366 days old', {
    profile: 'trustop-stale',
    expected: {
      outcome: 'deny',
      failed: ['no-switch-off/off:EXPOSURE_CUT_OFF'],
      obligations: [],
      advisories: ['cut-off=exposed'],
    },
  }),
  like('P12', 'P13', 'L3 claimed, but the only attested credential was revoked', {
    profile: 'revoked',
    expected: { failed: ['label/gx:EVIDENCE_REVOKED'] },
  }),
  like('P17', 'P16', 'ownership unknown, not tolerated', {
    policies: judgedBy('control', { id: 'control', type: 'control.noThirdCountryControl' }),
    expected: { outcome: 'deny', failed: ['control/control:UNKNOWN_FACT'], warnings: [] },
  }),
  like('P20', 'P19', 'the waiver still holds', {
    at: '2026-11-23T12:00:00Z',
    expected: { outcome: 'allow_with_obligations', failed: [], waived: ['consumer/residency:LOCATION_OUTSIDE_ZONE'] },
  }),
  like('P24', 'P25', 'a cost-based switching charge on 11 January 2027', {
    at: '2027-01-11T00:00:00Z',
    expected: { outcome: 'allow', failed: [] },
  }),
  like('P02', 'P28', 'a badge that the provider does not have', {
    policies: judgedBy('badge', { id: 'b', type: 'cispe.badge.any', params: { anyOf: ['sovereign'] } }),
    expected: { failed: ['badge/b:BADGE_MISSING'], advisories: EXPOSED },
  }),
  like('P04', 'P31', 'a key that the provider can use is not enough', {
    policies: judgedBy('keys', { id: 'k', type: 'data.keyControl', params: { oneOf: ['hyok', 'client-side'] } }),
    expected: { failed: ['keys/k:KEY_CONTROL_INSUFFICIENT'] },
  }),
  like('P04', 'P33', 'another certificate than the one that is asked for', {
    policies: judgedBy('certified', { id: 'c', type: 'cert.any', params: { anyOf: ['SecNumCloud'] } }),
    expected: { failed: ['certified/c:CERT_MISSING'] },
  }),
  like('P02', 'P34', 'several failures are all told', {
    policies: judgedBy(
      'all',
      { id: 'control', type: 'control.noThirdCountryControl' },
      { id: 'admin', type: 'ops.adminAccess.within' },
      { id: 'label', type: 'gaiax.label.min', params: { level: 'L2' } },
    ),
    expected: {
      failed: ['all/control:CONTROL_THIRD_COUNTRY', 'all/admin:ADMIN_ACCESS_OUTSIDE_ZONE', 'all/label:LABEL_TOO_LOW'],
    },
  }),
]
