/** Placement: what an order demands and prefers, where it could run, and why it could not elsewhere. Every decision is kept. */
import { type Static, Type } from 'typebox'
import { list, oneOf, operation, uuidFilter } from './operation.ts'
import { Money } from './service-classifications.ts'
import { AnyJson, JsonObject, Timestamp, TimestampInputWith, Uuid, UuidInput } from './values.ts'
import { Why } from './why.ts'

const Assured = Type.Enum(['none', 'self-declared', 'credential-verified', 'auditor-attested'])
const OnUnknown = Type.Enum(['deny', 'warn'])
const Text = Type.Array(Type.String())

/** Read as it is: a misspelt member would loosen what was meant to be tight. */
export const PlacementConstraint = Type.Object(
  {
    id: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
        description: 'Names it in answers. Default: its type.',
      }),
    ),
    type: Type.String({ description: 'One of the closed list, for example gaiax.label.min.' }),
    params: Type.Optional(JsonObject),
    minAssurance: Type.Optional(Assured),
    onUnknown: Type.Optional(OnUnknown),
    severity: Type.Optional(Type.Enum(['hard', 'soft'], { description: 'soft: a failure is a warning.' })),
  },
  { additionalProperties: false },
)
export type PlacementConstraint = Static<typeof PlacementConstraint>

export const PlacementRequirements = Type.Object(
  {
    trustedZone: Type.Optional(
      Type.Object(
        { groups: Type.Optional(Text), countries: Type.Optional(Text), except: Type.Optional(Text) },
        { description: 'Groups such as EU and EEA, and single countries. Default: EEA.' },
      ),
    ),
    minAssurance: Type.Optional({ ...Assured, description: 'How well facts must be proved. Default: self-declared.' }),
    onUnknown: Type.Optional({
      ...OnUnknown,
      description: 'What follows from a fact that is not known. Default: deny.',
    }),
    constraints: Type.Optional(
      Type.Array(Type.Unsafe<PlacementConstraint>({ type: 'object' }), {
        description:
          'Each a PlacementConstraint; members that it does not have are refused. All must hold, besides those of every policy in force. At most 50.',
      }),
    ),
    preferences: Type.Optional(
      Type.Array(
        Type.Object({
          type: Type.Enum(['csf.verified', 'price', 'latency', 'carbon', 'spread', 'country-order']),
          weight: Type.Number({ description: 'Above 0.' }),
          countries: Type.Optional(Text),
          region: Type.Optional(Type.String({ description: 'Of latency: from where. Default: the slowest region.' })),
        }),
        { description: 'What ranks those that qualify. Without any, those of the policies in force.' },
      ),
    ),
    agentTags: Type.Optional(Type.Array(Type.String(), { description: 'Agents must carry all of them.' })),
  },
  { description: 'What an order demands of where it runs, and what it prefers.' },
)
export type PlacementRequirements = Static<typeof PlacementRequirements>

export const CustomerKey = Type.Object(
  {
    reference: Type.String({
      description: 'How the key is found where it is kept; no key material. Up to 500 characters.',
    }),
    country: Type.String({ description: 'Where it is kept: ISO 3166-1 alpha-2.' }),
  },
  { description: 'A key that the customer holds.' },
)
export type CustomerKey = Static<typeof CustomerKey>

export const PlacementCreate = Type.Object({
  groupId: UuidInput,
  serviceTypeId: UuidInput,
  requirements: Type.Optional(PlacementRequirements),
  customerKey: Type.Optional(CustomerKey),
  properties: Type.Optional(
    Type.Unsafe<JsonObject>({ ...JsonObject, description: 'Held against the schema of the type, at each provider.' }),
  ),
  at: Type.Optional(TimestampInputWith('At which moment policies, facts and evidence are looked at. Default: now.')),
})
export type PlacementCreate = Static<typeof PlacementCreate>

const Note = Type.Object({ code: Type.String(), detail: Type.Optional(Type.String()) })

export const PlacementCandidate = Type.Object({
  agentId: Uuid,
  agentName: Type.String(),
  providerId: Uuid,
  providerName: Type.String(),
  qualifies: Type.Boolean({ description: 'No policy refuses it and nothing stands in the way.' }),
  outcome: Type.Enum(['allow', 'allow_with_obligations', 'deny'], { description: 'What the policies say.' }),
  failed: Type.Array(
    Type.Object({
      code: Type.String(),
      detail: Type.Optional(Type.String()),
      policyId: Type.String(),
      constraintId: Type.String(),
      type: Type.String({ description: 'Of the constraint.' }),
    }),
  ),
  warnings: Text,
  obligations: Text,
  waived: Text,
  wouldFail: Type.Array(Type.String(), { description: 'What policies in audit mode would have refused.' }),
  advisories: Type.Array(Type.String(), { description: 'Foreign reach that remains, also where it is allowed.' }),
  obstacles: Type.Array(Note, {
    description: 'Reasons outside the policies: CAPACITY, QUOTA, DISABLED, TAGS, BLOCKED, PROPERTIES, CUSTOMER_KEY.',
  }),
  remarks: Type.Array(Note, { description: 'What is no obstacle: AGENT_NOT_CONNECTED, PRICE_CURRENCY.' }),
  utility: Type.Number({ description: 'Weighted sum of the utilities; 0 where it does not qualify.' }),
  utilities: Type.Record(Type.String(), Type.Number(), { description: 'By preference, each 0 to 1.' }),
  monthlyPrice: Type.Optional(Money),
  latencyMs: Type.Optional(Type.Number()),
  carbonGramPerKWh: Type.Optional(Type.Number()),
  country: Type.Optional(Type.String()),
  share: Type.Optional(
    Type.Number({ description: 'Of the consumer’s services, how many this provider would have; 0 to 1.' }),
  ),
  explanation: Type.String(),
})
export type PlacementCandidate = Static<typeof PlacementCandidate>

export const PlacementCounterfactual = Type.Object({
  policyId: Type.String(),
  constraintId: Type.String(),
  change: Type.String({ description: 'For example: level L2 instead of L3.' }),
  gained: Type.Array(Uuid, { description: 'Agents that would qualify besides those that do.' }),
  text: Type.String({ description: 'The same for a person.' }),
})
export type PlacementCounterfactual = Static<typeof PlacementCounterfactual>

const DecisionKind = Type.Enum(['dry-run', 'order', 'refused'], {
  description: 'order: a service was created by it; refused: an order that was not carried out.',
})
const DecisionOutcome = Type.Enum(['placed', 'refused'], { description: 'Whether anything qualified.' })
const summary = {
  id: Uuid,
  kind: DecisionKind,
  outcome: DecisionOutcome,
  serviceTypeId: Uuid,
  consumerId: Type.Optional(Uuid),
  groupId: Type.Optional(Uuid),
  serviceId: Type.Optional(Uuid),
  agentId: Type.Optional(Type.String({ format: 'uuid', description: 'The agent that was chosen.' })),
  providerId: Type.Optional(Uuid),
  at: Timestamp,
  explanation: Type.String(),
  inputsSha256: Type.String({ description: 'SHA-256 in hex over the canonical JSON (RFC 8785) of the inputs.' }),
  createdAt: Timestamp,
}

export const PlacementDecisionSummary = Type.Object(summary)
export type PlacementDecisionSummary = Static<typeof PlacementDecisionSummary>

export const PlacementDecision = Type.Object({
  ...summary,
  candidates: Type.Array(PlacementCandidate, {
    description: 'The best first, then those that do not qualify. A provider sees its own agents only.',
  }),
  counterfactuals: Type.Array(PlacementCounterfactual, { description: 'What a smaller demand would bring.' }),
})
export type PlacementDecision = Static<typeof PlacementDecision>

export const PlacementRecord = Type.Object(
  {
    id: Uuid,
    inputsSha256: Type.String(),
    inputs: Type.Unsafe<JsonObject>({ ...JsonObject, description: 'Everything that the decision depends on.' }),
    result: AnyJson,
  },
  { description: 'What is needed to decide again from the record alone.' },
)
export type PlacementRecord = Static<typeof PlacementRecord>

export const ServicePlacement = Type.Object({
  serviceId: Uuid,
  decisionId: Uuid,
  obligations: Text,
  requirements: Type.Optional(PlacementRequirements),
  policyId: Type.Optional(
    Type.String({ format: 'uuid', description: 'As which policy the requirements keep holding.' }),
  ),
  customerKey: Type.Optional(CustomerKey),
  createdAt: Timestamp,
})
export type ServicePlacement = Static<typeof ServicePlacement>

export const placements = {
  create: operation({
    id: 'placements.create',
    method: 'POST',
    path: '/placements',
    summary: 'Say where an order could run, best first, why not elsewhere, and what would help. Orders nothing.',
    access: { admin: 'any', participant: ['consumerId'] },
    body: PlacementCreate,
    status: 201,
    answer: PlacementDecision,
    missing: 'The service group or the service type does not exist.',
    addition: true,
  }),
} as const

const readers = { admin: 'any', participant: ['consumerId', 'providerId'] } as const

export const placementDecisions = {
  list: list({
    id: 'placementDecisions.list',
    path: '/placement-decisions',
    summary: 'List decisions about where services may go, one page at a time.',
    access: readers,
    item: PlacementDecisionSummary,
    filters: {
      kind: oneOf(DecisionKind),
      outcome: oneOf(DecisionOutcome),
      serviceId: uuidFilter,
      serviceTypeId: uuidFilter,
    },
    sort: ['createdAt'],
    addition: true,
  }),
  get: operation({
    id: 'placementDecisions.get',
    method: 'GET',
    path: '/placement-decisions/{id}',
    summary: 'Read a decision: what was considered, what came of it, what would have helped.',
    access: readers,
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: PlacementDecision,
    addition: true,
  }),
  inputs: operation({
    id: 'placementDecisions.inputs',
    method: 'GET',
    path: '/placement-decisions/{id}/inputs',
    summary: 'Read everything that a decision depended on, to decide again without the server.',
    access: { admin: 'any', participant: ['consumerId'] },
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: PlacementRecord,
    addition: true,
  }),
  why: operation({
    id: 'placementDecisions.why',
    method: 'GET',
    path: '/placement-decisions/{id}/why',
    summary: 'Say in words why an order could be placed or not, and what would make it possible.',
    access: readers,
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: Why,
    addition: true,
  }),
} as const
