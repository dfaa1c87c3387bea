/** A consumer of events that leases and acknowledges as it should, and holds against the feed that nothing is left out. */
import { setTimeout as sleep } from 'node:timers/promises'
import { ConflictError, type FulcrumClient, UnavailableError } from '@fulcrum/client'
import { events } from '@fulcrum/contract'

const LIMIT = 40
const IDLE_MS = 50

export type EventSubscriber = {
  /** Number and id of each event, in the order in which they came first. */
  readonly seen: readonly { sequenceNumber: number; id: string }[]
  readonly problems: readonly string[]
  /** Ends when everything up to this number was seen, or nothing comes for this long. */
  stop(lastNumber: number, patienceMs: number): Promise<void>
}

/** @param client  of an admin */
export function subscribe(client: FulcrumClient, subscriberId: string): EventSubscriber {
  const seen: { sequenceNumber: number; id: string }[] = []
  const problems: string[] = []
  const ids = { subscriberId, instanceId: 'the only one' }
  /** Acknowledged for certain, and perhaps: the answer to the last one may be lost. */
  let [acknowledged, maybe] = [0, 0]
  let stopping = false

  const turn = async () => {
    const leased = await client.call(events.lease, { body: { ...ids, limit: LIMIT, leaseDurationSeconds: 60 } })
    const cursor = leased.lastEventSequenceProcessed
    if (cursor !== acknowledged && cursor !== maybe) problems.push(`the cursor is ${cursor}, not ${acknowledged}`)
    acknowledged = cursor
    for (const [index, { sequenceNumber, id }] of leased.events.entries()) {
      if (sequenceNumber !== cursor + 1 + index)
        problems.push(`event ${sequenceNumber} comes ${index + 1} places after ${cursor}`)
      const known = seen[sequenceNumber - 1]
      if (!known) seen.push({ sequenceNumber, id })
      else if (known.id !== id) problems.push(`event ${sequenceNumber} has become another one`)
    }
    const last = leased.events.at(-1)?.sequenceNumber
    if (last === undefined) return sleep(IDLE_MS)
    maybe = last
    await client.call(events.ack, { body: { ...ids, lastEventSequenceProcessed: last } })
    acknowledged = last
  }
  const running = (async () => {
    while (!stopping) {
      try {
        await turn()
      } catch (error) {
        if (!(error instanceof UnavailableError || error instanceof ConflictError)) throw error
        if (error instanceof ConflictError) problems.push(error.message)
        await sleep(IDLE_MS)
      }
    }
  })()
  running.catch(() => {}) // told by stop

  return {
    seen,
    problems,
    stop: async (lastNumber, patienceMs) => {
      for (const until = performance.now() + patienceMs; performance.now() < until; await sleep(IDLE_MS))
        if ((seen.at(-1)?.sequenceNumber ?? 0) >= lastNumber) break
      stopping = true
      await running
    },
  }
}
