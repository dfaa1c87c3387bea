/** Examples of placement, terms of offerings and quotas, by the names of their shapes; a part of `openapi-examples.ts`. */
import type { AnyJson } from './values.ts'

const PROVIDER = '5b8f6d1c-7f0a-4c56-9f57-0f2f9d0f6a01'
const CONSUMER = '9d2c1b7e-3a44-4f0e-8a55-6a7d1c2e4b02'
const AGENT = '1c7e5a90-2b3d-4e6f-8a9b-0c1d2e3f4a03'
const SERVICE_TYPE = '3f3c4a43-6f0e-4b5f-9c0e-5a2a4c7f8d05'
const GROUP = 'c0a80101-aaaa-4bbb-8ccc-123456789a06'
const SERVICE = '0d6f6a3c-1f0e-4c57-9a53-4b1f6f0c2a07'
const DECISION = '6e1f2a3b-4c5d-4e6f-8a7b-9c0d1e2f3a15'
const POLICY = '7f2a3b4c-5d6e-4f7a-9b8c-0d1e2f3a4b16'
const TERMS = '8a3b4c5d-6e7f-4a8b-8c9d-1e2f3a4b5c17'
const NOW = '2026-11-24T12:00:00Z'
const DIGEST = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'

const price = { amount: 120.5, currency: 'EUR' }
const terms = {
  monthlyPrice: price,
  capacityUnits: 400,
  unitsPerService: 4,
  latencyMs: { 'eu-west': 12, 'eu-north': 31 },
  sku: 'pg-4c16g',
}
const requirements = {
  trustedZone: { groups: ['EEA'], countries: ['CH'] },
  minAssurance: 'credential-verified',
  constraints: [{ id: 'label', type: 'gaiax.label.min', params: { level: 'L2' } }],
  preferences: [
    { type: 'price', weight: 2 },
    { type: 'carbon', weight: 1 },
  ],
}
const customerKey = { reference: 'hsm://keys.example/erp-2026', country: 'DE' }
const candidate = {
  agentId: AGENT,
  agentName: 'pg-1',
  providerId: PROVIDER,
  providerName: 'Alpenwolke',
  qualifies: true,
  outcome: 'allow',
  failed: [],
  warnings: [],
  obligations: [],
  waived: [],
  wouldFail: [],
  advisories: [],
  obstacles: [],
  remarks: [],
  utility: 3,
  utilities: { price: 1, carbon: 1 },
  monthlyPrice: price,
  latencyMs: 31,
  carbonGramPerKWh: 42,
  country: 'AT',
  share: 0.25,
  explanation: 'Allowed.',
}
const summary = {
  id: DECISION,
  kind: 'dry-run',
  outcome: 'placed',
  serviceTypeId: SERVICE_TYPE,
  consumerId: CONSUMER,
  groupId: GROUP,
  agentId: AGENT,
  providerId: PROVIDER,
  at: NOW,
  explanation: 'Alpenwolke / pg-1 qualifies; 1 of 1 offerings qualify.',
  inputsSha256: DIGEST,
  createdAt: NOW,
}

export const PLACEMENT_EXAMPLES: Readonly<Record<string, AnyJson>> = {
  OfferingTerms: {
    id: TERMS,
    agentId: AGENT,
    serviceTypeId: SERVICE_TYPE,
    providerId: PROVIDER,
    ...terms,
    updatedAt: NOW,
  },
  OfferingTermsPut: terms,
  Quotas: { maxServices: 50, serviceTypes: [{ serviceTypeId: SERVICE_TYPE, maxServices: 10 }] },
  QuotasPut: { maxServices: 50, serviceTypes: [{ serviceTypeId: SERVICE_TYPE, maxServices: 10 }] },
  PlacementCreate: { groupId: GROUP, serviceTypeId: SERVICE_TYPE, requirements, customerKey },
  PlacementDecision: { ...summary, candidates: [candidate], counterfactuals: [] },
  PlacementRecord: {
    id: DECISION,
    inputsSha256: DIGEST,
    inputs: { v: 1, at: NOW, subject: { consumerId: CONSUMER, groupId: GROUP, serviceTypeId: SERVICE_TYPE } },
    result: { chosen: AGENT, candidates: [], counterfactuals: [] },
  },
  ServicePlacement: {
    serviceId: SERVICE,
    decisionId: DECISION,
    obligations: ['OBL_CUSTOMER_HELD_KEYS'],
    requirements,
    policyId: POLICY,
    customerKey,
    createdAt: NOW,
  },
}
