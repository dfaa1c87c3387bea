-- The audit log: one leaf of a Merkle tree (RFC 9162) for each event, in the order of the events, and what was signed of it.

-- One row. Locked by whoever appends, signs or erases.
CREATE TABLE audit_log (
  singleton     boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  -- names the instance where no public address does
  instance_id   uuid NOT NULL DEFAULT gen_random_uuid(),
  -- how entries and checkpoints name it; set once, by the first entry
  instance      text,
  -- Ed25519: 32 bytes, and the private key sealed with the key of the vault; set once, by the first checkpoint
  public_key    bytea,
  private_key   bytea,
  -- leaves; the roots of their complete subtrees, the largest first; the number of the last event that has one
  size          bigint NOT NULL DEFAULT 0,
  peaks         bytea[] NOT NULL DEFAULT '{}',
  last_sequence bigint NOT NULL DEFAULT 0,
  -- why nothing is signed any more; null when all is well
  problem       text
);
INSERT INTO audit_log DEFAULT VALUES;

-- The canonical entries (RFC 8785), as they were hashed. They outlive their events.
CREATE TABLE audit_entries (
  leaf_index      bigint PRIMARY KEY,
  sequence_number bigint NOT NULL UNIQUE,
  entry           text NOT NULL,
  -- who may read it, with or without its event
  provider_id     uuid,
  consumer_id     uuid
);

-- What opens the commitments of entries: deleted with the payload that they bind.
CREATE TABLE audit_salts (
  sequence_number bigint PRIMARY KEY,
  salt            bytea NOT NULL
);

-- The roots of all complete subtrees: level 0 are the leaves, node (level, position) spans 2^level leaves from position * 2^level on.
CREATE TABLE audit_nodes (
  level    smallint NOT NULL,
  position bigint NOT NULL,
  hash     bytea NOT NULL,
  PRIMARY KEY (level, position)
);

-- One for each size at most: what was signed is never signed otherwise.
CREATE TABLE audit_checkpoints (
  size       bigint PRIMARY KEY,
  root       bytea NOT NULL,
  note       text NOT NULL,
  created_at timestamptz NOT NULL
);

-- Other instances whose checkpoints are cosigned here, and the last one that was seen of each.
CREATE TABLE audit_peers (
  name         text PRIMARY KEY,
  origin       text NOT NULL UNIQUE,
  public_key   bytea NOT NULL,
  size         bigint NOT NULL,
  root         bytea NOT NULL,
  -- the note with our signature
  note         text NOT NULL,
  -- the last checkpoint that contradicts what was seen before
  refused_at   timestamptz,
  refused_note text,
  created_at   timestamptz NOT NULL,
  updated_at   timestamptz NOT NULL
);
