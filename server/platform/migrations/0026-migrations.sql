-- Leaving, done: a service that moves to another agent, many that leave a provider, and what was measured on the way.

-- One move of one service, or a drill: the same way into a scratch service. What each state means says migration.ts.
CREATE TABLE migrations (
  id                 uuid PRIMARY KEY,
  kind               text NOT NULL CHECK (kind IN ('migration', 'drill')),
  evacuation_id      uuid,
  -- the source and, once it was ordered, the target
  service_id         uuid NOT NULL REFERENCES services (id),
  target_service_id  uuid REFERENCES services (id),
  consumer_id        uuid NOT NULL,
  service_type_id    uuid NOT NULL,
  source_agent_id    uuid NOT NULL,
  -- no reference: an agent that never got a service may go
  target_agent_id    uuid NOT NULL,
  source_provider_id uuid NOT NULL,
  target_provider_id uuid NOT NULL,
  state              text NOT NULL,
  -- of a drill: how it came out
  outcome            text CHECK (outcome IN ('running', 'passed', 'unverified', 'failed', 'cancelled')),
  CHECK ((kind = 'drill') = (outcome IS NOT NULL)),
  -- whether there is nothing more to come
  ended              boolean NOT NULL,
  -- one of the two at every moment, which makes a second primary impossible to write down
  primary_service    text NOT NULL CHECK (primary_service IN ('source', 'target')),
  CHECK (primary_service = 'source' OR kind = 'migration' AND target_service_id IS NOT NULL AND cut_over_at IS NOT NULL),
  -- what may not be asked of the two meanwhile, by anybody else
  holds_source       text NOT NULL CHECK (holds_source IN ('nothing', 'all', 'all-but-delete')),
  holds_target       boolean NOT NULL,
  -- jobs that were queued and have not been seen to end: the current step's, and the one that fences the source
  job_id             uuid,
  fence_job_id       uuid,
  cut_over_at        timestamptz,
  -- everything else that the state machine knows: settings, steps, what was moved, failures
  document           jsonb NOT NULL,
  created_at         timestamptz NOT NULL,
  updated_at         timestamptz NOT NULL,
  ended_at           timestamptz,
  CHECK (ended = (ended_at IS NOT NULL))
);
-- a service is part of one migration at a time on either side, and of one drill, whatever races
CREATE UNIQUE INDEX migrations_one_of_source ON migrations (service_id, kind) WHERE NOT ended;
CREATE UNIQUE INDEX migrations_one_of_target ON migrations (target_service_id) WHERE NOT ended;
CREATE INDEX migrations_service ON migrations (service_id, created_at);
CREATE INDEX migrations_target ON migrations (target_service_id) WHERE target_service_id IS NOT NULL;
CREATE INDEX migrations_running ON migrations (created_at, id) WHERE NOT ended;
CREATE INDEX migrations_evacuation ON migrations (evacuation_id) WHERE evacuation_id IS NOT NULL;
CREATE INDEX ON migrations (created_at, id);
CREATE INDEX ON migrations (consumer_id, created_at, id);
CREATE INDEX ON migrations (source_provider_id, created_at, id);
CREATE INDEX ON migrations (target_provider_id, created_at, id);

-- What every service is: the one that counts, one that was left, one that is not yet, one that was only made for a drill. A service
-- that was never moved is primary.
CREATE VIEW service_roles AS
SELECT s.id AS service_id, s.terminal,
       CASE
         WHEN left_for.id IS NOT NULL THEN 'superseded'
         WHEN made.kind = 'drill' THEN 'scratch'
         WHEN made.id IS NOT NULL AND made.primary_service = 'source' THEN 'target'
         ELSE 'primary'
       END AS role,
       left_for.target_service_id AS replaced_by,
       CASE WHEN made.kind = 'migration' AND made.primary_service = 'target' THEN made.service_id END AS replaces
FROM services s
LEFT JOIN LATERAL (
  SELECT m.id, m.target_service_id FROM migrations m
  WHERE m.service_id = s.id AND m.primary_service = 'target'
  ORDER BY m.created_at DESC LIMIT 1
) left_for ON true
LEFT JOIN LATERAL (
  SELECT m.id, m.kind, m.service_id, m.primary_service FROM migrations m
  WHERE m.target_service_id = s.id
  ORDER BY m.created_at DESC LIMIT 1
) made ON true;

-- How long exports and imports really took, of migrations and drills: what plans count with.
CREATE TABLE portability_measurements (
  id              uuid PRIMARY KEY,
  migration_id    uuid NOT NULL REFERENCES migrations (id) ON DELETE CASCADE,
  direction       text NOT NULL CHECK (direction IN ('export', 'import', 'create')),
  provider_id     uuid NOT NULL,
  agent_id        uuid NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
  service_type_id uuid NOT NULL REFERENCES service_types (id) ON DELETE CASCADE,
  -- 0 for create
  size_bytes      bigint NOT NULL CHECK (size_bytes >= 0),
  seconds         double precision NOT NULL CHECK (seconds >= 0),
  measured_at     timestamptz NOT NULL
);
CREATE INDEX portability_measurements_offering ON portability_measurements (agent_id, service_type_id, direction, measured_at DESC);

-- The facts that drills have established about an offering; they lie over what its profile declares.
CREATE TABLE measured_facts (
  agent_id           uuid NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
  service_type_id    uuid NOT NULL REFERENCES service_types (id) ON DELETE CASCADE,
  -- when an export was last moved elsewhere and found equal
  export_tested_at   timestamptz,
  export_mib_per_s   double precision CHECK (export_mib_per_s > 0),
  import_mib_per_s   double precision CHECK (import_mib_per_s > 0),
  measured_at        timestamptz NOT NULL,
  PRIMARY KEY (agent_id, service_type_id)
);

-- Many services that leave by one plan. Items keep the plan; what came of them say their migrations.
CREATE TABLE evacuations (
  id          uuid PRIMARY KEY,
  -- null: an administrator's, over services of whomever
  consumer_id uuid REFERENCES participants (id) ON DELETE CASCADE,
  state       text NOT NULL CHECK (state IN ('running', 'cancelling', 'done', 'failed', 'cancelled')),
  paused      boolean NOT NULL,
  -- what was asked for, the scenario as it was understood, and what was assumed
  document    jsonb NOT NULL,
  deadline_at timestamptz NOT NULL,
  created_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL,
  ended_at    timestamptz
);
CREATE INDEX evacuations_running ON evacuations (created_at, id) WHERE ended_at IS NULL;
CREATE INDEX ON evacuations (created_at, id);
CREATE INDEX ON evacuations (consumer_id, created_at, id);

CREATE TABLE evacuation_items (
  evacuation_id uuid NOT NULL REFERENCES evacuations (id) ON DELETE CASCADE,
  -- of the plan, from 1
  position      integer NOT NULL,
  service_id    uuid NOT NULL REFERENCES services (id),
  state         text NOT NULL CHECK (state IN ('waiting', 'moving', 'moved', 'failed', 'infeasible', 'cancelled')),
  -- of the plan
  plan          jsonb NOT NULL,
  migration_id  uuid REFERENCES migrations (id),
  -- why it could not even begin, or what its migration said in the end
  failure       text,
  started_at    timestamptz,
  PRIMARY KEY (evacuation_id, position),
  UNIQUE (evacuation_id, service_id)
);
CREATE INDEX ON evacuation_items (migration_id) WHERE migration_id IS NOT NULL;
