/** HTTP for events: the list. */
import { type Event, events } from '@fulcrum/contract'
import { type Selectable, sql } from 'kysely'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { type ListSource, listPage } from '../platform/lists.ts'
import type { EventsTable } from '../platform/tables.ts'
import { timestamp } from '../platform/wire.ts'
import { settleEvents } from './sequencer.ts'

export function eventRoutes(api: Api, { db }: Platform): void {
  api.handle(events.list, async ({ query, scope }) => {
    await settleEvents(db)
    return listPage(db, events.list, query, scope, eventList)
  })
}

const eventList: ListSource<Selectable<EventsTable>, Event> = {
  table: 'events',
  key: ['sequence_number'],
  select: sql`t.*`,
  toItem: (row) => ({
    id: row.id,
    sequenceNumber: row.sequence_number,
    initiatorType: row.initiator_type === 'system' ? 'system' : 'user',
    initiatorId: row.initiator_id,
    type: row.type,
    properties: row.properties,
    ...(row.entity_id && { entityId: row.entity_id }),
    ...(row.provider_id && { providerId: row.provider_id }),
    ...(row.agent_id && { agentId: row.agent_id }),
    ...(row.consumer_id && { consumerId: row.consumer_id }),
    createdAt: timestamp(row.created_at),
    updatedAt: timestamp(row.created_at),
  }),
}
