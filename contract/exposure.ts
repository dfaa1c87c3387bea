/** Exposure and concentration: what an event would do to services and their consumers, and how much hangs on few. */
import { type Static, Type } from 'typebox'
import { operation } from './operation.ts'
import { Money, ServiceCriticality } from './service-classifications.ts'
import { InQuery, Timestamp, TimestampInputWith, Uuid, UuidInput, UuidInputWith } from './values.ts'

export const ScenarioType = Type.Enum(['data-access-order', 'cut-off', 'tariff', 'provider-cut-off'])
export type ScenarioType = Static<typeof ScenarioType>

const Jurisdictions = Type.Array(Type.String(), {
  description: 'Whose power is exercised: ISO 3166-1 alpha-2, one or several. Not for provider-cut-off.',
})

const numbers = {
  graceHours: Type.Optional(
    Type.Number({ description: 'How long after the order services go on; cut-offs only. 0 to 8760, default 0.' }),
  ),
  tariffPct: Type.Optional(Type.Number({ description: 'Tariffs only, where it is required: above 0, up to 1000.' })),
  passThrough: Type.Optional(
    Type.Number({ description: 'Tariffs only: the share that providers hand on, 0 to 1, default 1.' }),
  ),
}

export const ScenarioInput = Type.Object({
  type: ScenarioType,
  jurisdictions: Type.Optional(Jurisdictions),
  providers: Type.Optional(
    Type.Array(UuidInput, {
      description: 'Who fails, of provider-cut-off. Else only these providers are touched; absent: all.',
    }),
  ),
  at: Type.Optional(TimestampInputWith('When it happens: facts count as they hold then. Default: now.')),
  ...numbers,
})
export type ScenarioInput = Static<typeof ScenarioInput>

export const Scenario = Type.Object({
  type: ScenarioType,
  jurisdictions: Type.Optional(Jurisdictions),
  providers: Type.Optional(Type.Array(Uuid)),
  at: Timestamp,
  ...numbers,
})
export type Scenario = Static<typeof Scenario>

export const ExposureDetail = Type.Enum(['none', 'hit', 'services'])
export type ExposureDetail = Static<typeof ExposureDetail>

const narrowing = {
  consumerId: Type.Optional(UuidInputWith('Only services of this consumer.')),
  groupId: Type.Optional(UuidInputWith('Only services of this group.')),
  serviceTypeId: Type.Optional(UuidInputWith('Only services of this type.')),
  providerId: Type.Optional(UuidInputWith('Only services of this provider.')),
}

export const ExposureRequest = Type.Object({
  scenario: ScenarioInput,
  ...narrowing,
  detail: Type.Optional({
    ...ExposureDetail,
    description: 'Which services are listed: none, those that are hit, or all (default). Sums are over all of them.',
  }),
  page: Type.Optional(Type.Integer({ description: 'Of the listed services, from 1.' })),
  pageSize: Type.Optional(Type.Integer({ description: '1 to 10000, default 1000.' })),
})
export type ExposureRequest = Static<typeof ExposureRequest>

export const Impact = Type.Enum(
  ['lost', 'data-exposed', 'unknown', 'lost-after', 'cost', 'at-risk', 'metadata-only', 'cost-deferred', 'none'],
  {
    description:
      'lost, data-exposed, lost-after, cost and unknown count as a hit: what cannot be known is not taken for harmless.',
  },
)
export type Impact = Static<typeof Impact>

/** Members that a provider is not told of its consumers are optional. */
const CONSUMER_ONLY = 'Shown to the consumer and to admins.'

export const SpendAtRisk = Type.Object({
  currency: Type.String(),
  amount: Type.Number({ description: 'Per month, as far as it is known.' }),
  hitAmount: Type.Number({ description: 'Of services that are hit.' }),
  share: Type.Number({ description: 'hitAmount ÷ amount; 0 to 1.' }),
  costDelta: Type.Number({ description: 'What a tariff adds, per month.' }),
})
export type SpendAtRisk = Static<typeof SpendAtRisk>

const sums = {
  services: Type.Integer(),
  hit: Type.Integer(),
  blastRadius: Type.Number({ description: 'hit ÷ services; 0 to 1.' }),
  critical: Type.Optional(Type.Integer({ description: `How many are critical. ${CONSUMER_ONLY}` })),
  criticalHit: Type.Optional(Type.Integer()),
  spend: Type.Optional(
    Type.Array(SpendAtRisk, { description: `One for each currency: they are not added. ${CONSUMER_ONLY}` }),
  ),
  unknownSpend: Type.Optional(
    Type.Integer({ description: 'Services of which nobody said what they cost; in no amount.' }),
  ),
  firstImpactDays: Type.Optional(Type.Number({ description: 'Days until the first service is lost; 0 at once.' })),
}

export const ExposureTotals = Type.Object({
  ...sums,
  byImpact: Type.Record(Type.String(), Type.Integer(), { description: 'Impact → services; none is left out when 0.' }),
})
export type ExposureTotals = Static<typeof ExposureTotals>

export const ConsumerExposure = Type.Object({
  consumerId: Uuid,
  consumerName: Type.Optional(Type.String({ description: CONSUMER_ONLY })),
  ...sums,
})
export type ConsumerExposure = Static<typeof ConsumerExposure>

export const ServiceExposure = Type.Object({
  serviceId: Uuid,
  name: Type.String(),
  consumerId: Uuid,
  groupId: Uuid,
  providerId: Uuid,
  agentId: Uuid,
  serviceTypeId: Uuid,
  impact: Impact,
  hit: Type.Boolean(),
  timeToImpactDays: Type.Optional(Type.Number({ description: 'Whole days; 0: within the first day.' })),
  reasons: Type.Array(Type.String(), { description: 'Codes; the words are in reasonTexts.' }),
  criticality: Type.Optional(ServiceCriticality),
  monthlySpend: Type.Optional(Money),
  spendSource: Type.Optional(
    Type.Enum(['classification', 'offering'], { description: 'Who said so: the consumer, or the price of the offer.' }),
  ),
  costDelta: Type.Optional(Type.Number({ description: 'Per month, in the currency of monthlySpend.' })),
  customerKeyCountry: Type.Optional(Type.String({ description: 'Where the customer keeps the key of this service.' })),
})
export type ServiceExposure = Static<typeof ServiceExposure>

export const ExposureUnknown = Type.Object({
  code: Type.Enum(['NO_PROFILE', 'CONTROL_UNKNOWN', 'FACT_MISSING', 'NO_SPEND', 'NOT_CLASSIFIED']),
  path: Type.Optional(Type.String({ description: 'JSON Pointer of the fact that is missing.' })),
  text: Type.String({ description: 'What it means, for a person.' }),
  services: Type.Integer({ description: 'How many it concerns.' }),
  providerIds: Type.Optional(Type.Array(Uuid)),
})
export type ExposureUnknown = Static<typeof ExposureUnknown>

export const ExposedOffering = Type.Object({
  agentId: Uuid,
  agentName: Type.String(),
  serviceTypeId: Uuid,
  serviceTypeName: Type.String(),
  providerId: Uuid,
  providerName: Type.String(),
  services: Type.Integer(),
  impact: Impact,
  profileVersions: Type.Array(Type.Object({ profileId: Uuid, version: Type.Integer() }), {
    description: 'What the facts were merged from, those of the provider first; empty: nothing is published.',
  }),
})
export type ExposedOffering = Static<typeof ExposedOffering>

export const Exposure = Type.Object({
  scenario: Scenario,
  summary: Type.String({ description: 'One sentence for a person.' }),
  totals: ExposureTotals,
  consumers: Type.Array(ConsumerExposure, { description: 'Those with the most hits on critical services first.' }),
  services: Type.Optional(
    Type.Object(
      {
        items: Type.Array(ServiceExposure),
        totalItems: Type.Integer(),
        totalPages: Type.Integer(),
        currentPage: Type.Integer(),
        hasNext: Type.Boolean(),
        hasPrev: Type.Boolean(),
      },
      { description: 'Worst impact first, then soonest, then most critical. Absent with detail none.' },
    ),
  ),
  reasonTexts: Type.Record(Type.String(), Type.String(), { description: 'Code → what it means.' }),
  offerings: Type.Array(ExposedOffering),
  unknown: Type.Array(ExposureUnknown),
  assumptions: Type.Array(Type.String(), { description: 'What the answer rests on, for a person.' }),
})
export type Exposure = Static<typeof Exposure>

export const ConcentrationDimension = Type.Enum([
  'provider-group',
  'controller-country',
  'location-country',
  'critical-supplier',
])
export type ConcentrationDimension = Static<typeof ConcentrationDimension>

export const ConcentrationWeight = Type.Enum(['spend', 'count', 'criticality'])
export type ConcentrationWeight = Static<typeof ConcentrationWeight>

export const ConcentrationMeasure = Type.Object({
  dimension: ConcentrationDimension,
  weight: ConcentrationWeight,
  currency: Type.Optional(Type.String({ description: 'Of the weight spend: each currency has measures of its own.' })),
  hhi: Type.Number({ description: 'Herfindahl-Hirschman index: 0 to 10000.' }),
  effectiveNumber: Type.Number({ description: 'So many of equal size would be as concentrated.' }),
  maxShare: Type.Number({ description: '0 to 1.' }),
  band: Type.Enum(['low', 'moderate', 'high']),
  unknownShare: Type.Number({ description: 'Share of what is not known, which counts as one and the same.' }),
  shares: Type.Array(Type.Object({ key: Type.String(), name: Type.String(), share: Type.Number() }), {
    description: 'The largest first.',
  }),
})
export type ConcentrationMeasure = Static<typeof ConcentrationMeasure>

export const LargestFails = Type.Object({
  dimension: ConcentrationDimension,
  key: Type.String(),
  name: Type.String(),
  servicesLost: Type.Integer(),
  servicesRemaining: Type.Integer(),
  criticalLost: Type.Integer(),
  criticalRemaining: Type.Integer(),
  spend: Type.Array(Type.Object({ currency: Type.String(), lost: Type.Number(), remaining: Type.Number() }), {
    description: 'Per month, one for each currency.',
  }),
  takers: Type.Array(
    Type.Object({
      serviceTypeId: Uuid,
      serviceTypeName: Type.String(),
      services: Type.Integer({ description: 'How many of this type are lost.' }),
      offerings: Type.Array(
        Type.Object({ agentId: Uuid, agentName: Type.String(), providerId: Uuid, providerName: Type.String() }),
        { description: 'Who offers the type and does not fall with it; room and policies were not looked at.' },
      ),
    }),
  ),
})
export type LargestFails = Static<typeof LargestFails>

export const ProviderGroup = Type.Object({
  key: Type.String({ description: 'The id of one of them.' }),
  name: Type.String(),
  providers: Type.Array(Type.Object({ id: Uuid, name: Type.String() })),
  because: Type.Array(Type.String(), { description: 'How it is known that they belong together.' }),
})
export type ProviderGroup = Static<typeof ProviderGroup>

export const Concentration = Type.Object({
  at: Timestamp,
  summary: Type.String({ description: 'One sentence for a person.' }),
  services: Type.Integer(),
  unknownSpend: Type.Integer({ description: 'Services of which nobody said what they cost; in no measure of spend.' }),
  measures: Type.Array(ConcentrationMeasure),
  largestFails: Type.Array(LargestFails, { description: 'By dimension: the one with the most services.' }),
  suppliers: Type.Array(
    Type.Object({
      name: Type.String(),
      services: Type.Integer(),
      share: Type.Number({
        description: 'Of all services that depend on it, 0 to 1; the shares of all may add to more.',
      }),
      criticalServices: Type.Integer(),
      providers: Type.Array(Type.Object({ id: Uuid, name: Type.String() })),
    }),
    { description: 'Suppliers of critical components behind more than one provider.' },
  ),
  groups: Type.Array(ProviderGroup, { description: 'Participants that count as one.' }),
  bands: Type.Object({ low: Type.Number(), moderate: Type.Number() }),
  assumptions: Type.Array(Type.String()),
})
export type Concentration = Static<typeof Concentration>

export const ConcentrationQuery = Type.Object({
  consumerId: Type.Optional(
    InQuery({ type: 'string', format: 'uuid', description: 'Only services of this consumer.' }),
  ),
  groupId: Type.Optional(InQuery({ type: 'string', format: 'uuid', description: 'Only services of this group.' })),
  at: Type.Optional(
    InQuery({ type: 'string', format: 'date-time', description: 'Facts count as they hold then. Default: now.' }),
  ),
})

export const exposures = {
  calculate: operation({
    id: 'exposures.calculate',
    method: 'POST',
    path: '/exposure',
    summary: 'Say what an event would do to services and their consumers. Calculates; changes nothing.',
    access: { admin: 'any', participant: ['consumerId', 'providerId'] },
    body: ExposureRequest,
    status: 200,
    answer: Exposure,
    missing: 'A consumer, group, service type or provider that it names does not exist.',
    addition: true,
  }),
  concentration: operation({
    id: 'exposures.concentration',
    method: 'GET',
    path: '/concentration',
    summary: 'Say how much hangs on few providers, countries and suppliers, and what remains when the largest fails.',
    access: { admin: 'any', participant: ['consumerId'] },
    query: ConcentrationQuery,
    status: 200,
    answer: Concentration,
    missing: 'The consumer or the group does not exist.',
    addition: true,
  }),
} as const
