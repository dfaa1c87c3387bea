/** How exposures, spend and concentration look. */
import type { Exposure, Scenario, ServiceExposure } from '@fulcrum/contract'
import { table } from './table.ts'

const IMPACTS: Readonly<Record<string, string>> = {
  lost: 'lost',
  'data-exposed': 'data exposed',
  unknown: 'not known',
  'lost-after': 'lost later',
  cost: 'dearer',
  'at-risk': 'at risk',
  'metadata-only': 'metadata only',
  'cost-deferred': 'dearer later',
  none: 'none',
}

export function impactWord(impact: string): string {
  return IMPACTS[impact] ?? impact
}

const NUMBER = new Intl.NumberFormat('en', { maximumFractionDigits: 2 })

/** `1,234.5` */
export function amounts(amount: number): string {
  return NUMBER.format(amount)
}

/** `42 %` of 0.4217. Neither nothing nor everything is said of what is not. */
export function percent(share: number): string {
  const rounded = Math.round(share * 100)
  if (rounded === 0 && share > 0) return '<1 %'
  return `${rounded === 100 && share < 1 ? 99 : rounded} %`
}

/** When it comes: `at once`, `2 h`, `60 d`; `-` when it does not, or at no certain time. */
export function whenText({ timeToImpactDays }: ServiceExposure, { graceHours = 0 }: Scenario): string {
  if (timeToImpactDays === undefined) return '-'
  if (timeToImpactDays > 0) return `${timeToImpactDays} d`
  return graceHours > 0 ? `${amounts(graceHours)} h` : 'at once'
}

/** @param services  the lines, in their order */
export function exposureTable(exposure: Exposure, services: readonly ServiceExposure[]): string {
  const offerings = new Map(exposure.offerings.map((one) => [`${one.agentId} ${one.serviceTypeId}`, one]))
  const consumers = new Map(exposure.consumers.map((one) => [one.consumerId, one.consumerName ?? one.consumerId]))
  const open = services.some(({ criticality }) => criticality !== undefined)
  const dearer = exposure.scenario.type === 'tariff' && open
  const several = consumers.size > 1
  return table(
    [
      'SERVICE',
      ...(several ? ['CONSUMER'] : []),
      'PROVIDER',
      'TYPE',
      ...(open ? ['CRITICALITY', 'A MONTH'] : []),
      'IMPACT',
      ...(dearer ? ['MORE A MONTH'] : ['WHEN']),
      'WHY',
    ],
    services.map((service) => {
      const offering = offerings.get(`${service.agentId} ${service.serviceTypeId}`)
      return [
        service.name,
        ...(several ? [consumers.get(service.consumerId) ?? service.consumerId] : []),
        offering?.providerName ?? service.providerId,
        offering?.serviceTypeName ?? service.serviceTypeId,
        ...(open ? [service.criticality ?? '-', spendText(service)] : []),
        impactWord(service.impact),
        dearer ? deltaText(service) : whenText(service, exposure.scenario),
        service.reasons.join(', ') || '-',
      ]
    }),
  )
}

function spendText({ monthlySpend }: ServiceExposure): string {
  return monthlySpend ? `${amounts(monthlySpend.amount)} ${monthlySpend.currency}` : '?'
}

function deltaText({ costDelta, monthlySpend }: ServiceExposure): string {
  return costDelta !== undefined && monthlySpend ? `${amounts(costDelta)} ${monthlySpend.currency}` : '?'
}
