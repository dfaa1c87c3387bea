/** Classifications of services: what only their consumer knows, such as how much hangs on a service and what it costs. */
import { type Static, Type } from 'typebox'
import { list, oneOf, operation, uuidFilter } from './operation.ts'
import { Timestamp, Uuid, UuidInput } from './values.ts'

export const ServiceCriticality = Type.Enum(['critical', 'important', 'normal'])
export type ServiceCriticality = Static<typeof ServiceCriticality>

export const Money = Type.Object({
  amount: Type.Number({ description: '0 or more.' }),
  currency: Type.String({ description: 'ISO 4217, three capital letters.' }),
})
export type Money = Static<typeof Money>

const DAY = '^\\d{4}-\\d{2}-\\d{2}$'

const known = {
  function: Type.Optional(
    Type.String({ description: 'The business function that it supports, as registers name it; 1 to 200 characters.' }),
  ),
  rtoTargetSeconds: Type.Optional(Type.Integer({ description: 'How long it may be away.' })),
  rpoTargetSeconds: Type.Optional(Type.Integer({ description: 'How old restored data may be.' })),
  monthlySpend: Type.Optional(Money),
  contractRef: Type.Optional(
    Type.String({ description: 'How the contract is found, for example its number; 1 to 200 characters.' }),
  ),
  contractStart: Type.Optional(Type.String({ pattern: DAY, description: 'A day: 2026-01-31.' })),
  contractEnd: Type.Optional(Type.String({ pattern: DAY, description: 'A day, not before the start.' })),
  noticePeriodDays: Type.Optional(Type.Integer({ description: '0 or more.' })),
}

export const ServiceClassification = Type.Object({
  serviceId: Uuid,
  consumerId: Uuid,
  criticality: ServiceCriticality,
  ...known,
  dataClasses: Type.Array(Type.String(), { description: 'Kinds of data in it, in words of the consumer.' }),
  updatedAt: Type.Optional({ ...Timestamp, description: 'Absent when the service was never classified.' }),
})
export type ServiceClassification = Static<typeof ServiceClassification>

export const ServiceClassificationPut = Type.Object({
  criticality: Type.Optional(ServiceCriticality),
  ...known,
  dataClasses: Type.Optional(Type.Array(Type.String(), { description: 'At most 50, of 1 to 100 characters each.' })),
})
export type ServiceClassificationPut = Static<typeof ServiceClassificationPut>

export const serviceClassifications = {
  list: list({
    id: 'serviceClassifications.list',
    path: '/service-classifications',
    summary: 'List what was said of services, one page at a time; services of which nothing was said are not in it.',
    access: { admin: 'any', participant: ['consumerId'] },
    item: ServiceClassification,
    filters: { serviceId: uuidFilter, consumerId: uuidFilter, criticality: oneOf(ServiceCriticality) },
    sort: ['updatedAt'],
    addition: true,
  }),
  get: operation({
    id: 'serviceClassifications.get',
    method: 'GET',
    path: '/services/{id}/classification',
    summary: 'Read what the consumer says of a service; without a word of it the service is a normal one.',
    access: { admin: 'any', participant: ['consumerId'] },
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: ServiceClassification,
    addition: true,
  }),
  put: operation({
    id: 'serviceClassifications.put',
    method: 'PUT',
    path: '/services/{id}/classification',
    summary:
      'Say what a service is to its consumer; replaces what was said before. Its provider is told nothing of it.',
    access: { admin: 'any', participant: ['consumerId'] },
    params: Type.Object({ id: UuidInput }),
    body: ServiceClassificationPut,
    status: 200,
    answer: ServiceClassification,
    addition: true,
  }),
} as const
