-- Where orders may go and went: what offerings cost and hold, how much a consumer may have, and every decision with its inputs.

-- What a provider says of a service type at one of its agents, beside the offering itself.
CREATE TABLE offering_terms (
  id                uuid PRIMARY KEY,
  provider_id       uuid NOT NULL REFERENCES participants (id) ON DELETE CASCADE,
  agent_id          uuid NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
  service_type_id   uuid NOT NULL REFERENCES service_types (id) ON DELETE CASCADE,
  -- a decimal number is kept as it was written
  monthly_amount    numeric CHECK (monthly_amount >= 0),
  currency          text CHECK (currency ~ '^[A-Z]{3}$'),
  -- null: without limit
  capacity_units    integer CHECK (capacity_units >= 0),
  units_per_service integer NOT NULL CHECK (units_per_service > 0),
  -- one number, or an object: region → number
  latency_ms        jsonb,
  sku               text,
  created_at        timestamptz NOT NULL,
  updated_at        timestamptz NOT NULL,
  UNIQUE (agent_id, service_type_id),
  CHECK ((monthly_amount IS NULL) = (currency IS NULL))
);
CREATE INDEX offering_terms_service_type ON offering_terms (service_type_id);
CREATE INDEX offering_terms_provider ON offering_terms (provider_id);

-- How many services that have not ended a consumer may have; of one type, or of all where that is null.
CREATE TABLE participant_quotas (
  participant_id  uuid NOT NULL REFERENCES participants (id) ON DELETE CASCADE,
  service_type_id uuid REFERENCES service_types (id) ON DELETE CASCADE,
  max_services    integer NOT NULL CHECK (max_services >= 0),
  updated_at      timestamptz NOT NULL,
  UNIQUE NULLS NOT DISTINCT (participant_id, service_type_id)
);

-- Parts of inputs and results of decisions, each once, by the digest of their canonical JSON.
CREATE TABLE placement_contents (
  digest  text PRIMARY KEY CHECK (digest = encode(sha256(convert_to(content, 'UTF8')), 'hex')),
  content text NOT NULL,
  -- when a decision last came to refer to it, to the day
  used_at timestamptz NOT NULL
);
CREATE INDEX placement_contents_used ON placement_contents (used_at);

-- Every decision where a service may go. A row never changes.
CREATE TABLE placement_decisions (
  id              uuid PRIMARY KEY,
  kind            text NOT NULL CHECK (kind IN ('dry-run', 'order', 'refused')),
  outcome         text NOT NULL CHECK (outcome IN ('placed', 'refused')),
  consumer_id     uuid NOT NULL,
  group_id        uuid NOT NULL,
  service_type_id uuid NOT NULL,
  -- the service that was ordered; null when none was
  service_id      uuid,
  -- the agent that was chosen, and its provider
  agent_id        uuid,
  provider_id     uuid,
  -- all that were considered: each may read what was said of it
  provider_ids    uuid[] NOT NULL,
  at              timestamptz NOT NULL,
  -- digest of the canonical JSON of the complete inputs
  inputs_sha256   text NOT NULL CHECK (inputs_sha256 ~ '^[0-9a-f]{64}$'),
  -- the inputs, with their large parts replaced by {"$sha256": …}
  inputs          jsonb NOT NULL,
  result_sha256   text NOT NULL,
  -- every row of placement_contents that it needs, that of the result included
  contents        text[] NOT NULL,
  explanation     text NOT NULL,
  created_at      timestamptz NOT NULL
);
CREATE INDEX placement_decisions_created ON placement_decisions (created_at, id);
CREATE INDEX placement_decisions_consumer ON placement_decisions (consumer_id, created_at, id);
CREATE INDEX placement_decisions_service ON placement_decisions (service_id) WHERE service_id IS NOT NULL;
CREATE INDEX placement_decisions_providers ON placement_decisions USING gin (provider_ids);
CREATE INDEX placement_decisions_contents ON placement_decisions USING gin (contents);
-- those that are deleted when they are old
CREATE INDEX placement_decisions_passing ON placement_decisions (created_at) WHERE kind <> 'order';

CREATE FUNCTION placement_decisions_never_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a placement decision never changes';
END $$;
CREATE TRIGGER placement_decisions_never_change BEFORE UPDATE ON placement_decisions
  FOR EACH ROW EXECUTE FUNCTION placement_decisions_never_change();

-- What a service has to keep to since it was placed.
CREATE TABLE service_placements (
  service_id   uuid PRIMARY KEY REFERENCES services (id) ON DELETE CASCADE,
  decision_id  uuid NOT NULL REFERENCES placement_decisions (id),
  obligations  text[] NOT NULL,
  -- as they were ordered; they hold as the policy of this id
  requirements jsonb,
  policy_id    uuid,
  customer_key jsonb,
  created_at   timestamptz NOT NULL
);
CREATE INDEX service_placements_decision ON service_placements (decision_id);

-- What is counted for capacity, quotas and shares, without all that has ended.
CREATE INDEX services_live_offering ON services (agent_id, service_type_id) WHERE NOT terminal;
CREATE INDEX services_live_consumer ON services (consumer_id) WHERE NOT terminal;
