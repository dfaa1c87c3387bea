-- What `fulcrum import` remembers: with it a second import of the same source is one, and what was deleted here since stays
-- deleted.

CREATE TABLE go_imports (
  id uuid PRIMARY KEY,
  finished_at timestamptz NOT NULL,
  -- the highest number of the source's events
  highest_event bigint NOT NULL,
  -- what became of the rows of each table
  tables jsonb NOT NULL
);

CREATE TABLE go_imported_rows (
  table_name text NOT NULL,
  id uuid NOT NULL,
  PRIMARY KEY (table_name, id)
);
