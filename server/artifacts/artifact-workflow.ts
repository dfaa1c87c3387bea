/**
 * Uploading and deleting: what changes both the database and the disk. The row comes first and goes first, so that a crash in
 * between leaves at worst a file without a row, which the sweep removes.
 */
import { appendEvent } from '../events/index.ts'
import type { Owners } from '../platform/access.ts'
import type { Command } from '../platform/command.ts'
import type { Db } from '../platform/db.ts'
import { conflict, invalidInput, notFound, Refusal } from '../platform/errors.ts'
import {
  type Artifact,
  isExpired,
  mayBeRepeated,
  newArtifact,
  nextPiece,
  OffsetConflict,
  type Piece,
} from './artifact.ts'
import { placesOf } from './artifact-copy-store.ts'
import type { ArtifactFiles, ArtifactWriter, Bytes } from './artifact-files.ts'
import {
  deleteArtifact,
  findArtifact,
  insertArtifact,
  isHeld,
  lockArtifact,
  recordSize,
  saveArtifact,
  serviceOwners,
} from './artifact-store.ts'

export type Upload = {
  id: string
  piece: Piece
  bytes: Bytes
  /** Null when the caller did not say. */
  lengthBytes: number | null
  limitBytes: number
  authorize: (owners: Owners) => void
  signal: AbortSignal
}

export type Deps = {
  db: Db
  files: ArtifactFiles
  now: () => Date
  command: <T>(run: (c: Command) => Promise<T>) => Promise<T>
}

/**
 * Takes one piece in.
 *
 * @returns the artifact afterwards
 * @throws OffsetConflict when the piece does not continue what is there
 * @throws Refusal `conflict` when the artifact is complete or somebody else is uploading it; `too-large`; `invalid` when the
 *   digest differs; `unavailable` when the connection breaks or the disk is full: then what has arrived is kept
 */
export async function uploadPiece(deps: Deps, upload: Upload): Promise<Artifact> {
  const { id, piece, lengthBytes, limitBytes } = upload
  if (piece.offsetBytes + (lengthBytes ?? 0) > limitBytes)
    throw new Refusal('too-large', `an artifact may have ${limitBytes} bytes at most`)
  const artifact = await deps.command((c) => beginPiece(c, upload))
  if (artifact.state === 'Complete') return repeatPiece(deps, upload, artifact)

  const writer = deps.files.claim(id)
  if (!writer) throw conflict(`artifact ${id} is being uploaded by another request right now`)
  try {
    // only who has the claim finishes an artifact: from here on its state stays, unless it is deleted
    const current = await findArtifact(deps.db, id)
    if (!current) throw notFound('artifact', id)
    if (current.state === 'Complete') return await repeatPiece(deps, upload, current)
    return await receive(deps, upload, writer)
  } finally {
    await writer.release()
  }
}

/** Makes or finds the artifact and refuses who may not write it. */
async function beginPiece(c: Command, { id, piece, authorize }: Upload): Promise<Artifact> {
  if (!(await lockArtifact(c.tx, id))) {
    if (piece.serviceId === null) throw invalidInput('serviceId is required with the first piece')
    const service = await serviceOwners(c.tx, piece.serviceId)
    authorize(service)
    const created = newArtifact(id, piece, service, c.now)
    if (piece.offsetBytes > 0) throw new OffsetConflict(id, 0, piece.offsetBytes)
    await insertArtifact(c.tx, created)
  }
  // a second request may have made it at the same time, and in another's name
  const artifact = await lockArtifact(c.tx, id)
  if (!artifact) throw notFound('artifact', id)
  authorize(artifact)
  if (isExpired(artifact, c.now)) throw conflict(`artifact ${id} has expired; use another id`)
  const next = nextPiece(artifact, piece, c.now)
  await saveArtifact(c.tx, next)
  return next
}

async function repeatPiece({ db, files }: Deps, upload: Upload, artifact: Artifact): Promise<Artifact> {
  const { id, piece, bytes, lengthBytes } = upload
  // content that is elsewhere by now is not fetched for this: the digest that the sender gives must do
  const isSame = async () =>
    (await placesOf(db, id))?.onDisk
      ? files.endsWith(id, piece.offsetBytes, bytes)
      : piece.sha256 !== null && piece.sha256 === artifact.sha256
  if (mayBeRepeated(artifact, piece, lengthBytes) && (await isSame())) return artifact
  throw conflict(`artifact ${id} is complete and never changes`)
}

async function receive(deps: Deps, upload: Upload, writer: ArtifactWriter): Promise<Artifact> {
  const { id, piece, limitBytes } = upload
  try {
    await store(deps, upload, writer)
    if (!piece.last) return await proceed(deps, id)
    const sha256 = await writer.sha256(upload.signal)
    if (piece.sha256 === null || piece.sha256 === sha256) return await finish(deps, id, sha256)
    await writer.truncate(0)
    throw invalidInput(`the content has the digest ${sha256}, not ${piece.sha256}: upload it again from its start`)
  } catch (error) {
    if (error instanceof Refusal && error.kind === 'too-large') await undo(deps, upload, writer)
    const known = await recordSize(deps.db, id, await deps.files.sizeBytes(id), deps.now())
    if (!known) await writer.remove()
    throw error
  }

  /** A piece that makes the artifact too large leaves no trace; what came before it stays. */
  async function undo({ db, now }: Deps, { piece: { offsetBytes } }: Upload, to: ArtifactWriter): Promise<void> {
    await to.truncate(Math.min(offsetBytes, limitBytes))
    if (offsetBytes === 0) await deleteArtifact(db, id, now())
  }
}

/** Writes the piece, unless it is there already: its answer may have been lost. */
async function store({ files }: Deps, upload: Upload, writer: ArtifactWriter): Promise<void> {
  const { id, piece, bytes, lengthBytes, limitBytes } = upload
  const { offsetBytes } = piece
  const sizeBytes = await files.sizeBytes(id)
  if (offsetBytes === sizeBytes) return writer.append(bytes, limitBytes)
  const mayBeThere = offsetBytes < sizeBytes && (lengthBytes === null || offsetBytes + lengthBytes === sizeBytes)
  if (mayBeThere && (await files.endsWith(id, offsetBytes, bytes))) return
  throw new OffsetConflict(id, sizeBytes, offsetBytes)
}

async function proceed({ command, files }: Deps, id: string): Promise<Artifact> {
  const sizeBytes = await files.sizeBytes(id)
  return command(async (c) => {
    const artifact = await lockArtifact(c.tx, id)
    if (!artifact) throw notFound('artifact', id)
    const next = { ...artifact, sizeBytes, updatedAt: c.now }
    await saveArtifact(c.tx, next)
    return next
  })
}

async function finish({ command, files }: Deps, id: string, sha256: string): Promise<Artifact> {
  const sizeBytes = await files.sizeBytes(id)
  return command(async (c) => {
    const artifact = await lockArtifact(c.tx, id)
    if (!artifact) throw notFound('artifact', id)
    const complete: Artifact = { ...artifact, state: 'Complete', sizeBytes, sha256, updatedAt: c.now }
    await saveArtifact(c.tx, complete)
    await appendEvent(c, { type: 'artifact.completed', ...artifactLinks(complete) })
    return complete
  })
}

/** Deletes an artifact, then its content. */
export async function removeArtifact(deps: Deps, id: string, authorize: (owners: Owners) => void): Promise<void> {
  await deps.command(async (c) => {
    const artifact = await lockArtifact(c.tx, id)
    if (!artifact) throw notFound('artifact', id)
    authorize(artifact)
    if (isExpired(artifact, c.now)) throw notFound('artifact', id)
    if (await isHeld(c.tx, id)) throw conflict(`artifact ${id} is a vault copy: delete that`)
    await deleteArtifact(c.tx, id, c.now)
    await appendEvent(c, { type: 'artifact.deleted', ...artifactLinks(artifact) })
  })
  await removeLeftover(deps, id)
}

/**
 * Removes content that has no row, or is elsewhere only. An upload that is under way notices by itself that its artifact is gone.
 *
 * @returns false when it is needed, or somebody is writing
 */
export async function removeLeftover({ db, files }: Pick<Deps, 'db' | 'files'>, id: string): Promise<boolean> {
  const writer = files.claim(id)
  if (!writer) return false
  try {
    // under the claim: the id may have been taken again
    if ((await placesOf(db, id))?.onDisk) return false
    await writer.remove()
    return true
  } finally {
    await writer.release()
  }
}

/** Whom an event about an artifact concerns. */
export function artifactLinks({ id, providerId, consumerId, agentId }: Artifact) {
  return { entityId: id, providerId, consumerId, agentId }
}
