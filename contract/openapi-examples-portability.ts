/** Examples of portability, artifact stores and vault copies, by the names of their shapes; a part of `openapi-examples.ts`. */
import type { AnyJson } from './values.ts'

const PROVIDER = '5b8f6d1c-7f0a-4c56-9f57-0f2f9d0f6a01'
const CONSUMER = '9d2c1b7e-3a44-4f0e-8a55-6a7d1c2e4b02'
const AGENT = '1c7e5a90-2b3d-4e6f-8a9b-0c1d2e3f4a03'
const SERVICE_TYPE = '3f3c4a43-6f0e-4b5f-9c0e-5a2a4c7f8d05'
const SERVICE = '0d6f6a3c-1f0e-4c57-9a53-4b1f6f0c2a07'
const JOB = 'e2b4c6d8-1a3c-4e5f-8071-92a3b4c5d608'
const STORE_OPERATOR = '2f1e0d9c-8b7a-4695-8473-625140392817'
const SCHEDULE = '77e6d5c4-b3a2-4190-8f7e-6d5c4b3a2918'
const ANY_ID = 'd4c3b2a1-0f1e-4d2c-8b3a-495867768514'

const stamps = { createdAt: '2026-11-24T02:00:00Z', updatedAt: '2026-11-24T02:04:10Z' }

const declaration = {
  exportAction: 'export',
  importAction: 'import',
  quiesceAction: 'quiesce',
  resumeAction: 'resume',
  exportFormats: ['pg_dump-custom'],
  importFormats: ['pg_dump-custom', 'sql'],
}

export const PORTABILITY_EXAMPLES: Readonly<Record<string, AnyJson>> = {
  PortabilityInput: declaration,
  Portability: { serviceTypeId: SERVICE_TYPE, ...declaration },
  ArtifactStore: {
    name: 'fjord',
    kind: 's3',
    operator: 'Fjord Lagring AS',
    country: 'NO',
    controllerCountry: 'NO',
    providerId: STORE_OPERATOR,
    outside: true,
  },
  VaultSchedule: {
    id: SCHEDULE,
    consumerId: CONSUMER,
    serviceId: SERVICE,
    everyHours: 24,
    keep: 7,
    store: 'fjord',
    ...stamps,
  },
  VaultScheduleCreate: { serviceId: SERVICE, everyHours: 24, keep: 7, store: 'fjord' },
  VaultScheduleUpdate: { everyHours: 12, keep: 14 },
  VaultCopy: {
    id: ANY_ID,
    serviceId: SERVICE,
    consumerId: CONSUMER,
    providerId: PROVIDER,
    agentId: AGENT,
    scheduleId: SCHEDULE,
    artifactId: 'b1a29384-7566-4758-8939-2a1b0c9d8e7f',
    jobId: JOB,
    store: 'fjord',
    state: 'stored',
    takenAt: '2026-11-24T02:00:04Z',
    storedAt: '2026-11-24T02:04:10Z',
    verifiedAt: '2026-11-24T02:04:10Z',
    sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    sizeBytes: 146_515,
    format: 'pg_dump-custom',
    content: { algorithm: 'rows-sha256', digest: 'b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c' },
    outside: true,
    ...stamps,
  },
  VaultCopyCreate: { store: 'fjord' },
}
