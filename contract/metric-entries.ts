/** Metric entries and their aggregates. */
import { type Static, Type } from 'typebox'
import { Agent } from './agents.ts'
import { formerNames } from './legacy-dialect.ts'
import { MetricType } from './metric-types.ts'
import { contains, list, operation, uuidFilter } from './operation.ts'
import { Service } from './services.ts'
import { InQuery, Timestamp, TimestampInputWith, Uuid, UuidInput, UuidInputWith } from './values.ts'

export const MetricEntry = Type.Object({
  id: Uuid,
  providerId: Uuid,
  consumerId: Uuid,
  agentId: Uuid,
  serviceId: Uuid,
  resourceId: Type.String(),
  value: Type.Number(),
  typeId: Uuid,
  agent: Type.Optional(Agent),
  service: Type.Optional(Service),
  type: Type.Optional(MetricType),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type MetricEntry = Static<typeof MetricEntry>

export const MetricEntryCreate = Type.Object(
  {
    serviceId: Type.Optional(UuidInputWith('Wins over agentInstanceId.')),
    agentInstanceId: Type.Optional(Type.String({ description: 'Looked up among the services of the calling agent.' })),
    resourceId: Type.String({ minLength: 1 }),
    value: Type.Optional(Type.Number({ description: 'Default 0.' })),
    typeName: Type.String({ description: 'Name of an existing metric type.' }),
    metricTypeId: Type.Optional(UuidInputWith('Parsed, then ignored.')),
    entityType: Type.Optional(Type.String({ description: 'Ignored.' })),
    entityId: Type.Optional(UuidInputWith('Parsed, then ignored.')),
    timestamp: Type.Optional(TimestampInputWith('Parsed, then ignored: the entry is stamped on arrival.')),
  },
  {
    description: 'One of serviceId and agentInstanceId is needed.',
    ...formerNames({ agentInstanceId: 'externalId' }),
  },
)
export type MetricEntryCreate = Static<typeof MetricEntryCreate>

export const MetricEntryBatch = Type.Object({
  entries: Type.Array(MetricEntryCreate, { minItems: 1, maxItems: 1000 }),
})
export type MetricEntryBatch = Static<typeof MetricEntryBatch>

const AGGREGATES = ['min', 'max', 'sum', 'avg', 'diff'] as const
const BUCKETS = ['minute', 'hour', 'day', 'month'] as const

export const Aggregation = Type.Object({
  data: Type.Array(Type.Tuple([Type.String({ format: 'date-time' }), Type.Number()]), {
    description: 'Pairs [bucket start, value], ascending; buckets without entries are left out.',
  }),
  aggregate: Type.Enum([...AGGREGATES]),
  bucket: Type.Enum([...BUCKETS]),
  start: Type.String({
    description: 'RFC 3339 with up to nanoseconds; keeps the offset of the request.',
    format: 'date-time',
  }),
  end: Type.String({ format: 'date-time' }),
})
export type Aggregation = Static<typeof Aggregation>

export const metricEntries = {
  list: list({
    id: 'metricEntries.list',
    path: '/metric-entries',
    summary: 'List metric entries, one page at a time.',
    access: { admin: 'any', participant: ['providerId', 'consumerId'] },
    item: MetricEntry,
    filters: { agentId: uuidFilter, serviceId: uuidFilter, typeId: uuidFilter, resourceId: contains },
    sort: ['createdAt', 'value'],
  }),
  create: operation({
    id: 'metricEntries.create',
    method: 'POST',
    path: '/metric-entries',
    summary: "Record one measurement of a service's resource.",
    access: { agent: ['agentId'] },
    body: MetricEntryCreate,
    status: 201,
    answer: MetricEntry,
    missing: 'The service or the metric type does not exist.',
  }),
  createBatch: operation({
    id: 'metricEntries.createBatch',
    method: 'POST',
    path: '/metric-entries/batch',
    summary: "Record many measurements of the calling agent's services at once: all of them or none.",
    access: { agent: ['agentId'] },
    body: MetricEntryBatch,
    status: 201,
    answer: Type.Object({ created: Type.Integer({ description: 'How many were recorded: all that were sent.' }) }),
    missing: 'A service or a metric type does not exist.',
    addition: true,
  }),
  resourceIds: list({
    id: 'metricEntries.resourceIds',
    path: '/metric-entries/resource-ids',
    summary: 'Distinct resource ids of the entries in reach.',
    access: { admin: 'any', participant: ['providerId', 'consumerId'] },
    item: Type.String(),
    filters: { agentId: uuidFilter, serviceId: uuidFilter, typeId: uuidFilter, resourceId: contains },
    sort: [],
  }),
  aggregate: operation({
    id: 'metricEntries.aggregate',
    method: 'GET',
    path: '/metric-entries/aggregate/{serviceId}/{resourceId}/{typeId}',
    summary: "Aggregate one resource's values per time bucket.",
    access: { admin: 'any', participant: ['providerId', 'consumerId'] },
    params: Type.Object({ serviceId: UuidInput, resourceId: Type.String(), typeId: UuidInput }),
    query: Type.Object({
      aggregateType: Type.Optional(
        InQuery({
          ...Type.Enum([...AGGREGATES]),
          default: 'min',
          description: 'diff is the maximum minus the minimum.',
        }),
      ),
      bucket: Type.Optional(
        InQuery({
          ...Type.Enum([...BUCKETS]),
          default: 'hour',
          description: 'The longest ranges are 24 hours, 7 days, 90 days and 1 year.',
        }),
      ),
      start: Type.Optional(
        InQuery({
          type: 'string',
          format: 'date-time',
          description: 'Inclusive. Default: as long before the end as the bucket allows.',
        }),
      ),
      end: Type.Optional(InQuery({ type: 'string', format: 'date-time', description: 'Inclusive. Default: now.' })),
    }),
    status: 200,
    answer: Aggregation,
  }),
} as const
