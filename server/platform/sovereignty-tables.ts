/** The tables of profiles, policies, placement and leaving, as Kysely sees them; a part of `tables.ts`. */
import type { SwitchingEntryCreate } from '@fulcrum/contract'
import type { Assurance, Criticality, Evidence, EvidenceKind, Policy, Profile, ScopeKind } from '@fulcrum/sovereignty'
import type { ColumnType, Generated } from 'kysely'

/** JSON goes in as text (`JSON.stringify`) and comes out parsed. */
type Json<T> = ColumnType<T, string, string>
type OptionalJson<T> = ColumnType<T | null, string | null, string | null>

/** A participant, an agent of it, or a service type at that agent. */
export type SubjectColumns = { participant_id: string; agent_id: string | null; service_type_id: string | null }

export type SovereigntyProfilesTable = SubjectColumns & {
  id: string
  version: number
  status: 'draft' | 'published' | 'withdrawn'
  facts: Json<Omit<Profile, 'id' | 'evidences'>>
  valid_from: Date
  valid_until: Date | null
  published_at: Date | null
  announced_days: Generated<number | null>
  created_at: Date
  updated_at: Date
}

export type SovereigntyEvidencesTable = SubjectColumns & {
  id: string
  kind: EvidenceKind
  asserts_paths: string[]
  issuer: OptionalJson<NonNullable<Evidence['issuer']>>
  issued_at: Date | null
  valid_from: Date | null
  valid_until: Date | null
  media_type: string | null
  uri: string | null
  sha256: string | null
  verification_status: Evidence['verification']['status']
  verification_level: Assurance
  checked_at: Date | null
  method: string | null
  checks: ColumnType<NonNullable<Evidence['verification']['checks']>, string | undefined, string>
  announced_days: Generated<number | null>
  created_at: Date
  updated_at: Date
}

/** What a policy says besides id, version, scope and times. */
export type PolicyDocument = Pick<
  Policy,
  'mode' | 'trustedZone' | 'onUnknown' | 'minAssurance' | 'constraints' | 'preferences' | 'breach'
>

export type SovereigntyPoliciesTable = {
  id: string
  version: number
  name: string
  scope_kind: ScopeKind
  scope_id: string | null
  consumer_id: string | null
  document: Json<PolicyDocument>
  effective_from: Date
  withdrawn_at: Date | null
  created_at: Date
}

export type SovereigntyWaiversTable = {
  id: string
  policy_id: string
  constraint_id: string
  subject_id: string
  consumer_id: string | null
  reason: string
  approved_by: string
  valid_from: Date
  valid_until: Date
  revoked_at: Generated<Date | null>
  created_at: Date
}

/** Days are written as text and read as text by the queries: as times they would depend on the time zone. */
type Day = ColumnType<Date | null, string | null, string | null>

export type ServiceClassificationsTable = {
  service_id: string
  consumer_id: string
  criticality: Criticality
  function: string | null
  rto_target_seconds: number | null
  rpo_target_seconds: number | null
  monthly_spend: number | null
  spend_currency: string | null
  contract_ref: string | null
  contract_start: Day
  contract_end: Day
  notice_period_days: number | null
  data_classes: string[]
  created_at: Date
  updated_at: Date
}

export type SovereigntyChangesTable = { id: Generated<number> }

export type BreachAction = NonNullable<Policy['breach']>['action']

/** One policy that refuses a service, and what follows from it. */
export type Breach = {
  policyId: string
  policyVersion: number
  scope: Policy['scope']
  action: BreachAction
  graceDays: number
  /** Since when this policy refuses it; RFC 3339. */
  since: string
  /** `constraint:CODE` */
  failed: string[]
}

export type ServiceComplianceTable = {
  service_id: string
  provider_id: string
  outcome: 'allow' | 'allow_with_obligations' | 'deny'
  failed: string[]
  would_fail: string[]
  breaches: Json<Breach[]>
  policy_id: string | null
  action: BreachAction | null
  evacuate_at: Date | null
  evacuation_announced: Generated<boolean>
  since: Date
  checked_at: Date
}

export type SwitchingsTable = {
  id: string
  consumer_id: string
  provider_id: string
  service_ids: string[]
  destination: 'provider' | 'on-premises' | 'erase'
  destination_provider_id: string | null
  contract_ref: string | null
  requested_on: string
  notice_months: number
  entries: Json<(SwitchingEntryCreate & { by: 'consumer' | 'provider' | 'operator'; at: string })[]>
  ended: boolean
  created_at: Date
  updated_at: Date
}

export type SovereigntyTables = {
  service_classifications: ServiceClassificationsTable
  sovereignty_profiles: SovereigntyProfilesTable
  sovereignty_evidences: SovereigntyEvidencesTable
  sovereignty_policies: SovereigntyPoliciesTable
  sovereignty_waivers: SovereigntyWaiversTable
  switchings: SwitchingsTable
  sovereignty_changes: SovereigntyChangesTable
  service_compliance: ServiceComplianceTable
}
