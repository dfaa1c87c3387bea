/** Backups and exports, and the way back: restore and import. */
import { randomUUID } from 'node:crypto'
import { JobFailure, type Outcome } from '@fulcrum/agent-sdk'
import { FulcrumError } from '@fulcrum/client'
import { openDump, removeArtifact, uploadDump } from '../artifacts.ts'
import { restore } from '../database/index.ts'
import { exportWish, importWish } from '../portability.ts'
import { backupsOf, type DumpEntry, textOf } from '../service-properties.ts'
import type { PostgresJob, Site } from '../site.ts'
import { exportPortable, importPortable } from './portable.ts'

/** Makes a backup, and deletes the oldest beyond the configured number. */
export async function backUp(job: PostgresJob, site: Site): Promise<Outcome> {
  const { service, configuration } = job
  const entry = await dumped(job, site, { kind: 'backup' })
  const all = [entry, ...backupsOf(service)]
  const kept = all.slice(0, configuration.backupsKept)
  for (const old of all.slice(configuration.backupsKept)) if (!(await removed(old))) kept.push(old)
  return { properties: { backups: kept } }

  /** What cannot be deleted now stays in the list, so that the next backup tries again. */
  async function removed({ artifactId }: DumpEntry): Promise<boolean> {
    try {
      await removeArtifact(job.client, artifactId, job.signal)
      return true
    } catch (error) {
      if (!(error instanceof FulcrumError)) throw error
      job.log.warn('an old backup cannot be deleted', { artifactId, error })
      return false
    }
  }
}

/** Makes a dump for the consumer to take away, or for another provider's agent. It is not deleted by the agent. */
export async function exportDump(job: PostgresJob, site: Site): Promise<Outcome> {
  const wish = exportWish(job.params)
  if (wish) return { result: await exportPortable(job, site, wish) }
  return { properties: { lastExport: await dumped(job, site, { kind: 'export' }) } }
}

/** @throws JobFailure when there is nothing to restore, or what it is cannot be restored; the content is the old one then */
export async function restoreBackup(job: PostgresJob, site: Site): Promise<undefined> {
  const id = textOf(job.service, 'restoreFrom') ?? backupsOf(job.service)[0]?.artifactId
  if (id === undefined)
    throw new JobFailure(
      'there is nothing to restore: make a backup first, or set property restoreFrom to the id of an artifact',
    )
  await restored(job, site, id)
}

/** @throws JobFailure as `restoreBackup` */
export async function importDump(job: PostgresJob, site: Site): Promise<Outcome | undefined> {
  const wish = importWish(job.params)
  if (wish) return { result: await importPortable(job, site, wish) }
  const id = textOf(job.service, 'importFrom')
  if (id === undefined)
    throw new JobFailure('there is nothing to import: set property importFrom to the id of an uploaded artifact')
  await restored(job, site, id)
}

/** One dump of the job; a repeated run gets the same. */
export async function dumped(
  job: PostgresJob,
  site: Site,
  kept: { kind: string; retentionDays?: number },
): Promise<DumpEntry> {
  const id = await job.once('artifact', async () => randomUUID())
  return job.once('upload', () => uploadDump(job, site, id, kept))
}

/** A step: done once more after its end, it would take away what the tenant has written since. */
async function restored(job: PostgresJob, site: Site, id: string): Promise<void> {
  await job.once('restore', async () => {
    const stream = await openDump(job, id)
    try {
      await restore(site.provider, job.service.id, stream, await site.tools(), job.signal)
    } catch (error) {
      if (!(error instanceof FulcrumError)) throw error
      throw new JobFailure(`artifact ${id} cannot be read: ${error.message}`, { cause: error })
    } finally {
      stream.destroy()
    }
    return null
  })
}
