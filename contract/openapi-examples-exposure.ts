/** Examples of classifications, exposure and concentration, by the names of their shapes; a part of `openapi-examples.ts`. */
import type { AnyJson } from './values.ts'

const CONSUMER = '9d2c1b7e-3a44-4f0e-8a55-6a7d1c2e4b02'
const SERVICE = '0d6f6a3c-1f0e-4c57-9a53-4b1f6f0c2a07'

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

export const EXPOSURE_EXAMPLES: Readonly<Record<string, AnyJson>> = {
  Money: { amount: 4_000, currency: 'EUR' },
  ServiceClassification: { serviceId: SERVICE, consumerId: CONSUMER, ...said, updatedAt: '2026-11-24T08:15:00Z' },
  ServiceClassificationPut: said,
}
