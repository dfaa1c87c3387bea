/** What is done with groups, services and jobs that are not as ours must be. */
import { exists, type Staging } from './staging.ts'

/** After the placeholders. */
export async function mendServices(staging: Staging): Promise<void> {
  for (const column of ['properties', 'agent_instance_data']) {
    await staging.mend(
      'services',
      `${column} = NULL`,
      `jsonb_typeof(x.${column}) NOT IN ('object', 'null')`,
      `has ${column.replaceAll('_', ' ')} that are no object: none`,
    )
    await staging.run(`UPDATE go_services SET ${column} = NULL WHERE jsonb_typeof(${column}) = 'null'`)
  }
  const lifecycle = `coalesce((SELECT y.lifecycle_schema FROM go_service_types y WHERE y.id = x.service_type_id AND y.skip IS NULL),
    (SELECT y.lifecycle_schema::jsonb FROM service_types y WHERE y.id = x.service_type_id))`
  await staging.run(
    `UPDATE go_services x SET terminal = coalesce(${lifecycle} -> 'terminalStates' @> to_jsonb(x.status), false)`,
  )
  await staging.mend(
    'services',
    'agent_instance_id = NULL',
    'x.terminal AND x.agent_instance_id IS NOT NULL',
    'has ended and still has an agentInstanceId: none, so that its agent can use it again',
    'adapted',
  )
  await staging.mend(
    'services',
    'agent_instance_id = NULL',
    `x.agent_instance_id IS NOT NULL AND (
       EXISTS (SELECT FROM go_services o WHERE o.agent_id = x.agent_id AND o.agent_instance_id = x.agent_instance_id
         AND (o.created_at, o.id) < (x.created_at, x.id))
       OR EXISTS (SELECT FROM services t WHERE t.agent_id = x.agent_id AND t.agent_instance_id = x.agent_instance_id
         AND t.id <> x.id AND NOT EXISTS (SELECT FROM go_services g WHERE g.id = t.id)))`,
    'has the agentInstanceId of an older service of its agent: none',
  )
  await staging.warn(
    'services',
    `NOT ${lifecycle} -> 'states' @> jsonb_build_array(jsonb_build_object('name', x.status))`,
    'is in a state that its lifecycle does not have: no action is possible',
  )
}

/** After the services. */
export async function mendJobs(staging: Staging): Promise<void> {
  await staging.skip('jobs', `NOT ${exists('services', 'x.service_id')}`, 'is a job of a service that does not exist')
  await staging.run(`UPDATE go_jobs x SET group_id = coalesce((SELECT s.group_id FROM go_services s WHERE s.id = x.service_id),
    (SELECT s.group_id FROM services s WHERE s.id = x.service_id))`)
  await staging.mend(
    'jobs',
    `agent_id = coalesce((SELECT s.agent_id FROM go_services s WHERE s.id = x.service_id),
      (SELECT s.agent_id FROM services s WHERE s.id = x.service_id))`,
    `NOT ${exists('agents', 'x.agent_id')}`,
    "is the job of an agent that does not exist: its service's agent",
  )
  await staging.mend(
    'jobs',
    `status = 'Failed', error_message = coalesce(x.error_message, 'unknown status ' || x.status)`,
    `x.status NOT IN ('Pending', 'Processing', 'Completed', 'Failed')`,
    'has an unknown status: Failed',
  )
  await staging.mend(
    'jobs',
    'priority = greatest(1, least(2147483647, x.priority))',
    'x.priority NOT BETWEEN 1 AND 2147483647',
    'has a priority out of range: the nearest',
  )
  await staging.mend(
    'jobs',
    'params = NULL',
    `jsonb_typeof(x.params) NOT IN ('object', 'null')`,
    'has params that are no object: none',
  )
  await staging.run(`UPDATE go_jobs SET params = NULL WHERE jsonb_typeof(params) = 'null'`)
  const active = (row: string) => `${row}.status IN ('Pending', 'Processing')`
  // the job that an agent works on goes on, else the older one
  const before = (row: string) => `(${row}.status = 'Pending', ${row}.created_at, ${row}.id)`
  await staging.mend(
    'jobs',
    `status = 'Failed', completed_at = x.updated_at, error_message = 'another job of the service was active; this one was ended by the import'`,
    `${active('x')} AND (
       EXISTS (SELECT FROM go_jobs o WHERE o.service_id = x.service_id AND o.skip IS NULL AND ${active('o')}
         AND ${before('o')} < ${before('x')})
       OR EXISTS (SELECT FROM jobs t WHERE t.service_id = x.service_id AND ${active('t')} AND t.id <> x.id
         AND NOT EXISTS (SELECT FROM go_jobs g WHERE g.id = t.id AND g.updated_at > t.updated_at AND NOT ${active('g')})))`,
    'is a second active job of its service: Failed',
  )
  await staging.mend(
    'jobs',
    'claimed_at = x.updated_at',
    `x.status = 'Processing' AND x.claimed_at IS NULL`,
    'is being worked on and has no time of its claim: the time of its last change',
  )
  await staging.mend(
    'jobs',
    'completed_at = x.updated_at',
    `x.status IN ('Completed', 'Failed') AND x.completed_at IS NULL`,
    'has ended and has no time of its end: the time of its last change, so that it is removed after the retention',
    'adapted',
  )
}
