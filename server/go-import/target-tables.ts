/** Which column of ours takes what of the waiting rows, table by table, in the order of references. */
import type { SourceTable } from './source-tables.ts'

export type TargetTable = {
  /** The same name on both sides. */
  table: SourceTable
  /** Column of ours → SQL over the waiting row `s`. */
  columns: Readonly<Record<string, string>>
  /** Columns that are set with a new row and never again. */
  onlyNew?: Readonly<Record<string, string>>
  /** The order of writing, where a unique index wants it: what frees a place comes first. */
  order?: string
  /** What makes a row the same row. */
  key?: string
}

const TIMES = { created_at: 's.created_at', updated_at: 's.updated_at' }
const HIDDEN = { deleted_at: 'CASE WHEN s.placeholder THEN s.created_at END' }

const same = (...names: string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, `s.${name}`]))

const POOL = ['id', 'name', 'type', 'property_type', 'generator_type', 'generator_config'] as const

export const TARGET_TABLES: readonly TargetTable[] = [
  { table: 'participants', columns: { ...same('id', 'name', 'status'), ...TIMES }, onlyNew: HIDDEN },
  {
    table: 'service_types',
    columns: { ...same('id', 'name', 'property_schema', 'lifecycle_schema'), ...TIMES },
    onlyNew: HIDDEN,
  },
  {
    table: 'agent_types',
    columns: {
      ...same('id', 'name', 'configuration_schema', 'config_template', 'cmd_template', 'config_content_type'),
      ...TIMES,
    },
    onlyNew: HIDDEN,
  },
  { table: 'service_option_types', columns: { ...same('id', 'name', 'type', 'description'), ...TIMES } },
  {
    table: 'service_options',
    columns: {
      ...same('id', 'provider_id', 'service_option_type_id', 'name', 'value', 'enabled', 'display_order'),
      ...TIMES,
    },
  },
  { table: 'service_pool_sets', columns: { ...same('id', 'name', 'provider_id'), ...TIMES } },
  {
    table: 'service_pools',
    columns: { ...same(...POOL, 'service_pool_set_id'), provider_id: 's.participant_id', ...TIMES },
  },
  { table: 'config_pools', columns: { ...same(...POOL, 'participant_id'), ...TIMES } },
  {
    table: 'agents',
    columns: {
      ...same('id', 'name', 'status', 'last_status_update', 'tags', 'configuration'),
      ...same('agent_type_id', 'provider_id', 'service_pool_set_id'),
      ...TIMES,
    },
    onlyNew: HIDDEN,
  },
  {
    table: 'tokens',
    columns: {
      ...same('id', 'name', 'role', 'expire_at', 'participant_id', 'agent_id'),
      hash: 's.hashed_value',
      ...TIMES,
    },
  },
  {
    table: 'agent_install_tokens',
    columns: { ...same('id', 'agent_id', 'expires_at', 'bootstrap_token_id'), hash: 's.token_hashed', ...TIMES },
  },
  { table: 'service_groups', columns: { ...same('id', 'name', 'consumer_id'), ...TIMES }, onlyNew: HIDDEN },
  {
    table: 'services',
    columns: {
      ...same('id', 'name', 'status', 'terminal', 'properties', 'agent_instance_id', 'agent_instance_data'),
      ...same('provider_id', 'consumer_id', 'group_id', 'agent_id', 'service_type_id'),
      ...TIMES,
    },
    onlyNew: { status_since: 's.updated_at' },
    order: 's.agent_instance_id NULLS FIRST',
  },
  {
    table: 'jobs',
    columns: {
      ...same('id', 'action', 'params', 'priority', 'status', 'error_message', 'claimed_at', 'completed_at'),
      ...same('service_id', 'group_id', 'agent_id', 'provider_id', 'consumer_id'),
      ...TIMES,
    },
    order: `s.status IN ('Pending', 'Processing')`,
  },
  {
    table: 'service_pool_values',
    columns: {
      ...same('id', 'name', 'value', 'service_pool_id', 'address', 'service_id', 'property_name', 'allocated_at'),
      provider_id: 's.participant_id',
      ...TIMES,
    },
    order: 's.address NULLS FIRST',
  },
  {
    table: 'config_pool_values',
    columns: {
      ...same('id', 'name', 'value', 'config_pool_id', 'participant_id', 'agent_id', 'property_name', 'allocated_at'),
      ...TIMES,
    },
  },
  { table: 'metric_types', columns: { ...same('id', 'name', 'entity_type'), ...TIMES } },
  {
    table: 'metric_entries',
    columns: {
      ...same('id', 'type_id', 'resource_id', 'value', 'service_id', 'agent_id', 'provider_id', 'consumer_id'),
      ...TIMES,
    },
  },
  {
    table: 'event_subscriptions',
    columns: {
      subscriber_id: 's.subscriber_id',
      last_sequence: 's.last_event_sequence_processed',
      owner_instance: 's.lease_owner_instance_id',
      lease_acquired_at: 's.lease_acquired_at',
      lease_expires_at: 's.lease_expires_at',
      ...TIMES,
    },
    key: 'subscriber_id',
  },
]

/** Of these the ids are kept, so that what is deleted here after an import does not come back with the next one. */
export const REMEMBERED: readonly SourceTable[] = [
  'participants',
  'service_types',
  'agent_types',
  'service_option_types',
  'service_options',
  'service_pool_sets',
  'service_pools',
  'config_pools',
  'agents',
  'tokens',
  'agent_install_tokens',
  'service_groups',
  'services',
  'service_pool_values',
  'config_pool_values',
  'vault_secrets',
  'metric_types',
]

/** Of ours what is compared as JSON: the type json has no equality. */
export const JSON_COLUMNS: ReadonlySet<string> = new Set([
  'property_schema',
  'lifecycle_schema',
  'configuration_schema',
])
