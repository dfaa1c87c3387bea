/** HTTP for reading events. */
import { events } from '@fulcrum/contract'
import { settleEvents } from '../events/index.ts'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { listPage } from '../platform/lists.ts'
import { eventList } from './event-feed-store.ts'

export function eventFeedRoutes(api: Api, { db }: Platform): void {
  api.handle(events.list, async ({ query, scope }) => {
    await settleEvents(db)
    return listPage(db, events.list, query, scope, eventList)
  })
}
