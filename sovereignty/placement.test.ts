/** Placement: who qualifies, in which order, and what a weaker demand would bring. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Candidate, type Preference, place } from './placement.ts'
import { CONTEXT, policy, profile } from './testing.ts'

function candidate(name: string, edit: Partial<Candidate> = {}): Candidate {
  return {
    id: name,
    profile: profile(name),
    placed: { provider: name },
    price: null,
    latencyMs: null,
    carbonGramPerKWh: null,
    country: null,
    obstacles: [],
    ...edit,
  }
}

const order = (candidates: readonly Candidate[], preferences: readonly Preference[], context = CONTEXT) =>
  place(candidates, [], preferences, context).candidates.map(({ id }) => id)

describe('ranking', () => {
  test('weighs what the consumer prefers', () => {
    const cheap = candidate('nordkraft', { price: 10, latencyMs: 40, carbonGramPerKWh: 400, country: 'SE' })
    const near = candidate('alpenwolke', { price: 20, latencyMs: 10, carbonGramPerKWh: 100, country: 'AT' })
    const both = [cheap, near]
    assert.deepEqual(order(both, [{ type: 'price', weight: 1 }]), ['nordkraft', 'alpenwolke'])
    assert.deepEqual(order(both, [{ type: 'latency', weight: 1 }]), ['alpenwolke', 'nordkraft'])
    assert.deepEqual(order(both, [{ type: 'carbon', weight: 1 }]), ['alpenwolke', 'nordkraft'])
    assert.deepEqual(order(both, [{ type: 'csf.verified', weight: 1 }]), ['alpenwolke', 'nordkraft'])
    const countries = (list: string[]): Preference[] => [{ type: 'country-order', weight: 1, countries: list }]
    assert.deepEqual(order(both, countries(['SE', 'AT'])), ['nordkraft', 'alpenwolke'])
    assert.deepEqual(order(both, countries(['AT', 'SE'])), ['alpenwolke', 'nordkraft'])
    const price = { type: 'price' as const, weight: 3 }
    assert.deepEqual(order(both, [price, { type: 'latency', weight: 1 }]), ['nordkraft', 'alpenwolke'])
    const { utilities, utility } = place(both, [], [price], CONTEXT).candidates[1] ?? {}
    assert.deepEqual([utilities, utility], [{ price: 0.5 }, 1.5])
  })

  test('spreads over providers when asked to', () => {
    const context = {
      ...CONTEXT,
      current: [{ provider: 'alpenwolke' }, { provider: 'alpenwolke' }, { provider: 'trustop' }],
    }
    const spread: Preference[] = [{ type: 'spread', weight: 1 }]
    const all = [candidate('alpenwolke'), candidate('trustop'), candidate('helvetia')]
    assert.deepEqual(order(all, spread, context), ['helvetia', 'trustop', 'alpenwolke'])
  })

  test('breaks ties by the lowest level, then by concentration, then by id', () => {
    assert.deepEqual(order([candidate('eurohyper'), candidate('trustop'), candidate('alpenwolke')], []), [
      'alpenwolke',
      'trustop',
      'eurohyper',
    ])
    const context = { ...CONTEXT, current: [{ provider: 'alpenwolke' }] }
    assert.deepEqual(order([candidate('alpenwolke'), candidate('helvetia')], [], context), ['helvetia', 'alpenwolke'])
    assert.deepEqual(order([candidate('lapsed'), candidate('alpenwolke')], []), ['alpenwolke', 'lapsed'])
  })

  test('what is unknown earns nothing', () => {
    const known = candidate('trustop', { price: 1_000 })
    assert.deepEqual(order([candidate('alpenwolke'), known], [{ type: 'price', weight: 1 }]), ['trustop', 'alpenwolke'])
  })
})

describe('qualification', () => {
  test('needs a decision that allows and no obstacle; the rest is told with its reasons', () => {
    const seat = policy([{ type: 'legal.headquarters.within' }])
    const full = candidate('alpenwolke', { obstacles: ['CAPACITY'] })
    const { chosen, candidates } = place([full, candidate('helvetia'), candidate('trustop')], [seat], [], CONTEXT)
    assert.equal(chosen, 'trustop')
    assert.deepEqual(
      candidates.map(({ id, qualifies, obstacles, decision }) => [id, qualifies, ...obstacles, ...decision.failed]),
      [
        ['trustop', true],
        ['alpenwolke', false, 'CAPACITY'],
        ['helvetia', false, 'p/c0:HEADQUARTERS_OUTSIDE_ZONE'],
      ],
    )
    assert.equal(place([full], [seat], [], CONTEXT).chosen, null)
  })
})

describe('counterfactuals', () => {
  test('tell how many more a weaker demand lets in, step by step', () => {
    const label = policy([{ type: 'gaiax.label.min', params: { level: 'L3' } }])
    const all = ['alpenwolke', 'trustop', 'nordkraft', 'eurohyper', 'cooperativa'].map((name) => candidate(name))
    assert.deepEqual(
      place(all, [label], [], CONTEXT).counterfactuals.map(({ change, gained }) => [change, gained]),
      [
        ['level L2 instead of L3', ['nordkraft', 'trustop']],
        ['level SC instead of L3', ['eurohyper', 'nordkraft', 'trustop']],
        ['without it', ['cooperativa', 'eurohyper', 'nordkraft', 'trustop']],
      ],
    )
  })

  test('tell of weaker proof, and nothing of what fails elsewhere, too', () => {
    const attested = policy([
      { type: 'csf.seal.min', params: { level: 3 }, minAssurance: 'auditor-attested' },
      { type: 'control.noThirdCountryControl', onUnknown: 'warn' },
    ])
    const all = ['alpenwolke', 'cooperativa', 'eurohyper'].map((name) => candidate(name))
    assert.deepEqual(place(all, [attested], [], CONTEXT).counterfactuals, [
      {
        policyId: 'p',
        constraintId: 'c0',
        change: 'self-declared instead of auditor-attested',
        gained: ['cooperativa'],
      },
    ])
  })
})
