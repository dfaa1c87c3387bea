/**
 * Advisory locks of this process: all on one connection of its own, so that whoever holds a lock and dies, hangs or loses its
 * network gives it up within seconds, and knows about it if it still can. PostgreSQL ends the connection when it has heard nothing
 * for a while; the process gives itself up earlier when it gets no answer.
 *
 *     free ──hold──▶ held ──release──▶ free
 *                     └──connection lost: the signal of `hold` aborts──▶ free
 */
import pg from 'pg'
import type { Log } from './log.ts'

/** How often the connection shows that it lives. */
const PING_MS = 1_500
/** Without an answer for so long everything counts as lost here: before it is, so that two never hold one lock knowingly. */
const ANSWER_MS = 2_500
/** After so long without a word PostgreSQL ends the session, and with it frees its locks. */
export const SILENCE_MS = 5_000

type Session = {
  readonly client: pg.Client
  readonly lost: AbortController
  readonly held: Set<number>
  readonly pings: NodeJS.Timeout
  /** A connection takes one question at a time. */
  answered: Promise<unknown>
}

export class LockSession {
  readonly #config: pg.ClientConfig
  readonly #log: Log
  #session: Session | undefined
  #connecting: Promise<Session> | undefined
  #closed = false

  constructor(config: pg.ClientConfig, log: Log) {
    this.#config = config
    this.#log = log
  }

  /**
   * Takes the lock if nobody has it, without waiting.
   *
   * @returns a signal that aborts when the lock is lost, the same as before when this process has it already; null when another
   *   process has it
   * @throws what the database says when it cannot be asked
   */
  async hold(key: number): Promise<AbortSignal | null> {
    const session = await this.#open()
    if (session.held.has(key)) return session.lost.signal
    const { rows } = await ask<{ locked: boolean }>(session, 'SELECT pg_try_advisory_lock($1) AS locked', [key]).catch(
      async (error: unknown) => {
        // the lock may be granted after all, and then nobody would give it back
        await this.#drop(session)
        throw error
      },
    )
    if (!rows[0]?.locked || session.lost.signal.aborted) return null
    session.held.add(key)
    return session.lost.signal
  }

  /** Gives the lock back; nothing happens when it is not held. */
  async release(key: number): Promise<void> {
    const session = this.#session
    if (!session?.held.delete(key)) return
    // a connection that breaks now frees the lock as well
    await ask(session, 'SELECT pg_advisory_unlock($1)', [key]).catch(() => this.#drop(session))
  }

  /** Gives everything back. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#connecting?.catch(() => {})
    if (this.#session) await this.#drop(this.#session)
  }

  async #open(): Promise<Session> {
    if (this.#closed) throw new Error('the locks of this process are closed')
    if (this.#session) return this.#session
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined
    })
    return this.#connecting
  }

  async #connect(): Promise<Session> {
    const client = new pg.Client({
      ...this.#config,
      connectionTimeoutMillis: 5_000,
      query_timeout: ANSWER_MS,
      keepAlive: true,
    })
    // until it is a session: `connect` and `query` say what is wrong
    client.on('error', () => {})
    try {
      await client.connect()
      await client.query(`SET idle_session_timeout = ${SILENCE_MS}`)
    } catch (error) {
      client.end().catch(() => {})
      throw error
    }
    const session: Session = {
      client,
      lost: new AbortController(),
      held: new Set(),
      pings: setInterval(() => ask(session, 'SELECT 1').catch(() => this.#drop(session)), PING_MS),
      answered: Promise.resolve(),
    }
    client.on('error', () => void this.#drop(session))
    client.on('end', () => void this.#drop(session))
    this.#session = session
    return session
  }

  async #drop(session: Session): Promise<void> {
    clearInterval(session.pings)
    if (this.#session === session) this.#session = undefined
    if (session.lost.signal.aborted) return
    session.lost.abort(new Error('the connection that held the lock is lost'))
    if (session.held.size > 0 && !this.#closed)
      this.#log.warn({ locks: session.held.size }, 'the connection that holds locks is lost')
    const ended = session.client.end().catch(() => {})
    // of a connection that hangs nobody awaits the end
    if (this.#closed) await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, ANSWER_MS).unref())])
  }
}

function ask<T extends pg.QueryResultRow>(session: Session, text: string, values: readonly unknown[] = []) {
  const asked = session.answered.then(() => session.client.query<T>(text, [...values]))
  session.answered = asked.catch(() => {})
  return asked
}
