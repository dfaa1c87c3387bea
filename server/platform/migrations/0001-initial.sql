-- The whole of API v1. Ids are made by the application. Rows of participants, agent types, agents, service types and groups
-- that ended services still refer to are hidden (deleted_at) instead of removed.

CREATE TABLE participants (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  status text NOT NULL CHECK (status IN ('Enabled', 'Disabled')),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted_at timestamptz
);

CREATE TABLE service_types (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  -- json, not jsonb: the author's order of properties is the order of the form
  property_schema json NOT NULL,
  lifecycle_schema json NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted_at timestamptz
);
CREATE UNIQUE INDEX service_types_name ON service_types (name) WHERE deleted_at IS NULL;

CREATE TABLE agent_types (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  configuration_schema json NOT NULL,
  config_template text NOT NULL DEFAULT '',
  cmd_template text NOT NULL DEFAULT '',
  config_content_type text NOT NULL DEFAULT 'text/plain',
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted_at timestamptz
);
CREATE UNIQUE INDEX agent_types_name ON agent_types (name) WHERE deleted_at IS NULL;

CREATE TABLE agent_type_service_types (
  agent_type_id uuid NOT NULL REFERENCES agent_types ON DELETE CASCADE,
  service_type_id uuid NOT NULL REFERENCES service_types ON DELETE CASCADE,
  position integer NOT NULL,
  PRIMARY KEY (agent_type_id, service_type_id)
);
CREATE INDEX ON agent_type_service_types (service_type_id);

CREATE TABLE service_option_types (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  type text NOT NULL CONSTRAINT service_option_types_type UNIQUE,
  description text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);

CREATE TABLE service_options (
  id uuid PRIMARY KEY,
  provider_id uuid NOT NULL CONSTRAINT service_options_provider REFERENCES participants,
  service_option_type_id uuid NOT NULL CONSTRAINT service_options_in_use REFERENCES service_option_types,
  name text NOT NULL,
  value jsonb NOT NULL,
  enabled boolean NOT NULL,
  display_order integer NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX ON service_options (service_option_type_id, provider_id);
CREATE INDEX ON service_options (provider_id);

CREATE TABLE service_pool_sets (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  provider_id uuid NOT NULL CONSTRAINT service_pool_sets_provider REFERENCES participants,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX ON service_pool_sets (provider_id);

CREATE TABLE agents (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  status text NOT NULL CHECK (status IN ('New', 'Connected', 'Disconnected', 'Error', 'Disabled')),
  last_status_update timestamptz,
  tags text[],
  configuration jsonb,
  agent_type_id uuid NOT NULL CONSTRAINT agents_agent_type REFERENCES agent_types,
  provider_id uuid NOT NULL CONSTRAINT agents_provider REFERENCES participants,
  service_pool_set_id uuid CONSTRAINT agents_service_pool_set REFERENCES service_pool_sets,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted_at timestamptz
);
CREATE INDEX ON agents (provider_id);
CREATE INDEX ON agents (agent_type_id);
CREATE INDEX ON agents (service_pool_set_id);

CREATE TABLE tokens (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  role text NOT NULL CHECK (role IN ('admin', 'participant', 'agent')),
  -- base64 of the SHA-256 of the value, as API v1 has always stored it
  hash text NOT NULL CONSTRAINT tokens_hash UNIQUE,
  expire_at timestamptz NOT NULL,
  participant_id uuid REFERENCES participants ON DELETE CASCADE,
  agent_id uuid REFERENCES agents ON DELETE CASCADE,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX ON tokens (participant_id);
CREATE INDEX ON tokens (agent_id);

CREATE TABLE service_groups (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  consumer_id uuid NOT NULL CONSTRAINT service_groups_consumer REFERENCES participants,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted_at timestamptz
);
CREATE INDEX ON service_groups (consumer_id);

CREATE TABLE services (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  status text NOT NULL,
  -- whether status is a terminal state of the lifecycle, kept beside it for the checks of other tables
  terminal boolean NOT NULL,
  properties jsonb,
  agent_instance_id text,
  agent_instance_data jsonb,
  conditions jsonb NOT NULL DEFAULT '[]',
  status_since timestamptz NOT NULL,
  provider_id uuid NOT NULL CONSTRAINT services_provider REFERENCES participants,
  consumer_id uuid NOT NULL CONSTRAINT services_consumer REFERENCES participants,
  group_id uuid NOT NULL CONSTRAINT services_group REFERENCES service_groups,
  agent_id uuid NOT NULL CONSTRAINT services_agent REFERENCES agents,
  service_type_id uuid NOT NULL CONSTRAINT services_service_type REFERENCES service_types,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX services_agent_instance ON services (agent_id, agent_instance_id);
CREATE INDEX ON services (created_at, id);
CREATE INDEX ON services (provider_id, created_at, id);
CREATE INDEX ON services (consumer_id, created_at, id);
CREATE INDEX ON services (agent_id, created_at, id);
CREATE INDEX ON services (group_id);
CREATE INDEX ON services (service_type_id);

CREATE TABLE jobs (
  id uuid PRIMARY KEY,
  action text NOT NULL,
  params jsonb,
  priority integer NOT NULL CHECK (priority >= 1),
  status text NOT NULL CHECK (status IN ('Pending', 'Processing', 'Completed', 'Failed')),
  error_message text,
  claimed_at timestamptz,
  completed_at timestamptz,
  service_id uuid NOT NULL REFERENCES services,
  group_id uuid NOT NULL REFERENCES service_groups,
  agent_id uuid NOT NULL REFERENCES agents,
  provider_id uuid NOT NULL,
  consumer_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
-- at most one active job a service, whatever races
CREATE UNIQUE INDEX jobs_one_active ON jobs (service_id) WHERE status IN ('Pending', 'Processing');
CREATE INDEX jobs_pending ON jobs (agent_id, group_id, priority DESC, created_at, id) WHERE status = 'Pending';
CREATE INDEX jobs_processing ON jobs (agent_id, group_id) WHERE status = 'Processing';
CREATE INDEX jobs_claimed ON jobs (claimed_at) WHERE status = 'Processing';
CREATE INDEX jobs_completed ON jobs (completed_at) WHERE completed_at IS NOT NULL;
CREATE INDEX ON jobs (service_id, created_at);
CREATE INDEX ON jobs (created_at, id);
CREATE INDEX ON jobs (provider_id, created_at, id);
CREATE INDEX ON jobs (consumer_id, created_at, id);
CREATE INDEX ON jobs (agent_id, created_at, id);

CREATE TABLE vault_secrets (
  reference uuid PRIMARY KEY,
  -- the owner; its id is bound into the ciphertext
  service_id uuid REFERENCES services ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  agent_id uuid REFERENCES agents ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  ephemeral boolean NOT NULL,
  key_id text NOT NULL,
  ciphertext bytea NOT NULL,
  created_at timestamptz NOT NULL,
  CHECK (num_nonnulls(service_id, agent_id) = 1)
);
CREATE INDEX ON vault_secrets (service_id);
CREATE INDEX ON vault_secrets (agent_id);

CREATE TABLE service_pools (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  type text NOT NULL,
  property_type text NOT NULL CHECK (property_type IN ('string', 'integer', 'number', 'boolean', 'json')),
  generator_type text NOT NULL CHECK (generator_type IN ('list', 'subnet')),
  generator_config jsonb,
  service_pool_set_id uuid NOT NULL CONSTRAINT service_pools_set REFERENCES service_pool_sets,
  provider_id uuid NOT NULL REFERENCES participants,
  -- subnet pools: addresses below this offset were all given at least once
  next_offset numeric NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT service_pools_type UNIQUE (provider_id, type)
);
CREATE INDEX ON service_pools (service_pool_set_id);

CREATE TABLE service_pool_values (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  value jsonb NOT NULL,
  service_pool_id uuid NOT NULL CONSTRAINT service_pool_values_pool REFERENCES service_pools,
  provider_id uuid NOT NULL REFERENCES participants,
  -- subnet pools only: the value as an address, so that no address can be given twice
  address inet,
  -- deferred: values are taken before the service's row is written
  service_id uuid REFERENCES services DEFERRABLE INITIALLY DEFERRED,
  property_name text,
  allocated_at timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
-- hash: values can be larger than a b-tree entry
CREATE INDEX service_pool_values_value ON service_pool_values USING hash (value);
CREATE UNIQUE INDEX service_pool_values_address ON service_pool_values (service_pool_id, address);
CREATE INDEX service_pool_values_free ON service_pool_values (service_pool_id, name COLLATE "C", id) WHERE service_id IS NULL;
CREATE INDEX ON service_pool_values (service_id);
CREATE INDEX ON service_pool_values (provider_id);

CREATE TABLE config_pools (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  type text NOT NULL,
  property_type text NOT NULL CHECK (property_type IN ('string', 'integer', 'number', 'boolean', 'json')),
  generator_type text NOT NULL CHECK (generator_type = 'list'),
  generator_config jsonb,
  participant_id uuid CONSTRAINT config_pools_participant REFERENCES participants,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX config_pools_type ON config_pools (type, participant_id) NULLS NOT DISTINCT;
CREATE INDEX ON config_pools (participant_id);

CREATE TABLE config_pool_values (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  value jsonb NOT NULL,
  config_pool_id uuid NOT NULL CONSTRAINT config_pool_values_pool REFERENCES config_pools,
  participant_id uuid,
  agent_id uuid REFERENCES agents DEFERRABLE INITIALLY DEFERRED,
  property_name text,
  allocated_at timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX config_pool_values_free ON config_pool_values (config_pool_id, name COLLATE "C", id) WHERE agent_id IS NULL;
CREATE INDEX ON config_pool_values (agent_id);

CREATE TABLE metric_types (
  id uuid PRIMARY KEY,
  name text NOT NULL CONSTRAINT metric_types_name UNIQUE,
  entity_type text NOT NULL CHECK (entity_type IN ('Agent', 'Service', 'Resource')),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);

CREATE TABLE metric_entries (
  id uuid PRIMARY KEY,
  type_id uuid NOT NULL CONSTRAINT metric_entries_type REFERENCES metric_types,
  resource_id text NOT NULL,
  value double precision NOT NULL,
  service_id uuid NOT NULL,
  agent_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  consumer_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX ON metric_entries (service_id, type_id, resource_id, created_at);
CREATE INDEX ON metric_entries (created_at, id);
CREATE INDEX ON metric_entries (provider_id, created_at, id);
CREATE INDEX ON metric_entries (consumer_id, created_at, id);
CREATE INDEX ON metric_entries (type_id);

-- Events are written here inside the transaction of the change and moved to `events` by the sequencer, which numbers them in
-- an order that no later commit can disturb.
CREATE TABLE event_inbox (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
  id uuid NOT NULL,
  type text NOT NULL,
  initiator_type text NOT NULL CHECK (initiator_type IN ('user', 'system')),
  initiator_id text NOT NULL,
  properties json,
  entity_id uuid,
  provider_id uuid,
  agent_id uuid,
  consumer_id uuid,
  participant_id uuid,
  created_at timestamptz NOT NULL
);

-- Append-only. No foreign keys: an event outlives what it speaks of.
CREATE TABLE events (
  sequence_number bigint PRIMARY KEY,
  id uuid NOT NULL,
  type text NOT NULL,
  initiator_type text NOT NULL,
  initiator_id text NOT NULL,
  properties json,
  entity_id uuid,
  provider_id uuid,
  agent_id uuid,
  consumer_id uuid,
  participant_id uuid,
  created_at timestamptz NOT NULL
);
CREATE INDEX ON events (provider_id, sequence_number);
CREATE INDEX ON events (consumer_id, sequence_number);
CREATE INDEX ON events (entity_id, sequence_number);

-- One row: the last number given. Locked by whoever numbers.
CREATE TABLE event_sequence (singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton), last bigint NOT NULL);
INSERT INTO event_sequence (last) VALUES (0);

CREATE TABLE event_subscriptions (
  subscriber_id text PRIMARY KEY,
  last_sequence bigint NOT NULL,
  owner_instance text,
  lease_acquired_at timestamptz,
  lease_expires_at timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);

CREATE TABLE agent_install_tokens (
  id uuid PRIMARY KEY,
  agent_id uuid NOT NULL CONSTRAINT agent_install_tokens_agent UNIQUE REFERENCES agents ON DELETE CASCADE,
  hash text NOT NULL CONSTRAINT agent_install_tokens_hash UNIQUE,
  expires_at timestamptz NOT NULL,
  bootstrap_token_id uuid REFERENCES tokens ON DELETE SET NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);

CREATE TABLE artifacts (
  id uuid PRIMARY KEY,
  service_id uuid NOT NULL REFERENCES services,
  provider_id uuid NOT NULL,
  consumer_id uuid NOT NULL,
  agent_id uuid NOT NULL,
  kind text NOT NULL,
  format text NOT NULL,
  state text NOT NULL CHECK (state IN ('Uploading', 'Complete')),
  size_bytes bigint NOT NULL,
  sha256 text,
  expires_at timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX ON artifacts (service_id);
CREATE INDEX ON artifacts (created_at, id);
CREATE INDEX ON artifacts (expires_at) WHERE expires_at IS NOT NULL;
