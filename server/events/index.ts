/** Events: what the other features write and read of them. */
export { byBytes } from './diff.ts'
export { changes, type EventLinks, type EventType, type NewEvent, shapeTime } from './event.ts'

export { appendEvent, appendEvents, EVENTS_SIGNAL } from './event-store.ts'
export { settleEvents, startSequencer } from './sequencer.ts'
