/** Dumps on their way to the server's artifacts and back. Nothing is held in memory but the piece that is being sent. */
import type { Readable } from 'node:stream'
import { JobFailure } from '@fulcrum/agent-sdk'
import { ConflictError, ForbiddenError, type FulcrumClient, FulcrumError, NotFoundError } from '@fulcrum/client'
import { type Artifact, artifacts } from '@fulcrum/contract'
import { type Content, dump, portableDump } from './database/index.ts'
import type { DumpEntry } from './service-properties.ts'
import type { PostgresJob, Site } from './site.ts'

/** Formats that `restore` reads. */
const RESTORABLE = ['pg_dump-custom', 'pg_dump-plain']

/** Longest time for taking back an upload that failed, in milliseconds. */
const CLEAN_UP_MS = 10_000

/**
 * Dumps the database of the job's service into an artifact. Called again with the same id it goes on: a finished artifact is
 * taken as it is; half of a dump is deleted, because the next dump has other bytes.
 *
 * @param id  chosen in a journalled step, so that a repeated run uses the same
 * @throws JobFailure when the server does not store it; what `dump` throws. No half artifact is left then.
 */
export async function uploadDump(
  { client, service, signal }: PostgresJob,
  { provider, tools }: Site,
  id: string,
  kept: { kind: string; retentionDays?: number },
): Promise<DumpEntry> {
  const before = await find(client, id, signal)
  if (before?.state === 'Complete') return entryOf(before)
  if (before) await removeArtifact(client, id, signal)
  const { format, stream } = await dump(provider, service.id, await tools(), signal)
  const options = { serviceId: service.id, format, ...kept, signal }
  return storing(client, id, stream, async () => entryOf(await client.uploadArtifact(id, stream, options)))
}

/** What an export that proves itself tells of its artifact. */
export type PortableEntry = {
  artifactId: string
  sha256: string
  sizeBytes: number
  format: string
  takenAt: string
  content: Content
}

/**
 * Dumps the database with its rights into an artifact under an id that the server chose. Called again it begins anew: what an
 * earlier run has stored without telling its content is deleted.
 *
 * @throws JobFailure when the server does not store it; what `portableDump` throws. No half artifact is left then.
 */
export async function uploadPortableDump(
  { client, service, signal }: PostgresJob,
  { provider, tools }: Site,
  id: string,
  kept: { kind: string; retentionDays?: number },
): Promise<PortableEntry> {
  await removeArtifact(client, id, signal)
  const { format, stream, takenAt, content } = await portableDump(provider, service.id, await tools(), signal)
  const options = { serviceId: service.id, format, ...kept, signal }
  return storing(client, id, stream, async () => {
    const { createdAt: _, ...entry } = entryOf(await client.uploadArtifact(id, stream, options))
    return { ...entry, takenAt: takenAt.toISOString(), content: await content }
  })
}

/** Runs `upload`; when it fails no half artifact is left, and what the server said is the job's failure. */
async function storing<T>(client: FulcrumClient, id: string, stream: Readable, upload: () => Promise<T>): Promise<T> {
  try {
    return await upload()
  } catch (error) {
    // Whatever stays is found by the next run of the job; the first reason is the one to tell.
    await removeArtifact(client, id, AbortSignal.timeout(CLEAN_UP_MS)).catch(() => undefined)
    if (!(error instanceof FulcrumError)) throw error
    throw new JobFailure(`the dump cannot be stored: ${error.message}`, { cause: error })
  } finally {
    stream.destroy()
  }
}

/**
 * Opens a dump for restoring into the job's service. It must be of the same service or of another one of the same consumer:
 * the agent itself may read the artifacts of all its services, so this is not left to the server alone.
 *
 * @param sha256  what it must have, if whoever asked for the import knows
 * @returns a stream that fails when size or SHA-256 do not agree at its end
 * @throws JobFailure that says what is wrong with the artifact
 */
export async function openDump(
  { client, service, signal }: PostgresJob,
  id: string,
  sha256?: string,
): Promise<Readable> {
  const { artifact, stream } = await client.downloadArtifact(id, { signal }).catch((error: unknown) => {
    throw asFailure(id, error)
  })
  const problem = problemOf(artifact)
  if (problem === null) return stream
  stream.destroy()
  throw new JobFailure(`artifact ${id} ${problem}`)

  function problemOf({ serviceId, consumerId, format, sha256: stored }: Artifact): string | null {
    if (serviceId !== service.id && consumerId !== service.consumerId) return NOT_YOURS
    if (!RESTORABLE.includes(format)) return `has the format ${format}; it must be one of: ${RESTORABLE.join(', ')}`
    if (sha256 !== undefined && stored !== sha256.toLowerCase())
      return `has the SHA-256 ${stored}, and ${sha256} was to be imported`
    return null
  }
}

const NOT_YOURS = 'belongs neither to this service nor to another one of the same consumer'

function asFailure(id: string, error: unknown): unknown {
  const because = (text: string) => new JobFailure(`artifact ${id} ${text}`, { cause: error })
  if (error instanceof NotFoundError) return because('does not exist, or not any more')
  if (error instanceof ForbiddenError) return because(NOT_YOURS)
  if (error instanceof ConflictError) return because('is not finished: its upload must be completed first')
  return error instanceof FulcrumError ? because(`cannot be read: ${error.message}`) : error
}

/** Deletes an artifact; one that is gone is as good as deleted. */
export async function removeArtifact(client: FulcrumClient, id: string, signal: AbortSignal): Promise<void> {
  try {
    await client.call(artifacts.delete, { params: { id } }, { signal })
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error
  }
}

async function find(client: FulcrumClient, id: string, signal: AbortSignal): Promise<Artifact | undefined> {
  try {
    return await client.call(artifacts.describe, { params: { id } }, { signal })
  } catch (error) {
    if (error instanceof NotFoundError) return undefined
    throw error
  }
}

function entryOf({ id, sha256, sizeBytes, format, createdAt }: Artifact): DumpEntry {
  if (sha256 === undefined) throw new Error(`artifact ${id} is finished and has no digest`)
  return { artifactId: id, sha256, sizeBytes, format, createdAt }
}
