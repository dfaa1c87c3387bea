/** What events do, beyond the vectors: grace, pass-through, several jurisdictions, what is not known. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ExposedService, expose, type Scenario } from './exposure.ts'
import type { Profile } from './profile.ts'
import { AT, profile } from './testing.ts'

const PROVIDERS = ['alpenwolke', 'eurohyper', 'trustop', 'nordkraft', 'helvetia', 'cooperativa']
const PROFILES = new Map<string, Profile>(PROVIDERS.map((name) => [name, profile(name)]))

function service(provider: string, edit: Partial<ExposedService> = {}): ExposedService {
  return {
    id: `at-${provider}`,
    consumer: 'c',
    provider,
    serviceType: 'vm',
    criticality: 'normal',
    monthlySpend: 100,
    ...edit,
  }
}

const impactAt = (provider: string, scenario: Omit<Scenario, 'at'>, edit: Partial<ExposedService> = {}) => {
  const [found] = expose({ at: AT, ...scenario }, [service(provider, edit)], PROFILES).services
  return found ? [found.impact, found.timeToImpactDays] : []
}

describe('a cut-off', () => {
  const cutOff = (jurisdictions: string[], graceHours?: number): Omit<Scenario, 'at'> => ({
    type: 'cut-off',
    jurisdictions,
    ...(graceHours !== undefined && { graceHours }),
  })

  test('bites after the days of grace', () => {
    assert.deepEqual(impactAt('eurohyper', cutOff(['US'])), ['lost', 0])
    assert.deepEqual(impactAt('eurohyper', cutOff(['US'], 23)), ['lost', 0])
    assert.deepEqual(impactAt('eurohyper', cutOff(['US'], 72)), ['lost', 3])
  })

  test('by several jurisdictions is that of any of them', () => {
    assert.deepEqual(impactAt('helvetia', cutOff(['US'])), ['none', null])
    assert.deepEqual(impactAt('helvetia', cutOff(['US', 'CH'])), ['lost', 0])
  })

  test('whose reach is not known is a hit', () => {
    assert.deepEqual(impactAt('cooperativa', cutOff(['US'])), ['unknown', null])
    const { consumers } = expose({ at: AT, ...cutOff(['US']) }, [service('cooperativa')], PROFILES)
    assert.deepEqual([consumers.c?.hit, consumers.c?.blastRadius], [1, 1])
  })

  test('at a provider that nobody knows is not known', () => {
    assert.deepEqual(impactAt('stranger', cutOff(['US'])), ['unknown', null])
    assert.deepEqual(impactAt('stranger', { type: 'provider-cut-off', providers: ['stranger'] }), ['lost', 0])
    assert.deepEqual(impactAt('stranger', { type: 'provider-cut-off', providers: ['other'] }), ['none', null])
  })

  test('of some providers touches no others', () => {
    const some = { ...cutOff(['US']), providers: ['trustop'] }
    assert.deepEqual(impactAt('trustop', some), ['at-risk', 180])
    assert.deepEqual(impactAt('eurohyper', some), ['none', null])
  })
})

describe('an order for data', () => {
  const order = { type: 'data-access-order', jurisdictions: ['US'] } as const

  test('reaches no further than the keys of this service let it', () => {
    assert.deepEqual(impactAt('eurohyper', order), ['data-exposed', null])
    assert.deepEqual(impactAt('eurohyper', order, { customerKeys: true, kmsCountry: 'AT' }), ['metadata-only', null])
    assert.deepEqual(impactAt('eurohyper', order, { customerKeys: true, kmsCountry: 'US' }), ['data-exposed', null])
    assert.deepEqual(impactAt('eurohyper', order, { customerKeys: true }), ['data-exposed', null])
  })
})

describe('a tariff', () => {
  test('costs the share that is bought there, as far as it is handed on', () => {
    const cost = (tariffPct: number, passThrough?: number) =>
      expose(
        {
          type: 'tariff',
          jurisdictions: ['US'],
          at: AT,
          tariffPct,
          ...(passThrough !== undefined && { passThrough }),
        },
        [service('nordkraft'), service('nordkraft', { id: 'second', monthlySpend: 33.33 })],
        PROFILES,
      ).consumers.c?.costDelta
    assert.equal(cost(25), 6)
    assert.equal(cost(25, 0.5), 3)
    assert.equal(cost(0), 0)
  })
})

test('a consumer who spends nothing has nothing at risk, and one without services is not there', () => {
  const { consumers } = expose(
    { type: 'provider-cut-off', providers: ['alpenwolke'], at: AT },
    [service('alpenwolke', { monthlySpend: 0, criticality: 'critical' })],
    PROFILES,
  )
  assert.deepEqual(Object.keys(consumers), ['c'])
  assert.deepEqual([consumers.c?.spendAtRisk, consumers.c?.criticalHit, consumers.c?.blastRadius], [0, 1, 1])
})
