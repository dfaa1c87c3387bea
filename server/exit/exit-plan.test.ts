/** The exit plan: what it promises, in which order, and what it names as missing. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { exitPlan, type PlannedService } from './exit-plan.ts'

const NOW = new Date('2026-11-24T12:00:00Z')
const daysAgo = (days: number) => new Date(NOW.getTime() - days * 86_400_000)
const PORTABILITY = { exportAction: 'export', importAction: 'import', quiesceAction: 'stop' }
const ALTERNATIVE = {
  agentId: 'a2',
  agentName: 'garonne',
  providerId: 'p2',
  providerName: 'Garonne',
  qualifies: true,
  failed: [],
  formats: ['dump'],
}
const REFUSED = { ...ALTERNATIVE, agentId: 'a1', qualifies: false, failed: ['p/c:LABEL_TOO_LOW'] }
const DRILL = { migrationId: 'm', at: daysAgo(365), outcome: 'passed', rtoSeconds: 600, rpoSeconds: 0 }
const COPY = { takenAt: daysAgo(1), store: 'north', outside: true }

/** A service for which everything is there. */
function service(more: Partial<PlannedService> = {}): PlannedService {
  return {
    serviceId: 's',
    serviceName: 'orders',
    serviceTypeName: 'postgresql',
    groupName: 'shop',
    providerId: 'p1',
    providerName: 'Liffey',
    criticality: 'critical',
    alternatives: [REFUSED, ALTERNATIVE],
    portability: PORTABILITY,
    lastDrill: DRILL,
    vaultCopy: COPY,
    ...more,
  }
}
const plan = (...services: PlannedService[]) => exitPlan({ id: 'c', name: 'Klinik' }, services, NOW)
const gapsOf = (more: Partial<PlannedService>) => plan(service(more)).items[0]?.gaps ?? []

describe('the exit plan', () => {
  test('is ready when there is a target, a way, a copy elsewhere and a drill that passed', () => {
    const { items, ready, sufficientlyTested } = plan(service())
    assert.deepEqual([ready, sufficientlyTested, items[0]?.gaps], [1, true, []])
    assert.equal(items[0]?.alternatives[0]?.agentId, 'a2', 'those that qualify come first')
    assert.ok(items[0]?.steps.some((step) => step.includes('Garonne')))
    assert.match(items[0]?.contingency ?? '', /2026-11-23.*north, outside/)
  })

  test('names each thing that is missing, and what to do', () => {
    assert.match(gapsOf({ portability: null }).join(), /export and import actions/)
    assert.match(gapsOf({ alternatives: [REFUSED] }).join(), /No other provider qualifies/)
    assert.match(gapsOf({ vaultCopy: null }).join(), /No vault copy/)
    assert.match(gapsOf({ vaultCopy: { ...COPY, outside: false } }).join(), /not known to be outside/)
    assert.match(gapsOf({ lastDrill: null }).join(), /rehearse/)
    assert.match(gapsOf({ lastDrill: { ...DRILL, at: daysAgo(366) } }).join(), /rehearse/)
    assert.match(gapsOf({ lastDrill: { ...DRILL, outcome: 'unverified' } }).join(), /rehearse/)
    assert.match(gapsOf({ rtoTargetSeconds: 599 }).join(), /600 s, the target is 599 s/)
    assert.deepEqual(gapsOf({ rtoTargetSeconds: 600, rpoTargetSeconds: 86_400 }), [])
    assert.match(gapsOf({ rpoTargetSeconds: 86_399 }).join(), /older than the target/)
  })

  test('is not sufficiently tested with one important service that never was', () => {
    const untested = service({ serviceId: 't', criticality: 'important', lastDrill: null })
    assert.deepEqual([plan(service(), untested).sufficientlyTested, plan(service(), untested).ready], [false, 1])
    assert.equal(plan(service(), { ...untested, criticality: 'normal' }).sufficientlyTested, true)
  })

  test('has what is critical and urgent first', () => {
    const order = plan(
      service({ serviceId: 'c', criticality: 'normal' }),
      service({ serviceId: 'b' }),
      service({ serviceId: 'a', rtoTargetSeconds: 3_600 }),
      service({ serviceId: 'd', criticality: 'important' }),
    ).items.map(({ serviceId }) => serviceId)
    assert.deepEqual(order, ['a', 'b', 'd', 'c'])
  })

  test('is to be looked at again when its oldest drill gets too old', () => {
    assert.equal(plan(service()).reviewBy, '2026-11-24T12:00:00Z')
    assert.equal(plan(service({ lastDrill: { ...DRILL, at: daysAgo(100) } })).reviewBy, '2027-08-16T12:00:00Z')
    assert.equal(plan(service({ lastDrill: null })).reviewBy, '2027-11-24T12:00:00Z')
  })

  test('promises nothing where nothing is left', () => {
    assert.match(plan(service({ vaultCopy: null })).items[0]?.contingency ?? '', /^Nothing/)
    assert.deepEqual(plan(service({ portability: null })).items[0]?.steps, [])
  })
})
