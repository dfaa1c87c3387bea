/** The rules of leases and cursors, without a database. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Refusal } from '../platform/errors.ts'
import { acknowledge, checkAckRequest, newSubscription, readLeaseRequest, takeLease } from './subscription.ts'

const START = new Date('2026-11-24T12:00:00Z')
const later = (ms: number) => new Date(START.getTime() + ms)
const LEASE_MS = 60_000
const fresh = newSubscription('A', START)
const held = takeLease(fresh, 'i1', LEASE_MS, START)

function refused(run: () => unknown): Refusal {
  try {
    run()
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  assert.fail('it was not refused')
}

describe('what a lease asks for', () => {
  const asked = (leaseDurationSeconds?: number, limit?: number) => {
    const { leaseMs, limit: events } = readLeaseRequest({
      subscriberId: 'A',
      instanceId: 'i1',
      ...(leaseDurationSeconds !== undefined && { leaseDurationSeconds }),
      ...(limit !== undefined && { limit }),
    })
    return [leaseMs / 1000, events]
  }

  test('is 300 seconds and 100 events when nothing is said', () => assert.deepEqual(asked(), [300, 100]))
  test('is kept within 30 to 3600 seconds and 1 to 1000 events', () => {
    assert.deepEqual(asked(29, 0), [30, 1])
    assert.deepEqual(asked(-5, -5), [30, 1])
    assert.deepEqual(asked(30, 1), [30, 1])
    assert.deepEqual(asked(3600, 1000), [3600, 1000])
    assert.deepEqual(asked(3601, 1001), [3600, 1000])
    assert.deepEqual(asked(1e300, 1e300), [3600, 1000])
  })

  test('names a subscriber and an instance, neither of them empty or too long', () => {
    const request = { subscriberId: 'A', instanceId: 'i1', lastEventSequenceProcessed: 1 }
    for (const [wrong, message] of [
      [{ subscriberId: '' }, 'invalid input: subscriber_id cannot be empty'],
      [{ instanceId: '' }, 'invalid input: instance_id cannot be empty'],
      [{ subscriberId: 'é'.repeat(501) }, 'invalid input: subscriber_id cannot be longer than 1000 bytes'],
      [{ instanceId: 'é'.repeat(501) }, 'invalid input: instance_id cannot be longer than 1000 bytes'],
    ] as const)
      for (const check of [readLeaseRequest, checkAckRequest]) {
        const refusal = refused(() => check({ ...request, ...wrong }))
        assert.deepEqual([refusal.kind, refusal.message], ['invalid', message])
      }
    assert.equal(refused(() => checkAckRequest({ ...request, lastEventSequenceProcessed: 0 })).kind, 'invalid')
  })
})

describe('a lease', () => {
  test('of a new subscription starts at the beginning', () => {
    assert.deepEqual(held, {
      ...fresh,
      ownerInstance: 'i1',
      leaseAcquiredAt: START,
      leaseExpiresAt: later(LEASE_MS),
    })
    assert.equal(held.lastSequence, 0)
  })

  test('is renewed by its own instance, from now on, also to a shorter one', () => {
    const renewed = takeLease(held, 'i1', 30_000, later(1000))
    assert.deepEqual([renewed.leaseExpiresAt, renewed.leaseAcquiredAt, renewed.lastSequence], [later(31_000), START, 0])
  })

  test('is refused to another instance until the moment in which it ends', () => {
    const refusal = refused(() => takeLease(held, 'i2', LEASE_MS, later(LEASE_MS - 1)))
    assert.deepEqual(
      [refusal.kind, refusal.title, refusal.message],
      ['conflict', 'Lease Conflict', 'invalid input: lease is already held by instance i1'],
    )
    const taken = takeLease({ ...held, lastSequence: 4 }, 'i2', LEASE_MS, later(LEASE_MS))
    assert.deepEqual([taken.ownerInstance, taken.leaseAcquiredAt, taken.lastSequence], ['i2', later(LEASE_MS), 4])
  })
})

describe('an acknowledgement', () => {
  test('moves the cursor and leaves the lease', () => {
    assert.deepEqual(acknowledge(held, 'i1', 3, 10, later(1)), { ...held, lastSequence: 3, updatedAt: later(1) })
    assert.equal(acknowledge(held, 'i1', 10, 10, later(1)).lastSequence, 10)
  })

  test('is refused without a live lease, to another instance, backwards, and beyond the newest event', () => {
    const at3 = { ...held, lastSequence: 3 }
    for (const [run, message] of [
      [() => acknowledge(fresh, 'i1', 4, 10, later(1)), 'no active lease found for subscriber A'],
      [() => acknowledge(at3, 'i1', 4, 10, later(LEASE_MS)), 'no active lease found for subscriber A'],
      [() => acknowledge(at3, 'i2', 4, 10, later(1)), 'lease is not owned by instance i2'],
      [
        () => acknowledge(at3, 'i1', 3, 10, later(1)),
        'cannot acknowledge sequence 3: must be greater than current sequence 3',
      ],
      [() => acknowledge(at3, 'i1', 11, 10, later(1)), 'cannot acknowledge sequence 11: the newest event is 10'],
    ] as const) {
      const refusal = refused(run)
      assert.deepEqual(
        [refusal.kind, refusal.title, refusal.message],
        ['conflict', 'Acknowledgement Conflict', `invalid input: ${message}`],
      )
    }
  })
})
