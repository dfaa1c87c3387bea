/**
 * The tables as Kysely sees them: one type for each table of `migrations/`. Reading and writing differ where the database fills
 * a column. The meaning of the columns stands in the migrations.
 */
import type { Json as AnyJson, JsonObject, LifecycleSchema, PropertySchema } from '@fulcrum/schema'
import type { ColumnType, Generated } from 'kysely'
import type { SovereigntyTables } from './sovereignty-tables.ts'

/** JSON goes in as text (`JSON.stringify`) and comes out parsed. */
type Json<T> = ColumnType<T, string, string>

export type ParticipantsTable = {
  id: string
  name: string
  status: 'Enabled' | 'Disabled'
  created_at: Date
  updated_at: Date
  deleted_at: Date | null
}

export type ServiceTypesTable = {
  id: string
  name: string
  property_schema: Json<PropertySchema>
  lifecycle_schema: Json<LifecycleSchema>
  created_at: Date
  updated_at: Date
  deleted_at: Date | null
}

export type AgentTypesTable = {
  id: string
  name: string
  configuration_schema: Json<PropertySchema>
  config_template: Generated<string>
  cmd_template: Generated<string>
  config_content_type: Generated<string>
  legacy_dialect: Generated<boolean>
  created_at: Date
  updated_at: Date
  deleted_at: Date | null
}

export type AgentTypeServiceTypesTable = {
  agent_type_id: string
  service_type_id: string
  position: number
}

export type ServiceOptionTypesTable = {
  id: string
  name: string
  type: string
  description: string
  created_at: Date
  updated_at: Date
}

export type ServiceOptionsTable = {
  id: string
  provider_id: string
  service_option_type_id: string
  name: string
  value: Json<AnyJson>
  enabled: boolean
  display_order: number
  created_at: Date
  updated_at: Date
}

export type ServicePoolSetsTable = {
  id: string
  name: string
  provider_id: string
  created_at: Date
  updated_at: Date
}

export type AgentsTable = {
  id: string
  name: string
  status: 'New' | 'Connected' | 'Disconnected' | 'Error' | 'Disabled'
  last_status_update: Date | null
  tags: string[] | null
  configuration: ColumnType<JsonObject | null, string | null, string | null>
  agent_type_id: string
  provider_id: string
  service_pool_set_id: string | null
  created_at: Date
  updated_at: Date
  deleted_at: Date | null
}

export type TokensTable = {
  id: string
  name: string
  role: 'admin' | 'participant' | 'agent'
  hash: string
  expire_at: Date
  participant_id: string | null
  agent_id: string | null
  created_at: Date
  updated_at: Date
}

export type ServiceGroupsTable = {
  id: string
  name: string
  consumer_id: string
  created_at: Date
  updated_at: Date
  deleted_at: Date | null
}

export type ServicesTable = {
  id: string
  name: string
  status: string
  terminal: boolean
  properties: ColumnType<JsonObject | null, string | null, string | null>
  agent_instance_id: string | null
  agent_instance_data: ColumnType<JsonObject | null, string | null, string | null>
  conditions: ColumnType<{ type: string; message: string; since: string }[], string | undefined, string>
  status_since: Date
  provider_id: string
  consumer_id: string
  group_id: string
  agent_id: string
  service_type_id: string
  created_at: Date
  updated_at: Date
}

export type JobsTable = {
  id: string
  action: string
  params: ColumnType<JsonObject | null, string | null, string | null>
  priority: number
  status: 'Pending' | 'Processing' | 'Completed' | 'Failed'
  error_message: string | null
  claimed_at: Date | null
  completed_at: Date | null
  result: ColumnType<JsonObject | null, string | null | undefined, string | null>
  service_id: string
  group_id: string
  agent_id: string
  provider_id: string
  consumer_id: string
  created_at: Date
  updated_at: Date
}

export type VaultSecretsTable = {
  reference: string
  service_id: string | null
  agent_id: string | null
  ephemeral: boolean
  key_id: string
  ciphertext: Buffer
  created_at: Date
}

export type ServicePoolsTable = {
  id: string
  name: string
  type: string
  property_type: 'string' | 'integer' | 'number' | 'boolean' | 'json'
  generator_type: 'list' | 'subnet'
  generator_config: ColumnType<JsonObject | null, string | null, string | null>
  service_pool_set_id: string
  provider_id: string
  next_offset: Generated<string>
  created_at: Date
  updated_at: Date
}

export type ServicePoolValuesTable = {
  id: string
  name: string
  value: Json<AnyJson>
  service_pool_id: string
  provider_id: string
  address: string | null
  service_id: string | null
  property_name: string | null
  allocated_at: Date | null
  created_at: Date
  updated_at: Date
}

export type ConfigPoolsTable = {
  id: string
  name: string
  type: string
  property_type: 'string' | 'integer' | 'number' | 'boolean' | 'json'
  generator_type: 'list' | 'subnet'
  generator_config: ColumnType<JsonObject | null, string | null, string | null>
  participant_id: string | null
  created_at: Date
  updated_at: Date
}

export type ConfigPoolValuesTable = {
  id: string
  name: string
  value: Json<AnyJson>
  config_pool_id: string
  participant_id: string | null
  agent_id: string | null
  property_name: string | null
  allocated_at: Date | null
  created_at: Date
  updated_at: Date
}

export type MetricTypesTable = {
  id: string
  name: string
  entity_type: 'Agent' | 'Service' | 'Resource'
  created_at: Date
  updated_at: Date
}

export type MetricEntriesTable = {
  id: string
  type_id: string
  resource_id: string
  value: number
  service_id: string
  agent_id: string
  provider_id: string
  consumer_id: string
  created_at: Date
  updated_at: Date
}

export type EventInboxTable = {
  position: Generated<number>
  transaction_id: Generated<string>
  id: string
  type: string
  initiator_type: string
  initiator_id: string
  properties: ColumnType<{ [key: string]: AnyJson } | null, string | null, string | null>
  entity_id: string | null
  provider_id: string | null
  agent_id: string | null
  consumer_id: string | null
  participant_id: string | null
  created_at: Date
}

export type EventsTable = {
  sequence_number: number
  id: string
  type: string
  initiator_type: string
  initiator_id: string
  properties: ColumnType<{ [key: string]: AnyJson } | null, string | null, string | null>
  entity_id: string | null
  provider_id: string | null
  agent_id: string | null
  consumer_id: string | null
  participant_id: string | null
  created_at: Date
}

export type EventSequenceTable = {
  singleton: Generated<boolean>
  last: number
}

export type EventSubscriptionsTable = {
  subscriber_id: string
  last_sequence: number
  owner_instance: string | null
  lease_acquired_at: Date | null
  lease_expires_at: Date | null
  created_at: Date
  updated_at: Date
}

export type AgentInstallTokensTable = {
  id: string
  agent_id: string
  hash: string
  expires_at: Date
  bootstrap_token_id: string | null
  created_at: Date
  updated_at: Date
}

export type ArtifactsTable = {
  id: string
  service_id: string
  provider_id: string
  consumer_id: string
  agent_id: string
  kind: string
  format: string
  state: 'Uploading' | 'Complete'
  size_bytes: number
  sha256: string | null
  expires_at: Date | null
  content_local: Generated<boolean>
  held_by: Generated<string | null>
  created_at: Date
  updated_at: Date
}

export type GoImportsTable = {
  id: string
  finished_at: Date
  highest_event: number
  tables: Json<AnyJson>
}

export type GoImportedRowsTable = {
  table_name: string
  id: string
}

export type Tables = SovereigntyTables & {
  participants: ParticipantsTable
  service_types: ServiceTypesTable
  agent_types: AgentTypesTable
  agent_type_service_types: AgentTypeServiceTypesTable
  service_option_types: ServiceOptionTypesTable
  service_options: ServiceOptionsTable
  service_pool_sets: ServicePoolSetsTable
  agents: AgentsTable
  tokens: TokensTable
  service_groups: ServiceGroupsTable
  services: ServicesTable
  jobs: JobsTable
  vault_secrets: VaultSecretsTable
  service_pools: ServicePoolsTable
  service_pool_values: ServicePoolValuesTable
  config_pools: ConfigPoolsTable
  config_pool_values: ConfigPoolValuesTable
  metric_types: MetricTypesTable
  metric_entries: MetricEntriesTable
  event_inbox: EventInboxTable
  events: EventsTable
  event_sequence: EventSequenceTable
  event_subscriptions: EventSubscriptionsTable
  agent_install_tokens: AgentInstallTokensTable
  artifacts: ArtifactsTable
  go_imports: GoImportsTable
  go_imported_rows: GoImportedRowsTable
}
