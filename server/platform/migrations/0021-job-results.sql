-- What agents tell of a job's outcome, and who besides its own agent may read an artifact.

-- an object of at most 64 KiB; null: nothing was told
ALTER TABLE jobs ADD COLUMN result jsonb;

-- Agents that may read an artifact of somebody else's service: those that import what was exported.
CREATE TABLE artifact_readers (
  artifact_id uuid NOT NULL REFERENCES artifacts (id) ON DELETE CASCADE,
  agent_id    uuid NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
  granted_at  timestamptz NOT NULL,
  PRIMARY KEY (artifact_id, agent_id)
);
CREATE INDEX ON artifact_readers (agent_id);
