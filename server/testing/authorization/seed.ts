/** What the federations have before anybody looks: at least one of everything that a list can show. */
import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { CASES } from '../cases.ts'
import type { Walk } from '../walk.ts'
import { OF_NOBODY } from './matrix.ts'
import type { World } from './world.ts'

/** Cases that make one of a kind on their way; of metric entries the one whose resource has a name of its own. */
const MAKERS = [
  'tokens.get',
  'agentTypes.get',
  'agents.get',
  'agents.installCommand.get',
  'configPoolValues.get',
  'serviceOptions.get',
  'servicePoolValues.get',
  'metricEntries.resourceIds',
  'artifacts.describe',
  'credentials.get',
  'migrations.get',
  'drills.get',
  'evacuations.get',
  'vaultSchedules.get',
  'switchings.get',
  'vaultCopies.verify',
  'serviceClassifications.get',
  'offeringTerms.get',
  'placementDecisions.get',
  'services.placement',
  'vault.getSecret',
  'services.update',
  'jobs.complete',
  'sovereigntyProfiles.get',
  'sovereigntyProfiles.update',
  'sovereigntyEvidences.get',
  'sovereigntyWaivers.revoke',
]

export async function seed(world: World): Promise<void> {
  const { first, second } = world.walks
  for (const walk of [first, second]) {
    for (const id of MAKERS) await makeOne(walk, id)
    await allocate(world, walk)
  }
  await OF_NOBODY['configPoolValues.get']?.(first)
}

async function makeOne(walk: Walk, id: string): Promise<void> {
  const row = CASES[id]
  assert.ok(row, `${id} has no case`)
  await row.call(walk)
}

/** Gives one value of each kind of pool away, as an order and a configuration would. */
async function allocate({ server: { platform } }: World, { own, running }: Walk): Promise<void> {
  const serviceId = await running()
  await sql`
    UPDATE service_pool_values SET service_id = ${serviceId}, property_name = 'address', allocated_at = now()
    WHERE provider_id = ${own.provider.id}`.execute(platform.db)
  await sql`
    UPDATE config_pool_values SET agent_id = ${own.agent.id}, property_name = 'url', allocated_at = now()
    WHERE participant_id = ${own.provider.id}`.execute(platform.db)
}
