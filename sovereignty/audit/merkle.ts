/**
 * The Merkle tree of RFC 9162 over SHA-256: its root for every size, and proofs that an entry is in it (section 2.1.3) and that a
 * later tree holds an earlier one unchanged (section 2.1.4). Hashes are 32 bytes.
 */
import { createHash } from 'node:crypto'

const LEAF = Buffer.of(0)
const NODE = Buffer.of(1)

export function leafHash(data: string | Uint8Array): Buffer {
  return createHash('sha256').update(LEAF).update(data).digest()
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return createHash('sha256').update(NODE).update(left).update(right).digest()
}

/** The root of the empty tree. */
export const EMPTY_ROOT = createHash('sha256').digest()

/** The root over leaf hashes. */
export function merkleRoot(leaves: readonly Uint8Array[]): Buffer {
  const frontier = new Frontier()
  for (const leaf of leaves) frontier.append(leaf)
  return frontier.root()
}

/**
 * What has to be kept of a tree to append to it: the roots of its complete subtrees, the largest first, one for each bit that is
 * set in its size.
 */
export class Frontier {
  #size: number
  readonly #peaks: Buffer[]

  /** @param peaks  as `peaks` of a frontier of that size gave them */
  constructor(size = 0, peaks: readonly Uint8Array[] = []) {
    if (peaks.length !== bits(size)) throw new Error('the peaks do not fit the size of the tree')
    this.#size = size
    this.#peaks = peaks.map((peak) => Buffer.from(peak))
  }

  get size(): number {
    return this.#size
  }

  get peaks(): readonly Buffer[] {
    return this.#peaks
  }

  /** @returns the roots of the complete subtrees that this leaf closes, the smallest first: of 2 leaves, of 4, … */
  append(leaf: Uint8Array): Buffer[] {
    const closed: Buffer[] = []
    let hash: Buffer = Buffer.from(leaf)
    for (let size = this.#size; size % 2 === 1; size = (size - 1) / 2) {
      hash = nodeHash(this.#peaks.pop() ?? hash, hash)
      closed.push(hash)
    }
    this.#peaks.push(hash)
    this.#size++
    return closed
  }

  root(): Buffer {
    const [last, ...before] = this.#peaks.toReversed()
    return last ? before.reduce((right, left) => nodeHash(left, right), last) : EMPTY_ROOT
  }
}

function bits(size: number): number {
  return size === 0 ? 0 : size.toString(2).replaceAll('0', '').length
}

/** The root of the subtree over leaves from `start` on, `end` excluded. Whoever stores nodes answers faster than from leaves. */
export type Subtree = (start: number, end: number) => Promise<Uint8Array> | Uint8Array

export function overLeaves(leaves: readonly Uint8Array[]): Subtree {
  return (start, end) => merkleRoot(leaves.slice(start, end))
}

/** Proof that the leaf at `index` is in the tree of that size, from the leaf up. @throws RangeError for an index beyond it */
export async function inclusionProof(index: number, size: number, subtree: Subtree): Promise<Buffer[]> {
  if (index < 0 || index >= size) throw new RangeError('the index lies beyond the tree')
  const proof: Buffer[] = []
  let [start, end] = [0, size]
  while (end - start > 1) {
    const middle = start + largestPowerBelow(end - start)
    const inLeft = index < middle
    proof.unshift(Buffer.from(inLeft ? await subtree(middle, end) : await subtree(start, middle)))
    if (inLeft) end = middle
    else start = middle
  }
  return proof
}

/** Proof that the tree of size `to` begins with the tree of size `from`. @throws RangeError unless 0 < from <= to */
export async function consistencyProof(from: number, to: number, subtree: Subtree): Promise<Buffer[]> {
  if (from <= 0 || from > to) throw new RangeError('the earlier size lies beyond the tree')
  const proof: Buffer[] = []
  let [start, end] = [0, to]
  // whether the old tree is a subtree of its own, which the verifier knows the root of
  let complete = true
  while (from < end) {
    const middle = start + largestPowerBelow(end - start)
    if (from <= middle) {
      proof.unshift(Buffer.from(await subtree(middle, end)))
      end = middle
    } else {
      proof.unshift(Buffer.from(await subtree(start, middle)))
      start = middle
      complete = false
    }
  }
  return complete ? proof : [Buffer.from(await subtree(start, end)), ...proof]
}

function largestPowerBelow(count: number): number {
  let power = 1
  while (power * 2 < count) power *= 2
  return power
}

export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (index < 0 || index >= size) return false
  let [node, last] = [index, size - 1]
  let hash: Buffer = Buffer.from(leaf)
  for (const step of proof) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(step, hash)
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)]
    } else hash = nodeHash(hash, step)
    ;[node, last] = [half(node), half(last)]
  }
  return last === 0 && hash.equals(root)
}

export function verifyConsistency(
  from: number,
  to: number,
  oldRoot: Uint8Array,
  newRoot: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (from <= 0 || from > to) return false
  if (from === to) return proof.length === 0 && Buffer.from(oldRoot).equals(newRoot)
  const isPower = bits(from) === 1
  const [first, ...rest] = isPower ? [oldRoot, ...proof] : proof
  if (!first || proof.length === 0) return false
  let [node, last] = [from - 1, to - 1]
  while (node % 2 === 1) [node, last] = [half(node), half(last)]
  let older: Buffer = Buffer.from(first)
  let newer: Buffer = Buffer.from(first)
  for (const step of rest) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      older = nodeHash(step, older)
      newer = nodeHash(step, newer)
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)]
    } else newer = nodeHash(newer, step)
    ;[node, last] = [half(node), half(last)]
  }
  return last === 0 && older.equals(oldRoot) && newer.equals(newRoot)
}

function half(value: number): number {
  return Math.floor(value / 2)
}
