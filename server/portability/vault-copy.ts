/**
 * What a vault copy is, and when one is due. Pure: no clock, no database, no store.
 *
 *     requested ──the service is free: an export job──▶ exporting ──done, and the artifact is there──▶ storing ──read back──▶ stored
 *         ▲                                              │   │                                            │                    │
 *         └──────────nobody took the job─────────────────┘   └──────────────────▶ failed ◀────────────────┴──── not right ─────┘
 */
import type { JsonObject } from '@fulcrum/schema'
import { member, parseTime } from '../platform/wire.ts'

export type VaultCopyState = 'requested' | 'exporting' | 'storing' | 'stored' | 'failed'

/** What an agent must have left behind when an export is done. */
export type ExportedArtifact = {
  id: string
  serviceId: string
  state: 'Uploading' | 'Complete'
  format: string
  sha256: string | null
  sizeBytes: number
}

export type Exported = {
  takenAt: Date
  sha256: string
  sizeBytes: number
  format: string
  content: JsonObject | null
}

/**
 * Holds what the agent tells of an export against what the server has. The server's own digest and size count; where the agent
 * tells others, one of the two is wrong and the copy is none.
 *
 * @param result  of the job; null when the agent told nothing, as agents do that know only the action
 * @param window  when the job was claimed and when it ended: the data cannot be newer than its end; without a word from the agent
 *   it counts as old as the claim
 * @returns a text that says what is wrong, or what is exported
 */
export function checkExport(
  asked: { artifactId: string; serviceId: string; formats: readonly string[] },
  result: JsonObject | null,
  artifact: ExportedArtifact | null,
  window: { claimedAt: Date; completedAt: Date },
): Exported | string {
  if (!artifact || artifact.serviceId !== asked.serviceId)
    return `the export ended without the artifact ${asked.artifactId} of this service`
  if (artifact.state !== 'Complete' || artifact.sha256 === null)
    return `the export ended before artifact ${asked.artifactId} was complete`
  if (!asked.formats.includes(artifact.format))
    return `the export has the format ${artifact.format}; the service type declares ${asked.formats.join(', ')}`
  const told: [string, unknown, unknown][] = [
    ['artifactId', member(result, 'artifactId'), artifact.id],
    ['sha256', member(result, 'sha256'), artifact.sha256],
    ['sizeBytes', member(result, 'sizeBytes'), artifact.sizeBytes],
    ['format', member(result, 'format'), artifact.format],
  ]
  for (const [name, said, found] of told)
    if (said !== undefined && said !== null && said !== found)
      return `the agent reports ${name} ${String(said).slice(0, 100)}, but the artifact has ${found}`
  return {
    takenAt: takenAt(member(result, 'takenAt'), window),
    sha256: artifact.sha256,
    sizeBytes: artifact.sizeBytes,
    format: artifact.format,
    content: asObject(member(result, 'content')),
  }
}

function takenAt(said: unknown, { claimedAt, completedAt }: { claimedAt: Date; completedAt: Date }): Date {
  const time = typeof said === 'string' ? parseTime(said) : null
  if (time === null) return claimedAt
  return time > completedAt ? completedAt : time
}

function asObject(value: unknown): JsonObject | null {
  // a member of a JSON object is JSON
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as JsonObject) : null
}

/** What is known about one service and one store that a schedule copies it to. Times of copies are those of their requests. */
export type History = {
  /** When the schedule began to apply to the service. */
  since: Date
  everyHours: number
  lastStored: Date | null
  lastFailed: Date | null
  /** A copy is on its way. */
  isOpen: boolean
}

const HOUR_MS = 3_600_000

/** From when on a copy should be made. */
export function dueAt({ since, everyHours, lastStored }: History): Date {
  return lastStored === null ? since : new Date(lastStored.getTime() + everyHours * HOUR_MS)
}

/** Whether a copy is to be requested now. After a failure it waits for a while: an hour, less for schedules of a few hours. */
export function isDue(history: History, now: Date): boolean {
  if (history.isOpen || now < dueAt(history)) return false
  const pauseMs = Math.min(history.everyHours / 4, 1) * HOUR_MS
  return history.lastFailed === null || now.getTime() - history.lastFailed.getTime() >= pauseMs
}

/** Whether no copy came although one has been due for half the interval, and for an hour at least. */
export function isOverdue(history: History, now: Date): boolean {
  const graceMs = Math.max(history.everyHours / 2, 1) * HOUR_MS
  return now.getTime() - dueAt(history).getTime() > graceMs
}

/** What stands in the way of an export now. */
export type Obstacle = {
  /** It does not pass by itself. */
  final: boolean
  reason: string
}

/** @returns null when the export can begin */
export function exportObstacle(facts: {
  terminal: boolean
  status: string
  exportAction: string | null
  knownAction: boolean
  allowed: boolean
  agentStatus: string
  activeJob: boolean
  busyGroup: boolean
}): Obstacle | null {
  const waits = (reason: string): Obstacle => ({ final: false, reason })
  if (facts.terminal) return { final: true, reason: `the service has ended: ${facts.status}` }
  if (facts.exportAction === null) return { final: true, reason: 'its service type declares no export' }
  if (!facts.knownAction)
    return {
      final: true,
      reason: `its service type has lost the action ${facts.exportAction}, which it declares as export`,
    }
  if (!facts.allowed) return waits(`waits: ${facts.exportAction} is not possible while the service is ${facts.status}`)
  if (facts.agentStatus !== 'Connected') return waits(`waits: its agent is ${facts.agentStatus}`)
  if (facts.activeJob) return waits('waits: the service has another job')
  // one export at a time: a job that its owner asks for waits for one at most
  if (facts.busyGroup) return waits('waits: another service of its group has a job')
  return null
}
