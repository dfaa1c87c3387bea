/** Reads a finished artifact from wherever its content is: the server's disk first, then its stores, the oldest copy first. */
import type { Readable } from 'node:stream'
import type { Platform } from '../platform/context.ts'
import { notFound, Refusal } from '../platform/errors.ts'
import { placesOf } from './artifact-copy-store.ts'
import { artifactFilesOf } from './artifact-files.ts'
import { storesOf } from './artifact-stores.ts'
import type { ByteRange } from './byte-range.ts'

/**
 * @param range  null: all of it
 * @throws Refusal `not-found`; `unavailable` when no place that has it answers
 */
export async function readArtifact(
  platform: Platform,
  id: string,
  range: ByteRange | null,
  signal: AbortSignal,
): Promise<Readable> {
  const places = await placesOf(platform.db, id)
  if (!places) throw notFound('artifact', id)
  let last: Refusal | undefined
  const attempt = async (read: () => Promise<Readable>): Promise<Readable | null> => {
    try {
      return await read()
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      last = error
      return null
    }
  }
  const onDisk = places.onDisk ? await attempt(() => artifactFilesOf(platform).read(id, range, signal)) : null
  if (onDisk) return onDisk
  for (const copy of places.copies) {
    const store = storesOf(platform).find(({ name }) => name === copy.store)
    const content = store && (await attempt(() => store.read(copy.id, range, signal)))
    if (content) return content
  }
  throw last ?? new Refusal('unavailable', `the content of artifact ${id} is in no store that is configured`)
}
