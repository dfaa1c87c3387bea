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
