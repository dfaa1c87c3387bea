/** Events keep their numbers, so that consumers go on where they are; ours begin after the highest. */
import { SOURCE_TABLES } from './source-tables.ts'
import type { Staging } from './staging.ts'

/**
 * Writes the events that are not here yet. A number that is not above our last one may have been passed by a consumer, or is
 * taken: such an event gets a new number at the end, in the old order. Locks the numbering until the transaction ends.
 *
 * @param seen  the highest number of the source at an earlier import; what is below it and not here was deleted here
 */
export async function writeEvents(staging: Staging, seen: number): Promise<void> {
  await staging.skip(
    'events',
    `x.sequence_number <= ${seen} AND NOT EXISTS (SELECT FROM events t WHERE t.id = x.id)`,
    'was imported earlier and is not here any more',
    'deleted here',
  )
  await staging.run(`UPDATE go_events s SET outcome = 'unchanged' FROM events t WHERE t.id = s.id AND s.skip IS NULL`)
  await staging.run(`UPDATE go_events SET outcome = 'added' WHERE outcome IS NULL AND skip IS NULL`)
  await staging.run(`UPDATE go_events SET entity = entity_id::uuid
    WHERE entity_id ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' AND outcome = 'added'`)
  await staging.mend(
    'events',
    'entity = NULL',
    `x.entity_id <> '' AND x.entity IS NULL AND x.outcome = 'added'`,
    'names an entity by something that is no id: none',
  )
  const { rows } = await staging.client.query<{ last: number }>('SELECT last FROM event_sequence FOR UPDATE')
  const last = rows[0]?.last ?? 0
  await staging.run('UPDATE go_events SET number = sequence_number WHERE outcome = $1 AND sequence_number > $2', [
    'added',
    last,
  ])
  await staging.run(
    `UPDATE go_events x SET number = n.number FROM (
       SELECT id, greatest($1, (SELECT max(number) FROM go_events)) + row_number() OVER (ORDER BY sequence_number) AS number
       FROM go_events WHERE outcome = 'added' AND number IS NULL
     ) n WHERE n.id = x.id`,
    [last],
  )
  await staging.mend(
    'events',
    'number = x.number',
    `x.outcome = 'added' AND x.number <> x.sequence_number`,
    'has a number that events of here have passed: a new one at the end',
  )
  await staging.run(`
    INSERT INTO events (sequence_number, id, type, initiator_type, initiator_id, properties,
                        entity_id, provider_id, agent_id, consumer_id, participant_id, created_at)
    SELECT number, id, type, initiator_type, initiator_id, nullif(payload, 'null'),
           entity, provider_id, agent_id, consumer_id, participant_id, created_at
    FROM go_events WHERE outcome = 'added' ORDER BY number`)
  await staging.run('UPDATE event_sequence SET last = greatest(last, (SELECT max(number) FROM go_events))')
  await staging.mend(
    'event_subscriptions',
    'last_event_sequence_processed = q.last FROM event_sequence q',
    'x.last_event_sequence_processed > q.last',
    'is beyond the newest event, and would miss the next ones: at the newest',
  )
}

/** @returns rows that differ; 0 unless something is wrong with this program */
export async function countDifferentEvents(staging: Staging): Promise<number> {
  const links = ['provider_id', 'agent_id', 'consumer_id', 'participant_id', 'type', 'initiator_type', 'initiator_id']
    .filter((name) => name in SOURCE_TABLES.events)
    .map((name) => `t.${name} IS DISTINCT FROM s.${name}`)
  const { rows } = await staging.client.query<{ count: number }>(`
    SELECT count(*) AS count FROM go_events s LEFT JOIN events t ON t.sequence_number = s.number
    WHERE s.outcome = 'added' AND (t.id IS DISTINCT FROM s.id OR t.created_at IS DISTINCT FROM s.created_at
      OR t.properties::jsonb IS DISTINCT FROM nullif(s.payload, 'null') OR t.entity_id IS DISTINCT FROM s.entity
      OR ${links.join(' OR ')})`)
  return rows[0]?.count ?? 0
}
