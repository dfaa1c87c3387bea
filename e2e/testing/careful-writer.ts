/** An application that writes to its database without pause, and remembers what it was told is stored. */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

export type CarefulWriter = {
  /** Numbers of the rows whose storing was acknowledged. */
  readonly acknowledged: readonly number[]
  /** Numbers that were sent at least. */
  readonly sent: ReadonlySet<number>
  /** When the last row was acknowledged, milliseconds since the epoch; 0 before the first. */
  readonly lastAt: number
  stop(): Promise<void>
}

const PAUSE_MS = 15
const AFTER_FAILURE_MS = 100
const CONNECT_MS = 5_000

/** The table that writers fill. */
export const JOURNAL = 'CREATE TABLE journal (n bigint PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp())'

/** Writes rows with rising numbers into `journal`, and goes on after every failure. A number is never sent twice. */
export function startWriter(connection: pg.ClientConfig): CarefulWriter {
  const acknowledged: number[] = []
  const sent = new Set<number>()
  let lastAt = 0
  let going = true
  let next = 1

  async function write(client: pg.Client): Promise<void> {
    while (going) {
      const n = next++
      sent.add(n)
      await client.query('INSERT INTO journal (n) VALUES ($1)', [n])
      acknowledged.push(n)
      lastAt = Date.now()
      await sleep(PAUSE_MS)
    }
  }

  const ended = (async () => {
    while (going) {
      const client = new pg.Client({ ...connection, connectionTimeoutMillis: CONNECT_MS, query_timeout: CONNECT_MS })
      client.on('error', () => {})
      try {
        await client.connect()
        await write(client)
      } catch {
        // refused, cut off, or stopped: the next try finds out
        await sleep(AFTER_FAILURE_MS)
      } finally {
        await client.end().catch(() => undefined)
      }
    }
  })()

  return {
    acknowledged,
    sent,
    get lastAt() {
      return lastAt
    },
    async stop() {
      going = false
      await ended
    },
  }
}
