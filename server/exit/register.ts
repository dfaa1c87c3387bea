/**
 * The register of information of DORA, Regulation (EU) 2022/2554, Article 28(3): its 15 templates as far as they follow from what is
 * known here. Pure. Columns have plain names: the numbers that the supervisor's taxonomy gives them are added when it is filed.
 */
import type { RegisterTemplate } from '@fulcrum/contract'
import { type Component, type Profile, round } from '@fulcrum/sovereignty'
import type { Classification } from '../exposure/index.ts'

export type RegisteredService = {
  id: string
  name: string
  serviceTypeName: string
  groupId: string
  groupName: string
  orderedOn: string
  agentName: string
  providerId: string
  providerName: string
  /** What holds for the offering. */
  profile: Profile
  classification: Classification
  /** What it costs a month. */
  spend: { amount: number; currency: string } | null
  lastDrill: { at: string; outcome: string } | null
  /** Providers that the consumer's policies allow instead. */
  alternatives: readonly string[]
  isExportable: boolean
}

export type RegisterFacts = {
  consumer: { id: string; name: string; profile: Profile }
  services: readonly RegisteredService[]
  /** Published by the providers of themselves. */
  providers: readonly { id: string; name: string; profile: Profile }[]
  asOf: string
}

type Template = {
  code: string
  title: string
  columns: readonly string[]
  rows: (facts: RegisterFacts) => (string | number | undefined)[][]
  missing?: (facts: RegisterFacts) => string[]
}

/** The type of a service in the supervisor's list; S17 to S19 are those of clouds. */
const CLOUD_SERVICE = 'S18'

const TEMPLATES: readonly Template[] = [
  {
    code: 'B_01.01',
    title: 'Entity maintaining the register',
    columns: ['LEI', 'Name', 'Country', 'Date of the register'],
    rows: ({ consumer, asOf }) => [
      [lei(consumer.profile), nameOf(consumer), consumer.profile.legal?.registeredCountry, asOf.slice(0, 10)],
    ],
    missing: ({ consumer }) => [
      ...(lei(consumer.profile) ? [] : ['LEI of the entity: publish it in its sovereignty profile']),
      'type of entity, competent authority',
    ],
  },
  {
    code: 'B_01.02',
    title: 'Entities within the scope of consolidation',
    columns: ['LEI', 'Name', 'Country', 'Parent LEI'],
    rows: ({ consumer }) => [[lei(consumer.profile), nameOf(consumer), consumer.profile.legal?.registeredCountry, '']],
    missing: () => ['further entities of the group, hierarchy, dates of integration, total assets'],
  },
  {
    code: 'B_01.03',
    title: 'Branches',
    columns: ['Branch', 'LEI of the head office', 'Name', 'Country'],
    rows: () => [],
    missing: () => ['branches, if there are any'],
  },
  {
    code: 'B_02.01',
    title: 'Contractual arrangements, general',
    columns: ['Arrangement', 'Type of arrangement', 'Overarching arrangement', 'Currency', 'Annual cost'],
    rows: ({ services }) =>
      [...byArrangement(services)].map(([reference, of]) => {
        const [currency, monthly] = totalSpend(of)
        return [reference, 'standalone', '', currency, monthly === undefined ? undefined : round(monthly * 12, 2)]
      }),
    missing: ({ services }) => [
      ...services
        .filter(({ classification }) => classification.contractRef === undefined)
        .map(({ name }) => `contract reference of ${name}: classify the service`),
      ...services.filter(({ spend }) => spend === null).map(({ name }) => `cost of ${name}`),
    ],
  },
  {
    code: 'B_02.02',
    title: 'Contractual arrangements, specific',
    columns: [
      'Arrangement',
      'LEI of the entity',
      'Provider identification code',
      'Type of code',
      'Function',
      'Type of ICT service',
      'Start',
      'End',
      'Notice period, entity (days)',
      'Country of governing law',
      'Country of the service',
      'Stores data',
      'Location of data at rest',
      'Location of processing',
      'Sensitiveness of data',
      'Level of reliance',
      'Service',
    ],
    rows: ({ consumer, services, providers }) =>
      services.map((service) => {
        const { profile, classification } = service
        const provider = providers.find(({ id }) => id === service.providerId)
        const code = identification(provider?.profile ?? profile)
        return [
          arrangementOf(service),
          lei(consumer.profile),
          code?.value,
          code?.scheme,
          classification.function,
          CLOUD_SERVICE,
          classification.contractStart ?? service.orderedOn,
          classification.contractEnd,
          classification.noticePeriodDays,
          profile.legal?.governingLaw?.join(' '),
          profile.legal?.registeredCountry,
          'yes',
          profile.location?.storage?.join(' '),
          profile.location?.processing?.join(' '),
          classification.dataClasses.join('; '),
          RELIANCE[classification.criticality],
          service.name,
        ]
      }),
    missing: ({ services }) =>
      services.flatMap(({ name, profile, classification }) => [
        ...(classification.function === undefined ? [`function of ${name}: classify the service`] : []),
        ...(profile.location?.storage ? [] : [`location of the data of ${name}: its provider has not published it`]),
      ]),
  },
  {
    code: 'B_02.03',
    title: 'Intra-group contractual arrangements',
    columns: ['Arrangement', 'Linked arrangement'],
    rows: () => [],
    missing: () => ['arrangements within the group, if there are any'],
  },
  {
    code: 'B_03.01',
    title: 'Entities signing the arrangements for receiving services',
    columns: ['Arrangement', 'LEI of the signing entity'],
    rows: ({ consumer, services }) =>
      [...byArrangement(services).keys()].map((reference) => [reference, lei(consumer.profile)]),
  },
  {
    code: 'B_03.02',
    title: 'ICT third-party providers signing the arrangements',
    columns: ['Arrangement', 'Provider identification code', 'Type of code'],
    rows: ({ services, providers }) =>
      [...byArrangement(services)].flatMap(([reference, of]) =>
        [...new Set(of.map(({ providerId }) => providerId))].map((id) => {
          const code = identification(providers.find((provider) => provider.id === id)?.profile)
          return [reference, code?.value, code?.scheme]
        }),
      ),
  },
  {
    code: 'B_03.03',
    title: 'Entities signing the arrangements for providing services within the group',
    columns: ['Arrangement', 'LEI of the providing entity'],
    rows: () => [],
  },
  {
    code: 'B_04.01',
    title: 'Entities making use of the services',
    columns: ['Arrangement', 'LEI of the entity', 'Nature of the entity', 'Group of services'],
    rows: ({ consumer, services }) =>
      unique(services.map((service) => [arrangementOf(service), lei(consumer.profile), 'entity', service.groupName])),
  },
  {
    code: 'B_05.01',
    title: 'ICT third-party providers',
    columns: [
      'Provider identification code',
      'Type of code',
      'Name',
      'Type of person',
      'Country of headquarters',
      'Currency',
      'Annual cost',
      'Countries of ultimate controllers',
    ],
    rows: ({ providers, services }) =>
      providers.map((provider) => {
        const code = identification(provider.profile)
        const [currency, monthly] = totalSpend(services.filter(({ providerId }) => providerId === provider.id))
        return [
          code?.value,
          code?.scheme,
          nameOf(provider),
          'legal person',
          provider.profile.legal?.headquartersCountry,
          currency,
          monthly === undefined ? undefined : round(monthly * 12, 2),
          provider.profile.control?.ultimateControllerCountries?.join(' '),
        ]
      }),
    missing: ({ providers }) =>
      providers
        .filter(({ profile }) => identification(profile) === undefined)
        .map(({ name }) => `identification code of ${name}: it has not published one`),
  },
  {
    code: 'B_05.02',
    title: 'Supply chain',
    columns: ['Arrangement', 'Type of ICT service', 'Name', 'Rank', 'Recipient', 'Country', 'Controlled from'],
    rows: ({ services }) =>
      unique(
        services.flatMap((service) => [
          [
            arrangementOf(service),
            CLOUD_SERVICE,
            service.providerName,
            1,
            '',
            service.profile.legal?.registeredCountry,
            '',
          ],
          ...suppliers(service.profile).map(({ name, country, controller }) => [
            arrangementOf(service),
            CLOUD_SERVICE,
            name,
            2,
            service.providerName,
            country,
            controller,
          ]),
        ]),
      ),
  },
  {
    code: 'B_06.01',
    title: 'Functions',
    columns: ['Function', 'Licensed activity', 'Critical or important', 'Recovery time (s)', 'Recovery point (s)'],
    rows: ({ services }) =>
      [...Map.groupBy(services, ({ classification }) => classification.function ?? '')]
        .filter(([name]) => name !== '')
        .map(([name, of]) => [
          name,
          '',
          of.some(({ classification }) => classification.criticality !== 'normal') ? 'yes' : 'no',
          least(of.map(({ classification }) => classification.rtoTargetSeconds)),
          least(of.map(({ classification }) => classification.rpoTargetSeconds)),
        ]),
    missing: () => ['licensed activity and impact of discontinuing each function'],
  },
  {
    code: 'B_07.01',
    title: 'Assessment of the services',
    columns: [
      'Arrangement',
      'Provider',
      'Service',
      'Substitutability',
      'Last audit or test',
      'Exit plan',
      'Possibility of reintegration',
      'Impact of discontinuing',
      'Alternatives identified',
      'Alternative providers',
    ],
    rows: ({ services }) =>
      services.map((service) => [
        arrangementOf(service),
        service.providerName,
        service.name,
        substitutability(service),
        service.lastDrill?.at.slice(0, 10),
        'yes',
        service.isExportable ? 'easy' : 'difficult',
        RELIANCE[service.classification.criticality],
        service.alternatives.length > 0 ? 'yes' : 'no',
        service.alternatives.join('; '),
      ]),
  },
  {
    code: 'B_99.01',
    title: 'Definitions used by the entity',
    columns: ['Term', 'Meaning'],
    rows: () => [
      ['Level of reliance', 'high for critical services, material for important ones, low for all others'],
      ['Substitutability', 'by providers that the policies allow, and whether a drill moved the service for real'],
      ['Recovery time, recovery point', 'the lowest target of the services of the function'],
    ],
  },
]

const RELIANCE = { critical: 'high', important: 'material', normal: 'low' } as const

export function registerOf(facts: RegisterFacts): RegisterTemplate[] {
  return TEMPLATES.map(({ code, title, columns, rows, missing }) => ({
    code,
    title,
    columns: [...columns],
    rows: rows(facts).map((row) => row.map((cell) => (cell === undefined ? '' : String(cell)))),
    missing: missing ? [...new Set(missing(facts))] : [],
  }))
}

/** Not easily: nobody else may take it, or nobody has ever tried (DORA, Article 29). */
function substitutability({ alternatives, isExportable, lastDrill }: RegisteredService): string {
  if (alternatives.length === 0) return 'not substitutable'
  if (!isExportable) return 'highly complex'
  return lastDrill?.outcome === 'passed' ? 'easily substitutable' : 'medium complexity'
}

/** Services without a contract of their own are one arrangement for each group and provider. */
function arrangementOf({ classification, groupId, providerId }: RegisteredService): string {
  return classification.contractRef ?? `${groupId}/${providerId}`
}

function byArrangement(services: readonly RegisteredService[]): Map<string, RegisteredService[]> {
  return Map.groupBy(services, arrangementOf)
}

/** Nothing where a cost is unknown or currencies differ: a sum that leaves something out would be wrong. */
function totalSpend(services: readonly RegisteredService[]): [string, number] | [undefined, undefined] {
  const known = services.flatMap(({ spend }) => (spend ? [spend] : []))
  const [first] = known
  if (!first || known.length < services.length || known.some(({ currency }) => currency !== first.currency))
    return [undefined, undefined]
  return [first.currency, known.reduce((sum, { amount }) => sum + amount, 0)]
}

function suppliers({ supplyChain }: Profile): { name: string; country?: string; controller?: string }[] {
  const isService = ({ kind, criticality }: Component) => kind === 'service' || criticality === 'critical'
  return [
    ...(supplyChain?.subprocessors ?? []).map(({ name, registeredCountry, controllerCountry }) => ({
      name,
      ...(registeredCountry !== undefined && { country: registeredCountry }),
      ...(controllerCountry !== undefined && { controller: controllerCountry }),
    })),
    ...(supplyChain?.components ?? [])
      .filter(isService)
      .map(({ name, supplier, supplierCountry, controllerCountry }) => ({
        name: supplier === undefined ? name : `${supplier} (${name})`,
        ...(supplierCountry !== undefined && { country: supplierCountry }),
        ...(controllerCountry !== undefined && { controller: controllerCountry }),
      })),
  ]
}

function nameOf({ name, profile }: { name: string; profile: Profile }): string {
  return profile.legal?.legalName ?? name
}

function lei(profile: Profile): string | undefined {
  return profile.legal?.registrationNumbers?.find(({ scheme }) => scheme === 'leiCode')?.value
}

/** The LEI, else the EUID, else whatever there is. */
function identification(profile: Profile | undefined): { scheme: string; value: string } | undefined {
  const numbers = profile?.legal?.registrationNumbers ?? []
  return (
    numbers.find(({ scheme }) => scheme === 'leiCode') ?? numbers.find(({ scheme }) => scheme === 'EUID') ?? numbers[0]
  )
}

function unique(rows: (string | number | undefined)[][]): (string | number | undefined)[][] {
  return [...new Map(rows.map((row) => [JSON.stringify(row), row])).values()]
}

function least(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined)
  return known.length > 0 ? Math.min(...known) : undefined
}
