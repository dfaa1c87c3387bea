/** Examples of leaving a provider; a part of `openapi-examples.ts`. */
const CONSUMER = '9d2c1b7e-3a44-4f0e-8a55-6a7d1c2e4b02'
const PROVIDER = '5b8f6d1c-7f0a-4c56-9f57-0f2f9d0f6a01'
const OTHER_PROVIDER = 'f00dfeed-1a2b-4c3d-8e4f-5a6b7c8d9e0f'
const SERVICE = '0d6f6a3c-1f0e-4c57-9a53-4b1f6f0c2a07'

const switching = {
  id: 'd4c3b2a1-0f1e-4d2c-8b3a-495867768514',
  consumerId: CONSUMER,
  providerId: PROVIDER,
  serviceIds: [SERVICE],
  destination: 'provider',
  destinationProviderId: OTHER_PROVIDER,
  contractRef: 'C-2025-118',
  requestedOn: '2026-12-31',
  noticeMonths: 2,
  state: 'notice',
  clocks: {
    noticeEndsOn: '2027-02-28',
    unfeasibleUntil: '2027-01-20',
    transitionEndsOn: '2027-03-30',
    retrievalEndsOn: '2027-04-29',
    noChargesFrom: '2027-01-12',
  },
  overdue: [],
  createdAt: '2026-12-31T08:15:00Z',
  updatedAt: '2026-12-31T08:15:00Z',
}
const incident = { kind: 'incident', text: 'The database was unavailable from 9 to 11 a.m.' }
const asset = {
  serviceId: SERVICE,
  kind: 'exportable-data',
  path: '/artifacts/d4c3b2a1-0f1e-4d2c-8b3a-495867768514',
  format: 'pg_dump-custom',
  sizeBytes: 146_515,
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  exportedAt: '2027-01-04T22:00:00Z',
}

const jurisdictionReach = { effect: 'cut-off', level: 'exposed', reasons: ['CONTROLLED_FROM'] }
const jurisdictionOffering = {
  agentId: '1c7e5a90-2b3d-4e6f-8a9b-0c1d2e3f4a03',
  agentName: 'liffey-postgres',
  serviceTypeId: '3f3c4a43-6f0e-4b5f-9c0e-5a2a4c7f8d05',
  serviceTypeName: 'postgresql',
  infrastructure: { storage: ['IE'], processing: ['IE'] },
  reach: [jurisdictionReach],
  measures: [{ text: "The provider's own accesses are logged", assurance: 'self-declared' }],
  unknown: ['/location/backup'],
  profileVersions: [{ profileId: 'd4c3b2a1-0f1e-4d2c-8b3a-495867768514', version: 2 }],
}
const alternative = {
  agentId: '1c7e5a90-2b3d-4e6f-8a9b-0c1d2e3f4a03',
  agentName: 'garonne-postgres',
  providerId: OTHER_PROVIDER,
  providerName: 'Garonne Données SAS',
  qualifies: true,
  failed: [],
  formats: ['pg_dump-custom'],
}
const planItem = {
  serviceId: SERVICE,
  serviceName: 'orders',
  serviceTypeName: 'postgresql',
  groupName: 'shop',
  providerId: PROVIDER,
  providerName: 'Liffey Data Services Ltd',
  criticality: 'critical',
  alternatives: [alternative],
  steps: ['Export at Liffey Data Services Ltd (export) while the service goes on'],
  contingency: 'Nothing: there is no copy of the data outside Liffey Data Services Ltd.',
  gaps: ['No vault copy: schedule one (fulcrum vault schedule).'],
}
const template = {
  code: 'B_03.01',
  title: 'Entities signing the arrangements for receiving services',
  columns: ['Arrangement', 'LEI of the signing entity'],
  rows: [['C-2025-118', '529900T8BM49AURSDO55']],
  missing: [],
}
const asOf = '2026-11-24T08:15:00Z'

export const EXIT_EXAMPLES = {
  JurisdictionReach: jurisdictionReach,
  JurisdictionOffering: jurisdictionOffering,
  JurisdictionPage: {
    providerId: PROVIDER,
    providerName: 'Liffey Data Services Ltd',
    asOf,
    registeredCountry: 'IE',
    governingLaw: ['IE'],
    courtVenue: ['IE'],
    foreignControl: 'yes',
    foreignControllers: ['US'],
    offerings: [jurisdictionOffering],
  },
  ExitAlternative: alternative,
  ExitPlanItem: planItem,
  ExitPlan: {
    consumerId: CONSUMER,
    consumerName: 'Klinikum Seeheim',
    asOf,
    reviewBy: '2027-11-24T08:15:00Z',
    items: [planItem],
    ready: 0,
    sufficientlyTested: false,
  },
  RegisterTemplate: template,
  RegisterOfInformation: { consumerId: CONSUMER, asOf, templates: [template] },
  Switching: switching,
  SwitchingCreate: {
    consumerId: CONSUMER,
    providerId: PROVIDER,
    destination: 'provider',
    destinationProviderId: OTHER_PROVIDER,
    contractRef: 'C-2025-118',
  },
  SwitchingClocks: switching.clocks,
  SwitchingEntryCreate: incident,
  SwitchingEntry: { ...incident, by: 'consumer', at: '2027-01-05T10:00:00Z' },
  SwitchingAsset: asset,
  SwitchingRecord: {
    ...switching,
    entries: [{ ...incident, by: 'consumer', at: '2027-01-05T10:00:00Z' }],
    assets: [asset],
  },
}
