/** Keeps secrets out of logs and of error texts. */

/** Shorter values are not masked in texts: they occur in harmless words, and masking them would tell where. */
const SHORTEST_SECRET = 4
/** Enough for every secret of the jobs of some hours; the oldest are forgotten first. */
const MOST_SECRETS = 2_000

const SECRET_KEY = /password|passwd|secret|token|authorization|credential|private.?key/i
const MASK = '***'

export type Redactor = {
  /** From now on every string within `value` is masked. */
  learn(value: unknown): void
  text(text: string): string
  /** A copy for the log: secret strings masked, everything under telling keys masked, errors as plain objects. */
  value(value: unknown): unknown
}

export function createRedactor(): Redactor {
  const known = new Set<string>()

  function learn(value: unknown): void {
    if (typeof value === 'string') remember(value)
    else if (typeof value === 'number') remember(String(value))
    else if (typeof value === 'object' && value !== null) for (const member of Object.values(value)) learn(member)
  }

  function remember(text: string): void {
    if (text.length < SHORTEST_SECRET) return
    for (const form of [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text.toWellFormed())]) {
      known.delete(form)
      known.add(form)
    }
    for (const oldest of known) {
      if (known.size <= MOST_SECRETS) break
      known.delete(oldest)
    }
  }

  function mask(text: string): string {
    let masked = text
    // The longest first, so that no secret survives in part because another one is its beginning.
    const found = [...known].filter((secret) => text.includes(secret)).sort((a, b) => b.length - a.length)
    for (const secret of found) masked = masked.replaceAll(secret, MASK)
    return masked
      .replaceAll(/(\w:\/\/[^\s/:@]*):[^\s/@]+@/g, `$1:${MASK}@`)
      .replaceAll(/\b(password|passwd|secret|token)(["']?\s*[=:]\s*["']?)[^\s"',;]+/gi, `$1$2${MASK}`)
      .replaceAll(/\bBearer\s+[^\s"',;]+/g, `Bearer ${MASK}`)
  }

  function copy(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return mask(value)
    if (typeof value === 'bigint') return String(value)
    if (typeof value !== 'object' || value === null) return value
    if (depth === 0) return '…'
    if (value instanceof Error) {
      const { name, message, stack, cause } = value
      return { name, message: mask(message), stack: stack && mask(stack), cause: copy(cause, depth - 1) }
    }
    if (Array.isArray(value)) return value.map((item) => copy(item, depth - 1))
    if ('toJSON' in value && typeof value.toJSON === 'function') return copy(value.toJSON(), depth - 1)
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, SECRET_KEY.test(key) ? MASK : copy(member, depth - 1)]),
    )
  }

  return { learn, text: mask, value: (value) => copy(value, 8) }
}
