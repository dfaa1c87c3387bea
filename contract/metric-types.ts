/** Metric types: the names under which agents report. */
import { type Static, Type } from 'typebox'
import { contains, list, operation } from './operation.ts'
import { Timestamp, Uuid, UuidInput } from './values.ts'

export const MetricEntityType = Type.Enum(['Agent', 'Service', 'Resource'])
export type MetricEntityType = Static<typeof MetricEntityType>

export const MetricType = Type.Object({
  id: Uuid,
  name: Type.String(),
  entityType: MetricEntityType,
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type MetricType = Static<typeof MetricType>

export const MetricTypeCreate = Type.Object({
  name: Type.String({ description: 'Unique.', minLength: 1 }),
  entityType: MetricEntityType,
})
export type MetricTypeCreate = Static<typeof MetricTypeCreate>

export const MetricTypeUpdate = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1 })),
  },
  { description: 'entityType cannot be changed; ignored.' },
)
export type MetricTypeUpdate = Static<typeof MetricTypeUpdate>

export const metricTypes = {
  list: list({
    id: 'metricTypes.list',
    path: '/metric-types',
    summary: 'List metric types, one page at a time.',
    access: { admin: 'any', participant: 'any', agent: 'any' },
    item: MetricType,
    filters: { name: contains },
    sort: ['name', 'createdAt'],
  }),
  create: operation({
    id: 'metricTypes.create',
    method: 'POST',
    path: '/metric-types',
    summary: 'Create one of the metric types.',
    access: { admin: 'any' },
    body: MetricTypeCreate,
    status: 201,
    answer: MetricType,
    conflict: 'The name is taken.',
  }),
  get: operation({
    id: 'metricTypes.get',
    method: 'GET',
    path: '/metric-types/{id}',
    summary: 'Read one of the metric types.',
    access: { admin: 'any', participant: 'any', agent: 'any' },
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: MetricType,
  }),
  update: operation({
    id: 'metricTypes.update',
    method: 'PATCH',
    path: '/metric-types/{id}',
    summary: 'Change some fields of one of the metric types; absent or null fields stay.',
    access: { admin: 'any' },
    params: Type.Object({ id: UuidInput }),
    body: MetricTypeUpdate,
    status: 200,
    answer: MetricType,
    conflict: 'The name is taken.',
  }),
  delete: operation({
    id: 'metricTypes.delete',
    method: 'DELETE',
    path: '/metric-types/{id}',
    summary: 'Delete one of the metric types.',
    access: { admin: 'any' },
    params: Type.Object({ id: UuidInput }),
    status: 204,
    answer: null,
    conflict: 'Entries are of this type.',
  }),
} as const
