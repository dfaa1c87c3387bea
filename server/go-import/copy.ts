/**
 * Copies rows from one PostgreSQL to another without reading them: COPY … TO STDOUT on one side, COPY … FROM STDIN on the other,
 * so that memory does not grow with the table. Source: PostgreSQL manual, "COPY Operations" in "Message Flow".
 */
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'

/** What `pg` calls on a query that is not its own, and what such a query may send: not in its types. */
type CopyConnection = pg.Connection & {
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
  sendCopyFail(message: string): void
}

/** Each message holds one row; so many bytes are handed on together. */
const CHUNK_BYTES = 65_536

/**
 * @param select  a query of the source
 * @param into  table and columns of the target, as `t (a, b)`, in the order of the query
 * @param onBytes  called with the bytes that have come so far
 * @returns number of rows
 */
export async function copyRows(
  source: pg.Client,
  select: string,
  target: pg.Client,
  into: string,
  onBytes: (bytes: number) => void = () => {},
): Promise<number> {
  const from = source.query(new CopyOut(`COPY (${select}) TO STDOUT`, onBytes))
  const to = target.query(new CopyIn(`COPY ${into} FROM STDIN`))
  await pipeline(from, to)
  return to.rows
}

class CopyOut extends Readable implements pg.Submittable {
  readonly #statement: string
  readonly #onBytes: (bytes: number) => void
  #connection: pg.Connection | undefined
  #rows: Buffer[] = []
  #waiting = 0
  #bytes = 0
  #ended = false

  constructor(statement: string, onBytes: (bytes: number) => void) {
    super({ highWaterMark: 4 * CHUNK_BYTES })
    this.#statement = statement
    this.#onBytes = onBytes
  }

  submit(connection: pg.Connection): void {
    this.#connection = connection
    connection.query(this.#statement)
  }

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    // copied: the parser uses its buffer again
    this.#rows.push(Buffer.from(chunk))
    this.#waiting += chunk.length
    if (this.#waiting >= CHUNK_BYTES && !this.#pass()) this.#connection?.stream.pause()
  }

  handleCommandComplete(): void {
    this.#pass()
  }

  handleReadyForQuery(): void {
    this.#ended = true
    if (!this.destroyed) this.push(null)
  }

  handleError(error: Error): void {
    this.#ended = true
    this.destroy(error)
  }

  override _read(): void {
    this.#connection?.stream.resume()
  }

  /** The other side failed: nothing can be done with the rest of the rows, so this connection ends. */
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.#ended) this.#connection?.stream.destroy()
    done(error)
  }

  #pass(): boolean {
    if (this.#waiting === 0 || this.destroyed) return true
    const all = Buffer.concat(this.#rows)
    this.#rows = []
    this.#waiting = 0
    this.#bytes += all.length
    this.#onBytes(this.#bytes)
    return this.push(all)
  }
}

class CopyIn extends Writable implements pg.Submittable {
  rows = 0
  readonly #statement: string
  #connection: CopyConnection | undefined
  #opened: (error?: Error | null) => void = () => {}
  #closed: (error?: Error | null) => void = () => {}
  #open = false

  constructor(statement: string) {
    super({ highWaterMark: 4 * CHUNK_BYTES })
    this.#statement = statement
  }

  submit(connection: pg.Connection): void {
    // the methods exist in pg/lib/connection.js, which is what a client hands to a query
    this.#connection = connection as CopyConnection
    connection.query(this.#statement)
  }

  handleCopyInResponse(): void {
    this.#open = true
    this.#opened()
  }

  handleCommandComplete({ text }: { text: string }): void {
    this.rows = Number(/^COPY (\d+)$/.exec(text)?.[1] ?? 0)
  }

  handleReadyForQuery(): void {
    this.#closed()
  }

  handleError(error: Error): void {
    this.#open = false
    this.#opened(error)
    this.destroy(error)
  }

  override _construct(done: (error?: Error | null) => void): void {
    if (this.#open) done()
    else this.#opened = once(done)
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const stream = this.#connection?.stream
    this.#connection?.sendCopyFromChunk(chunk)
    if (stream?.writableNeedDrain) stream.once('drain', done)
    else done()
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#open = false
    this.#closed = once(done)
    this.#connection?.endCopyFrom()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (this.#open) this.#connection?.sendCopyFail('the source failed')
    done(error)
  }
}

function once(callback: (error?: Error | null) => void): (error?: Error | null) => void {
  let called = false
  return (error) => {
    if (called) return
    called = true
    callback(error)
  }
}
