-- The tables of the Go control plane (commit 499230a) as its program makes them: names, types and indexes that hold rules.
-- There are no foreign keys and no checks.

CREATE TABLE tokens (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  name text NOT NULL, role text NOT NULL, hashed_value text NOT NULL, expire_at timestamptz NOT NULL,
  participant_id uuid, agent_id uuid);

CREATE TABLE participants (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  name text NOT NULL, status text NOT NULL);

CREATE TABLE agents (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  name text NOT NULL, status text NOT NULL, last_status_update timestamptz, tags text[], configuration jsonb,
  agent_type_id uuid NOT NULL, provider_id uuid NOT NULL, service_pool_set_id uuid);

CREATE TABLE agent_install_tokens (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  agent_id uuid NOT NULL, token_hashed text NOT NULL, expires_at timestamptz NOT NULL, bootstrap_token_id uuid);
CREATE UNIQUE INDEX idx_agent_install_tokens_agent_id ON agent_install_tokens (agent_id);
CREATE UNIQUE INDEX idx_agent_install_tokens_token_hashed ON agent_install_tokens (token_hashed);

CREATE TABLE agent_types (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  name text NOT NULL CONSTRAINT uni_agent_types_name UNIQUE, configuration_schema jsonb NOT NULL,
  config_template text, cmd_template text, config_content_type text NOT NULL DEFAULT 'text/plain');

CREATE TABLE agent_type_service_types (
  agent_type_id uuid NOT NULL DEFAULT gen_random_uuid(), service_type_id uuid NOT NULL DEFAULT gen_random_uuid(),
  PRIMARY KEY (agent_type_id, service_type_id));

CREATE TABLE config_pools (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  name text NOT NULL, type text NOT NULL, property_type text NOT NULL, generator_type text NOT NULL,
  generator_config jsonb, participant_id uuid);

CREATE TABLE config_pool_values (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  name text NOT NULL, value jsonb NOT NULL, config_pool_id uuid NOT NULL, agent_id uuid, property_name text,
  allocated_at timestamptz, participant_id uuid);

CREATE TABLE service_types (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  name text NOT NULL CONSTRAINT uni_service_types_name UNIQUE, property_schema jsonb NOT NULL, lifecycle_schema jsonb NOT NULL);

CREATE TABLE service_groups (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  name text NOT NULL, consumer_id uuid NOT NULL);

CREATE TABLE services (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  name text NOT NULL, status text NOT NULL, properties jsonb, agent_instance_id text, agent_instance_data jsonb,
  provider_id uuid NOT NULL, consumer_id uuid NOT NULL, group_id uuid NOT NULL, agent_id uuid NOT NULL,
  service_type_id uuid NOT NULL);
CREATE UNIQUE INDEX service_agent_instance_id_uniq ON services (agent_instance_id);

CREATE TABLE service_option_types (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  name text NOT NULL, type text NOT NULL CONSTRAINT uni_service_option_types_type UNIQUE, description text);

CREATE TABLE service_options (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  provider_id uuid NOT NULL, service_option_type_id uuid NOT NULL, name text NOT NULL, value jsonb NOT NULL,
  enabled boolean NOT NULL DEFAULT true, display_order bigint DEFAULT 0);

CREATE TABLE service_pool_sets (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  name text NOT NULL, provider_id uuid NOT NULL);

CREATE TABLE service_pools (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  name text NOT NULL, type text NOT NULL, property_type text NOT NULL, generator_type text NOT NULL,
  generator_config jsonb, service_pool_set_id uuid NOT NULL, participant_id uuid);

CREATE TABLE service_pool_values (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  name text NOT NULL, value jsonb NOT NULL, service_pool_id uuid NOT NULL, service_id uuid, property_name text,
  allocated_at timestamptz, participant_id uuid);

CREATE TABLE jobs (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  action varchar(50) NOT NULL, params jsonb, priority bigint NOT NULL DEFAULT 1, status varchar(20) NOT NULL,
  error_message text, claimed_at timestamptz, completed_at timestamptz, agent_id uuid NOT NULL, service_id uuid NOT NULL,
  provider_id uuid NOT NULL, consumer_id uuid NOT NULL);

CREATE TABLE metric_types (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  name text NOT NULL CONSTRAINT uni_metric_types_name UNIQUE, entity_type text NOT NULL);

CREATE TABLE metric_entries (
  id uuid PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  resource_id text NOT NULL, value numeric NOT NULL, type_id uuid NOT NULL, agent_id uuid NOT NULL,
  service_id uuid NOT NULL, provider_id uuid NOT NULL, consumer_id uuid NOT NULL);

CREATE TABLE events (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  sequence_number bigserial NOT NULL, initiator_type text NOT NULL, initiator_id text NOT NULL, type text NOT NULL,
  payload jsonb, entity_id text, participant_id uuid, provider_id uuid, agent_id uuid, consumer_id uuid);
CREATE UNIQUE INDEX idx_events_sequence_number ON events (sequence_number);

CREATE TABLE event_subscriptions (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  subscriber_id text NOT NULL, last_event_sequence_processed bigint NOT NULL DEFAULT 0, lease_owner_instance_id text,
  lease_acquired_at timestamptz, lease_expires_at timestamptz, is_active boolean NOT NULL DEFAULT true);
CREATE UNIQUE INDEX idx_event_subscriptions_subscriber_id ON event_subscriptions (subscriber_id);

CREATE TABLE vault_secrets (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  reference text NOT NULL, encrypted_value bytea NOT NULL);
CREATE UNIQUE INDEX idx_vault_secrets_reference ON vault_secrets (reference);

CREATE TABLE cron_job_locks (
  id bigserial PRIMARY KEY, created_at timestamptz, updated_at timestamptz, job_name text, job_identifier text,
  worker text NOT NULL, status text NOT NULL);
