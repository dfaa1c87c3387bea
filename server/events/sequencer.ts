/** Keeps the events numbered: soon after every change, and at once when somebody wants to read. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Platform } from '../platform/context.ts'
import type { Db } from '../platform/db.ts'
import { EVENTS_SIGNAL, hasUnnumbered, numberEvents } from './event-store.ts'

/** Changes that come within this time are numbered together. */
const COALESCE_MS = 20
/** A look without any signal: events of a process that died before it could tell. */
const IDLE_MS = 2_000
const WAIT_MS = 10
/** So long a reader waits for its own events while an older transaction is still open; then it reads what is numbered. */
const READER_PATIENCE_MS = 200

/** Runs until the returned function is called, which waits for the run under way. */
export function startSequencer({ db, signals, log }: Pick<Platform, 'db' | 'signals' | 'log'>): () => Promise<void> {
  const stopping = new AbortController()
  const run = async () => {
    while (!stopping.signal.aborted) {
      const heard = signals.wait(EVENTS_SIGNAL, IDLE_MS, stopping.signal)
      let again = false
      try {
        if (await hasUnnumbered(db)) again = (await numberEvents(db)).waiting > 0
      } catch (error) {
        log.debug({ err: error }, 'events cannot be numbered now')
      }
      if (again) heard.cancel()
      await heard.done
      await sleep(again ? WAIT_MS : COALESCE_MS)
    }
  }
  const running = run()
  return async () => {
    stopping.abort()
    await running
  }
}

/** Makes sure that what was committed before this call can be read, unless an older transaction stays open for long. */
export async function settleEvents(db: Db): Promise<void> {
  const until = performance.now() + READER_PATIENCE_MS
  while (await hasUnnumbered(db)) {
    const { waiting } = await numberEvents(db)
    if (waiting === 0 || performance.now() > until) return
    await sleep(WAIT_MS)
  }
}
