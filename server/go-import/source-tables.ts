/**
 * The tables of the Go control plane as it keeps them (its commit 499230a, 2026-05-27): facts of its database, which has neither
 * foreign keys nor checks. Columns that nothing here needs are left out.
 */

type Columns = Readonly<Record<string, string>>

const ROW: Columns = { id: 'uuid', created_at: 'timestamptz', updated_at: 'timestamptz' }

const POOL: Columns = {
  ...ROW,
  name: 'text',
  type: 'text',
  property_type: 'text',
  generator_type: 'text',
  generator_config: 'jsonb',
  participant_id: 'uuid',
}

const POOL_VALUE: Columns = {
  ...ROW,
  name: 'text',
  value: 'jsonb',
  property_name: 'text',
  allocated_at: 'timestamptz',
  participant_id: 'uuid',
}

/** Name → column → type, in the order in which they are copied. */
export const SOURCE_TABLES = {
  participants: { ...ROW, name: 'text', status: 'text' },
  service_types: { ...ROW, name: 'text', property_schema: 'jsonb', lifecycle_schema: 'jsonb' },
  agent_types: {
    ...ROW,
    name: 'text',
    configuration_schema: 'jsonb',
    config_template: 'text',
    cmd_template: 'text',
    config_content_type: 'text',
  },
  agent_type_service_types: { agent_type_id: 'uuid', service_type_id: 'uuid' },
  service_option_types: { ...ROW, name: 'text', type: 'text', description: 'text' },
  service_options: {
    ...ROW,
    provider_id: 'uuid',
    service_option_type_id: 'uuid',
    name: 'text',
    value: 'jsonb',
    enabled: 'boolean',
    display_order: 'bigint',
  },
  service_pool_sets: { ...ROW, name: 'text', provider_id: 'uuid' },
  service_pools: { ...POOL, service_pool_set_id: 'uuid' },
  config_pools: POOL,
  agents: {
    ...ROW,
    name: 'text',
    status: 'text',
    last_status_update: 'timestamptz',
    tags: 'text[]',
    configuration: 'jsonb',
    agent_type_id: 'uuid',
    provider_id: 'uuid',
    service_pool_set_id: 'uuid',
  },
  tokens: {
    ...ROW,
    name: 'text',
    role: 'text',
    hashed_value: 'text',
    expire_at: 'timestamptz',
    participant_id: 'uuid',
    agent_id: 'uuid',
  },
  agent_install_tokens: {
    ...ROW,
    agent_id: 'uuid',
    token_hashed: 'text',
    expires_at: 'timestamptz',
    bootstrap_token_id: 'uuid',
  },
  service_groups: { ...ROW, name: 'text', consumer_id: 'uuid' },
  services: {
    ...ROW,
    name: 'text',
    status: 'text',
    properties: 'jsonb',
    agent_instance_id: 'text',
    agent_instance_data: 'jsonb',
    provider_id: 'uuid',
    consumer_id: 'uuid',
    group_id: 'uuid',
    agent_id: 'uuid',
    service_type_id: 'uuid',
  },
  jobs: {
    ...ROW,
    action: 'text',
    params: 'jsonb',
    priority: 'bigint',
    status: 'text',
    error_message: 'text',
    claimed_at: 'timestamptz',
    completed_at: 'timestamptz',
    agent_id: 'uuid',
    service_id: 'uuid',
    provider_id: 'uuid',
    consumer_id: 'uuid',
  },
  service_pool_values: { ...POOL_VALUE, service_pool_id: 'uuid', service_id: 'uuid' },
  config_pool_values: { ...POOL_VALUE, config_pool_id: 'uuid', agent_id: 'uuid' },
  vault_secrets: { ...ROW, reference: 'text', encrypted_value: 'bytea' },
  metric_types: { ...ROW, name: 'text', entity_type: 'text' },
  metric_entries: {
    ...ROW,
    resource_id: 'text',
    value: 'numeric',
    type_id: 'uuid',
    agent_id: 'uuid',
    service_id: 'uuid',
    provider_id: 'uuid',
    consumer_id: 'uuid',
  },
  events: {
    ...ROW,
    sequence_number: 'bigint',
    initiator_type: 'text',
    initiator_id: 'text',
    type: 'text',
    payload: 'jsonb',
    entity_id: 'text',
    participant_id: 'uuid',
    provider_id: 'uuid',
    agent_id: 'uuid',
    consumer_id: 'uuid',
  },
  event_subscriptions: {
    ...ROW,
    subscriber_id: 'text',
    last_event_sequence_processed: 'bigint',
    lease_owner_instance_id: 'text',
    lease_acquired_at: 'timestamptz',
    lease_expires_at: 'timestamptz',
  },
} as const satisfies Readonly<Record<string, Columns>>

export type SourceTable = keyof typeof SOURCE_TABLES

/** The one that may live in a database of its own. */
export const METRIC_TABLE: SourceTable = 'metric_entries'

// the keys of a literal object, which Object.keys types as string
export const SOURCE_TABLE_NAMES = Object.keys(SOURCE_TABLES) as SourceTable[]

/** What names a row in the report. */
export function idColumn(table: SourceTable): string {
  return table === 'agent_type_service_types' ? 'agent_type_id' : 'id'
}
