/** The tables of profiles, policies, placement and leaving, as Kysely sees them; a part of `tables.ts`. */
import type { Assurance, Evidence, EvidenceKind, Policy, Profile, ScopeKind } from '@fulcrum/sovereignty'
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
  announced_days: number | null
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

export type SovereigntyTables = {
  sovereignty_profiles: SovereigntyProfilesTable
  sovereignty_evidences: SovereigntyEvidencesTable
  sovereignty_policies: SovereigntyPoliciesTable
  sovereignty_waivers: SovereigntyWaiversTable
}
