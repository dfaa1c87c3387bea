-- Leaving: what service types can export and import, where artifacts lie besides the server's disk, and copies kept in vaults.

-- Which actions of a lifecycle take a service's data out and in, and in which formats. Whether the lifecycle still has the actions
-- is looked up when they are used.
CREATE TABLE service_type_portability (
  service_type_id uuid PRIMARY KEY REFERENCES service_types (id) ON DELETE CASCADE,
  export_action   text NOT NULL,
  import_action   text NOT NULL,
  quiesce_action  text,
  resume_action   text,
  export_formats  text[] NOT NULL,
  import_formats  text[] NOT NULL,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL
);

-- The artifact stores that the last started server was configured with; no secrets. A store that is configured no longer stays,
-- because copies name it.
CREATE TABLE artifact_stores (
  name               text PRIMARY KEY,
  kind               text NOT NULL CHECK (kind IN ('local', 'directory', 's3')),
  operator           text,
  country            text,
  controller_country text,
  -- no reference: the configuration may name a participant that is not there, and then nothing good is known of the store
  provider_id        uuid,
  updated_at         timestamptz NOT NULL
);

-- whether the server's own disk has the content; if not, one of its copies has
ALTER TABLE artifacts ADD COLUMN content_local boolean NOT NULL DEFAULT true;
-- the vault copy that keeps it: while set, it neither expires nor can be deleted
ALTER TABLE artifacts ADD COLUMN held_by uuid;

-- A finished artifact's content in a store. pending: to be written and read back; stored: read back and the same; failed: given up;
-- removing: to be removed, the row goes when that is done.
CREATE TABLE artifact_copies (
  -- the name of the object in its store, so that a new copy never meets an old one that is still to be removed
  id              uuid PRIMARY KEY,
  -- no reference: what is to be removed outlives its artifact
  artifact_id     uuid NOT NULL,
  store           text NOT NULL,
  state           text NOT NULL CHECK (state IN ('pending', 'stored', 'failed', 'removing')),
  sha256          text NOT NULL,
  size_bytes      bigint NOT NULL,
  attempts        integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL,
  error           text,
  stored_at       timestamptz,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL
);
CREATE UNIQUE INDEX artifact_copies_store ON artifact_copies (artifact_id, store) WHERE state <> 'removing';
CREATE INDEX artifact_copies_due ON artifact_copies (next_attempt_at) WHERE state IN ('pending', 'removing');

-- Copies to be made regularly: of one service, of a group's services, or of all services of a consumer.
CREATE TABLE vault_schedules (
  id          uuid PRIMARY KEY,
  consumer_id uuid NOT NULL REFERENCES participants (id) ON DELETE CASCADE,
  group_id    uuid REFERENCES service_groups (id) ON DELETE CASCADE,
  service_id  uuid REFERENCES services (id) ON DELETE CASCADE,
  every_hours integer NOT NULL CHECK (every_hours > 0),
  keep        integer NOT NULL CHECK (keep > 0),
  store       text NOT NULL,
  created_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL,
  CHECK (num_nonnulls(group_id, service_id) <= 1)
);
CREATE UNIQUE INDEX vault_schedules_target ON vault_schedules (consumer_id, group_id, service_id, store) NULLS NOT DISTINCT;
CREATE INDEX ON vault_schedules (created_at, id);

-- One row for each copy of a service's data that was asked for. Nothing here depends on the provider or on the service being alive.
CREATE TABLE vault_copies (
  id           uuid PRIMARY KEY,
  service_id   uuid NOT NULL REFERENCES services (id),
  consumer_id  uuid NOT NULL,
  provider_id  uuid NOT NULL,
  agent_id     uuid NOT NULL,
  -- null: asked for by somebody; no reference, because copies outlive schedules
  schedule_id  uuid,
  store        text NOT NULL,
  artifact_id  uuid NOT NULL UNIQUE,
  -- the export; no reference, because jobs are deleted after a while
  job_id       uuid,
  state        text NOT NULL CHECK (state IN ('requested', 'exporting', 'storing', 'stored', 'failed')),
  reason       text,
  -- not before this time is the export tried (again)
  not_before   timestamptz NOT NULL,
  taken_at     timestamptz,
  stored_at    timestamptz,
  verified_at  timestamptz,
  sha256       text,
  size_bytes   bigint,
  format       text,
  content      jsonb,
  created_at   timestamptz NOT NULL,
  updated_at   timestamptz NOT NULL
);
-- one copy of a service on its way to a store, whatever races
CREATE UNIQUE INDEX vault_copies_open ON vault_copies (service_id, store) WHERE state IN ('requested', 'exporting', 'storing');
CREATE INDEX ON vault_copies (service_id, created_at, id);
CREATE INDEX ON vault_copies (consumer_id, created_at, id);
CREATE INDEX ON vault_copies (created_at, id);

-- Services whose newest copy is older than its schedule allows, since when, and why.
CREATE TABLE vault_overdue (
  service_id uuid NOT NULL REFERENCES services (id) ON DELETE CASCADE,
  store      text NOT NULL,
  since      timestamptz NOT NULL,
  reason     text NOT NULL,
  PRIMARY KEY (service_id, store)
);
