/** Participants: the organisations of the federation. One participant may be provider and consumer at once. */
import { type Static, Type } from 'typebox'
import { contains, list, oneOf, operation } from './operation.ts'
import { Timestamp, Uuid, UuidInput } from './values.ts'

export const ParticipantStatus = Type.Enum(['Enabled', 'Disabled'], {
  description:
    'Case-sensitive. Tokens of a disabled participant can only read the participant itself; it gets no new services and jobs.',
})
export type ParticipantStatus = Static<typeof ParticipantStatus>

export const Participant = Type.Object({
  id: Uuid,
  name: Type.String(),
  status: ParticipantStatus,
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type Participant = Static<typeof Participant>

export const ParticipantCreate = Type.Object({
  name: Type.String({ minLength: 1 }),
  status: ParticipantStatus,
})
export type ParticipantCreate = Static<typeof ParticipantCreate>

export const ParticipantUpdate = Type.Object({
  name: Type.Optional(Type.String({ minLength: 1 })),
  status: Type.Optional(ParticipantStatus),
})
export type ParticipantUpdate = Static<typeof ParticipantUpdate>

export const participants = {
  list: list({
    id: 'participants.list',
    path: '/participants',
    summary: 'List participants, one page at a time.',
    access: { admin: 'any', participant: ['participantId'] },
    item: Participant,
    filters: { name: contains, status: oneOf(ParticipantStatus) },
    sort: ['name'],
  }),
  create: operation({
    id: 'participants.create',
    method: 'POST',
    path: '/participants',
    summary: 'Create one of the participants.',
    access: { admin: 'any' },
    body: ParticipantCreate,
    status: 201,
    answer: Participant,
  }),
  get: operation({
    id: 'participants.get',
    method: 'GET',
    path: '/participants/{id}',
    summary: 'Read one of the participants.',
    access: { admin: 'any', participant: ['participantId'] },
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: Participant,
  }),
  update: operation({
    id: 'participants.update',
    method: 'PATCH',
    path: '/participants/{id}',
    summary: 'Change some fields of one of the participants; absent or null fields stay.',
    access: { admin: 'any', participant: ['participantId'] },
    params: Type.Object({ id: UuidInput }),
    body: ParticipantUpdate,
    status: 200,
    answer: Participant,
  }),
  delete: operation({
    id: 'participants.delete',
    method: 'DELETE',
    path: '/participants/{id}',
    summary: 'Delete one of the participants.',
    access: { admin: 'any' },
    params: Type.Object({ id: UuidInput }),
    status: 204,
    answer: null,
    conflict: 'Agents, groups, services, pools or options still refer to it.',
  }),
} as const
