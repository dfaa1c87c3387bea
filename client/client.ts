/** The typed client of API v1: one method calls any operation of the contract. */
import type { Answer, Artifact, Input, ListOperation, Operation, Page } from '@fulcrum/contract'
import { type Download, downloadArtifact } from './artifact-download.ts'
import { type UploadOptions, type UploadSource, uploadArtifact } from './artifact-upload.ts'
import { backOffMs, startDeadline } from './deadline.ts'
import { UnavailableError, unreadable } from './errors.ts'
import { pause } from './pause.ts'
import { broken, type ClientOptions, fillPath, openTransport, type Parts, type Transport } from './transport.ts'

export type CallOptions = {
  signal?: AbortSignal
  /** Longest time for this call with its repetitions, in milliseconds. */
  timeoutMs?: number
  headers?: Record<string, string>
  /** False: a GET is sent once only; for callers with their own way of trying again. */
  repeat?: boolean
}

/** What one page of a list is made of. */
export type Item<O extends ListOperation> = Answer<O> extends Page<infer T> ? T : never

const DEFAULT_TIMEOUT_MS = 30_000
const PAGE_SIZE = 100

/**
 * Talks to one server with one token. Connections are kept open until `close`.
 *
 *     const client = new FulcrumClient({ url: 'https://fulcrum.example', token })
 *     const service = await client.call(services.get, { params: { id } })
 *     for await (const job of client.all(jobs.list, { query: { status: 'Pending' } })) console.log(job.id)
 */
export class FulcrumClient {
  readonly #transport: Transport
  readonly #timeoutMs: number

  /** @throws Error when the options cannot work: a bad address, an unreadable `caFile` */
  constructor(options: ClientOptions) {
    this.#transport = openTransport(options)
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
  }

  /**
   * Calls one operation. GETs are repeated with growing pauses while the server is unavailable and time is left; nothing else
   * is, because it may have taken effect.
   *
   * @throws FulcrumError, one subclass per thing to do; the reason of `signal` when that was aborted
   */
  async call<O extends Operation>(operation: O, input: Input<O>, options: CallOptions = {}): Promise<Answer<O>> {
    const timeoutMs = options.timeoutMs ?? this.#timeoutMs
    const deadline = startDeadline(timeoutMs, options.signal)
    // A generic Input<O> cannot be read member by member; these are the only members that it can have.
    const { params, query, body } = input as { params?: Parts['params']; query?: Parts['query']; body?: unknown }
    const parts: Parts = {
      params,
      query,
      body: body === undefined ? undefined : JSON.stringify(body),
      headers: options.headers,
    }
    const repeats = operation.method === 'GET' && options.repeat !== false
    try {
      for (let failures = 0; ; failures++) {
        try {
          const response = await this.#transport.send(operation, parts, deadline)
          // What the server answers is described by the operation; the contract is its own proof.
          return (await this.#read(operation, parts, response, deadline)) as Answer<O>
        } catch (error) {
          if (!(error instanceof UnavailableError) || !repeats || this.#transport.closed) throw error
          const waitMs = backOffMs(failures, error.retryAfterMs)
          if (deadline.timedOut || waitMs >= deadline.remainingMs()) throw error
          await pause(waitMs, options.signal)
        }
      }
    } finally {
      deadline.clear()
    }
  }

  /** All items of a list, page after page. Items that come or go meanwhile may be missed or seen twice. */
  async *all<O extends ListOperation>(
    operation: O,
    input: Input<O>,
    options: CallOptions = {},
  ): AsyncGenerator<Item<O>, void, undefined> {
    const { query } = input as { query?: Parts['query'] } // as in call
    for (let page = 1; ; page++) {
      const paged = { query: { pageSize: PAGE_SIZE, ...query, page } } as Input<O> // a list has no other member
      // Answer<O> of a list is a page of its items.
      const answer = (await this.call(operation, paged, options)) as Page<Item<O>>
      yield* answer.items
      if (page >= answer.totalPages) return
    }
  }

  /** Streams an artifact in; see `uploadArtifact` in artifact-upload.ts. */
  uploadArtifact(id: string, source: UploadSource, options: UploadOptions): Promise<Artifact> {
    return uploadArtifact(this, this.#transport, id, source, options)
  }

  /** Streams an artifact out; see `downloadArtifact` in artifact-download.ts. */
  downloadArtifact(id: string, options: { signal?: AbortSignal } = {}): Promise<Download> {
    return downloadArtifact(this, this.#transport, id, options)
  }

  /** Ends all connections; calls under way fail as unavailable. */
  async close(): Promise<void> {
    await this.#transport.close()
  }

  async #read(operation: Operation, parts: Parts, response: Response, deadline: ReturnType<typeof startDeadline>) {
    const path = fillPath(operation, parts.params, true)
    try {
      const text = await response.text()
      if (operation.answer === null) return undefined
      if ('type' in operation.answer && operation.answer.type === 'string') return text
      return parseAnswer(operation, path, text)
    } catch (error) {
      throw broken(operation, path, deadline, error)
    }
  }
}

function parseAnswer(operation: Operation, path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser quotes what it could not read, and that may hold a secret.
    throw unreadable(operation, path)
  }
}
