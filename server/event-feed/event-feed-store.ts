/** Numbered events as readers see them, with whom they concern. Written by the feature `events`. */
import type { Event } from '@fulcrum/contract'
import { type Selectable, sql } from 'kysely'
import { type AgentRow, agentToWire, toAgent } from '../agents/index.ts'
import { type ParticipantRow, participantToWire, toParticipant } from '../participants/index.ts'
import type { ListSource } from '../platform/lists.ts'
import type { EventsTable } from '../platform/tables.ts'
import { timestamp } from '../platform/wire.ts'

type JoinedRow = Selectable<EventsTable> & {
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
    id: row.id,
    sequenceNumber: row.sequence_number,
    initiatorType: row.initiator_type === 'system' ? 'system' : 'user',
    initiatorId: row.initiator_id,
    type: row.type,
    properties: row.properties,
    ...(row.entity_id && { entityId: row.entity_id }),
    ...(row.provider_id && { providerId: row.provider_id }),
    ...(row.provider && { provider: participantToWire(toParticipant(row.provider)) }),
    ...(row.agent_id && { agentId: row.agent_id }),
    ...(row.agent && { agent: agentToWire(toAgent(row.agent)) }),
    ...(row.consumer_id && { consumerId: row.consumer_id }),
    ...(row.consumer && { consumer: participantToWire(toParticipant(row.consumer)) }),
    createdAt: timestamp(row.created_at),
    updatedAt: timestamp(row.created_at),
  }),
}
