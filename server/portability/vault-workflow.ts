/**
 * Makes vault copies: asks the agent for an export, takes over what it left, has it stored, and removes what is beyond the number to
 * keep. Every step is one short transaction that finds out anew where things stand, so that a crash between two costs nothing.
 */
import { randomUUID } from 'node:crypto'
import type { JsonObject } from '@fulcrum/schema'
import { mayStart } from '@fulcrum/schema'
import {
  deleteArtifact,
  findCopy,
  holdArtifact,
  lockArtifact,
  releaseArtifact,
  requestCopy,
  verifyCopy,
} from '../artifacts/index.ts'
import { appendEvent } from '../events/index.ts'
import type { Owners } from '../platform/access.ts'
import type { Command } from '../platform/command.ts'
import { runCommand, SYSTEM } from '../platform/command.ts'
import type { Platform } from '../platform/context.ts'
import { conflict, invalidInput, notFound } from '../platform/errors.ts'
import { findServiceType } from '../service-types/index.ts'
import { activeJobId, lockService, queueJob, type Service, withdrawJob } from '../services/index.ts'
import { findPortability } from './portability-store.ts'
import { checkExport, exportObstacle } from './vault-copy.ts'
import {
  agentStatus,
  clearOverdue,
  copiesBeyond,
  deleteCopy,
  getCopy,
  insertCopy,
  isGroupBusy,
  keepWaiting,
  lockCopy,
  markCopyFailed,
  markExporting,
  markStoring,
  markVaulted,
  markVerified,
  type VaultCopyRecord,
} from './vault-copy-store.ts'
import { scheduleFor } from './vault-schedule-store.ts'

/** What agents call the kind of artifact that an export for the vault is. */
const KIND = 'vault-copy'
/** An export that does not become a copy is deleted after so many days; one that does is kept without a limit. */
const LEFTOVER_DAYS = 7
/** Looks at what waits so often. */
const LOOK_MS = 30_000
/** An export that no agent takes for so long is taken back: while it is there, the service's owner can ask for nothing else. */
const UNCLAIMED_MS = 2 * 60_000
/** After an export was taken back. */
const PAUSE_MS = 10 * 60_000
const DAY_MS = 24 * 3_600_000

/** Asks for a copy of a service. The service's row must be locked. */
export async function requestVaultCopy(
  c: Command,
  service: Service,
  store: string,
  scheduleId: string | null,
): Promise<VaultCopyRecord> {
  const copy: VaultCopyRecord = {
    id: randomUUID(),
    serviceId: service.id,
    consumerId: service.consumerId,
    providerId: service.providerId,
    agentId: service.agentId,
    scheduleId,
    store,
    artifactId: randomUUID(),
    jobId: null,
    state: 'requested',
    reason: null,
    takenAt: null,
    storedAt: null,
    verifiedAt: null,
    sha256: null,
    sizeBytes: null,
    format: null,
    content: null,
    createdAt: c.now,
    updatedAt: c.now,
  }
  if (!(await insertCopy(c.tx, copy))) throw conflict(`a copy of service ${service.id} to ${store} is on its way`)
  await appendEvent(c, copyEvent('vault_copy.requested', copy))
  return copy
}

/** Asks for a copy now, by somebody's wish. @returns the copy with its export queued, or what it waits for */
export async function requestByHand(
  c: Command,
  serviceId: string,
  authorize: (owners: Owners) => void,
  chooseStore: (service: Service) => Promise<string>,
): Promise<VaultCopyRecord> {
  const service = await lockService(c.tx, serviceId)
  authorize(service)
  if (service.terminal) throw invalidInput(`service ${service.id} has ended: ${service.status}`)
  if (!(await findPortability(c.tx, service.serviceTypeId)))
    throw invalidInput(`the service type of service ${service.id} declares no export: an administrator can`)
  const copy = await requestVaultCopy(c, service, await chooseStore(service), null)
  await beginExport(c, service, copy)
  return getCopy(c.tx, copy.id)
}

/** Queues the export of a requested copy, or notes what it waits for. Both rows must be locked, or new. */
export async function beginExport(c: Command, service: Service, copy: VaultCopyRecord): Promise<void> {
  const [portability, type] = await Promise.all([
    findPortability(c.tx, service.serviceTypeId),
    findServiceType(c.tx, service.serviceTypeId),
  ])
  const exportAction = portability?.exportAction ?? null
  const lifecycle = type?.lifecycleSchema
  const obstacle = exportObstacle({
    terminal: service.terminal,
    status: service.status,
    exportAction,
    knownAction: lifecycle?.actions.some(({ name }) => name === exportAction) ?? false,
    allowed: lifecycle !== undefined && exportAction !== null && mayStart(lifecycle, service.status, exportAction).ok,
    agentStatus: await agentStatus(c.tx, service.agentId),
    activeJob: (await activeJobId(c.tx, service.id)) !== null,
    busyGroup: await isGroupBusy(c.tx, service),
  })
  if (obstacle?.final) return fail(c, copy, obstacle.reason)
  if (obstacle) return keepWaiting(c.tx, copy.id, obstacle.reason, new Date(c.now.getTime() + LOOK_MS), c.now)
  const params: JsonObject = {
    portability: { artifactId: copy.artifactId, kind: KIND, retentionDays: LEFTOVER_DAYS },
  }
  const id = await queueJob(c, service, exportAction ?? '', params)
  await markExporting(c.tx, copy.id, { id, agentId: service.agentId, providerId: service.providerId }, c.now)
}

/** One look at a copy that is on its way. @returns whether it moved on */
export async function moveOn(platform: Platform, { id, serviceId }: VaultCopyRecord): Promise<boolean> {
  return runCommand(platform, SYSTEM, async (c) => {
    const service = await lockService(c.tx, serviceId)
    const copy = await lockCopy(c.tx, id)
    if (!copy) return false
    switch (copy.state) {
      case 'requested':
        await beginExport(c, service, copy)
        break
      case 'exporting':
        await settleExport(c, service, copy)
        break
      case 'storing':
        await settleStoring(c, copy)
        break
      case 'stored':
      case 'failed':
        break
    }
    return (await lockCopy(c.tx, id))?.state !== copy.state
  })
}

async function settleExport(c: Command, service: Service, copy: VaultCopyRecord): Promise<void> {
  const job = await c.tx
    .selectFrom('jobs')
    .select(['id', 'status', 'error_message', 'result', 'created_at', 'claimed_at', 'completed_at'])
    .where('id', '=', copy.jobId ?? '')
    .executeTakeFirst()
  if (!job) return fail(c, copy, 'the export job is gone')
  switch (job.status) {
    case 'Pending':
      if (c.now.getTime() - job.created_at.getTime() >= UNCLAIMED_MS && (await withdrawJob(c, job.id)))
        return keepWaiting(
          c.tx,
          copy.id,
          'waits: no agent took the export',
          new Date(c.now.getTime() + PAUSE_MS),
          c.now,
        )
      return
    case 'Processing':
      return
    case 'Failed':
      return fail(c, copy, `the export failed: ${job.error_message || 'without a message'}`)
    case 'Completed': {
      const portability = await findPortability(c.tx, service.serviceTypeId)
      const artifact = await lockArtifact(c.tx, copy.artifactId)
      const window = { claimedAt: job.claimed_at ?? job.created_at, completedAt: job.completed_at ?? c.now }
      const exported = checkExport(
        { artifactId: copy.artifactId, serviceId: copy.serviceId, formats: portability?.exportFormats ?? [] },
        job.result,
        artifact,
        window,
      )
      if (typeof exported === 'string') return fail(c, copy, exported)
      // checkExport refused a missing one
      if (!artifact) return
      await holdArtifact(c.tx, artifact.id, copy.id)
      await requestCopy(c, artifact, copy.store)
      await markStoring(c.tx, copy.id, exported, c.now)
    }
  }
}

async function settleStoring(c: Command, copy: VaultCopyRecord): Promise<void> {
  const content = await findCopy(c.tx, copy.artifactId, copy.store)
  if (!content) return fail(c, copy, 'its artifact was deleted')
  if (content.state === 'failed') return fail(c, copy, content.error ?? 'it could not be stored')
  if (content.state !== 'stored' || content.storedAt === null) return
  await markVaulted(c.tx, copy.id, content.storedAt, c.now)
  await clearOverdue(c.tx, copy.serviceId, copy.store)
  await appendEvent(c, copyEvent('vault_copy.stored', copy))
  const schedule = await scheduleFor(c.tx, copy.serviceId, copy.store)
  if (!schedule) return
  for (const old of await copiesBeyond(c.tx, copy.serviceId, copy.store, schedule.keep)) await remove(c, old)
}

/** The copy is none. What was exported, if anything, stays for some days for whoever wants to look. */
async function fail(c: Command, copy: VaultCopyRecord, reason: string): Promise<void> {
  await markCopyFailed(c.tx, copy.id, reason, c.now)
  if (await lockArtifact(c.tx, copy.artifactId))
    await releaseArtifact(c.tx, copy.artifactId, new Date(c.now.getTime() + LEFTOVER_DAYS * DAY_MS))
  await appendEvent(c, { ...copyEvent('vault_copy.failed', copy), properties: { ...about(copy), reason } })
}

/** Deletes a copy and its content. @throws Refusal `conflict` while it is on its way */
export async function removeVaultCopy(c: Command, id: string, authorize: (owners: Owners) => void): Promise<void> {
  const copy = await lockCopy(c.tx, id)
  if (!copy) throw notFound('vault copy', id)
  authorize(copy)
  if (copy.state === 'exporting' || copy.state === 'storing')
    throw conflict(`vault copy ${id} is ${copy.state}: wait until it is stored or has failed`)
  await remove(c, copy)
}

async function remove(c: Command, copy: VaultCopyRecord): Promise<void> {
  await deleteArtifact(c.tx, copy.artifactId, c.now)
  await deleteCopy(c.tx, copy.id)
  await appendEvent(c, copyEvent('vault_copy.deleted', copy))
}

/**
 * Reads a stored copy back and compares it. One that is not right is failed from then on.
 *
 * @throws Refusal `conflict` when it is not stored; `unavailable` when its store does not answer
 */
export async function verifyVaultCopy(
  platform: Platform,
  copy: VaultCopyRecord,
  signal: AbortSignal,
  command: <T>(run: (c: Command) => Promise<T>) => Promise<T>,
): Promise<VaultCopyRecord> {
  const content = copy.state === 'stored' ? await findCopy(platform.db, copy.artifactId, copy.store) : null
  if (!content) throw conflict(`vault copy ${copy.id} is ${copy.state}: only stored ones can be verified`)
  const wrong = content.state === 'stored' ? await verifyCopy(platform, content, signal) : content.error
  await command(async (c) => {
    const current = await lockCopy(c.tx, copy.id)
    if (current?.state !== 'stored') return
    if (wrong === null) await markVerified(c.tx, copy.id, c.now)
    else await fail(c, current, wrong)
  })
  return getCopy(platform.db, copy.id)
}

/** Whom an event about a vault copy concerns: its owner, whose affair the vault is, and not the provider it protects from. */
export function copyEvent<T extends `vault_copy.${string}`>(type: T, copy: VaultCopyRecord) {
  return { type, entityId: copy.id, consumerId: copy.consumerId, properties: about(copy) }
}

function about({ serviceId, store }: { serviceId: string; store: string }) {
  return { serviceId, store }
}
