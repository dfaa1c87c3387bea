/** Reading events in order and without gaps from a list that can only be paged. */
import type { Event } from '@fulcrum/contract'
import { usage } from './errors.ts'
import type { Session } from './session.ts'

export type EventFilter = {
  type?: string[]
  initiatorId?: string[]
  /** What the events are about; of several ids any. */
  entityId?: string[]
}

const PAGE_SIZE = 100

/** The newest `limit` events, oldest first. */
export async function newestEvents(session: Session, filter: EventFilter, limit: number): Promise<Event[]> {
  return await readBack(session, filter, (_, count) => count >= limit).then((events) => events.slice(-limit))
}

/** All events above a sequence number, oldest first. */
export async function eventsAfter(session: Session, filter: EventFilter, after: number): Promise<Event[]> {
  const events = await readBack(session, filter, (event) => event.sequenceNumber <= after)
  return events.filter((event) => event.sequenceNumber > after)
}

/**
 * Pages from the newest event back until `enough`. Events that arrive meanwhile push others onto the next page, where they are
 * seen twice and counted once; none can be missed, because numbers never appear below one that was already seen.
 */
async function readBack(
  { client, contract }: Session,
  filter: EventFilter,
  enough: (event: Event, count: number) => boolean,
): Promise<Event[]> {
  const seen = new Map<number, Event>()
  for (let page = 1; ; page++) {
    const query = { ...filter, sort: '-sequenceNumber', pageSize: PAGE_SIZE, page }
    const { items, hasNext } = await client.call(contract.events.list, { query })
    // A server that does not know the filter leaves it out without a word.
    if (filter.entityId && items.some(({ entityId }) => entityId === undefined))
      throw usage('This server does not know what its events are about; leave out --service and --entity.')
    for (const event of items) seen.set(event.sequenceNumber, event)
    const oldest = items.at(-1)
    if (oldest === undefined || !hasNext || enough(oldest, seen.size)) break
  }
  return [...seen.values()].sort((a, b) => a.sequenceNumber - b.sequenceNumber)
}
