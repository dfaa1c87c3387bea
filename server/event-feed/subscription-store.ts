/** Subscriptions in PostgreSQL. Their row is the lock under which leases are given and cursors move. */
import type { Selectable } from 'kysely'
import type { Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import type { EventSubscriptionsTable } from '../platform/tables.ts'
import { newSubscription, type Subscription } from './subscription.ts'

/**
 * Makes the subscription when there is none, and locks its row until the transaction ends. Of several that make the same one,
 * the others wait for the first and then get its row.
 */
export async function lockOrMakeSubscription(tx: Tx, subscriberId: string, now: Date): Promise<Subscription> {
  const made = newSubscription(subscriberId, now)
  await tx
    .insertInto('event_subscriptions')
    .values({ ...changing(made), subscriber_id: subscriberId, created_at: made.createdAt })
    .onConflict((conflict) => conflict.column('subscriber_id').doNothing())
    .execute()
  return lockSubscription(tx, subscriberId)
}

/** Reads the subscription and locks its row until the transaction ends. @throws Refusal `not-found` */
export async function lockSubscription(tx: Tx, subscriberId: string): Promise<Subscription> {
  const row = await tx
    .selectFrom('event_subscriptions')
    .selectAll()
    .where('subscriber_id', '=', subscriberId)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw new Refusal('not-found', `resource not found: event subscription with subscriber_id ${subscriberId}`)
  return toSubscription(row)
}

/** Writes what can change. The row must be locked by one of the two above. */
export async function saveSubscription(tx: Tx, subscription: Subscription): Promise<void> {
  await tx
    .updateTable('event_subscriptions')
    .set(changing(subscription))
    .where('subscriber_id', '=', subscription.subscriberId)
    .execute()
}

function changing(subscription: Subscription) {
  return {
    last_sequence: subscription.lastSequence,
    owner_instance: subscription.ownerInstance,
    lease_acquired_at: subscription.leaseAcquiredAt,
    lease_expires_at: subscription.leaseExpiresAt,
    updated_at: subscription.updatedAt,
  }
}

function toSubscription(row: Selectable<EventSubscriptionsTable>): Subscription {
  return {
    subscriberId: row.subscriber_id,
    lastSequence: row.last_sequence,
    ownerInstance: row.owner_instance,
    leaseAcquiredAt: row.lease_acquired_at,
    leaseExpiresAt: row.lease_expires_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
