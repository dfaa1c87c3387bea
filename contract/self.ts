/** What this server itself depends on: every place that it connects to, and who said so. */
import { type Static, Type } from 'typebox'
import { operation } from './operation.ts'
import { Timestamp } from './values.ts'

export const OutboundDestination = Type.Object({
  purpose: Type.String({ description: 'What for, in a word or two.' }),
  host: Type.String({
    description:
      'A name or an address; *.domain for every host below it, * for every public one; for a socket its path.',
  }),
  port: Type.Optional(Type.Integer({ description: 'Absent where any port is meant, and for a socket.' })),
  source: Type.String({ description: 'The setting that names it.' }),
})
export type OutboundDestination = Static<typeof OutboundDestination>

export const OutboundConnection = Type.Object({
  host: Type.String({ description: 'As it was asked for: a name, an address, or the path of a socket.' }),
  port: Type.Optional(Type.Integer()),
  count: Type.Integer({ description: 'Connections that were begun since the start.' }),
  lastAt: Timestamp,
  purpose: Type.Optional(Type.String({ description: 'Of the destination that allows it; absent where none does.' })),
})
export type OutboundConnection = Static<typeof OutboundConnection>

export const Self = Type.Object({
  version: Type.String(),
  startedAt: Timestamp,
  destinations: Type.Array(OutboundDestination, {
    description: 'All that the configuration lets this server connect to.',
  }),
  connections: Type.Array(OutboundConnection, {
    description: 'All that this process has connected to since it started, as its sockets were opened.',
  }),
  undeclared: Type.Integer({ description: 'How many of the connections no setting explains. 0 where all is well.' }),
})
export type Self = Static<typeof Self>

export const self = {
  get: operation({
    id: 'self.get',
    method: 'GET',
    path: '/self',
    summary: 'List what this server may connect to and which setting says so, and what it has connected to.',
    access: { admin: 'any' },
    status: 200,
    answer: Self,
    addition: true,
  }),
} as const
