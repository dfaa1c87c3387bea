-- What the deletion of old rows looks up. Events go by their number and metric entries by the index on (created_at, id).
CREATE INDEX ON tokens (expire_at);
CREATE INDEX ON agent_install_tokens (expires_at);
-- a token that is deleted is looked for here
CREATE INDEX ON agent_install_tokens (bootstrap_token_id);
