/** What agents report of exports and imports, read with care: it decides whether a source may be deleted. Pure. */
import { member } from '../platform/wire.ts'
import type { Brought } from './advance.ts'
import type { Content, Moved } from './migration.ts'

/** The artifact that an export names, as the server has it. */
export type KnownArtifact = {
  id: string
  serviceId: string
  complete: boolean
  sha256: string | null
  sizeBytes: number
  format: string
}

const SHA256 = /^[0-9a-f]{64}$/i
const MAX_TEXT = 200

/**
 * @param artifactId  what the job was asked to write
 * @param ended  when the job ended; the export may not have been taken later
 */
export function readExport(
  result: unknown,
  artifactId: string,
  serviceId: string,
  artifact: KnownArtifact | null,
  claimed: Date,
  ended: Date,
): Brought {
  const useless = (reason: string): Brought => ({ kind: 'useless', reason })
  if (result === null) return useless('the export reported no result: the agent does not know how to hand data over')
  if (member(result, 'artifactId') !== artifactId)
    return useless('the export reported another artifact than it was asked for')
  if (!artifact || artifact.serviceId !== serviceId || !artifact.complete || artifact.sha256 === null)
    return useless(`the exported artifact ${artifactId} is not complete on the server`)
  const sha256 = member(result, 'sha256')
  if (typeof sha256 !== 'string' || !SHA256.test(sha256) || sha256.toLowerCase() !== artifact.sha256)
    return useless('the digest that the export reported is not that of the artifact')
  const takenAt = time(member(result, 'takenAt'))
  // a clock that runs ahead must not make data look fresher than it can be
  const taken = takenAt === null ? claimed : takenAt.getTime() > ended.getTime() ? ended : takenAt
  const moved: Moved = {
    artifactId,
    sha256: artifact.sha256,
    sizeBytes: artifact.sizeBytes,
    format: artifact.format,
    takenAt: taken.toISOString(),
    content: readContent(member(result, 'content')),
  }
  return { kind: 'export', moved, seconds: secondsOf(result) }
}

export function readImport(result: unknown, artifactId: string): Brought {
  if (result === null) return { kind: 'import', imported: { artifactId, content: null }, seconds: null }
  if (member(result, 'artifactId') !== artifactId)
    return { kind: 'useless', reason: 'the import reported another artifact than it was asked for' }
  return {
    kind: 'import',
    imported: { artifactId, content: readContent(member(result, 'content')) },
    seconds: secondsOf(result),
  }
}

/** Null when it says nothing that could be compared. */
export function readContent(value: unknown): Content | null {
  const [algorithm, digest] = [member(value, 'algorithm'), member(value, 'digest')]
  return isText(algorithm) && isText(digest) ? { algorithm, digest } : null
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT
}

function secondsOf(result: unknown): number | null {
  const [started, finished] = [time(member(result, 'startedAt')), time(member(result, 'finishedAt'))]
  if (!started || !finished) return null
  const seconds = (finished.getTime() - started.getTime()) / 1_000
  return seconds >= 0 ? seconds : null
}

function time(value: unknown): Date | null {
  if (typeof value !== 'string') return null
  const at = new Date(value)
  return Number.isNaN(at.getTime()) ? null : at
}
