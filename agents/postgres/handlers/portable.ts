/**
 * Exports and imports when a service moves to another provider: the artifact comes with a digest of the content, and the agent on
 * the other side tells the digest of what it has restored. Whether they agree is judged by the server.
 */
import { JobFailure } from '@fulcrum/agent-sdk'
import { FulcrumError } from '@fulcrum/client'
import type { JsonObject } from '@fulcrum/contract'
import { openDump, uploadPortableDump } from '../artifacts.ts'
import { restorePortable } from '../database/index.ts'
import type { ExportWish, ImportWish } from '../portability.ts'
import type { PostgresJob, Site } from '../site.ts'

/** @throws JobFailure when the dump cannot be made or stored */
export async function exportPortable(job: PostgresJob, site: Site, wish: ExportWish): Promise<JsonObject> {
  const { artifactId, ...kept } = wish
  return job.once('portable export', async () => {
    const startedAt = now()
    const entry = await uploadPortableDump(job, site, artifactId, kept)
    return { ...entry, startedAt, finishedAt: now() }
  })
}

/**
 * Replaces the content of the database by the artifact.
 *
 * @throws JobFailure when the artifact is not the one that was meant, or cannot be restored; the content is the old one then
 */
export async function importPortable(job: PostgresJob, site: Site, wish: ImportWish): Promise<JsonObject> {
  const { artifactId, sha256, extensions } = wish
  const { provider } = site
  // Done once more after its end, it would take away what the tenant has written since.
  return job.once('portable import', async () => {
    const startedAt = now()
    const stream = await openDump(job, artifactId, sha256)
    try {
      const { id } = job.service
      const content = await restorePortable(provider, id, stream, await site.tools(), job.signal, extensions)
      return { artifactId, startedAt, finishedAt: now(), content }
    } catch (error) {
      if (!(error instanceof FulcrumError)) throw error
      throw new JobFailure(`artifact ${artifactId} cannot be read: ${error.message}`, { cause: error })
    } finally {
      stream.destroy()
    }
  })
}

const now = () => new Date().toISOString()
