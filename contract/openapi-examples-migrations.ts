/** Examples of migrations, drills and evacuations, by the names of their shapes; a part of `openapi-examples.ts`. */
import type { AnyJson } from './values.ts'

const PROVIDER = '5b8f6d1c-7f0a-4c56-9f57-0f2f9d0f6a01'
const OTHER_PROVIDER = '6c9a7e2d-8a1b-4d67-8a68-1a3a0e1a7b02'
const CONSUMER = '9d2c1b7e-3a44-4f0e-8a55-6a7d1c2e4b02'
const SERVICE = '0d6f6a3c-1f0e-4c57-9a53-4b1f6f0c2a07'
const TARGET = '1e7a7b4d-2a1f-4d68-8b64-5c2a7a1d3b08'
const AGENT = '1c7e5a90-2b3d-4e6f-8a9b-0c1d2e3f4a03'
const OTHER_AGENT = '2d8f6ba1-3c4e-4f7a-9bac-1d2e3f4a5b04'
const SERVICE_TYPE = '3f3c4a43-6f0e-4b5f-9c0e-5a2a4c7f8d05'
const MIGRATION = '4a4d5b54-7a1f-4c6a-8d1f-6b3b5d8a9e06'
const EVACUATION = '5b5e6c65-8b2a-4d7b-9e2a-7c4c6e9b0f07'
const EVIDENCE = '6c6f7d76-9c3b-4e8c-8f3b-8d5d7f0c1a08'
const JOB = 'e2b4c6d8-1a3c-4e5f-8071-92a3b4c5d608'
const NOON = '2026-11-24T12:00:00Z'
const LATER = '2026-11-24T12:01:00Z'

const step = {
  step: 'exporting',
  status: 'done',
  jobId: JOB,
  since: NOON,
  startedAt: NOON,
  endedAt: LATER,
  seconds: 60,
  sizeBytes: 1_073_741_824,
  mibPerSecond: 17.067,
}
const waiting = {
  summary: 'It waits for agent postgres-2 of Alpenwolke to take the job.',
  since: LATER,
  waitsFor: 'agent postgres-2 takes the job',
  unblockedBy: 'Alpenwolke',
  possibleIf: ['agent postgres-2 has room for another job'],
}
const between = {
  serviceId: SERVICE,
  consumerId: CONSUMER,
  serviceTypeId: SERVICE_TYPE,
  sourceAgentId: AGENT,
  targetAgentId: OTHER_AGENT,
  sourceProviderId: PROVIDER,
  targetProviderId: OTHER_PROVIDER,
  from: 'live',
}
const migration = {
  id: MIGRATION,
  ...between,
  state: 'creating',
  paused: false,
  primaryServiceId: SERVICE,
  verification: 'pending',
  cutOver: 'automatic',
  precopy: true,
  acceptWriteLoss: false,
  vaultFallback: false,
  retrievalHours: 720,
  fence: 'none',
  sizeBytes: 1_073_741_824,
  waiting,
  steps: [step, { step: 'creating', status: 'running', jobId: JOB, since: LATER, startedAt: LATER }],
  actions: ['pause', 'cancel', 'rollback'],
  createdAt: NOON,
  updatedAt: LATER,
}
const drill = {
  id: MIGRATION,
  ...between,
  scratchServiceId: TARGET,
  state: 'done',
  outcome: 'passed',
  verification: 'verified',
  rtoSeconds: 312.4,
  rpoSeconds: 312.4,
  sizeBytes: 1_073_741_824,
  exportMibPerSecond: 17.067,
  importMibPerSecond: 9.4,
  evidenceIds: [EVIDENCE],
  steps: [step],
  createdAt: NOON,
  updatedAt: LATER,
  endedAt: LATER,
}
const scenario = {
  type: 'provider-cut-off',
  jurisdictions: [],
  providerIds: [PROVIDER],
  at: NOON,
  graceHours: 24,
}
const planned = {
  serviceId: SERVICE,
  serviceName: 'orders database',
  consumerId: CONSUMER,
  sourceProviderId: PROVIDER,
  sourceAgentId: AGENT,
  position: 1,
  impact: 'lost',
  criticality: 'critical',
  feasible: true,
  from: 'live',
  targetAgentId: OTHER_AGENT,
  targetProviderId: OTHER_PROVIDER,
  format: 'pg_dump-custom',
  sizeBytes: 1_073_741_824,
  waitSeconds: 0,
  exportSeconds: 51,
  importSeconds: 95,
  rtoSeconds: 156,
  rpoSeconds: 0,
  rtoTargetSeconds: 3_600,
  rtoMet: true,
  rpoMet: true,
  steps: ['export', 'create', 'import', 'verify', 'cut over', 'delete the source after its time'],
}
const assumption = {
  what: 'import throughput of postgres-2',
  value: '30 MiB/s',
  because: 'nothing was measured yet: a drill would make it known',
}
const evacuation = {
  id: EVACUATION,
  consumerId: CONSUMER,
  state: 'running',
  paused: false,
  scenario,
  deadlineAt: '2026-11-25T12:00:00Z',
  exportsAtOnce: 2,
  progress: {
    services: 1,
    waiting: 0,
    moving: 1,
    moved: 0,
    failed: 0,
    infeasible: 0,
    cancelled: 0,
    rtoMissed: 0,
    rpoMissed: 0,
  },
  createdAt: NOON,
  updatedAt: LATER,
}
const item = { ...planned, state: 'moving', migrationId: MIGRATION, migrationState: 'creating', startedAt: NOON }

export const MIGRATION_EXAMPLES: Readonly<Record<string, AnyJson>> = {
  Migration: migration,
  MigrationStep: step,
  MigrationWaiting: waiting,
  MigrationFailure: {
    step: 'importing',
    reason: 'the disk is full',
    at: LATER,
    helps: ['mend the reason, then retry', 'cancel: the source is untouched'],
  },
  MigrationCreate: { serviceId: SERVICE, agentId: OTHER_AGENT, cutOver: 'manual', retrievalDays: 30 },
  MigrationRollback: { acceptWriteLoss: true },
  Drill: drill,
  DrillCreate: { serviceIds: [SERVICE], agentId: OTHER_AGENT },
  DrillsStarted: { items: [drill], refused: [] },
  EvacuationRequest: { providerId: PROVIDER, exportsAtOnce: 2 },
  EvacuationPlanItem: planned,
  EvacuationAssumption: assumption,
  PlannedScenario: scenario,
  EvacuationPlan: {
    scenario,
    deadlineAt: '2026-11-25T12:00:00Z',
    items: [planned],
    notHit: [],
    assumptions: [assumption],
    totals: { services: 1, feasible: 1, fromVault: 0, rtoMissed: 0, rpoMissed: 0, longestRtoSeconds: 156 },
  },
  EvacuationItem: item,
  EvacuationProgress: evacuation.progress,
  Evacuation: evacuation,
  EvacuationDetail: { ...evacuation, items: [item], assumptions: [assumption] },
}
