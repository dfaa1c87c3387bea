-- Agents of some types were written before members of API v1 were renamed: they get answers with the former members, too.
ALTER TABLE agent_types ADD COLUMN legacy_dialect boolean NOT NULL DEFAULT false;
