/**
 * What an artifact is, and how its content comes in. Pure: no clock, no database, no disk, no HTTP.
 *
 *     (nothing) --first piece--> Uploading --last piece, digest agrees--> Complete (never changes)
 *                                 ^     |
 *                                 '-----'  a piece; digest differs: back to no content at all
 */
import type { ArtifactState } from '@fulcrum/contract'
import { invalidInput, Refusal } from '../platform/errors.ts'
import { parseUuid } from '../platform/wire.ts'

export type Artifact = {
  id: string
  serviceId: string
  providerId: string
  consumerId: string
  agentId: string
  kind: string
  format: string
  state: ArtifactState
  sizeBytes: number
  sha256: string | null
  expiresAt: Date | null
  createdAt: Date
  updatedAt: Date
}

/** One piece of an upload, as its query describes it. */
export type Piece = {
  serviceId: string | null
  kind: string | null
  format: string | null
  offsetBytes: number
  last: boolean
  /** Lower case hex; of the whole content. */
  sha256: string | null
  retentionDays: number | null
}

/** Unfinished artifacts that got no piece for so long are given up, in milliseconds. */
export const ABANDONED_MS = 7 * 24 * 3_600_000

const KIND = /^[a-z0-9-]{1,50}$/
const FORMAT = /^[a-z0-9._-]{1,50}$/
const SHA256 = /^[0-9a-f]{64}$/i
/** Below 2^53. */
const OFFSET = /^\d{1,15}$/
const MAX_RETENTION_DAYS = 3_650
const DAY_MS = 24 * 3_600_000

/** The piece does not continue what is there. */
export class OffsetConflict extends Refusal {
  readonly sizeBytes: number

  constructor(id: string, sizeBytes: number, offsetBytes: number) {
    super('conflict', `conflict: the next piece of artifact ${id} starts at ${sizeBytes}, not at ${offsetBytes}`)
    this.sizeBytes = sizeBytes
  }
}

/** @throws Refusal `invalid` that names the parameter */
export function parsePiece(query: URLSearchParams): Piece {
  const read = <T>(name: string, parse: (text: string) => T | null, expected: string): T | null => {
    const text = query.get(name)
    if (text === null || text === '') return null
    const value = parse(text)
    if (value === null) throw invalidInput(`${name} must be ${expected}`)
    return value
  }
  const matching = (pattern: RegExp) => (text: string) => (pattern.test(text) ? text : null)
  return {
    serviceId: read('serviceId', parseUuid, 'a UUID'),
    kind: read('kind', matching(KIND), '1 to 50 of a-z, 0-9 and -'),
    format: read('format', matching(FORMAT), '1 to 50 of a-z, 0-9, -, _ and .'),
    offsetBytes: Number(read('offset', matching(OFFSET), 'a number of bytes') ?? 0),
    last: read('complete', matching(/^(true|false)$/), 'true or false') !== 'false',
    sha256: read('sha256', matching(SHA256), '64 hexadecimal digits')?.toLowerCase() ?? null,
    retentionDays: read('retentionDays', readDays, `a whole number from 1 to ${MAX_RETENTION_DAYS}`),
  }
}

function readDays(text: string): number | null {
  const days = /^\d{1,4}$/.test(text) ? Number(text) : 0
  return days >= 1 && days <= MAX_RETENTION_DAYS ? days : null
}

type ServiceOwners = { id: string; providerId: string; consumerId: string; agentId: string }

/** @throws Refusal `invalid` when the first piece does not say what it is */
export function newArtifact(id: string, piece: Piece, service: ServiceOwners, now: Date): Artifact {
  if (piece.kind === null) throw invalidInput('kind is required with the first piece')
  if (piece.format === null) throw invalidInput('format is required with the first piece')
  return {
    id,
    serviceId: service.id,
    providerId: service.providerId,
    consumerId: service.consumerId,
    agentId: service.agentId,
    kind: piece.kind,
    format: piece.format,
    state: 'Uploading',
    sizeBytes: 0,
    sha256: null,
    expiresAt: expiry(piece, now),
    createdAt: now,
    updatedAt: now,
  }
}

/**
 * The artifact when another piece of it begins to arrive.
 *
 * @throws Refusal `conflict` when the piece says that it belongs to something else
 */
export function nextPiece(artifact: Artifact, piece: Piece, now: Date): Artifact {
  for (const name of ['serviceId', 'kind', 'format'] as const)
    if (piece[name] !== null && piece[name] !== artifact[name])
      throw new Refusal('conflict', `conflict: artifact ${artifact.id} was started with ${name} ${artifact[name]}`)
  if (artifact.state === 'Complete') return artifact
  return { ...artifact, expiresAt: expiry(piece, now) ?? artifact.expiresAt, updatedAt: now }
}

function expiry({ retentionDays }: Piece, now: Date): Date | null {
  return retentionDays === null ? null : new Date(now.getTime() + retentionDays * DAY_MS)
}

export function isExpired({ expiresAt }: Artifact, now: Date): boolean {
  return expiresAt !== null && expiresAt.getTime() <= now.getTime()
}

/** Whether a piece can be the one that finished this artifact; its bytes are still to be compared. */
export function mayBeRepeated(artifact: Artifact, piece: Piece, lengthBytes: number | null): boolean {
  return (
    piece.last &&
    (piece.sha256 === null || piece.sha256 === artifact.sha256) &&
    piece.offsetBytes <= artifact.sizeBytes &&
    (lengthBytes === null || piece.offsetBytes + lengthBytes === artifact.sizeBytes)
  )
}
