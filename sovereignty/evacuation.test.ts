/** Evacuation plans beyond the vectors: what has no way out, what must wait, and who comes first. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type EvacuatedService, type EvacuationOptions, type Offering, planEvacuation } from './evacuation.ts'
import { expose, type Scenario } from './exposure.ts'
import type { Policy } from './policy.ts'
import { AT, CONTEXT, policy, profile } from './testing.ts'

const PROFILES = new Map(['alpenwolke', 'eurohyper', 'helvetia', 'trustop'].map((name) => [name, profile(name)]))
const CUT_OFF: Scenario = { type: 'cut-off', jurisdictions: ['US'], at: AT, graceHours: 1 }
const OPTIONS: EvacuationOptions = { exportConcurrencyPerProvider: 1, verifyS: 10, cutoverS: 5 }

function service(id: string, edit: Partial<EvacuatedService> = {}): EvacuatedService {
  return {
    id,
    consumer: 'c',
    provider: 'eurohyper',
    serviceType: 'db',
    criticality: 'normal',
    monthlySpend: 1,
    sizeGiB: 100,
    units: 1,
    rtoTargetS: 86_400,
    rpoTargetS: 86_400,
    ...edit,
  }
}

function offering(provider: string, edit: Partial<Offering> = {}): Offering {
  return {
    provider,
    serviceType: 'db',
    free: 10,
    exportFormats: ['sql', 'custom'],
    importFormats: ['custom', 'sql'],
    exportMiBps: 100,
    importMiBps: 100,
    exportFixedS: 0,
    importFixedS: 0,
    ...edit,
  }
}

const SOURCE = offering('eurohyper')

function plan(
  services: EvacuatedService[],
  offerings: Offering[],
  policies: readonly Policy[] = [],
  options: Partial<EvacuationOptions> = {},
) {
  const world = { services, offerings, profiles: PROFILES, policies: { c: policies } }
  const exposure = expose(CUT_OFF, services, PROFILES)
  return planEvacuation(CUT_OFF, exposure, world, { ...OPTIONS, ...options }, CONTEXT)
}

const outcome = (...given: Parameters<typeof plan>) =>
  plan(...given).plan.map((step) => (step.feasible ? `${step.target} ${step.source} ${step.format}` : step.reason))

test('offerings of one provider share its export slots when they say so', () => {
  const together = [service('a', { exporter: 'p' }), service('b', { exporter: 'p' })]
  const apart = [service('a', { exporter: 'p' }), service('b', { exporter: 'q' })]
  const waits = (services: EvacuatedService[]) =>
    plan(services, [offering('eurohyper', { exportMiBps: 102_400 }), offering('alpenwolke')]).plan.map((step) =>
      step.feasible ? step.waitS : null,
    )
  assert.deepEqual(waits(together), [0, 1])
  assert.deepEqual(waits(apart), [0, 0])
})

describe('a service', () => {
  test('goes to the best verified provider that the event does not touch and the policies allow', () => {
    const all = [SOURCE, offering('helvetia'), offering('alpenwolke')]
    assert.deepEqual(outcome([service('s')], all), ['alpenwolke live sql'])
    const onlySwiss = policy([{ type: 'participant.allow', params: { ids: ['helvetia'] } }])
    assert.deepEqual(outcome([service('s')], all, [onlySwiss]), ['helvetia live sql'])
    const nobody = policy([{ type: 'participant.allow', params: { ids: [] } }])
    assert.deepEqual(outcome([service('s')], all, [nobody]), ['NO_ELIGIBLE_TARGET'])
  })

  test('has no way out where the event reaches, another type is offered, or the room is taken', () => {
    assert.deepEqual(outcome([service('s')], [SOURCE, offering('trustop')]), ['NO_ELIGIBLE_TARGET'])
    assert.deepEqual(outcome([service('s')], [SOURCE, offering('alpenwolke', { serviceType: 'vm' })]), [
      'NO_ELIGIBLE_TARGET',
    ])
    assert.deepEqual(outcome([service('s')], [SOURCE, offering('unheard-of')]), ['NO_ELIGIBLE_TARGET'])
    const full = offering('alpenwolke', { free: 3 })
    assert.deepEqual(outcome([service('a', { units: 2 }), service('b', { units: 2 })], [SOURCE, full]), [
      'alpenwolke live sql',
      'NO_ELIGIBLE_TARGET',
    ])
  })

  test('takes the first format of the source that the target reads; without one it stays', () => {
    const reader = (...importFormats: string[]) => [SOURCE, offering('alpenwolke', { importFormats })]
    assert.deepEqual(outcome([service('s')], reader('custom')), ['alpenwolke live custom'])
    assert.deepEqual(outcome([service('s')], reader('raw')), ['NO_COMMON_FORMAT'])
    const both = [SOURCE, offering('alpenwolke', { importFormats: ['raw'] }), offering('helvetia')]
    assert.deepEqual(outcome([service('s')], both), ['helvetia live sql'])
    assert.deepEqual(outcome([service('s')], [offering('alpenwolke')]), ['NO_COMMON_FORMAT'])
  })

  test('that cannot be exported in time comes from its copy, or not at all', () => {
    const target = offering('alpenwolke')
    const large = { sizeGiB: 352 }
    assert.deepEqual(outcome([service('s', { sizeGiB: 351 })], [SOURCE, target]), ['alpenwolke live sql'])
    assert.deepEqual(outcome([service('s', large)], [SOURCE, target]), ['NO_EXPORT_BEFORE_CUTOFF_AND_NO_VAULT_COPY'])
    const copied = service('s', { ...large, vaultCopyAt: '2026-11-22T12:00:00Z' })
    assert.deepEqual(outcome([copied], [SOURCE, target]), ['alpenwolke vault sql'])
    const [step] = plan([copied], [SOURCE, target]).plan
    assert.ok(step?.feasible)
    assert.deepEqual([step.rpoS, step.rpoMet, step.exportS], [86_400, true, 0])
    const [strict] = plan([{ ...copied, rpoTargetS: 86_399, rtoTargetS: 3_619 }], [SOURCE, target]).plan
    assert.ok(strict?.feasible)
    assert.deepEqual([strict.rpoMet, strict.rtoS, strict.rtoMet], [false, 3_620, false])
  })
})

describe('a limit of shares', () => {
  const all = [SOURCE, offering('alpenwolke'), offering('helvetia')]
  const half = policy([{ type: 'concentration.max', params: { dimension: 'provider', share: 0.5 } }])
  const targets = (services: EvacuatedService[], owned: Record<string, string[]>) => {
    const world = {
      services,
      offerings: all,
      profiles: PROFILES,
      policies: { c: [half], d: [half] },
      holdings: {
        owned: Object.fromEntries(
          Object.entries(owned).map(([owner, providers]) => [owner, providers.map((provider) => ({ provider }))]),
        ),
        placedAt: new Map(all.map(({ provider }) => [provider, { provider }])),
      },
    }
    const { plan: steps } = planEvacuation(CUT_OFF, expose(CUT_OFF, services, PROFILES), world, OPTIONS, CONTEXT)
    return steps.map((step) => (step.feasible ? step.target : step.reason))
  }
  const two = [service('a', { sizeGiB: 1 }), service('b', { sizeGiB: 1 })]

  test('counts what the consumer has elsewhere, and not the service itself', () => {
    assert.deepEqual(targets([service('a')], { c: ['eurohyper', 'helvetia'] }), ['alpenwolke'])
    assert.deepEqual(targets([service('a')], { c: ['eurohyper', 'alpenwolke'] }), ['helvetia'])
    assert.deepEqual(targets([service('a')], { c: ['eurohyper'] }), ['NO_ELIGIBLE_TARGET'])
  })

  test('counts what the plan has moved already', () => {
    assert.deepEqual(targets(two, { c: ['eurohyper', 'eurohyper'] }), ['alpenwolke', 'helvetia'])
    assert.deepEqual(targets(two, { c: ['eurohyper', 'eurohyper', 'alpenwolke', 'helvetia'] }), [
      'alpenwolke',
      'helvetia',
    ])
  })

  test('looks at the owner where policies are looked up by something else', () => {
    const owned = two.map((one, index) => ({ ...one, owner: 'o', consumer: index === 0 ? 'c' : 'd' }))
    assert.deepEqual(targets(owned, { o: ['eurohyper', 'eurohyper'], c: [], d: [] }), ['alpenwolke', 'helvetia'])
  })

  test('without holdings counts what the context says', () => {
    assert.deepEqual(outcome([service('s')], all, [half]), ['NO_ELIGIBLE_TARGET'])
  })
})

describe('the order', () => {
  test('is by criticality, then by the target time, then by id; exports of one provider wait for each other', () => {
    const services = [
      service('d'),
      service('c', { rtoTargetS: 100 }),
      service('b', { criticality: 'critical' }),
      service('a', { criticality: 'important' }),
    ]
    const all = [SOURCE, offering('alpenwolke')]
    assert.deepEqual(plan(services, all).order, ['b', 'a', 'c', 'd'])
    const waits = (concurrency: number) =>
      plan(services, all, [], { exportConcurrencyPerProvider: concurrency }).plan.map((step) =>
        step.feasible ? step.waitS : step.reason,
      )
    assert.deepEqual(waits(2), [0, 0, 1_024, 1_024])
    assert.deepEqual(waits(1), [0, 1_024, 2_048, 'NO_EXPORT_BEFORE_CUTOFF_AND_NO_VAULT_COPY'])
  })

  test('leaves out what is not hit', () => {
    assert.deepEqual(plan([service('s', { provider: 'helvetia' })], [SOURCE, offering('alpenwolke')]).order, [])
  })
})
