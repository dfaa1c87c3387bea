/**
 * Switchings: a customer leaves a provider under the Data Act, Regulation (EU) 2023/2854. A record with its clocks, to which both
 * sides add entries; nothing in it is ever changed.
 */
import { type Static, Type } from 'typebox'
import { list, operation, uuidFilter } from './operation.ts'
import { Timestamp, Uuid, UuidInput, UuidInputWith } from './values.ts'

const DATE = { pattern: '^\\d{4}-\\d{2}-\\d{2}$' }
function DateOf(description: string) {
  return Type.String({ ...DATE, description: `${description} A calendar date in UTC, 2026-12-31.` })
}

export const SwitchingState = Type.Enum(
  ['requested', 'notice', 'transition', 'extended', 'retrieval', 'disputed', 'erased', 'closed'],
  {
    description:
      'requested: its first day is to come. notice, transition, extended, retrieval: as the clocks say. disputed: an open dispute. erased, closed: the end.',
  },
)
export type SwitchingState = Static<typeof SwitchingState>

export const SwitchingEntryKind = Type.Enum([
  'unfeasibility',
  'extension',
  'completion',
  'charge',
  'incident',
  'dispute',
  'settlement',
  'erasure',
  'closure',
])
export type SwitchingEntryKind = Static<typeof SwitchingEntryKind>

const MONEY = Type.Object({
  amount: Type.Number({ minimum: 0, maximum: 1e12 }),
  currency: Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217.' }),
})

export const SwitchingEntryCreate = Type.Object({
  kind: SwitchingEntryKind,
  text: Type.Optional(
    Type.String({
      maxLength: 4_000,
      description:
        'Required for unfeasibility (the justification), incident, dispute, settlement and charge (its basis).',
    }),
  ),
  endsOn: Type.Optional(DateOf('unfeasibility and extension: the new last day of the transition.')),
  charge: Type.Optional(MONEY),
  directCost: Type.Optional(
    Type.Number({ minimum: 0, maximum: 1e12, description: 'charge: what the switch cost the provider directly.' }),
  ),
  earlyErasure: Type.Optional(
    Type.Boolean({ description: 'completion: the customer has its data and does not need the retrieval period.' }),
  ),
  proofSha256: Type.Optional(
    Type.String({ pattern: '^[0-9A-Fa-f]{64}$', description: 'erasure: digest of the document that proves it.' }),
  ),
})
export type SwitchingEntryCreate = Static<typeof SwitchingEntryCreate>

export const SwitchingEntry = Type.Object({
  ...SwitchingEntryCreate.properties,
  by: Type.Enum(['consumer', 'provider', 'operator']),
  at: Timestamp,
})
export type SwitchingEntry = Static<typeof SwitchingEntry>

export const SwitchingClocks = Type.Object({
  noticeEndsOn: DateOf('Last day of the notice.'),
  unfeasibleUntil: DateOf('Last day on which the provider may call the transition unfeasible.'),
  transitionEndsOn: DateOf('Last day of the transition, with its extension.'),
  retrievalEndsOn: DateOf('The customer may fetch its data up to this day at least.'),
  noChargesFrom: DateOf('From this day on switching costs the customer nothing.'),
})
export type SwitchingClocks = Static<typeof SwitchingClocks>

export const SwitchingAsset = Type.Object({
  serviceId: Uuid,
  kind: Type.Enum(['exportable-data', 'digital-asset', 'excluded-internal'], {
    description:
      "exportable-data: a finished artifact of the service. digital-asset: its configuration. excluded-internal: the provider's own data about it.",
  }),
  path: Type.String({ description: 'Where to get it: below /api/v1, or a member of the service.' }),
  format: Type.String(),
  sizeBytes: Type.Integer(),
  sha256: Type.Optional(Type.String({ description: 'Hex; absent where the customer gets no content.' })),
  exportedAt: Type.Optional(Timestamp),
  importedAt: Type.Optional(
    Type.Unsafe<string>({ ...Timestamp, description: 'When another provider had taken it in.' }),
  ),
})
export type SwitchingAsset = Static<typeof SwitchingAsset>

export const Switching = Type.Object({
  id: Uuid,
  consumerId: Uuid,
  providerId: Uuid,
  serviceIds: Type.Array(Uuid),
  destination: Type.Enum(['provider', 'on-premises', 'erase']),
  destinationProviderId: Type.Optional(Uuid),
  contractRef: Type.Optional(Type.String()),
  requestedOn: DateOf('First day of the notice.'),
  noticeMonths: Type.Number(),
  state: SwitchingState,
  clocks: SwitchingClocks,
  overdue: Type.Array(Type.Enum(['transition', 'erasure']), {
    description: 'What the provider should have done by now.',
  }),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type Switching = Static<typeof Switching>

export const SwitchingRecord = Type.Object({
  ...Switching.properties,
  entries: Type.Array(SwitchingEntry, { description: 'Oldest first.' }),
  assets: Type.Array(SwitchingAsset, { description: 'All that the customer may take along, and what not.' }),
})
export type SwitchingRecord = Static<typeof SwitchingRecord>

export const SwitchingCreate = Type.Object({
  consumerId: UuidInput,
  providerId: UuidInputWith('The provider that is left.'),
  serviceIds: Type.Optional(
    Type.Array(UuidInput, {
      minItems: 1,
      maxItems: 10_000,
      description: 'Default: all services of the consumer at the provider that have not ended.',
    }),
  ),
  destination: Type.Enum(['provider', 'on-premises', 'erase']),
  destinationProviderId: Type.Optional(UuidInput),
  contractRef: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  requestedOn: Type.Optional(DateOf('Default today; at most 366 days ahead, never in the past.')),
  noticeMonths: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 2, description: 'Of the contract; default 2, the most that the law allows.' }),
  ),
})
export type SwitchingCreate = Static<typeof SwitchingCreate>

const OWNERS = { admin: 'any', participant: ['providerId', 'consumerId'] } as const

export const switchings = {
  list: list({
    id: 'switchings.list',
    path: '/switchings',
    summary: 'List switchings, one page at a time.',
    access: OWNERS,
    item: Switching,
    filters: { consumerId: uuidFilter, providerId: uuidFilter },
    sort: ['createdAt'],
    addition: true,
  }),
  create: operation({
    id: 'switchings.create',
    method: 'POST',
    path: '/switchings',
    summary: 'Ask a provider for the switch to another one, to own premises, or for erasure. The notice begins.',
    access: { admin: 'any', participant: ['consumerId'] },
    body: SwitchingCreate,
    status: 201,
    answer: Switching,
    conflict: 'One of the services is part of a switching that has not ended.',
    addition: true,
  }),
  get: operation({
    id: 'switchings.get',
    method: 'GET',
    path: '/switchings/{id}',
    summary: 'Read a switching with its entries and all that can be taken along.',
    access: OWNERS,
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: SwitchingRecord,
    addition: true,
  }),
  record: operation({
    id: 'switchings.record',
    method: 'POST',
    path: '/switchings/{id}/entries',
    summary:
      'Add an entry. Providers: unfeasibility, charge, erasure. Customers: extension, completion, closure. Both: incident, dispute, settlement.',
    access: OWNERS,
    params: Type.Object({ id: UuidInput }),
    body: SwitchingEntryCreate,
    status: 201,
    answer: SwitchingRecord,
    conflict: 'The switching has ended, or the time for such an entry is over or has not come.',
    addition: true,
  }),
} as const
