-- What only the consumer knows of a service: how much hangs on it, what it costs, which contract it is under. A service without
-- a row is a normal one of which nothing is known.
CREATE TABLE service_classifications (
  service_id          uuid PRIMARY KEY REFERENCES services (id) ON DELETE CASCADE,
  -- of the service, which never changes; for lists
  consumer_id         uuid NOT NULL REFERENCES participants (id),
  criticality         text NOT NULL CHECK (criticality IN ('critical', 'important', 'normal')),
  -- the business function that it supports, as registers name it
  function            text,
  rto_target_seconds  integer CHECK (rto_target_seconds >= 0),
  rpo_target_seconds  integer CHECK (rpo_target_seconds >= 0),
  -- an amount of money without its currency says nothing
  monthly_spend       double precision CHECK (monthly_spend >= 0),
  spend_currency      text CHECK (spend_currency ~ '^[A-Z]{3}$'),
  contract_ref        text,
  contract_start      date,
  contract_end        date,
  notice_period_days  integer CHECK (notice_period_days >= 0),
  data_classes        text[] NOT NULL DEFAULT '{}',
  created_at          timestamptz NOT NULL,
  updated_at          timestamptz NOT NULL,
  CHECK ((monthly_spend IS NULL) = (spend_currency IS NULL)),
  CHECK (contract_end >= contract_start)
);
CREATE INDEX ON service_classifications (consumer_id, created_at, service_id);
