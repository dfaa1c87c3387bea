/** What is done with types, options and pools that are not as ours must be. */
import { isIP } from 'node:net'
import type { SourceTable } from './source-tables.ts'
import { exists, type Staging } from './staging.ts'

const PROPERTY_TYPES = `('string', 'integer', 'number', 'boolean', 'json')`
const SHORT_ID = 'left(x.id::text, 8)'

/** Before the rule for empty names. */
export async function skipGhosts(staging: Staging): Promise<void> {
  await staging.skip(
    'service_types',
    `x.name = '' AND jsonb_typeof(x.lifecycle_schema->'states') IS DISTINCT FROM 'array'
     AND NOT EXISTS (SELECT FROM go_services s WHERE s.service_type_id = x.id)`,
    'is an empty row, made because an agent type named a service type that did not exist',
  )
}

export async function mendTypes(staging: Staging): Promise<void> {
  for (const [table, column, empty] of [
    ['service_types', 'property_schema', '{"properties": {}}'],
    ['service_types', 'lifecycle_schema', '{"states": [], "actions": [], "initialState": ""}'],
    ['agent_types', 'configuration_schema', '{"properties": {}}'],
  ] as const)
    await staging.mend(
      table,
      `${column} = '${empty}'`,
      `jsonb_typeof(x.${column}) <> 'object' OR jsonb_typeof(x.${column}->'${column === 'lifecycle_schema' ? 'states' : 'properties'}') IS DISTINCT FROM '${column === 'lifecycle_schema' ? 'array' : 'object'}'`,
      `has no ${column.replace('_', ' ')}: an empty one`,
    )
  await uniqueNames(staging, 'service_types', 'AND t.deleted_at IS NULL')
  await uniqueNames(staging, 'agent_types', 'AND t.deleted_at IS NULL')
  await uniqueNames(staging, 'metric_types')
  await staging.run(`UPDATE go_agent_types SET config_template = coalesce(config_template, ''),
    cmd_template = coalesce(cmd_template, ''), config_content_type = coalesce(nullif(config_content_type, ''), 'text/plain')`)
  await staging.mend(
    'metric_types',
    `entity_type = 'Resource'`,
    `x.entity_type NOT IN ('Agent', 'Service', 'Resource')`,
    'has an unknown entity type: Resource',
  )
  await staging.skip(
    'agent_type_service_types',
    `NOT ${exists('agent_types', 'x.agent_type_id')} OR NOT ${exists('service_types', 'x.service_type_id')}`,
    'is the link of an agent type to a service type that does not exist, or the other way round',
  )
}

/** A second one of a name gets a part of its id behind it. */
async function uniqueNames(staging: Staging, table: SourceTable, among = ''): Promise<void> {
  await staging.mend(
    table,
    `name = x.name || ' ' || ${SHORT_ID}`,
    `EXISTS (SELECT FROM go_${table} o WHERE o.name = x.name AND o.skip IS NULL AND (o.created_at, o.id) < (x.created_at, x.id))
     OR EXISTS (SELECT FROM ${table} t WHERE t.name = x.name AND t.id <> x.id ${among})`,
    'has a name that another one has: a part of its id stands behind it',
  )
}

export async function mendOptions(staging: Staging): Promise<void> {
  await staging.mend(
    'service_option_types',
    `type = CASE WHEN x.type = '' THEN 'type' ELSE x.type END || '_' || ${SHORT_ID}`,
    `x.type = ''
     OR EXISTS (SELECT FROM go_service_option_types o WHERE o.type = x.type AND (o.created_at, o.id) < (x.created_at, x.id))
     OR EXISTS (SELECT FROM service_option_types t WHERE t.type = x.type AND t.id <> x.id)`,
    'has the type of another one, or none: a part of its id stands behind it',
  )
  await staging.run(`UPDATE go_service_option_types SET description = '' WHERE description IS NULL`)
  await staging.skip(
    'service_options',
    `NOT ${exists('service_option_types', 'x.service_option_type_id')}`,
    'is an option of a type that does not exist',
  )
  await staging.run(`UPDATE go_service_options SET display_order = 0 WHERE display_order IS NULL`)
  await staging.mend(
    'service_options',
    'display_order = greatest(-2147483648, least(2147483647, x.display_order))',
    'x.display_order NOT BETWEEN -2147483648 AND 2147483647',
    'has a display order out of range: the nearest',
  )
}

/** After the placeholders of pool sets. */
export async function mendServicePools(staging: Staging): Promise<void> {
  const owner = `coalesce((SELECT s.provider_id FROM go_service_pool_sets s WHERE s.id = x.service_pool_set_id AND s.skip IS NULL),
    (SELECT s.provider_id FROM service_pool_sets s WHERE s.id = x.service_pool_set_id))`
  await staging.skip(
    'service_pools',
    `NOT ${exists('service_pool_sets', 'x.service_pool_set_id')}`,
    'is a pool of a set that does not exist, and nothing says whose it is',
  )
  await nameOwner(staging, 'service_pools', owner, 'the provider of its pool set')
  await mendPools(staging, 'service_pools', `('list', 'subnet')`)
}

export async function mendConfigPools(staging: Staging): Promise<void> {
  await mendPools(staging, 'config_pools', `('list')`)
}

async function mendPools(staging: Staging, table: 'service_pools' | 'config_pools', kinds: string): Promise<void> {
  const owner = table === 'service_pools' ? 'provider_id' : 'participant_id'
  await staging.skip(table, `x.generator_type NOT IN ${kinds}`, 'has an unknown generator type')
  await staging.mend(
    table,
    `property_type = 'json'`,
    `x.property_type NOT IN ${PROPERTY_TYPES}`,
    'has an unknown property type: json, which is informative only',
  )
  await staging.mend(
    table,
    'generator_config = NULL',
    `jsonb_typeof(x.generator_config) NOT IN ('object', 'null')`,
    'has a generator configuration that is no object: none',
  )
  await staging.run(`UPDATE go_${table} SET generator_config = NULL WHERE jsonb_typeof(generator_config) = 'null'`)
  await staging.mend(
    table,
    `type = x.type || '-' || ${SHORT_ID}`,
    `EXISTS (SELECT FROM go_${table} o WHERE o.type = x.type AND o.participant_id IS NOT DISTINCT FROM x.participant_id
       AND o.skip IS NULL AND (o.created_at, o.id) < (x.created_at, x.id))
     OR EXISTS (SELECT FROM ${table} t WHERE t.type = x.type AND t.${owner} IS NOT DISTINCT FROM x.participant_id AND t.id <> x.id)`,
    'has the type of another pool of the same owner: a part of its id stands behind it, so nothing is taken from it',
  )
}

/** Without an owner are rows of every subnet pool, until the Go control plane starts again and names one. */
async function nameOwner(staging: Staging, table: SourceTable, owner: string, words: string): Promise<void> {
  const set = `participant_id = ${owner}`
  const none = `x.participant_id IS NULL AND ${owner} IS NOT NULL`
  await staging.mend(table, set, none, `has no owner yet: ${words}`, 'adapted')
  await staging.mend(
    table,
    set,
    `x.participant_id IS DISTINCT FROM ${owner}`,
    `names another owner than ${words}: that one`,
  )
}

/** Pools that accept orders and cannot fill them. */
export async function warnOfSubnets(staging: Staging): Promise<void> {
  const { rows } = await staging.client.query<{ id: string; cidr: string | null }>(
    `SELECT id, generator_config->>'cidr' AS cidr FROM go_service_pools WHERE generator_type = 'subnet' AND skip IS NULL`,
  )
  for (const { id, cidr } of rows) {
    const [address = '', bits = ''] = (cidr ?? '').split('/')
    const most = isIP(address) === 6 ? 128 : 32
    if (isIP(address) !== 0 && /^\d+$/.test(bits) && Number(bits) <= most) continue
    await staging.find({
      table: 'service_pools',
      id,
      treatment: 'warning',
      text: 'is a subnet pool without a valid cidr: nothing can be taken from it until it is set',
      count: 1,
    })
  }
}

/** After the services. */
export async function mendPoolValues(staging: Staging): Promise<void> {
  for (const { values, pools, pool, owner, holders, holder } of [
    {
      values: 'service_pool_values',
      pools: 'service_pools',
      pool: 'service_pool_id',
      owner: 'provider_id',
      holders: 'services',
      holder: 'service_id',
    },
    {
      values: 'config_pool_values',
      pools: 'config_pools',
      pool: 'config_pool_id',
      owner: 'participant_id',
      holders: 'agents',
      holder: 'agent_id',
    },
  ] as const) {
    await staging.skip(values, `NOT ${exists(pools, `x.${pool}`)}`, 'is a value of a pool that is not imported')
    const ofPool = `CASE WHEN EXISTS (SELECT FROM go_${pools} p WHERE p.id = x.${pool} AND p.skip IS NULL)
      THEN (SELECT p.participant_id FROM go_${pools} p WHERE p.id = x.${pool})
      ELSE (SELECT p.${owner} FROM ${pools} p WHERE p.id = x.${pool}) END`
    await nameOwner(staging, values, ofPool, "its pool's owner")
    await staging.mend(
      values,
      `${holder} = NULL, property_name = NULL, allocated_at = NULL`,
      `x.${holder} IS NOT NULL AND NOT ${exists(holders, `x.${holder}`)}`,
      'is held by something that does not exist: free',
    )
  }
  await findAddresses(staging)
}

/**
 * Addresses that a subnet pool made can be given again once they are free; hand-made rows only keep theirs from being given. The
 * API writes an event for each row that is made by hand, and the generator none.
 */
async function findAddresses(staging: Staging): Promise<void> {
  await staging.run(`CREATE TEMP TABLE go_made_by_hand ON COMMIT DROP AS
    SELECT DISTINCT entity_id FROM go_events WHERE type = 'service_pool_value.created' AND entity_id IS NOT NULL`)
  await staging.run('CREATE UNIQUE INDEX ON go_made_by_hand (entity_id)')
  await staging.run('ANALYZE go_made_by_hand')
  await staging.run(`
    UPDATE go_service_pool_values x SET address = (x.value #>> '{}')::inet
    FROM (SELECT id FROM go_service_pools WHERE generator_type = 'subnet' AND skip IS NULL) p
    WHERE p.id = x.service_pool_id AND x.skip IS NULL AND jsonb_typeof(x.value) = 'string'
      AND (x.value #>> '{}') ~ '^([0-9]{1,3}(\\.[0-9]{1,3}){3}|[0-9a-f]*:[0-9a-f:.]+)$' AND x.name = x.value #>> '{}'
      AND NOT EXISTS (SELECT FROM go_made_by_hand e WHERE e.entity_id = x.id::text)`)
  await staging.run('ANALYZE go_service_pool_values')
  await staging.mend(
    'service_pool_values',
    'address = NULL',
    `(x.service_pool_id, x.address) IN (SELECT service_pool_id, address FROM go_service_pool_values
       WHERE address IS NOT NULL AND skip IS NULL GROUP BY 1, 2 HAVING count(*) > 1)
     OR x.id IN (SELECT g.id FROM go_service_pool_values g
       JOIN service_pool_values t ON t.service_pool_id = g.service_pool_id AND t.address = g.address AND t.id <> g.id)`,
    'is an address that was given twice: all its rows are kept, and it is not given again before they are deleted',
  )
  await staging.run(`CREATE TEMP TABLE go_pool_holders ON COMMIT DROP AS
    SELECT DISTINCT participant_id, property_name, value, service_id FROM go_service_pool_values
    WHERE service_id IS NOT NULL AND property_name IS NOT NULL AND skip IS NULL`)
  await staging.run('CREATE INDEX ON go_pool_holders (service_id)')
  await staging.run('ANALYZE go_pool_holders')
  await staging.warn(
    'services',
    `x.id IN (
       SELECT s.id FROM go_services s
       CROSS JOIN jsonb_each(coalesce(s.properties, '{}')) p
       JOIN go_pool_holders h ON h.participant_id = s.provider_id AND h.property_name = p.key AND h.value = p.value
       WHERE NOT s.terminal AND h.service_id <> s.id
         AND NOT EXISTS (SELECT FROM go_pool_holders own WHERE own.service_id = s.id AND own.property_name = p.key))`,
    'has a pool value that another service holds: given twice, or set by hand',
  )
}
