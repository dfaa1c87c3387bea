/** What results mean, in words for a person: codes, sums, what was assumed. */

import type { ExposureResult, Sums, Unknown } from './exposure.ts'
import type { AskedScenario } from './scenario.ts'

const REASONS: Readonly<Record<string, string>> = {
  SEAT_IN: 'The provider has its seat there.',
  CONTROLLED_FROM: 'Who controls the provider is there.',
  DATA_LOCATED_IN: 'Data is stored, processed or backed up there.',
  ADMIN_ACCESS_FROM: 'Administrators have access from there.',
  CONTROL_PLANE_IN: 'It is controlled by systems that run there.',
  COST_SHARE: 'A part of what is sold is bought there.',
  PROVIDER: 'The provider itself fails.',
  NO_PROFILE: 'Nothing is published about the provider, so it counts as hit.',
  KEPT_AFTER_MIGRATION:
    'The service has moved away, and this one is stopped; until it is deleted its data is still there.',
  CONTROL_UNKNOWN: 'Owners that are not disclosed could tip who controls the provider, so it counts as hit.',
}

/** Codes that carry a name behind a colon. */
const NAMED: Readonly<Record<string, (name: string) => string>> = {
  SUBPROCESSOR: (name) => `Its sub-processor ${name} has access to data, and is there or is controlled from there.`,
  INSTRUMENT: (name) => `It is subject to ${name}, as its profile says.`,
  CRITICAL_COMPONENT: (name) => `It depends on ${name}, which comes from there and is not easily replaced.`,
}

/** What a code of the rules means. */
export function reasonText(code: string): string {
  const colon = code.indexOf(':')
  const named = colon < 0 ? undefined : NAMED[code.slice(0, colon)]
  return named?.(code.slice(colon + 1)) ?? REASONS[code] ?? code
}

const FACTS: Readonly<Record<string, string>> = {
  '/legal': 'the seat of the provider',
  '/location/storage': 'where data is stored',
  '/operations/adminAccessCountries': 'from where administrators have access',
  '/supplyChain/subprocessors': 'who its sub-processors are',
  '/location/controlPlane': 'where its control plane runs',
  '/supplyChain/components': 'what it depends on',
}

export function unknownText({ code, path = '' }: Unknown): string {
  switch (code) {
    case 'NO_PROFILE':
      return 'Nothing is published about the provider; its services count as hit.'
    case 'CONTROL_UNKNOWN':
      return 'Owners that are not disclosed could tip who controls the provider; its services count as hit.'
    case 'FACT_MISSING':
      return `The profile does not say ${path === '/supplyChain/components' ? 'what it depends on, or what share of the cost that is' : (FACTS[path] ?? path)}; by this alone nothing counts as hit.`
    case 'NO_SPEND':
      return 'Nobody has said what these services cost; they are in no amount.'
    case 'NOT_CLASSIFIED':
      return 'Their consumer has not classified them; they count as normal.'
  }
}

/** One sentence: `3 of 7 services are hit, 42 % of the monthly spend, 2 critical; the first at once.` */
export function summaryOf(scenario: AskedScenario, totals: Sums): string {
  const { services, hit, open, firstImpactDays, byImpact } = totals
  if (services === 0) return `${eventOf(scenario)}: there are no services to look at.`
  const parts = [`${hit} of ${services} ${services === 1 ? 'service' : 'services'} ${hit === 1 ? 'is' : 'are'} hit`]
  if (open && hit > 0) {
    const known = open.unknownSpend > 0 ? 'known ' : ''
    const spend = open.spend.map(
      ({ share, currency }) => `${percent(share)} of the ${known}monthly spend in ${currency}`,
    )
    if (spend.length > 0) parts.push(open.spend.length === 1 ? `${spend[0]}` : spend.join(' and '))
    parts.push(open.criticalHit === 0 ? 'none critical' : `${open.criticalHit} critical`)
    const delta = open.spend.filter(({ costDelta }) => costDelta > 0)
    parts.push(...delta.map(({ costDelta, currency }) => `${number(costDelta)} ${currency} more a month`))
  }
  const notes = [
    ...(firstImpactDays === null ? [] : [`the first ${soon(firstImpactDays, scenario.graceHours)}`]),
    ...(byImpact.unknown ? [`${byImpact.unknown} of them because too little is known`] : []),
  ]
  return `${eventOf(scenario)}: ${[parts.join(', '), ...notes].join('; ')}.`
}

function soon(days: number, graceHours = 0): string {
  if (days > 0) return `after ${days} ${days === 1 ? 'day' : 'days'}`
  return graceHours > 0 ? `after ${number(graceHours)} ${graceHours === 1 ? 'hour' : 'hours'}` : 'at once'
}

function eventOf({ type, jurisdictions = [], providers = [], tariffPct }: AskedScenario): string {
  const whose = jurisdictions.join(', ')
  switch (type) {
    case 'data-access-order':
      return `An order of ${whose} to hand over data`
    case 'cut-off':
      return `A cut-off by ${whose}`
    case 'tariff':
      return `A tariff of ${tariffPct} % on what comes from ${whose}`
    case 'provider-cut-off':
      return providers.length === 1 ? 'The end of the provider' : `The end of ${providers.length} providers`
  }
}

/** What the answer rests on. */
export function assumptionsOf(scenario: AskedScenario, result: ExposureResult, closed: number): string[] {
  const { offerings, impacts } = result
  const withProfile = offerings.filter(({ profileVersions }) => profileVersions.length > 0).length
  const held = impacts.filter(({ service }) => service.customerKeyCountry !== null).length
  return [
    `Facts count as published and valid at ${scenario.at.toISOString().slice(0, 19)}Z: of ${withProfile} of ${offerings.length} offerings.`,
    'Lost, lost after a time, data exposed, dearer and unknown count as hit; at risk, only metadata and deferred cost do not.',
    ...(scenario.type === 'cut-off'
      ? ['A disconnect test counts for 365 days and must show 90 days of autonomy; parts must survive 90 days alone.']
      : []),
    ...(scenario.type === 'data-access-order' && held > 0
      ? [`${held} services have a key that the customer holds: their providers are taken to read metadata at most.`]
      : []),
    ...(scenario.type === 'tariff'
      ? [`Providers hand on ${percent(scenario.passThrough ?? 1)} of the tariff; a price lock defers it.`]
      : []),
    'The spend is what the consumer said, else the monthly price of the offering. Different currencies are not added.',
    ...(closed > 0 ? [`Of ${closed} services of other consumers neither spend nor criticality is in the sums.`] : []),
  ]
}

/** `42 %` of 0.4217. Neither nothing nor everything is said of what is not. */
export function percent(share: number): string {
  const rounded = Math.round(share * 100)
  if (rounded === 0 && share > 0) return 'less than 1 %'
  return `${rounded === 100 && share < 1 ? 99 : rounded} %`
}

const NUMBER = new Intl.NumberFormat('en', { maximumFractionDigits: 2 })

/** `1,234.5` */
export function number(value: number): string {
  return NUMBER.format(value)
}
