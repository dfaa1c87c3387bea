/**
 * A command: one transaction that writes the new state together with its events, and after the commit tells who waits. No
 * network call may happen inside.
 */
import type { Db, Tx } from './db.ts'
import { isRetryable } from './db.ts'
import { IDENTITIES_SIGNAL } from './identity.ts'
import type { Signals } from './signals.ts'

/** Who caused a change, as events record it. */
export type Initiator = { readonly type: 'user' | 'system'; readonly id: string }

/** The server itself: workers and time-outs. */
export const SYSTEM: Initiator = { type: 'system', id: 'system' }

/** What a command works with. */
export type Command = {
  readonly tx: Tx
  /** The time of the command, the same for everything that it writes. */
  readonly now: Date
  readonly by: Initiator
  /** Sends the signal when the transaction has committed; never when it has not. */
  announce(key: string): void
}

export type CommandDeps = {
  readonly db: Db
  readonly signals: Pick<Signals, 'send' | 'sendOnCommit'>
  readonly now: () => Date
}

/** A deadlock or a serialization failure is tried again so often before it is the caller's problem. */
const ATTEMPTS = 4

/** Runs a command. What it throws undoes everything; deadlocks are run again from the start. */
export async function runCommand<T>(
  deps: CommandDeps,
  by: Initiator,
  run: (command: Command) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const keys = new Set<string>()
    try {
      const result = await deps.db.transaction().execute(async (tx) => {
        const done = await run({ tx, now: deps.now(), by, announce: (key) => keys.add(key) })
        // whose token was taken away must be refused everywhere, whatever happens to this process now
        if (keys.has(IDENTITIES_SIGNAL)) await deps.signals.sendOnCommit(tx, IDENTITIES_SIGNAL)
        return done
      })
      for (const key of keys) deps.signals.send(key)
      return result
    } catch (error) {
      if (attempt >= ATTEMPTS || !isRetryable(error)) throw error
    }
  }
}
