/**
 * Short messages between the parts of the server: "agent X has a job", "identities changed". Inside the process they arrive at
 * once; other processes hear them by one coalesced NOTIFY. A lost message costs time, never correctness: whoever waits looks
 * again by itself after a while, and every reconnect wakes everybody.
 */
import { randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { sql } from 'kysely'
import pg from 'pg'
import type { Tx } from './db.ts'
import type { Log } from './log.ts'

const CHANNEL = 'fulcrum'
/** Keys that pile up within this time leave in one NOTIFY. */
const COALESCE_MS = 5
const RECONNECT_MS = 500
/** PostgreSQL takes 8000 bytes a payload. */
const PAYLOAD_BYTES = 7_900

/** `*` wakes everybody. */
const EVERYBODY = '*'

export class Signals {
  readonly #config: pg.ClientConfig
  readonly #log: Log
  readonly #self = randomUUID().slice(0, 8)
  readonly #bus = new EventEmitter().setMaxListeners(0)
  readonly #outgoing = new Set<string>()
  #client: pg.Client | undefined
  #flushTimer: NodeJS.Timeout | undefined
  #reconnectTimer: NodeJS.Timeout | undefined
  #flushing: Promise<void> | undefined
  #closed = false

  constructor(config: pg.ClientConfig, log: Log) {
    this.#config = config
    this.#log = log
  }

  /** Connects the listener; when the database goes away it connects again until `close`. */
  async start(): Promise<void> {
    const client = new pg.Client({ ...this.#config, connectionTimeoutMillis: 5_000 })
    const lost = () => {
      if (this.#client !== client || this.#closed) return
      this.#client = undefined
      this.#reconnect()
    }
    client.on('error', lost)
    client.on('end', lost)
    client.on('notification', (message) => this.#receive(message.payload ?? ''))
    try {
      await client.connect()
      await client.query(`LISTEN ${CHANNEL}`)
    } catch (error) {
      client.end().catch(() => {})
      throw error
    }
    if (this.#closed) {
      await client.end().catch(() => {})
      return
    }
    // only now: a connection that breaks before is the caller's to try again, and would be replaced twice
    this.#client = client
    this.#wakeAll()
  }

  /** Tells everybody who waits for the key, here and in the other processes. Call it after the commit. */
  send(key: string): void {
    this.#bus.emit(key)
    this.#outgoing.add(key)
    this.#flushTimer ??= setTimeout(() => {
      this.#flushTimer = undefined
      void this.#flush()
    }, COALESCE_MS)
  }

  /**
   * Tells the other processes together with the commit of a transaction: also when this process dies right after it. PostgreSQL
   * lets such commits through one by one, so this is for what must not be missed and is rare.
   */
  async sendOnCommit(tx: Tx, key: string): Promise<void> {
    await sql`SELECT pg_notify(${CHANNEL}, ${`${this.#self}\n${key}`})`.execute(tx)
  }

  /** Calls back at each message with the key; `true` once after every reconnect, when messages may have been missed. */
  on(key: string, heard: (missed: boolean) => void): () => void {
    const one = () => heard(false)
    const all = () => heard(true)
    this.#bus.on(key, one)
    this.#bus.on(EVERYBODY, all)
    return () => {
      this.#bus.off(key, one)
      this.#bus.off(EVERYBODY, all)
    }
  }

  /** Resolves at the next message with the key, after `timeoutMs`, or on abort. Subscribe before looking at the table. */
  wait(key: string, timeoutMs: number, signal?: AbortSignal): { done: Promise<void>; cancel: () => void } {
    let cancel = () => {}
    const done = new Promise<void>((resolve) => {
      const finish = () => {
        clearTimeout(timer)
        off()
        signal?.removeEventListener('abort', finish)
        resolve()
      }
      const timer = setTimeout(finish, timeoutMs)
      const off = this.on(key, finish)
      signal?.addEventListener('abort', finish, { once: true })
      cancel = finish
      if (signal?.aborted) finish()
    })
    return { done, cancel }
  }

  /** Sends what is still to be sent and lets every waiter go. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#flushTimer)
    clearTimeout(this.#reconnectTimer)
    await this.#flushing
    if (this.#outgoing.size > 0) await this.#flush()
    this.#bus.emit(EVERYBODY)
    await this.#client?.end().catch(() => {})
  }

  /** One at a time: a connection runs one statement, and what comes meanwhile goes together with the next. */
  #flush(): Promise<void> {
    this.#flushing ??= this.#sendOutgoing().then((again) => {
      this.#flushing = undefined
      return again ? this.#flush() : undefined
    })
    return this.#flushing
  }

  /** @returns whether more came meanwhile; false after a failure, when the next connection sends it */
  async #sendOutgoing(): Promise<boolean> {
    const client = this.#client
    if (!client || this.#outgoing.size === 0) return false
    const keys = [...this.#outgoing]
    this.#outgoing.clear()
    let payload: string = this.#self
    const payloads: string[] = []
    for (const key of keys) {
      if (payload.length + 1 + key.length > PAYLOAD_BYTES) {
        payloads.push(payload)
        payload = this.#self
      }
      payload += `\n${key}`
    }
    payloads.push(payload)
    try {
      for (const text of payloads) await client.query('SELECT pg_notify($1, $2)', [CHANNEL, text])
      return this.#outgoing.size > 0
    } catch {
      for (const key of keys) this.#outgoing.add(key)
      return false
    }
  }

  #receive(payload: string): void {
    const [sender, ...keys] = payload.split('\n')
    if (sender === this.#self) return
    for (const key of keys) this.#bus.emit(key)
  }

  #wakeAll(): void {
    this.#bus.emit(EVERYBODY)
    if (this.#outgoing.size > 0) void this.#flush()
  }

  #reconnect(): void {
    this.#reconnectTimer = setTimeout(() => {
      this.start().catch((error: unknown) => {
        this.#log.debug({ err: error }, 'the listener cannot connect yet')
        if (!this.#closed) this.#reconnect()
      })
    }, RECONNECT_MS)
  }
}
