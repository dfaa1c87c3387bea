/**
 * A store in a directory: a mounted disk or share of somebody else. Content lies under `ab/cd/<key>`; it is written beside its place
 * and moved there when the disk has confirmed it.
 */
import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { DirectoryStoreConfig } from '../platform/artifact-stores-file.ts'
import { Refusal } from '../platform/errors.ts'
import { type ArtifactStore, ContentMissing, storeRefusal } from './store-port.ts'

/** The directory must be there already: a share that is not mounted must not be taken for an empty one. */
export function directoryStore({ path: root, ...owner }: DirectoryStoreConfig): ArtifactStore {
  const directoryOf = (key: string) => path.join(root, key.slice(0, 2), key.slice(2, 4))
  const guarded = async <T>(run: () => Promise<T>): Promise<T> => {
    try {
      await stat(root)
      return await run()
    } catch (error) {
      if (error instanceof Refusal) throw error
      throw storeRefusal(owner.name, codeOf(error), error)
    }
  }
  const removeParts = async (key: string) => {
    for (const name of await readdir(directoryOf(key)).catch(() => []))
      if (name.startsWith(`${key}.`)) await rm(path.join(directoryOf(key), name), { force: true })
  }

  return {
    ...owner,
    put: (key, content, _sizeBytes, signal) =>
      guarded(async () => {
        const directory = directoryOf(key)
        await mkdir(directory, { recursive: true, mode: 0o700 })
        await removeParts(key)
        const part = path.join(directory, `${key}.${randomUUID()}`)
        try {
          await pipeline(content, createWriteStream(part, { flags: 'wx', mode: 0o600, flush: true }), { signal })
          await rename(part, path.join(directory, key))
        } finally {
          await rm(part, { force: true })
        }
        const parent = await open(directory, 'r')
        await parent.sync().finally(() => parent.close())
      }).finally(() => content.destroy()),
    read: (key, range, signal) =>
      guarded(async () => {
        const file = await open(path.join(directoryOf(key), key), 'r').catch((error: unknown) => {
          throw codeOf(error) === 'ENOENT' ? new ContentMissing(owner.name, key, error) : error
        })
        return file.createReadStream({ ...(range && { start: range.firstByte, end: range.lastByte }), signal })
      }),
    remove: (key) =>
      guarded(async () => {
        await removeParts(key)
        await rm(path.join(directoryOf(key), key), { force: true })
      }),
  }
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
