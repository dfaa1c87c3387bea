/**
 * Subscriptions to events: one consumer, of which one instance at a time holds the lease and moves the cursor (source: contract,
 * DOMAIN.md section 11). Whoever calls these rules holds the lock on the subscription's row.
 *
 *     free ──lease──▶ held by i ──ack, lease by i──▶ held by i ──time──▶ free
 *
 * Times are those of the server: servers on one database must agree on the time much better than the shortest lease.
 */
import type { EventAckRequest, EventLeaseRequest } from '@fulcrum/contract'
import { invalidInput, Refusal } from '../platform/errors.ts'

export type Subscription = {
  readonly subscriberId: string
  /** The cursor: the last event that was acknowledged, 0 before the first. */
  readonly lastSequence: number
  readonly ownerInstance: string | null
  readonly leaseAcquiredAt: Date | null
  readonly leaseExpiresAt: Date | null
  readonly createdAt: Date
  readonly updatedAt: Date
}

type Held = Subscription & {
  readonly ownerInstance: string
  readonly leaseAcquiredAt: Date
  readonly leaseExpiresAt: Date
}

const LEASE_SECONDS = { least: 30, most: 3600, default: 300 } as const
const EVENTS = { least: 1, most: 1000, default: 100 } as const
/** Well below what an index entry of PostgreSQL can hold. */
const MAX_ID_BYTES = 1000

/**
 * What a lease asks for, by the rules for what is absent or out of range.
 *
 * @returns `leaseMs` 30 s to 1 h, `limit` 1 to 1000
 * @throws Refusal `invalid` for empty names, and for those that are too long
 */
export function readLeaseRequest({
  subscriberId,
  instanceId,
  leaseDurationSeconds,
  limit,
}: EventLeaseRequest): Readonly<{ subscriberId: string; instanceId: string; leaseMs: number; limit: number }> {
  checkIds(subscriberId, instanceId)
  return {
    subscriberId,
    instanceId,
    leaseMs: clamp(leaseDurationSeconds, LEASE_SECONDS) * 1000,
    limit: clamp(limit, EVENTS),
  }
}

/** @throws Refusal `invalid` for empty names, those that are too long, and a number that no event has */
export function checkAckRequest({ subscriberId, instanceId, lastEventSequenceProcessed }: EventAckRequest): void {
  checkIds(subscriberId, instanceId)
  if (lastEventSequenceProcessed < 1) throw invalidInput('lastEventSequenceProcessed must be at least 1')
}

/** A subscription that nobody has used yet: from the first event on, and free. */
export function newSubscription(subscriberId: string, now: Date): Subscription {
  return {
    subscriberId,
    lastSequence: 0,
    ownerInstance: null,
    leaseAcquiredAt: null,
    leaseExpiresAt: null,
    createdAt: now,
    updatedAt: now,
  }
}

/**
 * The subscription with its lease given to this instance, from now on for so long: also when that is shorter than what is left
 * of the lease that the instance has. The cursor stays.
 *
 * @throws Refusal `conflict` while another instance holds it
 */
export function takeLease(subscription: Subscription, instanceId: string, leaseMs: number, now: Date): Held {
  const held = isHeld(subscription, now) ? subscription : null
  if (held && held.ownerInstance !== instanceId)
    throw leaseConflict(`lease is already held by instance ${held.ownerInstance}`)
  return {
    ...subscription,
    ownerInstance: instanceId,
    leaseAcquiredAt: held?.leaseAcquiredAt ?? now,
    leaseExpiresAt: new Date(now.getTime() + leaseMs),
    updatedAt: now,
  }
}

/**
 * The subscription with its cursor moved on; the lease stays as it is.
 *
 * @param sequence  the last event that this instance has processed
 * @param newest    the number of the newest event that can be read; beyond it nobody can have processed anything
 * @throws Refusal `conflict` when this instance does not hold the lease, and when the cursor cannot go there
 */
export function acknowledge(
  subscription: Subscription,
  instanceId: string,
  sequence: number,
  newest: number,
  now: Date,
): Subscription {
  const { subscriberId, lastSequence } = subscription
  if (!isHeld(subscription, now)) throw ackConflict(`no active lease found for subscriber ${subscriberId}`)
  if (subscription.ownerInstance !== instanceId) throw ackConflict(`lease is not owned by instance ${instanceId}`)
  if (sequence <= lastSequence)
    throw ackConflict(`cannot acknowledge sequence ${sequence}: must be greater than current sequence ${lastSequence}`)
  if (sequence > newest) throw ackConflict(`cannot acknowledge sequence ${sequence}: the newest event is ${newest}`)
  return { ...subscription, lastSequence: sequence, updatedAt: now }
}

function isHeld(subscription: Subscription, now: Date): subscription is Held {
  const { ownerInstance, leaseAcquiredAt, leaseExpiresAt } = subscription
  return ownerInstance !== null && leaseAcquiredAt !== null && leaseExpiresAt !== null && now < leaseExpiresAt
}

function clamp(value: number | undefined, range: { least: number; most: number; default: number }): number {
  return Math.min(Math.max(value ?? range.default, range.least), range.most)
}

function checkIds(subscriberId: string, instanceId: string): void {
  for (const [name, id] of [
    ['subscriber_id', subscriberId],
    ['instance_id', instanceId],
  ] as const) {
    if (id === '') throw invalidInput(`${name} cannot be empty`)
    if (Buffer.byteLength(id) > MAX_ID_BYTES) throw invalidInput(`${name} cannot be longer than ${MAX_ID_BYTES} bytes`)
  }
}

// the prefix is that of a broken rule, the status that of a conflict: so clients of API v1 know both
function leaseConflict(text: string): Refusal {
  return new Refusal('conflict', `invalid input: ${text}`, { title: 'Lease Conflict' })
}

function ackConflict(text: string): Refusal {
  return new Refusal('conflict', `invalid input: ${text}`, { title: 'Acknowledgement Conflict' })
}
