/** A switching record by its clocks and entries. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { SwitchingEntryCreate } from '@fulcrum/contract'
import { addEntry, clocksOf, overdueOf, type Party, type Switching, stateOf } from './switching.ts'

/** Asked for on the last day of the year: the notice ends on the last day of February. */
const ASKED: Switching = {
  id: 'one',
  consumerId: 'c',
  providerId: 'p',
  serviceIds: ['s'],
  destination: 'on-premises',
  destinationProviderId: null,
  contractRef: null,
  requestedOn: '2026-12-31',
  noticeMonths: 2,
  entries: [],
  createdAt: new Date('2026-12-01T08:00:00Z'),
  updatedAt: new Date('2026-12-01T08:00:00Z'),
}
const ERASE: Switching = { ...ASKED, destination: 'erase' }
const PROOF = 'ab'.repeat(32)

/** The record after entries, each `[kind, who, day, more]`. */
function after(
  start: Switching,
  ...entries: [SwitchingEntryCreate['kind'], Party, string, Partial<SwitchingEntryCreate>?][]
): Switching {
  return entries.reduce(
    (switching, [kind, by, day, more]) =>
      addEntry(switching, { kind, text: 'because', ...more }, by, new Date(`${day}T12:00:00Z`)),
    start,
  )
}

describe('the clocks', () => {
  test('follow the law, by calendar days', () => {
    assert.deepEqual(clocksOf(ASKED), {
      noticeEndsOn: '2027-02-28',
      unfeasibleUntil: '2027-01-20',
      transitionEndsOn: '2027-03-30',
      retrievalEndsOn: '2027-04-29',
      noChargesFrom: '2027-01-12',
    })
  })

  test('have no transition when all is to be erased', () => {
    const { transitionEndsOn, retrievalEndsOn } = clocksOf(ERASE)
    assert.deepEqual([transitionEndsOn, retrievalEndsOn], ['2027-02-28', '2027-03-30'])
  })

  test('are moved by an unfeasible transition, and by the customer over that', () => {
    const unfeasible = after(ASKED, ['unfeasibility', 'provider', '2027-01-20', { endsOn: '2027-09-28' }])
    assert.equal(clocksOf(unfeasible).transitionEndsOn, '2027-09-28')
    const extended = after(unfeasible, ['extension', 'consumer', '2027-09-01', { endsOn: '2027-12-31' }])
    assert.equal(clocksOf(extended).transitionEndsOn, '2027-12-31')
    assert.equal(clocksOf(extended).retrievalEndsOn, '2028-01-30')
  })

  test('count the retrieval from the day on which the customer has moved', () => {
    const moved = after(ASKED, ['completion', 'consumer', '2027-03-05'])
    assert.equal(clocksOf(moved).retrievalEndsOn, '2027-04-04')
    const done = after(ASKED, ['completion', 'consumer', '2027-03-05', { earlyErasure: true }])
    assert.equal(clocksOf(done).retrievalEndsOn, '2027-03-05')
  })
})

describe('the state', () => {
  test('follows from the day', () => {
    const days = ['2026-12-30', '2026-12-31', '2027-02-28', '2027-03-01', '2027-03-31'] as const
    assert.deepEqual(
      days.map((day) => stateOf(ASKED, day)),
      ['requested', 'notice', 'notice', 'transition', 'transition'],
    )
    assert.deepEqual(
      days.map((day) => stateOf(ERASE, day)),
      ['requested', 'notice', 'notice', 'retrieval', 'retrieval'],
    )
  })

  test('is extended only beyond what the law gives anyway', () => {
    const extended = after(ASKED, ['extension', 'consumer', '2027-03-01', { endsOn: '2027-06-30' }])
    assert.equal(stateOf(extended, '2027-03-30'), 'transition')
    assert.equal(stateOf(extended, '2027-03-31'), 'extended')
  })

  test('is disputed until the dispute is settled', () => {
    const disputed = after(ASKED, ['dispute', 'consumer', '2027-01-02'])
    assert.equal(stateOf(disputed, '2027-01-03'), 'disputed')
    assert.equal(stateOf(after(disputed, ['settlement', 'provider', '2027-01-04']), '2027-01-05'), 'notice')
  })

  test('ends with the erasure, or when the customer closes it', () => {
    const moved = after(ASKED, ['completion', 'consumer', '2027-03-05'])
    assert.equal(stateOf(moved, '2027-03-06'), 'retrieval')
    const erased = after(moved, ['erasure', 'provider', '2027-04-05', { proofSha256: PROOF }])
    assert.equal(stateOf(erased, '2027-04-06'), 'erased')
    assert.equal(stateOf(after(ASKED, ['closure', 'consumer', '2027-01-01']), '2027-01-02'), 'closed')
  })

  test('says what the provider is late with', () => {
    assert.deepEqual(overdueOf(ASKED, '2027-03-30'), [])
    assert.deepEqual(overdueOf(ASKED, '2027-03-31'), ['transition'])
    const moved = after(ASKED, ['completion', 'consumer', '2027-03-05'])
    assert.deepEqual(overdueOf(moved, '2027-04-04'), [])
    assert.deepEqual(overdueOf(moved, '2027-04-05'), ['erasure'])
    assert.deepEqual(overdueOf(after(moved, ['closure', 'consumer', '2027-04-06']), '2027-05-01'), [])
  })
})

describe('entries', () => {
  const refused = (kind: 'forbidden' | 'invalid' | 'conflict', run: () => unknown, says: RegExp) =>
    assert.throws(run, (error: Error & { kind?: string }) => error.kind === kind && says.test(error.message))

  test('are made by the side whose they are', () => {
    refused('forbidden', () => after(ASKED, ['erasure', 'consumer', '2027-05-01', { proofSha256: PROOF }]), /provider/)
    refused(
      'forbidden',
      () => after(ASKED, ['extension', 'provider', '2027-03-01', { endsOn: '2027-06-30' }]),
      /consumer/,
    )
    assert.equal(after(ASKED, ['incident', 'operator', '2027-01-01']).entries[0]?.by, 'operator')
  })

  test('call a transition unfeasible in time, once, and for at most seven months', () => {
    const call = (day: string, endsOn: string) => after(ASKED, ['unfeasibility', 'provider', day, { endsOn }])
    refused('conflict', () => call('2027-01-21', '2027-04-30'), /until 2027-01-20/)
    refused('invalid', () => call('2027-01-20', '2027-09-29'), /2027-09-28/)
    refused('invalid', () => call('2027-01-20', '2027-02-28'), /after 2027-02-28/)
    refused('invalid', () => call('2027-01-20', '2027-02-30'), /date/)
    refused(
      'conflict',
      () =>
        addEntry(
          call('2027-01-20', '2027-04-30'),
          { kind: 'unfeasibility', text: 'x', endsOn: '2027-05-30' },
          'provider',
          new Date('2027-01-20T13:00:00Z'),
        ),
      /already/,
    )
  })

  test('charge at most the direct cost, and nothing any more when the law says so', () => {
    const charge = (day: string, amount: number) =>
      after(ASKED, ['charge', 'provider', day, { charge: { amount, currency: 'EUR' }, directCost: 80 }])
    assert.deepEqual(charge('2027-01-11', 80).entries[0]?.charge, { amount: 80, currency: 'EUR' })
    refused('invalid', () => charge('2027-01-11', 80.01), /direct cost, 80 EUR/)
    refused('invalid', () => charge('2027-01-12', 0.01), /2027-01-12/)
    assert.equal(charge('2027-01-12', 0).entries.length, 1)
    refused('invalid', () => after(ASKED, ['charge', 'provider', '2027-01-11']), /needs both/)
  })

  test('erase only what the customer cannot need any more', () => {
    const erasure = (start: Switching, day: string) =>
      after(start, ['erasure', 'provider', day, { proofSha256: PROOF.toUpperCase() }])
    refused('conflict', () => erasure(ASKED, '2028-01-01'), /not complete/)
    const moved = after(ASKED, ['completion', 'consumer', '2027-03-05'])
    refused('conflict', () => erasure(moved, '2027-04-04'), /until 2027-04-04/)
    assert.equal(erasure(moved, '2027-04-05').entries.at(-1)?.proofSha256, PROOF)
    const early = after(ASKED, ['completion', 'consumer', '2027-03-05', { earlyErasure: true }])
    assert.equal(stateOf(erasure(early, '2027-03-05'), '2027-03-05'), 'erased')
    refused('conflict', () => erasure(ERASE, '2027-03-30'), /until/)
    assert.equal(stateOf(erasure(ERASE, '2027-03-31'), '2027-03-31'), 'erased')
    refused('invalid', () => after(moved, ['erasure', 'provider', '2027-04-05']), /proof/)
    refused('conflict', () => erasure(after(moved, ['dispute', 'consumer', '2027-04-01']), '2027-04-05'), /dispute/)
  })

  test('extend once, before the end', () => {
    const extended = after(ASKED, ['extension', 'consumer', '2027-03-01', { endsOn: '2027-06-30' }])
    refused(
      'conflict',
      () => after(extended, ['extension', 'consumer', '2027-03-02', { endsOn: '2027-07-30' }]),
      /once/,
    )
    refused('invalid', () => after(ASKED, ['extension', 'consumer', '2027-03-01', { endsOn: '2027-03-30' }]), /after/)
    refused('invalid', () => after(ERASE, ['extension', 'consumer', '2027-01-01', { endsOn: '2027-06-30' }]), /erasure/)
  })

  test('come to an end with it, and keep only what their kind means', () => {
    const closed = after(ASKED, ['closure', 'consumer', '2027-01-01'])
    refused('conflict', () => after(closed, ['incident', 'consumer', '2027-01-02']), /ended/)
    const [incident] = after(ASKED, [
      'incident',
      'provider',
      '2027-01-01',
      { endsOn: '2027-06-30', earlyErasure: true },
    ]).entries
    assert.deepEqual(Object.keys(incident ?? {}), ['kind', 'text', 'by', 'at'])
    refused('invalid', () => after(ASKED, ['incident', 'provider', '2027-01-01', { text: ' ' }]), /text/)
    refused('conflict', () => after(ASKED, ['completion', 'consumer', '2026-12-30']), /begins/)
  })
})
