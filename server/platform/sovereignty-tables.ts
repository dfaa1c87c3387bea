/**
 * The tables of profiles, policies, placement and leaving, as Kysely sees them; a part of `tables.ts`. More than 400 lines, because
 * it is nothing but one type for each of some thirty tables.
 */
import type { CustomerKey, PlacementRequirements, SwitchingEntryCreate } from '@fulcrum/contract'
import type { JsonObject } from '@fulcrum/schema'
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
  /** The credential that it came from, which part of it this is, and facts that replace what the profile declares. */
  credential_id: Generated<string | null>
  credential_part: Generated<string | null>
  facts: ColumnType<Pick<Profile, 'legal' | 'assessments'> | null, string | null | undefined, string | null>
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

export type ServiceTypePortabilityTable = {
  service_type_id: string
  export_action: string
  import_action: string
  quiesce_action: string | null
  resume_action: string | null
  export_formats: string[]
  import_formats: string[]
  created_at: Date
  updated_at: Date
}

export type ArtifactStoresTable = {
  name: string
  kind: 'local' | 'directory' | 's3'
  operator: string | null
  country: string | null
  controller_country: string | null
  provider_id: string | null
  updated_at: Date
}

export type ArtifactCopiesTable = {
  id: string
  artifact_id: string
  store: string
  state: 'pending' | 'stored' | 'failed' | 'removing'
  sha256: string
  size_bytes: number
  attempts: Generated<number>
  next_attempt_at: Date
  error: string | null
  stored_at: Date | null
  created_at: Date
  updated_at: Date
}

export type VaultSchedulesTable = {
  id: string
  consumer_id: string
  group_id: string | null
  service_id: string | null
  every_hours: number
  keep: number
  store: string
  created_at: Date
  updated_at: Date
}

export type VaultCopiesTable = {
  id: string
  service_id: string
  consumer_id: string
  provider_id: string
  agent_id: string
  schedule_id: string | null
  store: string
  artifact_id: string
  job_id: string | null
  state: 'requested' | 'exporting' | 'storing' | 'stored' | 'failed'
  reason: string | null
  not_before: Date
  taken_at: Date | null
  stored_at: Date | null
  verified_at: Date | null
  sha256: string | null
  size_bytes: number | null
  format: string | null
  content: OptionalJson<JsonObject>
  created_at: Date
  updated_at: Date
}

export type VaultOverdueTable = {
  service_id: string
  store: string
  since: Date
  reason: string
}

export type ArtifactReadersTable = { artifact_id: string; agent_id: string; granted_at: Date }

export type CredentialCheck = { code: string; ok: boolean; detail?: string }

export type CredentialsTable = SubjectColumns & {
  id: string
  presentation_id: string | null
  by_admin: boolean
  url: string | null
  jwt: string | null
  document: OptionalJson<Readonly<Record<string, unknown>>>
  document_sha256: string | null
  credential_id: string | null
  state: 'pending' | 'verified' | 'failed'
  reason: string | null
  detail: string | null
  checks: Json<CredentialCheck[]>
  issuer: string | null
  types: string[]
  subject_id: string | null
  label_level: string | null
  rules_version: string | null
  criteria: string[]
  valid_from: Date | null
  valid_until: Date | null
  issuance_keys: string[]
  checked_at: Date | null
  verified_at: Date | null
  next_check_at: Date | null
  attempts: number
  claimed_until: Date | null
  created_at: Date
  updated_at: Date
}

export type CredentialIssuancesTable = { key: string; issued_at: Date }
export type CredentialRevocationsTable = { document_sha256: string; revoked_at: Date }

export type InstanceKeysTable = {
  name: string
  public_jwk: Json<{ kty: string; crv: string; x: string; y: string }>
  key_id: string
  ciphertext: Buffer
  created_at: Date
}

/** Row of what a provider says of an offering of its; see the feature `placement`. */
export type OfferingTermsTable = {
  id: string
  provider_id: string
  agent_id: string
  service_type_id: string
  /** `numeric`: text on its way out. */
  monthly_amount: ColumnType<string | null, number | null, number | null>
  currency: string | null
  capacity_units: number | null
  units_per_service: number
  latency_ms: OptionalJson<number | { [region: string]: number }>
  sku: string | null
  created_at: Date
  updated_at: Date
}

export type ParticipantQuotasTable = {
  participant_id: string
  service_type_id: string | null
  max_services: number
  updated_at: Date
}

export type PlacementContentsTable = { digest: string; content: string; used_at: Date }

export type PlacementDecisionsTable = {
  id: string
  kind: 'dry-run' | 'order' | 'refused'
  outcome: 'placed' | 'refused'
  consumer_id: string
  group_id: string
  service_type_id: string
  service_id: string | null
  agent_id: string | null
  provider_id: string | null
  provider_ids: string[]
  at: Date
  inputs_sha256: string
  inputs: Json<unknown>
  result_sha256: string
  contents: string[]
  explanation: string
  created_at: Date
}

export type ServicePlacementsTable = {
  service_id: string
  decision_id: string
  obligations: string[]
  requirements: OptionalJson<PlacementRequirements>
  policy_id: string | null
  customer_key: OptionalJson<CustomerKey>
  created_at: Date
}

/** What the state machine of migrations knows besides the columns; its meaning stands there. */
export type MigrationsTable = {
  id: string
  kind: 'migration' | 'drill'
  evacuation_id: string | null
  service_id: string
  target_service_id: string | null
  consumer_id: string
  service_type_id: string
  source_agent_id: string
  target_agent_id: string
  source_provider_id: string
  target_provider_id: string
  state: string
  outcome: 'running' | 'passed' | 'unverified' | 'failed' | 'cancelled' | null
  ended: boolean
  primary_service: 'source' | 'target'
  holds_source: 'nothing' | 'all' | 'all-but-delete'
  holds_target: boolean
  job_id: string | null
  fence_job_id: string | null
  cut_over_at: Date | null
  document: Json<JsonObject>
  created_at: Date
  updated_at: Date
  ended_at: Date | null
}

export type PortabilityMeasurementsTable = {
  id: string
  migration_id: string
  direction: 'export' | 'import' | 'create'
  provider_id: string
  agent_id: string
  service_type_id: string
  size_bytes: number
  seconds: number
  measured_at: Date
}

export type MeasuredFactsTable = {
  agent_id: string
  service_type_id: string
  export_tested_at: Date | null
  export_mib_per_s: number | null
  import_mib_per_s: number | null
  measured_at: Date
}

export type EvacuationsTable = {
  id: string
  consumer_id: string | null
  state: 'running' | 'cancelling' | 'done' | 'failed' | 'cancelled'
  paused: boolean
  document: Json<JsonObject>
  deadline_at: Date
  created_at: Date
  updated_at: Date
  ended_at: Date | null
}

export type EvacuationItemsTable = {
  evacuation_id: string
  position: number
  service_id: string
  state: 'waiting' | 'moving' | 'moved' | 'failed' | 'infeasible' | 'cancelled'
  plan: Json<JsonObject>
  migration_id: string | null
  failure: string | null
  started_at: Date | null
}

export type AuditLogTable = {
  singleton: Generated<boolean>
  instance_id: Generated<string>
  instance: string | null
  public_key: Buffer | null
  private_key: Buffer | null
  size: Generated<number>
  peaks: Generated<Buffer[]>
  last_sequence: Generated<number>
  problem: string | null
}

export type AuditEntriesTable = {
  leaf_index: number
  sequence_number: number
  entry: string
  provider_id: string | null
  consumer_id: string | null
}

export type AuditSaltsTable = { sequence_number: number; salt: Buffer }
export type AuditNodesTable = { level: number; position: number; hash: Buffer }
export type AuditCheckpointsTable = { size: number; root: Buffer; note: string; created_at: Date }

export type AuditPeersTable = {
  name: string
  origin: string
  public_key: Buffer
  size: number
  root: Buffer
  note: string
  refused_at: Date | null
  refused_note: string | null
  created_at: Date
  updated_at: Date
}

export type SovereigntyTables = {
  audit_log: AuditLogTable
  audit_entries: AuditEntriesTable
  audit_salts: AuditSaltsTable
  audit_nodes: AuditNodesTable
  audit_checkpoints: AuditCheckpointsTable
  audit_peers: AuditPeersTable
  migrations: MigrationsTable
  portability_measurements: PortabilityMeasurementsTable
  measured_facts: MeasuredFactsTable
  evacuations: EvacuationsTable
  evacuation_items: EvacuationItemsTable
  offering_terms: OfferingTermsTable
  participant_quotas: ParticipantQuotasTable
  placement_contents: PlacementContentsTable
  placement_decisions: PlacementDecisionsTable
  service_placements: ServicePlacementsTable
  credentials: CredentialsTable
  credential_issuances: CredentialIssuancesTable
  credential_revocations: CredentialRevocationsTable
  instance_keys: InstanceKeysTable
  artifact_readers: ArtifactReadersTable
  service_type_portability: ServiceTypePortabilityTable
  artifact_stores: ArtifactStoresTable
  artifact_copies: ArtifactCopiesTable
  vault_schedules: VaultSchedulesTable
  vault_copies: VaultCopiesTable
  vault_overdue: VaultOverdueTable
  service_classifications: ServiceClassificationsTable
  sovereignty_profiles: SovereigntyProfilesTable
  sovereignty_evidences: SovereigntyEvidencesTable
  sovereignty_policies: SovereigntyPoliciesTable
  sovereignty_waivers: SovereigntyWaiversTable
  switchings: SwitchingsTable
  sovereignty_changes: SovereigntyChangesTable
  service_compliance: ServiceComplianceTable
}
