/** What a place for the content of finished artifacts must be able to do. */
import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { StoreConfig, StoreOwner } from '../platform/artifact-stores-file.ts'
import { Refusal } from '../platform/errors.ts'
import type { ByteRange } from './byte-range.ts'

export type ArtifactStore = StoreOwner & {
  readonly kind: StoreConfig['kind']
  /**
   * Writes a whole content. It becomes readable under the key only when it is complete; what was there is replaced.
   *
   * @throws Refusal `unavailable` when the store cannot be reached, refuses, or is full
   */
  put(key: string, content: Readable, sizeBytes: number, signal: AbortSignal): Promise<void>
  /** @throws ContentMissing; Refusal `unavailable` when the store does not answer */
  read(key: string, range: ByteRange | null, signal: AbortSignal): Promise<Readable>
  /** Removes the content and what broken writes left of it; there may be none. @throws Refusal `unavailable` */
  remove(key: string, signal: AbortSignal): Promise<void>
}

/** The store answers, and does not have it. */
export class ContentMissing extends Refusal {
  constructor(store: string, key: string, cause?: unknown) {
    super('unavailable', `artifact store ${store} does not have the content ${key}`, { cause })
  }
}

export function storeRefusal(store: string, what: string, cause: unknown): Refusal {
  return new Refusal('unavailable', `artifact store ${store} cannot be used: ${what}`, { cause })
}

/** Reads a whole content. @throws what reading throws */
export async function digestOf(content: Readable): Promise<{ sha256: string; sizeBytes: number }> {
  const digest = createHash('sha256')
  let sizeBytes = 0
  for await (const chunk of content) {
    digest.update(chunk)
    sizeBytes += chunk.length
  }
  return { sha256: digest.digest('hex'), sizeBytes }
}
