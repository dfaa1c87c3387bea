/**
 * What has to be shown about leaving and about control: the page about a provider's jurisdiction (Data Act, Article 28), a customer's
 * exit plan and its register of information (DORA, Articles 28 and 29). Calculated when asked for; nothing is stored.
 */
import { type Static, Type } from 'typebox'
import { operation } from './operation.ts'
import { Money, ServiceCriticality } from './service-classifications.ts'
import { InQuery, Timestamp, Uuid, UuidInput } from './values.ts'

const Countries = Type.Array(Type.String(), { description: 'ISO 3166-1 alpha-2.' })
const Texts = Type.Array(Type.String())

export const JurisdictionReach = Type.Object({
  effect: Type.Enum(['data-access', 'cut-off', 'tariff']),
  level: Type.Enum(['none', 'mitigated', 'unknown', 'exposed']),
  reasons: Texts,
})
export type JurisdictionReach = Static<typeof JurisdictionReach>

export const JurisdictionOffering = Type.Object({
  agentId: Uuid,
  agentName: Type.String(),
  serviceTypeId: Uuid,
  serviceTypeName: Type.String(),
  infrastructure: Type.Record(Type.String(), Countries, {
    description: 'Countries by what is there: storage, processing, backup, telemetry, support, controlPlane, keys.',
  }),
  fallbackOutside: Type.Optional(Type.Boolean({ description: 'Whether it may move out of these countries.' })),
  reach: Type.Array(JurisdictionReach, { description: 'How far countries outside the European Economic Area reach.' }),
  measures: Type.Array(
    Type.Object({
      text: Type.String({ description: 'What is done against access and cut-off from abroad.' }),
      assurance: Type.Enum(['none', 'self-declared', 'credential-verified', 'auditor-attested']),
    }),
  ),
  unknown: Type.Array(Type.String(), { description: 'JSON Pointers of facts that the provider has not published.' }),
  profileVersions: Type.Array(Type.Object({ profileId: Uuid, version: Type.Integer() })),
})
export type JurisdictionOffering = Static<typeof JurisdictionOffering>

export const JurisdictionPage = Type.Object({
  providerId: Uuid,
  providerName: Type.String(),
  asOf: Timestamp,
  legalName: Type.Optional(Type.String()),
  registeredCountry: Type.Optional(Type.String()),
  headquartersCountry: Type.Optional(Type.String()),
  governingLaw: Countries,
  courtVenue: Countries,
  foreignControl: Type.Enum(['no', 'yes', 'unknown'], {
    description: 'Whether holders outside the European Economic Area control it.',
  }),
  foreignControllers: Countries,
  offerings: Type.Array(JurisdictionOffering),
})
export type JurisdictionPage = Static<typeof JurisdictionPage>

export const ExitAlternative = Type.Object({
  agentId: Uuid,
  agentName: Type.String(),
  providerId: Uuid,
  providerName: Type.String(),
  qualifies: Type.Boolean({ description: "The consumer's policies allow it, and it is another provider." }),
  failed: Type.Array(Type.String(), { description: 'Why not: policy/constraint:CODE.' }),
  formats: Type.Array(Type.String(), { description: 'In which data can be moved there.' }),
})
export type ExitAlternative = Static<typeof ExitAlternative>

export const ExitPlanItem = Type.Object({
  serviceId: Uuid,
  serviceName: Type.String(),
  serviceTypeName: Type.String(),
  groupName: Type.String(),
  providerId: Uuid,
  providerName: Type.String(),
  function: Type.Optional(Type.String()),
  criticality: ServiceCriticality,
  monthlySpend: Type.Optional(Money),
  rtoTargetSeconds: Type.Optional(Type.Integer()),
  rpoTargetSeconds: Type.Optional(Type.Integer()),
  alternatives: Type.Array(ExitAlternative, { description: 'Those that qualify first.' }),
  steps: Texts,
  lastDrill: Type.Optional(
    Type.Object({
      migrationId: Uuid,
      at: Timestamp,
      outcome: Type.String(),
      rtoSeconds: Type.Optional(Type.Number()),
      rpoSeconds: Type.Optional(Type.Number()),
    }),
  ),
  vaultCopy: Type.Optional(Type.Object({ takenAt: Timestamp, store: Type.String(), outside: Type.Boolean() })),
  contingency: Type.String({ description: 'What remains when the provider is gone from one moment to the next.' }),
  gaps: Type.Array(Type.String(), { description: 'What is missing, and what to do about it.' }),
})
export type ExitPlanItem = Static<typeof ExitPlanItem>

export const ExitPlan = Type.Object({
  consumerId: Uuid,
  consumerName: Type.String(),
  asOf: Timestamp,
  reviewBy: Type.Unsafe<string>({
    ...Timestamp,
    description: 'A year after its date, or earlier where a drill gets too old.',
  }),
  items: Type.Array(ExitPlanItem, { description: 'The critical ones first.' }),
  ready: Type.Integer({ description: 'Services that have an alternative, a way, and a drill that passed.' }),
  sufficientlyTested: Type.Boolean({
    description: 'Every critical and important service has a drill that passed within a year.',
  }),
})
export type ExitPlan = Static<typeof ExitPlan>

export const RegisterTemplate = Type.Object({
  code: Type.String({ description: 'B_01.01 to B_99.01, as Implementing Regulation (EU) 2024/2956 numbers them.' }),
  title: Type.String(),
  columns: Texts,
  rows: Type.Array(Type.Array(Type.String()), {
    description: 'One text for each column; empty where nothing is known.',
  }),
  missing: Type.Array(Type.String(), { description: 'What has to be entered by hand, or first be told to Fulcrum.' }),
})
export type RegisterTemplate = Static<typeof RegisterTemplate>

export const RegisterOfInformation = Type.Object({
  consumerId: Uuid,
  asOf: Timestamp,
  templates: Type.Array(RegisterTemplate),
})
export type RegisterOfInformation = Static<typeof RegisterOfInformation>

const OWN = { admin: 'any', participant: ['participantId'] } as const
const params = Type.Object({ id: UuidInput })

export const exitReports = {
  jurisdiction: operation({
    id: 'exitReports.jurisdiction',
    method: 'GET',
    path: '/participants/{id}/jurisdiction',
    summary:
      'Say under which jurisdictions a provider and its infrastructure are, and what it does against foreign access.',
    access: { admin: 'any', participant: 'any' },
    params,
    status: 200,
    answer: JurisdictionPage,
    addition: true,
  }),
  exitPlan: operation({
    id: 'exitReports.exitPlan',
    method: 'GET',
    path: '/participants/{id}/exit-plan',
    summary: 'Say for each service of a consumer how it would leave its provider: alternatives, steps, drills, gaps.',
    access: OWN,
    params,
    query: Type.Object({
      providerId: Type.Optional(
        InQuery({ type: 'string', format: 'uuid', description: 'Only services of this provider.' }),
      ),
    }),
    status: 200,
    answer: ExitPlan,
    addition: true,
  }),
  register: operation({
    id: 'exitReports.register',
    method: 'GET',
    path: '/participants/{id}/dora-register',
    summary: 'Fill the register of information about arrangements with providers, as far as Fulcrum knows it.',
    access: OWN,
    params,
    status: 200,
    answer: RegisterOfInformation,
    addition: true,
  }),
} as const
