-- Who controls what: profiles with their evidence, and policies with their waivers.

-- Facts about a participant, one of its agents, or a service type at one of its agents (an offering). A published version never
-- changes; the newest published one whose validity holds is the one that counts.
CREATE TABLE sovereignty_profiles (
  id              uuid PRIMARY KEY,
  -- the provider that the facts are about, also of an agent and an offering
  participant_id  uuid NOT NULL REFERENCES participants (id) ON DELETE CASCADE,
  agent_id        uuid REFERENCES agents (id) ON DELETE CASCADE,
  service_type_id uuid REFERENCES service_types (id) ON DELETE CASCADE,
  version         integer NOT NULL CHECK (version > 0),
  status          text NOT NULL CHECK (status IN ('draft', 'published', 'withdrawn')),
  facts           jsonb NOT NULL,
  valid_from      timestamptz NOT NULL,
  valid_until     timestamptz,
  published_at    timestamptz,
  -- the smallest number of days before its end that was announced already: 60, 14, 1, 0
  announced_days  integer,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  -- an offering is a service type at an agent
  CHECK (service_type_id IS NULL OR agent_id IS NOT NULL),
  UNIQUE NULLS NOT DISTINCT (participant_id, agent_id, service_type_id, version)
);
-- one draft at a time for each subject
CREATE UNIQUE INDEX sovereignty_profiles_draft ON sovereignty_profiles (participant_id, agent_id, service_type_id)
  NULLS NOT DISTINCT WHERE status = 'draft';
CREATE INDEX sovereignty_profiles_agent ON sovereignty_profiles (agent_id);

-- What backs facts of a subject. It belongs to the subject and not to a version, because it ends and is revoked by itself.
CREATE TABLE sovereignty_evidences (
  id              uuid PRIMARY KEY,
  participant_id  uuid NOT NULL REFERENCES participants (id) ON DELETE CASCADE,
  agent_id        uuid REFERENCES agents (id) ON DELETE CASCADE,
  service_type_id uuid REFERENCES service_types (id) ON DELETE CASCADE,
  kind            text NOT NULL CHECK (kind IN ('self-declaration', 'verifiable-credential', 'certificate', 'audit-report',
                                                'contract', 'registry-lookup', 'measurement')),
  -- JSON Pointers into the profile
  asserts_paths   text[] NOT NULL,
  issuer          jsonb,
  issued_at       timestamptz,
  valid_from      timestamptz,
  valid_until     timestamptz,
  media_type      text,
  uri             text,
  sha256          text CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  verification_status text NOT NULL CHECK (verification_status IN ('unverified', 'verified', 'failed', 'expired', 'revoked', 'stale')),
  verification_level  text NOT NULL CHECK (verification_level IN ('none', 'self-declared', 'credential-verified', 'auditor-attested')),
  checked_at      timestamptz,
  method          text,
  -- [{code, ok, detail?}]
  checks          jsonb NOT NULL DEFAULT '[]',
  -- the smallest number of days before its end that was announced already: 60, 14, 1, 0
  announced_days  integer,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  CHECK (service_type_id IS NULL OR agent_id IS NOT NULL)
);
CREATE INDEX sovereignty_evidences_subject ON sovereignty_evidences (participant_id, agent_id, service_type_id);
CREATE INDEX sovereignty_evidences_end ON sovereignty_evidences (valid_until) WHERE valid_until IS NOT NULL;

CREATE INDEX sovereignty_profiles_end ON sovereignty_profiles (valid_until) WHERE valid_until IS NOT NULL;

-- What ends: evidence that is worth something, and the newest published version of each profile.
CREATE VIEW sovereignty_notices AS
  SELECT id, 'evidence' AS kind, participant_id, agent_id, service_type_id, valid_until, asserts_paths AS paths, created_at
  FROM sovereignty_evidences
  WHERE valid_until IS NOT NULL AND verification_status NOT IN ('revoked', 'failed')
  UNION ALL
  SELECT id, 'profile', participant_id, agent_id, service_type_id, valid_until, ARRAY['/'], created_at
  FROM sovereignty_profiles p
  WHERE valid_until IS NOT NULL AND status = 'published' AND NOT EXISTS (
    SELECT FROM sovereignty_profiles newer
    WHERE newer.participant_id = p.participant_id AND newer.agent_id IS NOT DISTINCT FROM p.agent_id
      AND newer.service_type_id IS NOT DISTINCT FROM p.service_type_id
      AND newer.status = 'published' AND newer.version > p.version);

-- What is accepted. A policy keeps its id; each change is a new version.
CREATE TABLE sovereignty_policies (
  id           uuid NOT NULL,
  version      integer NOT NULL CHECK (version > 0),
  name         text NOT NULL,
  scope_kind   text NOT NULL CHECK (scope_kind IN ('platform', 'serviceType', 'consumer', 'group', 'service')),
  -- null for the platform
  scope_id     uuid,
  -- whose the policy is: the consumer of the scope; null for platform and service types, which are the federation's
  consumer_id  uuid REFERENCES participants (id) ON DELETE CASCADE,
  -- mode, trustedZone, onUnknown, minAssurance, constraints, preferences, breach
  document     jsonb NOT NULL,
  effective_from timestamptz NOT NULL,
  -- from then on the policy holds for nothing
  withdrawn_at timestamptz,
  created_at   timestamptz NOT NULL,
  PRIMARY KEY (id, version),
  CHECK ((scope_kind = 'platform') = (scope_id IS NULL))
);
CREATE INDEX sovereignty_policies_scope ON sovereignty_policies (scope_kind, scope_id);
CREATE VIEW newest_sovereignty_policies AS
  SELECT * FROM sovereignty_policies p
  WHERE NOT EXISTS (SELECT FROM sovereignty_policies newer WHERE newer.id = p.id AND newer.version > p.version);

-- Lets one constraint of one policy pass for one provider, until it ends.
CREATE TABLE sovereignty_waivers (
  id            uuid PRIMARY KEY,
  policy_id     uuid NOT NULL,
  constraint_id text NOT NULL,
  -- the provider for which it holds
  subject_id    uuid NOT NULL REFERENCES participants (id) ON DELETE CASCADE,
  consumer_id   uuid REFERENCES participants (id) ON DELETE CASCADE,
  reason        text NOT NULL,
  approved_by   text NOT NULL,
  valid_from    timestamptz NOT NULL,
  valid_until   timestamptz NOT NULL,
  revoked_at    timestamptz,
  created_at    timestamptz NOT NULL
);
CREATE INDEX sovereignty_waivers_policy ON sovereignty_waivers (policy_id);

-- That something changed on which the compliance of services depends. Whoever judges all services again deletes what it has seen.
CREATE TABLE sovereignty_changes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
);

-- How each service that has not ended stands to the policies in force.
CREATE TABLE service_compliance (
  service_id  uuid PRIMARY KEY REFERENCES services (id) ON DELETE CASCADE,
  provider_id uuid NOT NULL,
  outcome     text NOT NULL CHECK (outcome IN ('allow', 'allow_with_obligations', 'deny')),
  -- `policy/constraint:CODE`
  failed      text[] NOT NULL,
  would_fail  text[] NOT NULL,
  -- [{policyId, policyVersion, scope, action, graceDays, since, failed}] of every policy that refuses it
  breaches    jsonb NOT NULL,
  -- the policy with the sharpest action; null when nothing is refused
  policy_id   uuid,
  action      text CHECK (action IN ('alert', 'block-new', 'quarantine', 'evacuate')),
  -- when it has to be evacuated, and that it was said
  evacuate_at timestamptz,
  evacuation_announced boolean NOT NULL DEFAULT false,
  -- since when outcome and codes are what they are
  since       timestamptz NOT NULL,
  checked_at  timestamptz NOT NULL
);
CREATE INDEX service_compliance_blocking ON service_compliance (provider_id)
  WHERE action IN ('block-new', 'quarantine', 'evacuate');
CREATE INDEX service_compliance_evacuation ON service_compliance (evacuate_at)
  WHERE evacuate_at IS NOT NULL AND NOT evacuation_announced;
