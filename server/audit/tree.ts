/**
 * Where the parts of the tree are stored: complete subtrees by level and position. Any other part is put together from the roots of
 * few complete ones, so that a proof over a million leaves reads some twenty nodes.
 */
import { EMPTY_ROOT, nodeHash, type Subtree } from '@fulcrum/sovereignty/audit'

/** Spans 2^level leaves from position * 2^level on. */
export type NodePlace = { level: number; position: number }

/** The complete subtrees that the leaves from `start` to `end` (excluded) fall into, the largest first. `start` begins the first. */
export function placesOf(start: number, end: number): NodePlace[] {
  const places: NodePlace[] = []
  for (let from = start; from < end; ) {
    let level = 0
    while (from + 2 ** (level + 1) <= end && from % 2 ** (level + 1) === 0) level++
    places.push({ level, position: from / 2 ** level })
    from += 2 ** level
  }
  return places
}

/** The root over complete subtrees in a row, the largest first. */
export function join(hashes: readonly Uint8Array[]): Buffer {
  const [last, ...before] = hashes.toReversed()
  return last ? Buffer.from(before.reduce((right, left) => nodeHash(left, right), last)) : EMPTY_ROOT
}

export function keyOf({ level, position }: NodePlace): string {
  return `${level}/${position}`
}

/**
 * Builds something from subtrees with one reading of the store: first it is only asked which ones it needs.
 *
 * @param build  asks for the same subtrees whatever their hashes are, as proofs do
 * @param read  the hashes of nodes, by `keyOf`
 * @throws Error when the store does not have a node
 */
export async function withSubtrees<T>(
  build: (subtree: Subtree) => Promise<T>,
  read: (places: readonly NodePlace[]) => Promise<ReadonlyMap<string, Buffer>>,
): Promise<T> {
  const wanted = new Map<string, NodePlace>()
  await build((start, end) => {
    for (const place of placesOf(start, end)) wanted.set(keyOf(place), place)
    return EMPTY_ROOT
  })
  const hashes = await read([...wanted.values()])
  return build((start, end) =>
    join(
      placesOf(start, end).map((place) => {
        const hash = hashes.get(keyOf(place))
        if (!hash) throw new Error(`the audit log does not have its node ${keyOf(place)}`)
        return hash
      }),
    ),
  )
}
