/**
 * Deleting a service's database, after a last backup.
 *
 * A last backup that fails keeps everything: data that nobody can bring back are worse than a deletion that has to be repeated.
 * So that it can never be kept for ever, the consumer may say beforehand, by a property, that no last backup is wanted; deleting
 * a second time is no such word, because tools repeat what failed.
 */
import { JobFailure, type Outcome } from '@fulcrum/agent-sdk'
import { removeArtifact } from '../artifacts.ts'
import { describe, dropDatabase } from '../database/index.ts'
import { backupsOf, type DumpEntry, isLive } from '../service-properties.ts'
import type { PostgresJob, Site } from '../site.ts'
import { dumped } from './dumps.ts'

export async function deleteDatabase(job: PostgresJob, site: Site): Promise<Outcome> {
  const { service, once, signal, log } = job
  const finalBackup = await once('final-backup', () => lastBackup(job, site))
  await site.routes?.remove(service.id)
  try {
    await dropDatabase(site.provider, service.id, signal)
  } catch (error) {
    // The service stays what it is, so its port must work; the next start of the agent would write it, too.
    if (isLive(service))
      await site.routes?.add(service).catch((cause) => log.error('the route cannot be written', { error: cause }))
    throw error
  }
  await removeBackups(job)
  return { properties: { backups: [], ...(finalBackup && { finalBackup }) } }
}

/** The regular backups go with the database: the last one stands for them all, and its time is stated. */
async function removeBackups({ service, client, signal, log }: PostgresJob): Promise<void> {
  for (const { artifactId } of backupsOf(service))
    await removeArtifact(client, artifactId, signal).catch((error: unknown) =>
      log.warn('a backup of a deleted database cannot be deleted', { artifactId, error }),
    )
}

/** Null when there is nothing to keep: no database, a creation that failed, or the consumer's word. */
async function lastBackup(job: PostgresJob, site: Site): Promise<DumpEntry | null> {
  const { service, configuration, signal } = job
  if (!isLive(service) || service.properties?.skipFinalBackup === true) return null
  if (!(await describe(site.provider, service.id, signal)).exists) return null
  try {
    return await dumped(job, site, { kind: 'final-backup', retentionDays: configuration.finalBackupDays })
  } catch (error) {
    signal.throwIfAborted()
    const reason = error instanceof Error ? error.message : String(error)
    throw new JobFailure(
      'the last backup failed, so nothing was deleted. Delete again to try once more, or set property skipFinalBackup to true ' +
        `and then delete, without a last backup. The reason: ${reason}`,
      { cause: error },
    )
  }
}
