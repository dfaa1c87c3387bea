/**
 * Rows for what the source refers to and no longer has: the Go control plane deletes participants and pool sets without looking
 * at what is left. They are hidden, as rows are that ended services still refer to; a pool set is not, for it cannot be.
 */

import type { SourceTable } from './source-tables.ts'
import { exists, type Staging } from './staging.ts'

/** Where participants are named. A row that is not imported needs none. */
const PARTICIPANTS: readonly (readonly [SourceTable, string])[] = [
  ['agents', 'provider_id'],
  ['service_groups', 'consumer_id'],
  ['services', 'provider_id'],
  ['services', 'consumer_id'],
  ['service_options', 'provider_id'],
  ['service_pool_sets', 'provider_id'],
  ['config_pools', 'participant_id'],
]

/** After the tokens, which must not live on with a made-up owner, and after the rules that skip rows of these tables. */
export async function makePlaceholders(staging: Staging): Promise<void> {
  await make(staging, 'service_pool_sets', 'a pool set', {
    select: `SELECT service_pool_set_id AS id, min(owner::text)::uuid AS owner, min(created_at) AS created_at FROM (
        SELECT service_pool_set_id, participant_id AS owner, created_at FROM go_service_pools WHERE skip IS NULL
        UNION ALL SELECT service_pool_set_id, provider_id, created_at FROM go_agents WHERE skip IS NULL AND service_pool_set_id IS NOT NULL
      ) r WHERE owner IS NOT NULL GROUP BY 1`,
    columns: 'provider_id',
    values: 'r.owner',
  })
  await make(staging, 'service_groups', 'a service group', {
    select: `SELECT group_id AS id, min(consumer_id::text)::uuid AS owner, min(created_at) AS created_at FROM go_services WHERE skip IS NULL GROUP BY 1`,
    columns: 'consumer_id',
    values: 'r.owner',
  })
  await make(staging, 'service_types', 'a service type', {
    select: `SELECT service_type_id AS id, jsonb_agg(DISTINCT status) AS states, min(created_at) AS created_at FROM go_services WHERE skip IS NULL GROUP BY 1`,
    columns: 'property_schema, lifecycle_schema',
    values: `'{"properties": {}}', jsonb_build_object('initialState', r.states -> 0, 'actions', '[]'::jsonb,
      'states', (SELECT jsonb_agg(jsonb_build_object('name', s)) FROM jsonb_array_elements(r.states) s))`,
  })
  await make(staging, 'agents', 'an agent', {
    select: `SELECT agent_id AS id, min(provider_id::text)::uuid AS owner, min(created_at) AS created_at FROM go_services WHERE skip IS NULL GROUP BY 1`,
    // its type is another made-up row, of the same id
    columns: 'status, provider_id, agent_type_id',
    values: `'Disconnected', r.owner, r.id`,
  })
  await make(staging, 'agent_types', 'an agent type', {
    select: `SELECT agent_type_id AS id, min(created_at) AS created_at FROM go_agents WHERE skip IS NULL GROUP BY 1`,
    columns: 'configuration_schema, config_template, cmd_template, config_content_type',
    values: `'{"properties": {}}', '', '', 'text/plain'`,
  })
  await make(staging, 'participants', 'a participant', {
    select: `SELECT id, min(created_at) AS created_at FROM (${PARTICIPANTS.map(
      ([table, column]) => `SELECT ${column} AS id, created_at FROM go_${table} WHERE skip IS NULL`,
    ).join(' UNION ALL ')}) r WHERE id IS NOT NULL GROUP BY 1`,
    columns: 'status',
    values: `'Disabled'`,
  })
}

type Placeholder = {
  /** Gives `id`, `created_at` and what `values` needs, as `r`. */
  select: string
  columns: string
  values: string
}

async function make(
  staging: Staging,
  table: SourceTable,
  what: string,
  { select, columns, values }: Placeholder,
): Promise<void> {
  const text = `${what} that does not exist is still referred to: a ${table === 'service_pool_sets' ? '' : 'hidden '}row is made for it`
  await staging.run(
    `WITH made AS (
       INSERT INTO go_${table} (id, created_at, updated_at, name, placeholder, ${columns})
       SELECT r.id, r.created_at, r.created_at, 'deleted ' || left(r.id::text, 8), true, ${values}
       FROM (${select}) r WHERE NOT ${exists(table, 'r.id')}
       RETURNING id
     ) INSERT INTO go_findings (table_name, id, treatment, text, count) SELECT '${table}', id, 'mended', $1, 1 FROM made`,
    [text],
  )
}
