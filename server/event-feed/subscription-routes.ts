/** HTTP for consumers of events: parse, call, answer. */
import { events } from '@fulcrum/contract'
import { settleEvents } from '../events/index.ts'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { timestamp } from '../platform/wire.ts'
import { eventsAfter, newestSequence } from './event-feed-store.ts'
import { acknowledge, checkAckRequest, readLeaseRequest, takeLease } from './subscription.ts'
import { lockOrMakeSubscription, lockSubscription, saveSubscription } from './subscription-store.ts'

export function subscriptionRoutes(api: Api, { db }: Platform): void {
  // a subscription sees the events of everybody, hence no narrowed admin
  const nobodys = {}

  api.handle(events.lease, async ({ body, authorize, command }) => {
    authorize(nobodys)
    const { subscriberId, instanceId, leaseMs, limit } = readLeaseRequest(body)
    const leased = await command(async (c) => {
      const subscription = await lockOrMakeSubscription(c.tx, subscriberId, c.now)
      const taken = takeLease(subscription, instanceId, leaseMs, c.now)
      await saveSubscription(c.tx, taken)
      return taken
    })
    // after the commit: the row is locked for a moment only, and an open transaction would hold back the numbering of events
    await settleEvents(db)
    return {
      events: await eventsAfter(db, leased.lastSequence, limit),
      leaseExpiresAt: timestamp(leased.leaseExpiresAt),
      lastEventSequenceProcessed: leased.lastSequence,
    }
  })

  api.handle(events.ack, async ({ body, authorize, command }) => {
    authorize(nobodys)
    checkAckRequest(body)
    const { subscriberId, instanceId, lastEventSequenceProcessed } = body
    const { lastSequence } = await command(async (c) => {
      const subscription = await lockSubscription(c.tx, subscriberId)
      const newest = await newestSequence(c.tx)
      const moved = acknowledge(subscription, instanceId, lastEventSequenceProcessed, newest, c.now)
      await saveSubscription(c.tx, moved)
      return moved
    })
    return { lastEventSequenceProcessed: lastSequence }
  })
}
