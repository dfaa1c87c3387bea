-- Leaving a provider under the Data Act: a record to which both sides add entries. Entries never change.

CREATE TABLE switchings (
  id                      uuid PRIMARY KEY,
  consumer_id             uuid NOT NULL REFERENCES participants (id),
  provider_id             uuid NOT NULL REFERENCES participants (id),
  service_ids             uuid[] NOT NULL,
  destination             text NOT NULL CHECK (destination IN ('provider', 'on-premises', 'erase')),
  destination_provider_id uuid REFERENCES participants (id),
  contract_ref            text,
  -- first day of the notice, as 2026-12-31
  requested_on            text NOT NULL CHECK (requested_on ~ '^\d{4}-\d{2}-\d{2}$'),
  notice_months           integer NOT NULL CHECK (notice_months BETWEEN 0 AND 2),
  -- [{kind, by, at, …}], oldest first
  entries                 jsonb NOT NULL DEFAULT '[]',
  -- a service is part of one open switching at a time
  ended                   boolean NOT NULL DEFAULT false,
  created_at              timestamptz NOT NULL,
  updated_at              timestamptz NOT NULL
);
CREATE INDEX switchings_consumer ON switchings (consumer_id, created_at);
CREATE INDEX switchings_provider ON switchings (provider_id, created_at);
CREATE INDEX switchings_open ON switchings USING gin (service_ids) WHERE NOT ended;
