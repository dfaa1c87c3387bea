/** What an order demands, as the rules read it. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Policy } from '@fulcrum/sovereignty'
import { ZONE_GROUPS } from '@fulcrum/sovereignty'
import { keyProblem, rankingOf, requirementsPolicy } from './requirements.ts'

const NOW = '2026-11-24T12:00:00Z'
const policy = (kind: Policy['scope']['kind'], more: Partial<Policy> = {}): Policy => ({
  id: kind,
  version: 1,
  scope: { kind },
  mode: 'enforce',
  trustedZone: { groups: ['EEA'] },
  onUnknown: 'deny',
  minAssurance: 'none',
  constraints: [],
  ...more,
})

describe('the policy of an order', () => {
  test('is closed where the order says nothing, and names constraints by their type', () => {
    const type = 'participant.deny'
    const made = requirementsPolicy({ constraints: [{ type }, { type }, { id: 'own', type }] }, 'p', 's', NOW)
    assert.deepEqual(
      [made?.trustedZone, made?.minAssurance, made?.onUnknown, made?.mode, made?.scope],
      [{ groups: ['EEA'] }, 'self-declared', 'deny', 'enforce', { kind: 'service', id: 's' }],
    )
    assert.deepEqual(
      made?.constraints.map(({ id }) => id),
      ['participant.deny', 'participant.deny.2', 'own'],
    )
  })

  test('is none without constraints', () => {
    assert.equal(requirementsPolicy(undefined, 'p', 's', NOW), null)
    assert.equal(requirementsPolicy({ agentTags: ['eu'] }, 'p', 's', NOW), null)
  })
})

describe('what ranks', () => {
  const wanting = (type: string, weight = 1, params = {}) => ({ preferences: [{ type, weight, params }] })

  test('is what the order prefers, before any policy', () => {
    const own = { preferences: [{ type: 'latency' as const, weight: 2, region: 'at' }] }
    assert.deepEqual(rankingOf(own, [policy('group', wanting('price'))]), {
      preferences: [{ type: 'latency', weight: 2 }],
      region: 'at',
    })
  })

  test('comes else from the narrowest policies that prefer anything, whose weights add up', () => {
    const policies = [
      policy('platform', wanting('carbon')),
      policy('consumer', wanting('price')),
      policy('consumer', wanting('price', 2)),
      policy('consumer', wanting('country-order', 1, { countries: ['AT'] })),
      policy('group'),
    ]
    assert.deepEqual(rankingOf(undefined, policies).preferences, [
      { type: 'price', weight: 3 },
      { type: 'country-order', weight: 1, countries: ['AT'] },
    ])
    assert.deepEqual(rankingOf({ agentTags: [] }, []).preferences, [])
    assert.deepEqual(rankingOf(undefined, [policy('group', wanting('beauty'))]).preferences, [])
  })
})

describe('a key of the customer', () => {
  const params = { effect: 'data-access', jurisdictions: ['US'], max: 'mitigated' }
  const access = (more: Partial<Policy> = {}) =>
    policy('consumer', { constraints: [{ id: 'a', type: 'exposure.max', params }], ...more })
  const ask = (country: string | null, policies: Policy[]) =>
    keyProblem(
      ['OBL_CUSTOMER_HELD_KEYS'],
      country === null ? undefined : { reference: 'r', country },
      policies,
      ZONE_GROUPS,
    )

  test('is asked for only where it is an obligation, and must be in the zone of every policy that asks', () => {
    assert.equal(keyProblem([], undefined, [access()], ZONE_GROUPS), null)
    assert.match(ask(null, [access()]) ?? '', /a key that you hold is needed/)
    assert.equal(ask('DE', [access()]), null)
    assert.match(ask('DE', [access(), access({ trustedZone: { countries: ['AT'] } })]) ?? '', /kept in AT, not in DE/)
    assert.match(ask('DE', [access({ trustedZone: { groups: ['EU'], except: ['DE'] } })]) ?? '', /EU without DE/)
    // a policy that only watches, or that asks for something else, demands no place
    assert.equal(ask('US', [access({ mode: 'audit' }), policy('group', { trustedZone: {} })]), null)
  })
})
