/** A cache of texts that forgets what is old, and the longest unused first when it is full. */

export class BoundedCache {
  readonly #entries = new Map<string, { text: string; until: number }>()
  readonly #maxBytes: number
  readonly #maxEntries: number
  #bytes = 0

  constructor(limits: { maxEntries: number; maxBytes: number }) {
    this.#maxEntries = limits.maxEntries
    this.#maxBytes = limits.maxBytes
  }

  /** @param now  milliseconds, on the clock that `set` was given */
  get(key: string, now: number): string | undefined {
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    this.#delete(key)
    if (entry.until <= now) return undefined
    this.#insert(key, entry)
    return entry.text
  }

  set(key: string, text: string, until: number): void {
    this.#delete(key)
    if (sizeOf(key, text) > this.#maxBytes) return
    this.#insert(key, { text, until })
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes && this.#entries.size <= this.#maxEntries) break
      this.#delete(oldest)
    }
  }

  get size(): number {
    return this.#entries.size
  }

  #insert(key: string, entry: { text: string; until: number }): void {
    this.#entries.set(key, entry)
    this.#bytes += sizeOf(key, entry.text)
  }

  #delete(key: string): void {
    const entry = this.#entries.get(key)
    if (!entry) return
    this.#entries.delete(key)
    this.#bytes -= sizeOf(key, entry.text)
  }
}

/** As JavaScript keeps it at worst: two bytes a unit. */
function sizeOf(key: string, text: string): number {
  return 2 * (key.length + text.length)
}
