/** Examples of sovereignty profiles, evidence, policies and compliance: a provider in Austria, and a consumer that trusts the EEA. */
import type { AnyJson } from './values.ts'

const PROVIDER = '5b8f6d1c-7f0a-4c56-9f57-0f2f9d0f6a01'
const CONSUMER = '9d2c1b7e-3a44-4f0e-8a55-6a7d1c2e4b02'
const AGENT = '1c7e5a90-2b3d-4e6f-8a9b-0c1d2e3f4a03'
const SERVICE_TYPE = '3f3c4a43-6f0e-4b5f-9c0e-5a2a4c7f8d05'
const SERVICE = '0d6f6a3c-1f0e-4c57-9a53-4b1f6f0c2a07'
const PROFILE = '7d1f0c9e-8b7a-4655-9443-3221100fed15'
const EVIDENCE = '8e2a1dbf-9c8b-4766-a554-4332211aaa16'
const POLICY = '9f3b2ec0-ad9c-4877-b665-5443322bbb17'
const WAIVER = 'a04c3fd1-bead-4988-8776-6554433ccc18'

const MORNING = '2026-11-24T08:15:00Z'
const YEAR_LATER = '2027-11-24T08:15:00Z'
const stamps = { createdAt: MORNING, updatedAt: MORNING }

const facts = {
  legal: {
    legalName: 'Alpenwolke GmbH',
    registrationNumbers: [{ scheme: 'vatID', value: 'ATU00000000', country: 'AT' }],
    registeredCountry: 'AT',
    headquartersCountry: 'AT',
    mainEstablishmentCountry: 'AT',
    governingLaw: ['AT'],
  },
  control: { owners: [{ name: 'Founders', country: 'AT', capitalPct: 100, votingPct: 100 }] },
  location: { storage: ['AT', 'DE'], processing: ['AT'], keys: ['AT'], fallbackOutside: false },
  data: { encryption: 'hyok', keyHolder: 'customer', kmsCountry: 'AT' },
  operations: { disconnect: { supported: true, testedAt: '2026-06-01', autonomyDays: 180 } },
}

const validity = { validFrom: MORNING, validUntil: YEAR_LATER }
const issuer = { name: 'Certification Body Ltd' }
const weight = { level: 'auditor-attested', finding: 'valid' }
const certificate = {
  kind: 'certificate',
  assertsPaths: ['/security', '/operations'],
  issuer,
  ...validity,
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
}
const need = { path: '/control/changeOfControl', need: 'fact', hint: 'a statutory or golden share' }
const seals = {
  score: 31.5,
  seal: 0,
  objectives: { 'SOV-1': { points: 8, maxPoints: 24, ratio: 0.3333, seal: 0 } },
}

const rules = {
  name: 'Data and control in the EEA',
  mode: 'enforce',
  trustedZone: { groups: ['EEA'] },
  onUnknown: 'deny',
  minAssurance: 'self-declared',
  constraints: [
    { id: 'place', type: 'location.within', params: { aspects: ['storage', 'backup'], noFallback: true } },
    { id: 'control', type: 'control.noThirdCountryControl', minAssurance: 'credential-verified' },
  ],
  preferences: [{ type: 'csf.verified', weight: 2 }],
  breach: { action: 'evacuate', graceDays: 30 },
  effectiveFrom: MORNING,
}
const policy = {
  id: POLICY,
  version: 1,
  ...rules,
  scope: { kind: 'consumer', id: CONSUMER },
  consumerId: CONSUMER,
  createdAt: MORNING,
}
const waiver = {
  policyId: POLICY,
  constraintId: 'control',
  subjectId: PROVIDER,
  reason: 'The register of owners is on its way.',
  validFrom: MORNING,
  validUntil: '2027-02-24T08:15:00Z',
}

export const SOVEREIGNTY_EXAMPLES: Readonly<Record<string, AnyJson>> = {
  SovereigntyFacts: facts,
  SovereigntyProfile: {
    id: PROFILE,
    kind: 'participant',
    participantId: PROVIDER,
    version: 1,
    status: 'published',
    facts,
    ...validity,
    publishedAt: MORNING,
    ...stamps,
  },
  SovereigntyProfileCreate: { participantId: PROVIDER, facts, validUntil: YEAR_LATER },
  SovereigntyProfileUpdate: { facts },
  SovereigntyEvidence: {
    id: EVIDENCE,
    participantId: PROVIDER,
    ...certificate,
    mediaType: 'application/pdf',
    uri: 'https://alpenwolke.example/certificate.pdf',
    verification: {
      status: 'verified',
      level: 'auditor-attested',
      method: 'read the register of the issuer',
      checks: [{ code: 'ATTESTED', ok: true, detail: 'auditor-attested by admin at 2026-11-24T08:15:00Z' }],
    },
    weight,
    ...stamps,
  },
  SovereigntyEvidenceCreate: { participantId: PROVIDER, ...certificate },
  SovereigntyEvidenceAttest: { level: 'auditor-attested', method: 'read the register of the issuer' },
  SovereigntyEvidenceRevoke: { reason: 'The issuer has withdrawn the certificate.' },
  EffectiveSovereigntyProfile: {
    participantId: PROVIDER,
    agentId: AGENT,
    serviceTypeId: SERVICE_TYPE,
    at: MORNING,
    facts,
    versions: [{ profileId: PROFILE, version: 1 }],
    sections: [
      {
        section: 'operations',
        level: 'auditor-attested',
        paths: [{ path: '/operations/disconnect', level: 'auditor-attested', evidenceIds: [EVIDENCE], lost: [] }],
      },
    ],
    evidences: [{ id: EVIDENCE, ...certificate, weight }],
    grades: [{ factor: 'SOV-1.6', grade: 3, assurance: 'auditor-attested' }],
    scores: { declared: seals, verified: { ...seals, score: 11.25 } },
    next: {
      gaiaX: {
        next: 'SC',
        missing: [{ criterion: 'P3.1.11', path: '/portability', need: 'fact', hint: 'declaration' }],
      },
      seals: [{ objective: 'SOV-1', seal: 0, next: 1, missing: [{ factor: 'SOV-1.2', ...need }] }],
    },
  },
  SovereigntyNotice: {
    id: EVIDENCE,
    kind: 'evidence',
    participantId: PROVIDER,
    validUntil: '2026-12-08T08:15:00Z',
    daysLeft: 14,
    state: 'expiring',
    paths: ['/security', '/operations'],
    dependents: { count: 1, services: [{ id: SERVICE, name: 'orders' }] },
  },
  SovereigntyConstraint: { id: 'label', type: 'gaiax.label.min', params: { level: 'L2' } },
  SovereigntyPolicy: policy,
  SovereigntyPolicyWithVersions: { ...policy, versions: [policy] },
  SovereigntyPolicyCreate: { ...rules, scope: { kind: 'consumer', id: CONSUMER } },
  SovereigntyPolicyUpdate: rules,
  SovereigntyPolicyTest: { policy: { ...rules, scope: { kind: 'consumer', id: CONSUMER } } },
  SovereigntyPolicyTestResult: {
    at: MORNING,
    checked: 1,
    denied: 1,
    services: [
      {
        serviceId: SERVICE,
        name: 'orders',
        providerId: PROVIDER,
        consumerId: CONSUMER,
        outcome: 'deny',
        failed: ['control:UNKNOWN_FACT'],
        explanation: 'Denied: draft/control:UNKNOWN_FACT (owners).',
      },
    ],
  },
  SovereigntyWaiver: { id: WAIVER, ...waiver, consumerId: CONSUMER, approvedBy: 'risk office', createdAt: MORNING },
  SovereigntyWaiverCreate: waiver,
  ServiceCompliance: {
    serviceId: SERVICE,
    outcome: 'deny',
    failed: [`${POLICY}/control:EVIDENCE_EXPIRED`],
    wouldFail: [],
    breaches: [
      {
        policyId: POLICY,
        policyVersion: 1,
        scope: { kind: 'consumer', id: CONSUMER },
        action: 'evacuate',
        graceDays: 30,
        since: MORNING,
        failed: ['control:EVIDENCE_EXPIRED'],
      },
    ],
    policyId: POLICY,
    action: 'evacuate',
    evacuateAt: '2026-12-24T08:15:00Z',
    since: MORNING,
    checkedAt: MORNING,
  },
}
