-- Gaia-X credentials: what was handed in, what its verification found, and what is remembered of issuances.

CREATE TABLE credentials (
  id              uuid PRIMARY KEY,
  -- whom it has to speak of, and what it counts for
  participant_id  uuid NOT NULL REFERENCES participants (id) ON DELETE CASCADE,
  agent_id        uuid REFERENCES agents (id) ON DELETE CASCADE,
  service_type_id uuid REFERENCES service_types (id) ON DELETE CASCADE,
  -- shared by credentials that came in one presentation
  presentation_id uuid,
  -- an admin has looked whose it is
  by_admin        boolean NOT NULL,
  -- where it is fetched from; null when it was handed in
  url             text,
  -- null until it was fetched
  jwt             text,
  -- the payload as it stands in the JWT, believed or not; null when it is none
  document        jsonb,
  -- of the payload in its canonical form: signatures of one payload differ, the payload does not
  document_sha256 text CHECK (document_sha256 ~ '^[0-9a-f]{64}$'),
  -- the `id` by which labels refer to it
  credential_id   text,
  state           text NOT NULL CHECK (state IN ('pending', 'verified', 'failed')),
  -- the first check that failed; of a pending one that of the last attempt
  reason          text,
  detail          text,
  -- [{code, ok, detail?}] in their order
  checks          jsonb NOT NULL DEFAULT '[]',
  issuer          text,
  types           text[] NOT NULL DEFAULT '{}',
  subject_id      text,
  label_level     text,
  rules_version   text,
  criteria        text[] NOT NULL DEFAULT '{}',
  valid_from      timestamptz,
  valid_until     timestamptz,
  -- what it is an issuance of; a later one of the same supersedes it
  issuance_keys   text[] NOT NULL DEFAULT '{}',
  -- the last time that everything that had to be fetched was there
  checked_at      timestamptz,
  verified_at     timestamptz,
  -- the queue: when to verify it (again), how often in a row something could not be fetched, and until when somebody is at it
  next_check_at   timestamptz,
  attempts        integer NOT NULL DEFAULT 0,
  claimed_until   timestamptz,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  CHECK (service_type_id IS NULL OR agent_id IS NOT NULL),
  CHECK (url IS NOT NULL OR jwt IS NOT NULL)
);
CREATE UNIQUE INDEX credentials_once ON credentials (participant_id, agent_id, service_type_id, document_sha256)
  NULLS NOT DISTINCT WHERE document_sha256 IS NOT NULL;
CREATE INDEX credentials_queue ON credentials (next_check_at) WHERE next_check_at IS NOT NULL;
CREATE INDEX credentials_presented ON credentials (participant_id, credential_id);
CREATE INDEX credentials_issuances ON credentials USING gin (issuance_keys) WHERE state = 'verified';
CREATE INDEX credentials_agent ON credentials (agent_id);

-- The newest issuance of each kind for each subject that was ever verified here. It outlives the credential: an older one does not
-- come back by deleting the newer one.
CREATE TABLE credential_issuances (
  key       text PRIMARY KEY,
  issued_at timestamptz NOT NULL
);

-- Credentials that were found revoked once. They stay refused, whatever their status list says later.
CREATE TABLE credential_revocations (
  document_sha256 text PRIMARY KEY,
  revoked_at      timestamptz NOT NULL
);

-- Evidence of a credential goes with it, and may state facts that replace what the profile declares.
ALTER TABLE sovereignty_evidences
  ADD COLUMN credential_id uuid REFERENCES credentials (id) ON DELETE CASCADE,
  ADD COLUMN credential_part text,
  ADD COLUMN facts jsonb;
CREATE INDEX sovereignty_evidences_credential ON sovereignty_evidences (credential_id) WHERE credential_id IS NOT NULL;

-- Keys with which this instance signs; the private part is sealed with the vault's key.
CREATE TABLE instance_keys (
  name       text PRIMARY KEY,
  public_jwk jsonb NOT NULL,
  key_id     text NOT NULL,
  ciphertext bytea NOT NULL,
  created_at timestamptz NOT NULL
);
