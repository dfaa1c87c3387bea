/** Removes artifacts whose time is over, uploads that nobody goes on with, and content that a crash left behind. */
import { appendEvent } from '../events/index.ts'
import { runCommand, SYSTEM } from '../platform/command.ts'
import type { Platform } from '../platform/context.ts'
import { parseUuid } from '../platform/wire.ts'
import { ABANDONED_MS } from './artifact.ts'
import { artifactFilesOf } from './artifact-files.ts'
import { deleteOutdated, notOnDisk } from './artifact-store.ts'
import { artifactLinks, removeLeftover } from './artifact-workflow.ts'

const BATCH = 100

/**
 * To be run at start and every so often, by each process that may have content on its disk.
 *
 * @param signal  aborted: end after the batch under way
 * @returns how many artifacts were deleted, expired or abandoned, and how many files had no artifact
 */
export async function purgeExpiredArtifacts(
  platform: Platform,
  signal?: AbortSignal,
): Promise<{ expired: number; leftovers: number }> {
  const files = artifactFilesOf(platform)
  const remove = (id: string) => removeLeftover({ db: platform.db, files }, id)
  let expired = 0
  while (!signal?.aborted) {
    const deleted = await runCommand(platform, SYSTEM, async (c) => {
      const outdated = await deleteOutdated(c.tx, c.now, new Date(c.now.getTime() - ABANDONED_MS), BATCH)
      for (const artifact of outdated) await appendEvent(c, { type: 'artifact.deleted', ...artifactLinks(artifact) })
      return outdated
    })
    for (const { id } of deleted) await remove(id)
    expired += deleted.length
    if (deleted.length < BATCH) break
  }

  let leftovers = 0
  const sweep = async (ids: readonly string[]) => {
    for (const id of await notOnDisk(platform.db, ids)) if (await remove(id)) leftovers++
  }
  let batch: string[] = []
  for await (const id of files.ids()) {
    // what is not named like an artifact was put there by somebody else
    if (parseUuid(id) !== id) continue
    if (signal?.aborted) break
    batch.push(id)
    if (batch.length < BATCH) continue
    await sweep(batch)
    batch = []
  }
  await sweep(batch)
  return { expired, leftovers }
}
