/** Examples of classifications, exposure and concentration, by the names of their shapes; a part of `openapi-examples.ts`. */
import type { AnyJson } from './values.ts'

const PROVIDER = '5b8f6d1c-7f0a-4c56-9f57-0f2f9d0f6a01'
const CONSUMER = '9d2c1b7e-3a44-4f0e-8a55-6a7d1c2e4b02'
const SERVICE = '0d6f6a3c-1f0e-4c57-9a53-4b1f6f0c2a07'
const AGENT = '1c7e5a90-2b3d-4e6f-8a9b-0c1d2e3f4a03'
const SERVICE_TYPE = '3f3c4a43-6f0e-4b5f-9c0e-5a2a4c7f8d05'
const GROUP = 'c0a80101-aaaa-4bbb-8ccc-123456789a06'
const PROFILE = 'd4c3b2a1-0f1e-4d2c-8b3a-495867768514'
const NOW = '2026-11-24T12:00:00Z'

const said = {
  criticality: 'critical',
  function: 'Patient records',
  rtoTargetSeconds: 14_400,
  rpoTargetSeconds: 3_600,
  monthlySpend: { amount: 4_000, currency: 'EUR' },
  contractRef: 'V-2026-0117',
  contractStart: '2026-01-01',
  contractEnd: '2027-12-31',
  noticePeriodDays: 60,
  dataClasses: ['health'],
}

const sums = {
  services: 1,
  hit: 1,
  blastRadius: 1,
  critical: 1,
  criticalHit: 1,
  spend: [{ currency: 'EUR', amount: 4_000, hitAmount: 4_000, share: 1, costDelta: 0 }],
  unknownSpend: 0,
  firstImpactDays: 0,
}

export const EXPOSURE_EXAMPLES: Readonly<Record<string, AnyJson>> = {
  Money: { amount: 4_000, currency: 'EUR' },
  ServiceClassification: { serviceId: SERVICE, consumerId: CONSUMER, ...said, updatedAt: '2026-11-24T08:15:00Z' },
  ServiceClassificationPut: said,
  ExposureRequest: {
    scenario: { type: 'cut-off', jurisdictions: ['US'], graceHours: 2 },
    consumerId: CONSUMER,
    detail: 'hit',
  },
  Exposure: {
    scenario: { type: 'cut-off', jurisdictions: ['US'], graceHours: 2, at: NOW },
    summary:
      'A cut-off by US: 1 of 1 service is hit, 100 % of the monthly spend in EUR, 1 critical; the first after 2 hours.',
    totals: { ...sums, byImpact: { lost: 1 } },
    consumers: [{ consumerId: CONSUMER, consumerName: 'Nordlicht', ...sums }],
    services: {
      items: [
        {
          serviceId: SERVICE,
          name: 'orders',
          consumerId: CONSUMER,
          groupId: GROUP,
          providerId: PROVIDER,
          agentId: AGENT,
          serviceTypeId: SERVICE_TYPE,
          impact: 'lost',
          hit: true,
          timeToImpactDays: 0,
          reasons: ['CONTROLLED_FROM', 'CRITICAL_COMPONENT:platform'],
          criticality: 'critical',
          monthlySpend: { amount: 4_000, currency: 'EUR' },
          spendSource: 'classification',
          costDelta: 0,
        },
      ],
      totalItems: 1,
      totalPages: 1,
      currentPage: 1,
      hasNext: false,
      hasPrev: false,
    },
    reasonTexts: {
      CONTROLLED_FROM: 'Who controls the provider is there.',
      'CRITICAL_COMPONENT:platform': 'It depends on platform, which comes from there and is not easily replaced.',
    },
    offerings: [
      {
        agentId: AGENT,
        agentName: 'west',
        serviceTypeId: SERVICE_TYPE,
        serviceTypeName: 'PostgreSQL',
        providerId: PROVIDER,
        providerName: 'Eurohyper',
        services: 1,
        impact: 'lost',
        profileVersions: [{ profileId: PROFILE, version: 3 }],
      },
    ],
    unknown: [],
    assumptions: ['Facts count as published and valid at 2026-11-24T12:00:00Z: of 1 of 1 offerings.'],
  },
  Concentration: {
    at: NOW,
    summary: 'Of 1 service: 100 % on one provider (Eurohyper), 100 % under control from one country (US).',
    services: 1,
    unknownSpend: 0,
    measures: [
      {
        dimension: 'controller-country',
        weight: 'spend',
        currency: 'EUR',
        hhi: 10_000,
        effectiveNumber: 1,
        maxShare: 1,
        band: 'high',
        unknownShare: 0,
        shares: [{ key: 'US', name: 'US', share: 1 }],
      },
    ],
    largestFails: [
      {
        dimension: 'controller-country',
        key: 'US',
        name: 'US',
        servicesLost: 1,
        servicesRemaining: 0,
        criticalLost: 1,
        criticalRemaining: 0,
        spend: [{ currency: 'EUR', lost: 4_000, remaining: 0 }],
        takers: [{ serviceTypeId: SERVICE_TYPE, serviceTypeName: 'PostgreSQL', services: 1, offerings: [] }],
      },
    ],
    suppliers: [],
    groups: [],
    bands: { low: 1_000, moderate: 2_000 },
    assumptions: ['What is not known counts as one and the same.'],
  },
}
