/** HTTP for artifacts: parse, authorize, call, answer; the content as streams. */
import type { IncomingMessage } from 'node:http'
import { addAbortSignal } from 'node:stream'
import { artifacts } from '@fulcrum/contract'
import type { FastifyReply } from 'fastify'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { conflict, notFound, Refusal } from '../platform/errors.ts'
import { listPage } from '../platform/lists.ts'
import { takeOverBody } from '../platform/protection.ts'
import { type Artifact, isExpired, OffsetConflict, parsePiece } from './artifact.ts'
import { readArtifact } from './artifact-content.ts'
import { artifactFilesOf, type Bytes } from './artifact-files.ts'
import { asReader } from './artifact-readers.ts'
import { artifactList, artifactToWire, findArtifact } from './artifact-store.ts'
import { removeArtifact, uploadPiece } from './artifact-workflow.ts'
import { type ByteRange, parseRange } from './byte-range.ts'

/** An upload from which nothing comes for so long counts as broken: it would keep others from going on. */
const SILENCE_MS = 60_000
/** So long the rest of a refused upload is read and dropped: a connection that is cut at once can swallow the answer. */
const LINGER_MS = 10_000

export function artifactRoutes(api: Api, platform: Platform): void {
  const { db, config, now } = platform
  const files = artifactFilesOf(platform)

  /** While an upload is not finished, the truth about its size is on the disk: the database may have missed a crash. */
  const measured = async <A extends { id: string; state: string; sizeBytes: number }>(artifact: A): Promise<A> =>
    artifact.state === 'Complete' ? artifact : { ...artifact, sizeBytes: await files.sizeBytes(artifact.id) }

  const load = async (id: string): Promise<Artifact> => {
    const artifact = await findArtifact(db, id)
    if (!artifact || isExpired(artifact, now())) throw notFound('artifact', id)
    return artifact
  }

  api.handle(artifacts.list, async ({ query, scope }) => {
    const page = await listPage(db, artifacts.list, query, scope, artifactList(now()))
    return { ...page, items: await Promise.all(page.items.map(measured)) }
  })

  api.handle(artifacts.describe, async ({ params, identity, authorize }) => {
    const artifact = await load(params.id)
    authorize(await asReader(db, artifact, identity.agentId))
    return artifactToWire(await measured(artifact))
  })

  api.handle(artifacts.upload, async ({ params, query, authorize, command, signal, request, reply }) => {
    const body = request.raw
    try {
      const artifact = await uploadPiece(
        { db, files, now, command },
        {
          id: params.id,
          piece: parsePiece(query),
          bytes: bytesOf(body, signal),
          lengthBytes: lengthOf(body),
          limitBytes: config.artifactLimitBytes,
          authorize,
          signal,
        },
      )
      return artifactToWire(artifact)
    } catch (error) {
      if (error instanceof OffsetConflict) reply.header('upload-offset', error.sizeBytes)
      dropRest(body)
      throw abortedAsRefusal(error)
    }
  })

  api.handle(artifacts.download, async ({ params, identity, authorize, signal, request, reply }) => {
    const artifact = await load(params.id)
    authorize(await asReader(db, artifact, identity.agentId))
    if (artifact.state !== 'Complete') throw conflict(`the upload of artifact ${artifact.id} is not finished`)
    describeContent(reply, artifact)
    const range = askedRange(request.headers, artifact)
    if (range === 'unsatisfiable') {
      reply.code(416).header('content-range', `bytes */${artifact.sizeBytes}`)
      await reply.send({ status: 'Range not satisfiable', error: `the artifact has ${artifact.sizeBytes} bytes` })
      return
    }
    const stream = await readArtifact(platform, artifact.id, range === 'all' ? null : range, signal)
    reply.type('application/octet-stream')
    if (range === 'all') reply.header('content-length', artifact.sizeBytes)
    else {
      const { firstByte, lastByte } = range
      reply
        .code(206)
        .header('content-range', `bytes ${firstByte}-${lastByte}/${artifact.sizeBytes}`)
        .header('content-length', lastByte - firstByte + 1)
    }
    reply.send(stream)
  })

  api.handle(artifacts.delete, async ({ params, authorize, command }) => {
    await removeArtifact({ db, files, now, command }, params.id, authorize)
  })
}

/** The body, piece by piece; a break is the caller's affair, not a defect. */
async function* bytesOf(body: IncomingMessage, signal: AbortSignal): Bytes {
  addAbortSignal(signal, body)
  takeOverBody(body)
  body.setTimeout(SILENCE_MS, () => body.destroy())
  try {
    // not destroyed when we stop early: the connection still has to carry the refusal
    yield* body.iterator({ destroyOnReturn: false })
  } catch (cause) {
    throw new Refusal('unavailable', 'the upload was interrupted: ask for the size of the artifact and go on there', {
      cause,
    })
  } finally {
    body.setTimeout(0)
  }
}

/** Content that is no longer read or digested because the caller has gone, or the server stops, is no defect. */
function abortedAsRefusal(error: unknown): unknown {
  return error instanceof Error && error.name === 'AbortError'
    ? new Refusal('unavailable', 'the request was broken off', { cause: error })
    : error
}

/** Reads on without keeping anything, for a while: the caller may look for the answer only when it has sent everything. */
function dropRest(body: IncomingMessage): void {
  if (body.complete || body.destroyed) return
  body.resume()
  const giveUp = setTimeout(() => body.destroy(), LINGER_MS)
  body.once('close', () => clearTimeout(giveUp))
}

function lengthOf({ headers }: IncomingMessage): number | null {
  if (headers['transfer-encoding'] !== undefined) return null
  return Number(headers['content-length'] ?? 0)
}

/** Digest: RFC 9530; of the whole content, also when a part is sent. */
function describeContent(reply: FastifyReply, { id, kind, sha256 }: Artifact): void {
  const digest = Buffer.from(sha256 ?? '', 'hex').toString('base64')
  reply
    .header('etag', `"${sha256}"`)
    .header('repr-digest', `sha-256=:${digest}:`)
    .header('accept-ranges', 'bytes')
    .header('content-disposition', `attachment; filename="${kind}-${id}"`)
    .header('cache-control', 'no-store')
}

/** A Range counts only while the content is the one that If-Range names; it always is, unless the caller means another one. */
function askedRange(
  headers: IncomingMessage['headers'],
  { sha256, sizeBytes }: Artifact,
): ByteRange | 'all' | 'unsatisfiable' {
  const condition = headers['if-range']
  if (condition !== undefined && condition !== `"${sha256}"`) return 'all'
  return parseRange(headers.range, sizeBytes)
}
