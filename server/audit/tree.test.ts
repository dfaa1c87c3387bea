/** The stored form of the tree: the same roots and proofs as from leaves, and few nodes to read for them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  consistencyProof,
  EMPTY_ROOT,
  inclusionProof,
  leafHash,
  merkleRoot,
  overLeaves,
  type Subtree,
} from '@fulcrum/sovereignty/audit'
import { join, keyOf, type NodePlace, placesOf, withSubtrees } from './tree.ts'

const LARGEST = 33
const leaves = Array.from({ length: LARGEST }, (_, index) => leafHash(`${index}`))
const stored = ({ level, position }: NodePlace) =>
  merkleRoot(leaves.slice(position * 2 ** level, (position + 1) * 2 ** level))
const read = async (places: readonly NodePlace[]) => new Map(places.map((place) => [keyOf(place), stored(place)]))

test('every tree is put together from complete subtrees', () => {
  assert.deepEqual(join([]), EMPTY_ROOT)
  for (let size = 0; size <= LARGEST; size++)
    assert.deepEqual(join(placesOf(0, size).map(stored)), merkleRoot(leaves.slice(0, size)))
})

test('every proof is the one that is made from the leaves', async () => {
  for (let size = 1; size <= LARGEST; size++)
    for (let at = 0; at < size; at++) {
      const builds = [
        (subtree: Subtree) => inclusionProof(at, size, subtree),
        (subtree: Subtree) => consistencyProof(at + 1, size, subtree),
      ]
      for (const build of builds)
        assert.deepEqual(await withSubtrees(build, read), await build(overLeaves(leaves)), `${at} of ${size}`)
    }
})

test('a node that is not there is said, and nothing is proven without it', async () => {
  await assert.rejects(
    withSubtrees(
      async (subtree) => inclusionProof(3, 7, subtree),
      async () => new Map(),
    ),
    /does not have its node/,
  )
})

test('a proof over a million entries reads at most forty nodes', async () => {
  const LEAVES = 1_000_000
  const MOST = 40
  let reads = 0
  const count = async (places: readonly NodePlace[]) => {
    reads = places.length
    return new Map(places.map((place) => [keyOf(place), EMPTY_ROOT]))
  }
  for (const at of [0, 1, 65_535, 499_999, 524_287, 524_288, 777_777, 999_998, 999_999]) {
    await withSubtrees(async (subtree) => inclusionProof(at, LEAVES, subtree), count)
    assert.ok(reads <= MOST, `inclusion of ${at}: ${reads}`)
    await withSubtrees(async (subtree) => consistencyProof(at + 1, LEAVES, subtree), count)
    assert.ok(reads <= MOST, `consistency with ${at + 1}: ${reads}`)
  }
})
