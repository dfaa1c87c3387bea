/** Uploading an artifact in pieces that can be sent again, so that a broken connection costs one piece at most. */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { type Artifact, artifacts } from '@fulcrum/contract'
import type { FulcrumClient } from './client.ts'
import { backOffMs, startDeadline } from './deadline.ts'
import { ConflictError, NotFoundError, notSendable, RateLimitedError, UnavailableError } from './errors.ts'
import { pause } from './pause.ts'
import { broken, fillPath, type Transport } from './transport.ts'

/** The content: a stream, or what opens it. It must be the same bytes whenever the same id is uploaded again. */
export type UploadSource = Readable | (() => AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>)

export type UploadOptions = {
  serviceId: string
  /** What it is for: backup, export, import, … */
  kind: string
  /** How to read it, for example `pg_dump-custom`. */
  format: string
  /** 1 to 3650; kept for ever by default. */
  retentionDays?: number
  /** How long to try again without any progress before giving up; default 2 minutes. */
  patienceMs?: number
  signal?: AbortSignal
}

const PIECE_BYTES = 8 * 1024 * 1024
/** Longest time for one piece: enough at 250 kbit/s. */
const PIECE_TIMEOUT_MS = 300_000
const PATIENCE_MS = 120_000

/**
 * Uploads an artifact under an id that the caller chose. An upload that was interrupted, even in another process, goes on where
 * it stopped: what the server has is skipped in the source, and the digest of the whole is checked with the last piece. Somebody
 * whose content differs at each run (a dump) deletes the unfinished artifact first.
 *
 * @returns the finished artifact; also when it was finished before with the same content
 * @throws ConflictError when the id is finished with other content, or the server lost what it had confirmed
 * @throws FulcrumError as any call does
 */
export async function uploadArtifact(
  client: FulcrumClient,
  transport: Transport,
  id: string,
  source: UploadSource,
  options: UploadOptions,
): Promise<Artifact> {
  const path = fillPath(artifacts.upload, { id }, true)
  const before = await describe(client, id, options)
  const digest = createHash('sha256')
  let skip = before?.sizeBytes ?? 0
  let offset = 0
  let finished: Artifact | undefined

  for await (const { bytes, last } of pieces(await open(source), PIECE_BYTES)) {
    options.signal?.throwIfAborted()
    digest.update(bytes)
    const sha256 = last ? digest.copy().digest('hex') : undefined
    if (before?.state === 'Complete') {
      if (last && sha256 !== before.sha256) throw conflict(path, 'it exists with other content')
      if (last) finished = before
      continue
    }
    const known = Math.min(skip, bytes.length)
    skip -= known
    if (last && skip > 0) throw conflict(path, 'more is uploaded than the content has')
    if (known < bytes.length || last) finished = await sendPiece(bytes.subarray(known), offset + known, sha256)
    offset += bytes.length
  }
  if (!finished) throw conflict(path, 'nothing was uploaded')
  return finished

  /** Sends one piece, or what is missing of it, until the server has all of it. */
  async function sendPiece(bytes: Uint8Array<ArrayBuffer>, start: number, sha256?: string): Promise<Artifact> {
    const end = start + bytes.length
    let from = start
    let progressAt = performance.now()
    for (let failures = 0; ; failures++) {
      try {
        return await sendOnce(bytes.subarray(from - start), from, sha256)
      } catch (error) {
        const temporary = error instanceof UnavailableError || error instanceof RateLimitedError
        // An attempt that was believed lost can still be written by the server; then the next one does not fit.
        const overtaken = error instanceof ConflictError && failures > 0
        const tired = performance.now() - progressAt >= (options.patienceMs ?? PATIENCE_MS)
        if (!(temporary || overtaken) || tired || transport.closed) throw error
        await pause(backOffMs(failures, temporary ? error.retryAfterMs : undefined), options.signal)
        const now = await describe(client, id, options).catch((cause: unknown) => {
          if (cause instanceof UnavailableError) return null // asked again after the next attempt
          throw cause
        })
        if (now === null) continue
        if (now?.state === 'Complete' && sha256 !== undefined && now.sha256 === sha256) return now
        const size = now?.sizeBytes ?? 0
        if (size < start || size > end || (overtaken && size === from)) throw error
        if (size === end && sha256 === undefined && now) return now
        if (size > from) progressAt = performance.now()
        from = size
      }
    }
  }

  async function sendOnce(bytes: Uint8Array<ArrayBuffer>, at: number, sha256?: string): Promise<Artifact> {
    const { serviceId, kind, format, retentionDays } = options
    const deadline = startDeadline(PIECE_TIMEOUT_MS, options.signal)
    try {
      const response = await transport.send(
        artifacts.upload,
        {
          params: { id },
          query: { serviceId, kind, format, retentionDays, offset: at, complete: sha256 !== undefined, sha256 },
          headers: { 'content-type': 'application/octet-stream' },
          body: bytes,
        },
        deadline,
      )
      return (await response.json()) as Artifact // what the operation answers
    } catch (error) {
      throw broken(artifacts.upload, path, deadline, error)
    } finally {
      deadline.clear()
    }
  }
}

async function describe(client: FulcrumClient, id: string, { signal }: UploadOptions): Promise<Artifact | undefined> {
  try {
    return await client.call(artifacts.describe, { params: { id } }, signal ? { signal } : {})
  } catch (error) {
    if (error instanceof NotFoundError) return undefined
    throw error
  }
}

async function open(source: UploadSource): Promise<AsyncIterable<Uint8Array>> {
  return source instanceof Readable ? source : await source()
}

/** Cuts a stream into pieces of one size. The last one says so, is shorter or equal, and comes even when it is empty. */
async function* pieces(source: AsyncIterable<Uint8Array>, size: number) {
  let held: Buffer[] = []
  let heldBytes = 0
  for await (const chunk of source) {
    let rest = Buffer.from(chunk)
    while (heldBytes + rest.length > size) {
      const taken = rest.subarray(0, size - heldBytes)
      yield { bytes: Buffer.concat([...held, taken]), last: false }
      rest = rest.subarray(taken.length)
      held = []
      heldBytes = 0
    }
    held.push(rest)
    heldBytes += rest.length
  }
  yield { bytes: Buffer.concat(held), last: true }
}

function conflict(path: string, reason: string): ConflictError {
  const { message } = notSendable(artifacts.upload, path, reason)
  return new ConflictError({ operation: artifacts.upload.id, status: 0, title: '', message, violations: [] })
}
