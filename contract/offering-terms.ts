/** Terms of offerings: what a service type costs at an agent, how much of it there is, how far it is away; and quotas of consumers. */
import { type Static, Type } from 'typebox'
import { exact, list, operation, uuidFilter } from './operation.ts'
import { Money } from './service-classifications.ts'
import { Timestamp, Uuid, UuidInput } from './values.ts'

/** Milliseconds: one number, or a number by region. */
export type Latency = number | { [region: string]: number }

const terms = {
  monthlyPrice: Type.Optional(Money),
  capacityUnits: Type.Optional(
    Type.Integer({ description: 'How many units there are, 0 or more. Absent: as many as anybody orders.' }),
  ),
  latencyMs: Type.Optional(
    Type.Unsafe<Latency>({ description: 'Milliseconds: one number, or an object of region and number.' }),
  ),
  sku: Type.Optional(Type.String({ description: 'The provider’s name for what it sells; 1 to 100 characters.' })),
}

export const OfferingTerms = Type.Object({
  id: Uuid,
  agentId: Uuid,
  serviceTypeId: Uuid,
  providerId: Uuid,
  ...terms,
  unitsPerService: Type.Integer({ description: 'How many units a service takes.' }),
  updatedAt: Timestamp,
})
export type OfferingTerms = Static<typeof OfferingTerms>

export const OfferingTermsPut = Type.Object({
  ...terms,
  unitsPerService: Type.Optional(
    Type.Integer({ description: 'How many units a service takes, 1 or more. Default 1.' }),
  ),
})
export type OfferingTermsPut = Static<typeof OfferingTermsPut>

export const Quotas = Type.Object({
  maxServices: Type.Optional(
    Type.Integer({ description: 'How many services that have not ended the consumer may have; 0 or more.' }),
  ),
  serviceTypes: Type.Array(Type.Object({ serviceTypeId: Uuid, maxServices: Type.Integer() }), {
    description: 'The same for single service types.',
  }),
})
export type Quotas = Static<typeof Quotas>

export const QuotasPut = Type.Object({
  maxServices: Type.Optional(Type.Integer({ description: '0 or more. Absent: without limit.' })),
  serviceTypes: Type.Optional(Type.Array(Type.Object({ serviceTypeId: UuidInput, maxServices: Type.Integer() }))),
})
export type QuotasPut = Static<typeof QuotasPut>

const everybody = { admin: 'any', participant: 'any', agent: 'any' } as const
const offering = Type.Object({ id: UuidInput, serviceTypeId: UuidInput })

export const offeringTerms = {
  list: list({
    id: 'offeringTerms.list',
    path: '/offering-terms',
    summary: 'List what offerings cost and hold, one page at a time.',
    access: everybody,
    item: OfferingTerms,
    filters: { agentId: uuidFilter, serviceTypeId: uuidFilter, providerId: uuidFilter, sku: exact },
    sort: ['updatedAt'],
    addition: true,
  }),
  get: operation({
    id: 'offeringTerms.get',
    method: 'GET',
    path: '/agents/{id}/offerings/{serviceTypeId}/terms',
    summary: 'Read what a service type costs at an agent, and how much of it there is.',
    access: everybody,
    params: offering,
    status: 200,
    answer: OfferingTerms,
    addition: true,
  }),
  put: operation({
    id: 'offeringTerms.put',
    method: 'PUT',
    path: '/agents/{id}/offerings/{serviceTypeId}/terms',
    summary: 'Say what a service type costs at an agent, and how much of it there is. Replaces what was said before.',
    access: { admin: 'any', participant: ['providerId'] },
    params: offering,
    body: OfferingTermsPut,
    status: 200,
    answer: OfferingTerms,
    addition: true,
  }),
  delete: operation({
    id: 'offeringTerms.delete',
    method: 'DELETE',
    path: '/agents/{id}/offerings/{serviceTypeId}/terms',
    summary: 'Take back what was said of an offering: it has no price then, and no limit.',
    access: { admin: 'any', participant: ['providerId'] },
    params: offering,
    status: 204,
    answer: null,
    addition: true,
  }),
} as const

export const quotas = {
  get: operation({
    id: 'quotas.get',
    method: 'GET',
    path: '/participants/{id}/quotas',
    summary: 'Read how many services a consumer may have.',
    access: { admin: 'any', participant: ['participantId'] },
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: Quotas,
    addition: true,
  }),
  put: operation({
    id: 'quotas.put',
    method: 'PUT',
    path: '/participants/{id}/quotas',
    summary: 'Limit how many services a consumer may have. Replaces all limits; what it has already stays.',
    access: { admin: 'any' },
    params: Type.Object({ id: UuidInput }),
    body: QuotasPut,
    status: 200,
    answer: Quotas,
    missing: 'The participant or a service type does not exist.',
    addition: true,
  }),
} as const
