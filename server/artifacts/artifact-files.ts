/**
 * The content of artifacts. `ArtifactFiles` is all that the feature asks of a storage; this one is a directory of the local disk,
 * `<data directory>/artifacts/ab/cd/<id>`, for one server process.
 */
import { createHash } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import type { Platform } from '../platform/context.ts'
import { Refusal } from '../platform/errors.ts'
import type { ByteRange } from './byte-range.ts'

export type Bytes = AsyncIterable<Uint8Array>

export type ArtifactFiles = {
  /** Bytes that are safely stored; 0 when there is nothing. */
  sizeBytes(id: string): Promise<number>
  /** Whether the content from `offsetBytes` to its end is exactly these bytes. Stops reading `bytes` at the first difference. */
  endsWith(id: string, offsetBytes: number, bytes: Bytes): Promise<boolean>
  /** @throws Refusal `unavailable` when the content is gone */
  read(id: string, range: ByteRange | null, signal: AbortSignal): Promise<Readable>
  /** The right to write, for one at a time; null when somebody else has it. Stores nothing yet. */
  claim(id: string): ArtifactWriter | null
  /** Every id that has content, in no order. */
  ids(): AsyncIterable<string>
}

export type ArtifactWriter = {
  /**
   * Appends, no faster than the disk takes it. When it throws, what is stored is `sizeBytes()` of it.
   *
   * @throws Refusal `too-large` when the content would get larger than `limitBytes`; `unavailable` when the disk is full
   */
  append(bytes: Bytes, limitBytes: number): Promise<void>
  truncate(sizeBytes: number): Promise<void>
  /** @returns hex of the whole content */
  sha256(signal: AbortSignal): Promise<string>
  remove(): Promise<void>
  /** Must be called in the end, whatever happened. */
  release(): Promise<void>
}

/** So much is written before the disk must confirm it: a bound to what a power failure can take. */
const SYNC_BYTES = 16 * 2 ** 20
const DISK_FULL = new Set(['ENOSPC', 'EDQUOT'])

const filesOfPlatforms = new WeakMap<Platform, ArtifactFiles>()

/** The one store of this server: routes and workers must see each other's claims. */
export function artifactFilesOf(platform: Platform): ArtifactFiles {
  const known = filesOfPlatforms.get(platform)
  if (known) return known
  const files = localArtifactFiles(path.resolve(platform.config.dataDir, 'artifacts'))
  filesOfPlatforms.set(platform, files)
  return files
}

/** @param root  the directory; it is made with the first content, for this user only */
export function localArtifactFiles(root: string): ArtifactFiles {
  const writers = new Map<string, LocalWriter>()
  const fileOf = (id: string) => path.join(root, id.slice(0, 2), id.slice(2, 4), id)

  return {
    async sizeBytes(id) {
      return writers.get(id)?.syncedBytes ?? (await fileSize(fileOf(id)))
    },
    async endsWith(id, offsetBytes, bytes) {
      const file = await open(fileOf(id), 'r').catch(missing(id))
      try {
        let at = offsetBytes
        for await (const chunk of bytes) {
          const { bytesRead, buffer } = await file.read(Buffer.alloc(chunk.length), 0, chunk.length, at)
          if (bytesRead !== chunk.length || !buffer.equals(chunk)) return false
          at += chunk.length
        }
        return at === (await file.stat()).size
      } finally {
        await file.close()
      }
    },
    async read(id, range, signal) {
      const file = await open(fileOf(id), 'r').catch(missing(id))
      return file.createReadStream({ ...(range && { start: range.firstByte, end: range.lastByte }), signal })
    },
    claim(id) {
      if (writers.has(id)) return null
      const writer = new LocalWriter(fileOf(id), () => writers.delete(id))
      writers.set(id, writer)
      return writer
    },
    async *ids() {
      const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(whenMissing([]))
      for (const entry of entries) if (entry.isFile()) yield entry.name
    },
  }
}

class LocalWriter implements ArtifactWriter {
  readonly #path: string
  readonly #onRelease: () => void
  #file: FileHandle | undefined
  #writtenBytes = 0
  /** What the disk has confirmed; undefined until the file was opened. */
  syncedBytes: number | undefined

  constructor(file: string, onRelease: () => void) {
    this.#path = file
    this.#onRelease = onRelease
  }

  async append(bytes: Bytes, limitBytes: number): Promise<void> {
    const file = await this.#open()
    try {
      for await (const chunk of bytes) {
        if (this.#writtenBytes + chunk.length > limitBytes)
          throw new Refusal('too-large', `an artifact may have ${limitBytes} bytes at most`)
        await this.#write(file, chunk)
        if (this.#writtenBytes - (this.syncedBytes ?? 0) >= SYNC_BYTES) await this.#sync(file)
      }
    } catch (error) {
      throw asDiskFull(error)
    } finally {
      await this.#sync(file)
    }
  }

  async truncate(sizeBytes: number): Promise<void> {
    const file = await this.#open()
    await file.truncate(sizeBytes)
    this.#writtenBytes = sizeBytes
    await this.#sync(file)
  }

  async sha256(signal: AbortSignal): Promise<string> {
    const digest = createHash('sha256')
    for await (const chunk of createReadStream(this.#path, { highWaterMark: 2 ** 20, signal })) digest.update(chunk)
    return digest.digest('hex')
  }

  async remove(): Promise<void> {
    await rm(this.#path, { force: true })
  }

  async release(): Promise<void> {
    await this.#file?.close()
    this.#onRelease()
  }

  async #open(): Promise<FileHandle> {
    if (this.#file) return this.#file
    const directory = path.dirname(this.#path)
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 })
      this.#file = await open(this.#path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
    } catch (error) {
      throw asDiskFull(error)
    }
    // the name of a new file is safe only when its directory is
    const parent = await open(directory, 'r')
    await parent.sync().finally(() => parent.close())
    this.#writtenBytes = (await this.#file.stat()).size
    this.syncedBytes = this.#writtenBytes
    return this.#file
  }

  async #write(file: FileHandle, chunk: Uint8Array): Promise<void> {
    for (let done = 0; done < chunk.length; ) {
      const { bytesWritten } = await file.write(chunk, done, chunk.length - done, this.#writtenBytes)
      done += bytesWritten
      this.#writtenBytes += bytesWritten
    }
  }

  async #sync(file: FileHandle): Promise<void> {
    await file.datasync()
    this.syncedBytes = this.#writtenBytes
  }
}

async function fileSize(file: string): Promise<number> {
  return (await stat(file).catch(whenMissing({ size: 0 }))).size
}

function whenMissing<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (codeOf(error) === 'ENOENT') return value
    throw error
  }
}

function missing(id: string): (error: unknown) => never {
  return (error) => {
    if (codeOf(error) !== 'ENOENT') throw error
    throw new Refusal('unavailable', `the content of artifact ${id} is not on this server's disk`, { cause: error })
  }
}

/** Disk full is nobody's defect; what else a disk says is one. */
function asDiskFull(error: unknown): unknown {
  if (!DISK_FULL.has(codeOf(error))) return error
  return new Refusal('unavailable', 'the disk for artifacts is full: free space on the server, then go on', {
    cause: error,
  })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
