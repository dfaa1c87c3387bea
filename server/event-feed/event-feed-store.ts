/** Numbered events as readers see them, with whom they concern. Written by the feature `events`. */
import type { Event } from '@fulcrum/contract'
import { type Selectable, sql } from 'kysely'
import { type AgentRow, agentToWire, toAgent } from '../agents/index.ts'
import { type ParticipantRow, participantToWire, toParticipant } from '../participants/index.ts'
import type { Db } from '../platform/db.ts'
import type { ListSource } from '../platform/lists.ts'
import type { EventsTable } from '../platform/tables.ts'
import { timestamp } from '../platform/wire.ts'

type EventRow = Selectable<EventsTable>

type JoinedRow = EventRow & {
  provider: ParticipantRow | null
  agent: AgentRow | null
  consumer: ParticipantRow | null
}

export const eventList: ListSource<JoinedRow, Event> = {
  table: 'events',
  key: ['sequence_number'],
  select: sql`t.*, to_json(p) AS provider, to_json(a) AS agent, to_json(c) AS consumer`,
  joins: sql`
    LEFT JOIN participants p ON p.id = t.provider_id AND p.deleted_at IS NULL
    LEFT JOIN agents a ON a.id = t.agent_id AND a.deleted_at IS NULL
    LEFT JOIN participants c ON c.id = t.consumer_id AND c.deleted_at IS NULL`,
  toItem: (row) => ({
    ...eventToWire(row),
    ...(row.provider && { provider: participantToWire(toParticipant(row.provider)) }),
    ...(row.agent && { agent: agentToWire(toAgent(row.agent)) }),
    ...(row.consumer && { consumer: participantToWire(toParticipant(row.consumer)) }),
  }),
}

/**
 * The events above this number in their order, without what they concern. Nothing appears later among those that were read,
 * because an event is numbered only when no older one can come.
 *
 * @param limit  at least 1
 */
export async function eventsAfter(db: Db, sequence: number, limit: number): Promise<Event[]> {
  const rows = await db
    .selectFrom('events')
    .selectAll()
    .where('sequence_number', '>', sequence)
    .orderBy('sequence_number')
    .limit(limit)
    .execute()
  return rows.map(eventToWire)
}

/** The number of the newest event that could ever be read, deleted ones included; 0 when there was none. */
export async function newestSequence(db: Db): Promise<number> {
  const { last } = await db.selectFrom('event_sequence').select('last').executeTakeFirstOrThrow()
  return last
}

function eventToWire(row: EventRow): Event {
  return {
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
  }
}
