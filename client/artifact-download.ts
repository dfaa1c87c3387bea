/** Downloading an artifact; a broken connection is resumed by Range, and what arrived is verified. */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { type Artifact, artifacts } from '@fulcrum/contract'
import type { FulcrumClient } from './client.ts'
import { backOffMs, startDeadline } from './deadline.ts'
import { ConflictError, FulcrumError, notSendable, RateLimitedError, UnavailableError } from './errors.ts'
import { pause } from './pause.ts'
import { broken, fillPath, type Transport } from './transport.ts'

export type Download = { stream: Readable; artifact: Artifact }

/** How often in a row an attempt may fail without a byte before the download is given up; with the pauses about a minute. */
const MOST_FAILURES = 15
/** Longest time until the content begins to come; from then on only silence counts. */
const HEAD_TIMEOUT_MS = 30_000

/**
 * Opens a finished artifact for reading.
 *
 * @returns the description, and the content as a stream that fails with a FulcrumError when size or digest do not agree at the
 *   end, or when the connection cannot be restored. Whoever keeps the content must wait for the stream's end.
 * @throws NotFoundError; ConflictError when the artifact is not finished
 */
export async function downloadArtifact(
  client: FulcrumClient,
  transport: Transport,
  id: string,
  { signal }: { signal?: AbortSignal },
): Promise<Download> {
  const path = fillPath(artifacts.download, { id }, true)
  const artifact = await client.call(artifacts.describe, { params: { id } }, signal ? { signal } : {})
  if (artifact.state !== 'Complete') {
    const { message } = notSendable(artifacts.download, path, 'the upload of this artifact is not finished')
    throw new ConflictError({ operation: artifacts.download.id, status: 0, title: '', message, violations: [] })
  }
  return { stream: Readable.from(content(), { objectMode: false }), artifact }

  async function* content(): AsyncGenerator<Uint8Array> {
    const digest = createHash('sha256')
    let received = 0
    for (let failures = 0; received < artifact.sizeBytes; ) {
      const deadline = startDeadline(HEAD_TIMEOUT_MS, signal)
      try {
        for await (const chunk of bytesFrom(received, deadline)) {
          failures = 0
          received += chunk.length
          digest.update(chunk)
          yield chunk
        }
        if (received < artifact.sizeBytes) failures++
      } catch (cause) {
        const error = broken(artifacts.download, path, deadline, cause)
        const temporary = error instanceof UnavailableError || error instanceof RateLimitedError
        if (!temporary || ++failures > MOST_FAILURES || transport.closed) throw error
        await pause(backOffMs(failures, error.retryAfterMs), signal)
      } finally {
        deadline.clear()
      }
      if (failures > MOST_FAILURES) throw damaged('it ends too early')
    }
    if (received > artifact.sizeBytes) throw damaged('it is longer than described')
    if (artifact.sha256 && digest.digest('hex') !== artifact.sha256) throw damaged('its SHA-256 digest differs')
  }

  async function* bytesFrom(offset: number, deadline: ReturnType<typeof startDeadline>): AsyncGenerator<Uint8Array> {
    const headers: Record<string, string> = { accept: '*/*', 'accept-encoding': 'identity' }
    if (offset > 0) headers.range = `bytes=${offset}-`
    const response = await transport.send(artifacts.download, { params: { id }, headers }, deadline)
    deadline.lift()
    // A server or proxy that knows no ranges sends all of it again.
    let skip = response.status === 206 ? 0 : offset
    for await (const chunk of response.body ?? []) {
      const fresh = chunk.subarray(Math.min(skip, chunk.length))
      skip -= chunk.length - fresh.length
      if (fresh.length > 0) yield fresh
    }
  }

  function damaged(reason: string): FulcrumError {
    const message = `GET ${path}: the content that arrived is damaged: ${reason}`
    return new FulcrumError({ operation: artifacts.download.id, status: 0, title: '', message, violations: [] })
  }
}
