/** The rules of vault copies: what an export must be, when one is due, what is outside. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isOutside } from './outside.ts'
import { checkExport, dueAt, type History, isDue, isOverdue } from './vault-copy.ts'

const NOON = new Date('2026-11-24T12:00:00Z')
const hoursLater = (hours: number, from = NOON) => new Date(from.getTime() + hours * 3_600_000)

describe('an export', () => {
  const asked = { artifactId: 'a', serviceId: 's', formats: ['raw'] }
  const artifact = { id: 'a', serviceId: 's', state: 'Complete' as const, format: 'raw', sha256: 'd1', sizeBytes: 5 }
  const window = { claimedAt: NOON, completedAt: hoursLater(1) }
  const check = (result: Parameters<typeof checkExport>[1], found: Parameters<typeof checkExport>[2] = artifact) =>
    checkExport(asked, result, found, window)

  test('counts with what the agent tells, or with what the server has when it tells nothing', () => {
    const takenAt = '2026-11-24T12:10:00Z'
    assert.deepEqual(check({ artifactId: 'a', sha256: 'd1', sizeBytes: 5, takenAt, content: { digest: 'c' } }), {
      takenAt: new Date(takenAt),
      sha256: 'd1',
      sizeBytes: 5,
      format: 'raw',
      content: { digest: 'c' },
    })
    assert.deepEqual(check(null), { takenAt: NOON, sha256: 'd1', sizeBytes: 5, format: 'raw', content: null })
  })

  test('is never newer than its own end', () => {
    const exported = check({ takenAt: '2030-01-01T00:00:00Z' })
    assert.deepEqual(typeof exported === 'string' ? exported : exported.takenAt, hoursLater(1))
  })

  test('is none without its artifact, with that of another service, unfinished, in another format, or told otherwise', () => {
    assert.match(`${check(null, null)}`, /without the artifact a/)
    assert.match(`${check(null, { ...artifact, serviceId: 'x' })}`, /without the artifact a of this service/)
    assert.match(`${check(null, { ...artifact, state: 'Uploading', sha256: null })}`, /before artifact a was complete/)
    assert.match(`${check(null, { ...artifact, format: 'zip' })}`, /has the format zip; .* declares raw/)
    assert.equal(check({ sizeBytes: 6 }), 'the agent reports sizeBytes 6, but the artifact has 5')
    assert.match(`${check({ artifactId: 'b' })}`, /reports artifactId b/)
  })
})

describe('a copy', () => {
  const history: History = { since: NOON, everyHours: 24, lastStored: null, lastFailed: null, isOpen: false }

  test('is due at once, then after the interval', () => {
    assert.ok(isDue(history, NOON))
    const after = { ...history, lastStored: hoursLater(1) }
    assert.deepEqual(dueAt(after), hoursLater(25))
    assert.deepEqual([isDue(after, hoursLater(24.9)), isDue(after, hoursLater(25))], [false, true])
  })

  test('is not asked for twice, nor right after a failure', () => {
    assert.equal(isDue({ ...history, isOpen: true }, hoursLater(9)), false)
    const failed = { ...history, lastFailed: hoursLater(9) }
    assert.deepEqual([isDue(failed, hoursLater(9.9)), isDue(failed, hoursLater(10))], [false, true])
    const often = { ...failed, everyHours: 1 }
    assert.deepEqual([isDue(often, hoursLater(9.2)), isDue(often, hoursLater(9.25))], [false, true])
  })

  test('is overdue after half the interval, and after an hour at least', () => {
    assert.deepEqual([isOverdue(history, hoursLater(12)), isOverdue(history, hoursLater(12.1))], [false, true])
    const often = { ...history, everyHours: 1 }
    assert.deepEqual([isOverdue(often, hoursLater(0.9)), isOverdue(often, hoursLater(1.1))], [false, true])
  })
})

describe('a store', () => {
  const owners = (country: string, votingPct: number) => ({ control: { owners: [{ country, votingPct }] } })
  const source = { providerId: 'p', profile: { id: 'p', ...owners('US', 100) } }
  const people = new Set(['p', 'q'])
  const store = { providerId: 'q', controllerCountry: 'NO' }

  test('is outside when neither the provider runs it nor anybody of its country controls the provider', () => {
    assert.ok(isOutside(store, source, people))
    assert.ok(isOutside({ ...store, providerId: null }, source, people))
    assert.equal(isOutside({ ...store, providerId: 'p' }, source, people), false)
    assert.equal(isOutside({ ...store, controllerCountry: 'US' }, source, people), false)
    const named = { id: 'p', control: { ultimateControllerCountries: ['NO', 'SE'] } }
    assert.equal(isOutside(store, { providerId: 'p', profile: named }, people), false)
    assert.ok(isOutside({ ...store, controllerCountry: 'DE' }, { providerId: 'p', profile: named }, people))
  })

  test('is not outside when anything that matters is unknown', () => {
    assert.equal(isOutside({ ...store, controllerCountry: null }, source, people), false)
    assert.equal(isOutside({ ...store, providerId: 'gone' }, source, people), false)
    assert.equal(isOutside(store, { providerId: 'p', profile: { id: 'p' } }, people), false)
    const partly = { id: 'p', ...owners('US', 40) }
    assert.equal(isOutside(store, { providerId: 'p', profile: partly }, people), false)
  })
})
