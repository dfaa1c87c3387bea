/**
 * What the library for test certificates needs of the decorator metadata proposal: values kept by target, member and key. Imported
 * before it. The proposal's own polyfill would be one more package for these few lines.
 */

const values = new WeakMap<object, Map<string, unknown>>()
const nameOf = (key: unknown, member: unknown) => `${String(member)} ${String(key)}`

const metadata = {
  defineMetadata(key: unknown, value: unknown, target: object, member?: unknown): void {
    const own = values.get(target) ?? new Map<string, unknown>()
    values.set(target, own.set(nameOf(key, member), value))
  },
  getOwnMetadata: (key: unknown, target: object, member?: unknown): unknown =>
    values.get(target)?.get(nameOf(key, member)),
  getMetadata(key: unknown, target: object, member?: unknown): unknown {
    for (let at: object | null = target; at !== null; at = Object.getPrototypeOf(at)) {
      const own = values.get(at)
      if (own?.has(nameOf(key, member))) return own.get(nameOf(key, member))
    }
    return undefined
  },
  metadata: (key: unknown, value: unknown) => (target: object, member?: unknown) =>
    metadata.defineMetadata(key, value, target, member),
}

if (!('getMetadata' in Reflect)) Object.assign(Reflect, metadata)
