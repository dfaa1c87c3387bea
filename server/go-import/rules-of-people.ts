/** What is done with participants, agents, tokens and install tokens that are not as ours must be. */
import { hashToken } from '../tokens/index.ts'
import type { SourceTable } from './source-tables.ts'
import { exists, lives, type Staging } from './staging.ts'

/** The value of the admin token that the Go control plane adds at every start: known to everybody. */
const KNOWN_TOKEN = 'change-me'

const NAMED: readonly SourceTable[] = [
  'participants',
  'service_types',
  'agent_types',
  'service_option_types',
  'service_options',
  'service_pool_sets',
  'service_pools',
  'service_pool_values',
  'config_pools',
  'config_pool_values',
  'agents',
  'tokens',
  'service_groups',
  'services',
  'metric_types',
]

/** First of all rules: the others compare names. */
export async function mendNames(staging: Staging): Promise<void> {
  for (const table of NAMED)
    await staging.mend(
      table,
      `name = 'unnamed ' || left(x.id::text, 8)`,
      `x.name = ''`,
      'has an empty name: named after its id',
    )
}

export async function mendParticipants(staging: Staging): Promise<void> {
  await staging.mend(
    'participants',
    `status = 'Disabled'`,
    `x.status NOT IN ('Enabled', 'Disabled')`,
    'has an unknown status: Disabled',
  )
}

export async function mendAgents(staging: Staging): Promise<void> {
  await staging.mend(
    'agents',
    `status = 'Disconnected'`,
    `x.status NOT IN ('New', 'Connected', 'Disconnected', 'Error', 'Disabled')`,
    'has an unknown status: Disconnected until it reports',
  )
  await staging.mend(
    'agents',
    'configuration = NULL',
    `jsonb_typeof(x.configuration) NOT IN ('object', 'null')`,
    'has a configuration that is no object: none',
  )
  // null of JSON and the year 1 are how the Go control plane may write "none"
  await staging.run(`UPDATE go_agents SET configuration = NULL WHERE jsonb_typeof(configuration) = 'null'`)
  await staging.run(`UPDATE go_agents SET last_status_update = NULL WHERE last_status_update < '1970-01-01'`)
}

/** Before the placeholders: a token is worth nothing without what it is for. */
export async function mendTokens(staging: Staging): Promise<void> {
  const known = hashToken(KNOWN_TOKEN)
  await staging.skip(
    'tokens',
    `x.hashed_value = '${known}'`,
    `is the admin token "${KNOWN_TOKEN}", which everybody knows`,
    'left out',
  )
  await staging.skip('tokens', `x.role NOT IN ('admin', 'participant', 'agent')`, 'has an unknown role')
  await staging.skip(
    'tokens',
    `x.role = 'agent' AND (x.agent_id IS NULL OR NOT ${lives('agents', 'x.agent_id')})`,
    'is the token of an agent that does not exist',
  )
  await staging.skip(
    'tokens',
    `x.role = 'participant' AND (x.participant_id IS NULL OR NOT ${lives('participants', 'x.participant_id')})`,
    'is the token of a participant that does not exist',
  )
  await staging.skip(
    'tokens',
    `EXISTS (SELECT FROM go_tokens o WHERE o.hashed_value = x.hashed_value AND o.skip IS NULL
       AND (o.expire_at, o.id) > (x.expire_at, x.id))
     OR EXISTS (SELECT FROM tokens t WHERE t.hash = x.hashed_value AND t.id <> x.id)`,
    'has the same value as another token, which is the one that works',
  )
  const provider = `coalesce((SELECT a.provider_id FROM go_agents a WHERE a.id = x.agent_id AND a.skip IS NULL),
    (SELECT a.provider_id FROM agents a WHERE a.id = x.agent_id))`
  await staging.mend(
    'tokens',
    `participant_id = ${provider}`,
    `x.role = 'agent' AND x.participant_id IS DISTINCT FROM ${provider}`,
    "names another participant than its agent's provider: that one",
  )
  await staging.mend(
    'tokens',
    'participant_id = NULL, agent_id = NULL',
    `x.role = 'admin' AND num_nonnulls(x.participant_id, x.agent_id) > 0`,
    'is an admin token with a scope, which had no effect: none',
  )
  await staging.mend(
    'tokens',
    'agent_id = NULL',
    `x.role = 'participant' AND x.agent_id IS NOT NULL`,
    'is the token of a participant and names an agent: none',
  )
}

export async function mendInstallTokens(staging: Staging): Promise<void> {
  await staging.skip(
    'agent_install_tokens',
    `NOT ${lives('agents', 'x.agent_id')}`,
    'is the install token of an agent that does not exist',
  )
  await staging.skip(
    'agent_install_tokens',
    `EXISTS (SELECT FROM agent_install_tokens t WHERE (t.hash = x.token_hashed OR t.agent_id = x.agent_id) AND t.id <> x.id)`,
    'is older than the install token that its agent has here',
  )
  await staging.mend(
    'agent_install_tokens',
    'bootstrap_token_id = NULL',
    `x.bootstrap_token_id IS NOT NULL AND NOT ${exists('tokens', 'x.bootstrap_token_id')}`,
    "names a token that does not exist: the agent's own token is all that is missing",
  )
}
