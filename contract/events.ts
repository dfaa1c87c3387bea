/** Events: one for every change, in an order that never changes once it was read. */
import { type Static, Type } from 'typebox'
import { Agent } from './agents.ts'
import { contains, exact, list, operation, uuidFilter } from './operation.ts'
import { Participant } from './participants.ts'
import { JsonObject, Timestamp, Uuid, UuidWith } from './values.ts'

export const Event = Type.Object({
  id: Uuid,
  sequenceNumber: Type.Integer({ description: 'Increasing, with gaps where a transaction rolled back.', minimum: 1 }),
  initiatorType: Type.Enum(['user', 'system']),
  initiatorId: Type.String({ description: 'Token id or JWT subject of the caller.' }),
  type: Type.String(),
  properties: Type.Union([JsonObject, Type.Null()]),
  entityId: Type.Optional(UuidWith('What the event is about; an addition to v1.')),
  providerId: Type.Optional(Uuid),
  provider: Type.Optional(Participant),
  agentId: Type.Optional(Uuid),
  agent: Type.Optional(Agent),
  consumerId: Type.Optional(Uuid),
  consumer: Type.Optional(Participant),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type Event = Static<typeof Event>

export const EventLeaseRequest = Type.Object({
  subscriberId: Type.String({ minLength: 1 }),
  instanceId: Type.String({ minLength: 1 }),
  leaseDurationSeconds: Type.Optional(Type.Integer({ description: 'Default 300; clamped to 30..3600.' })),
  limit: Type.Optional(Type.Integer({ description: 'Default 100; clamped to 1..1000.' })),
})
export type EventLeaseRequest = Static<typeof EventLeaseRequest>

export const EventLease = Type.Object({
  events: Type.Array(Event, { description: 'No embedded participants/agents here. [] when nothing is new.' }),
  leaseExpiresAt: Timestamp,
  lastEventSequenceProcessed: Type.Integer({ minimum: 0 }),
})
export type EventLease = Static<typeof EventLease>

export const EventAckRequest = Type.Object({
  subscriberId: Type.String({ minLength: 1 }),
  instanceId: Type.String({ minLength: 1 }),
  lastEventSequenceProcessed: Type.Integer({ minimum: 1 }),
})
export type EventAckRequest = Static<typeof EventAckRequest>

export const EventAck = Type.Object({
  lastEventSequenceProcessed: Type.Integer({ minimum: 0 }),
})
export type EventAck = Static<typeof EventAck>

export const events = {
  list: list({
    id: 'events.list',
    path: '/events',
    summary: 'List audit events, one page at a time.',
    access: { admin: 'any', participant: ['providerId', 'consumerId'] },
    item: Event,
    filters: { initiatorType: exact, initiatorId: uuidFilter, type: contains, entityId: uuidFilter },
    sort: ['createdAt', 'sequenceNumber'],
  }),
  lease: operation({
    id: 'events.lease',
    method: 'POST',
    path: '/events/lease',
    summary: "Take or renew a subscriber's lease and fetch the events after its cursor.",
    access: { admin: 'any' },
    roleBeforeBody: true,
    body: EventLeaseRequest,
    status: 200,
    answer: EventLease,
    conflict: 'Another instance holds the lease.',
  }),
  ack: operation({
    id: 'events.ack',
    method: 'POST',
    path: '/events/ack',
    summary: "Advance a subscriber's cursor.",
    access: { admin: 'any' },
    roleBeforeBody: true,
    body: EventAckRequest,
    status: 200,
    answer: EventAck,
    conflict: 'The instance does not hold the lease, or the number is not one that it was given.',
    missing: 'There is no such subscriber.',
  }),
} as const
