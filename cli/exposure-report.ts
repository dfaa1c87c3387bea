/** The report about an exposure: for those who decide and do not use the command line. */
import type { Exposure, ServiceExposure } from '@fulcrum/contract'
import { amounts, impactWord, percent, whenText } from './output/exposure.ts'
import { type Bar, barChart } from './report/bar-chart.ts'
import { bullets, keyFigures, notice, paragraph, type Report, type Section } from './report/document.ts'
import type { Html } from './report/html.ts'
import { reportTable } from './report/table.ts'

const TITLES = {
  'data-access-order': 'Exposure to an order to hand over data',
  'cut-off': 'Exposure to a cut-off',
  tariff: 'Exposure to a tariff',
  'provider-cut-off': 'Exposure to the end of a provider',
} as const

/** @param services  those that the report lists */
export function exposureReport(exposure: Exposure, services: readonly ServiceExposure[], generatedAt: string): Report {
  const { scenario, unknown, reasonTexts } = exposure
  const { jurisdictions = [] } = scenario
  const sections: Section[] = [
    { title: 'In short', blocks: inShort(exposure) },
    { title: 'Impact', blocks: [barChart('Services by impact', bars(exposure))] },
    { title: 'Services', blocks: [serviceTable(exposure, services)] },
    ...(exposure.consumers.length > 1 ? [{ title: 'Consumers', blocks: [consumerTable(exposure)] }] : []),
    { title: 'Offerings', blocks: [offeringTable(exposure)] },
    {
      title: 'Why',
      blocks: [reportTable(['Code', 'Meaning'], Object.entries(reasonTexts), { empty: 'Nothing is hit.' })],
    },
    {
      title: 'What is not known',
      blocks: [
        reportTable(
          ['What', { title: 'Services', number: true }],
          unknown.map(({ text, services: count }) => [text, String(count)]),
          { empty: 'Everything that was needed is known.' },
        ),
      ],
    },
    { title: 'What this rests on', blocks: [bullets([...exposure.assumptions, CALCULATED])] },
  ]
  return {
    title: TITLES[scenario.type],
    subtitle: [ofWhom(exposure), jurisdictions.join(', '), `at ${scenario.at}`]
      .filter((part) => part !== '')
      .join(' · '),
    generatedAt,
    sections,
  }
}

/** The one consumer that it is about; nothing when there are several. */
function ofWhom({ consumers: [first, ...others] }: Exposure): string {
  return others.length === 0 ? (first?.consumerName ?? '') : ''
}

const CALCULATED = 'This is a calculation from published facts, not legal advice.'

function inShort({ summary, totals, unknown }: Exposure): Html[] {
  const unclear = unknown.filter(({ code }) => code === 'NO_PROFILE' || code === 'CONTROL_UNKNOWN')
  const spend = totals.spend ?? []
  return [
    paragraph(summary),
    keyFigures([
      { label: 'Services hit', value: `${totals.hit} of ${totals.services}`, detail: percent(totals.blastRadius) },
      ...(totals.criticalHit === undefined
        ? []
        : [{ label: 'Critical services hit', value: `${totals.criticalHit} of ${totals.critical ?? 0}` }]),
      ...spend.map(({ currency, hitAmount, amount, share }) => ({
        label: `Monthly spend at risk, ${currency}`,
        value: amounts(hitAmount),
        detail: `${percent(share)} of ${amounts(amount)}`,
      })),
      ...spend.flatMap(({ currency, costDelta }) =>
        costDelta > 0 ? [{ label: `More a month, ${currency}`, value: amounts(costDelta) }] : [],
      ),
    ]),
    ...unclear.map(({ text, services }) =>
      notice(`${services} ${services === 1 ? 'service' : 'services'}: ${text}`, 'warning'),
    ),
  ]
}

function bars({ totals }: Exposure): Bar[] {
  return Object.entries(totals.byImpact)
    .toSorted(([, a], [, b]) => b - a)
    .map(([impact, count]) => ({ label: impactWord(impact), value: count, warning: HITS.has(impact) }))
}

const HITS = new Set(['lost', 'data-exposed', 'unknown', 'lost-after', 'cost'])

function serviceTable(exposure: Exposure, services: readonly ServiceExposure[]): Html {
  const offerings = new Map(exposure.offerings.map((one) => [`${one.agentId} ${one.serviceTypeId}`, one]))
  const open = services.some(({ criticality }) => criticality !== undefined)
  return reportTable(
    [
      'Service',
      'Provider',
      'Type',
      ...(open ? ['Criticality', { title: 'A month', number: true } as const] : []),
      'Impact',
      'When',
      'Why',
    ],
    services.map((service) => {
      const offering = offerings.get(`${service.agentId} ${service.serviceTypeId}`)
      const { monthlySpend } = service
      return [
        service.name,
        offering?.providerName ?? service.providerId,
        offering?.serviceTypeName ?? service.serviceTypeId,
        ...(open
          ? [
              service.criticality ?? '',
              monthlySpend ? `${amounts(monthlySpend.amount)} ${monthlySpend.currency}` : 'not known',
            ]
          : []),
        impactWord(service.impact),
        whenText(service, exposure.scenario),
        service.reasons.join(', '),
      ]
    }),
    { empty: 'No service is hit.' },
  )
}

function consumerTable({ consumers }: Exposure): Html {
  return reportTable(
    [
      'Consumer',
      { title: 'Services', number: true },
      { title: 'Hit', number: true },
      { title: 'Critical', number: true },
      'Spend at risk',
    ],
    consumers.map(({ consumerId, consumerName, services, hit, criticalHit, spend = [] }) => [
      consumerName ?? consumerId,
      String(services),
      String(hit),
      criticalHit === undefined ? '' : String(criticalHit),
      spend.map(({ hitAmount, currency, share }) => `${amounts(hitAmount)} ${currency} (${percent(share)})`).join(', '),
    ]),
  )
}

function offeringTable({ offerings }: Exposure): Html {
  return reportTable(
    ['Provider', 'Agent', 'Type', { title: 'Services', number: true }, 'Impact', 'Published facts'],
    offerings.map(({ providerName, agentName, serviceTypeName, services, impact, profileVersions }) => [
      providerName,
      agentName,
      serviceTypeName,
      String(services),
      impactWord(impact),
      profileVersions.map(({ version }) => `version ${version}`).join(', ') || 'none',
    ]),
  )
}
