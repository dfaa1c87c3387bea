/** The audit tree: every proof for small trees, what a forger could try, checkpoints and canonical JSON. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, test } from 'node:test'
import { canonicalJson } from './canonical-json.ts'
import { cosign, rawPublicKey, signCheckpoint, verifyCheckpoint } from './checkpoint.ts'
import { type AuditEntry, commitTo, entryHash } from './entry.ts'
import {
  consistencyProof,
  EMPTY_ROOT,
  Frontier,
  inclusionProof,
  leafHash,
  merkleRoot,
  nodeHash,
  overLeaves,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts'

const LARGEST = 40
const leaves = Array.from({ length: LARGEST }, (_, index) => leafHash(`entry ${index}`))
const subtree = overLeaves(leaves)
const root = (size: number) => merkleRoot(leaves.slice(0, size))

/** The definition of RFC 9162, section 2.1.1, as it stands there. */
function byDefinition(part: readonly Buffer[]): Buffer {
  if (part.length <= 1) return part[0] ?? EMPTY_ROOT
  let k = 1
  while (k * 2 < part.length) k *= 2
  return nodeHash(byDefinition(part.slice(0, k)), byDefinition(part.slice(k)))
}

describe('the tree', () => {
  test('has the root of the definition at every size', () => {
    for (let size = 0; size <= LARGEST; size++) assert.deepEqual(root(size), byDefinition(leaves.slice(0, size)))
  })

  test('grows from what is kept of it', () => {
    for (let size = 0; size < LARGEST; size++) {
      const before = new Frontier()
      for (const leaf of leaves.slice(0, size)) before.append(leaf)
      const kept = new Frontier(before.size, before.peaks)
      for (const leaf of leaves.slice(size)) kept.append(leaf)
      assert.deepEqual(kept.root(), root(LARGEST))
    }
    assert.throws(() => new Frontier(3, [leaves[0] ?? EMPTY_ROOT]), /peaks do not fit/)
  })

  test('tells which subtrees each leaf closes', () => {
    const frontier = new Frontier()
    for (let size = 1; size <= LARGEST; size++) {
      const closed = frontier.append(leaves[size - 1] ?? EMPTY_ROOT)
      const expected: Buffer[] = []
      for (let width = 2; size % width === 0; width *= 2) expected.push(merkleRoot(leaves.slice(size - width, size)))
      assert.deepEqual(closed, expected)
    }
  })

  test('proves every entry at every size, and nothing else', async () => {
    for (let size = 1; size <= LARGEST; size++)
      for (let index = 0; index < size; index++) {
        const proof = await inclusionProof(index, size, subtree)
        const leaf = leaves[index] ?? EMPTY_ROOT
        assert.ok(verifyInclusion(leaf, index, size, proof, root(size)), `${index} of ${size}`)
        assert.ok(!verifyInclusion(leafHash('forged'), index, size, proof, root(size)))
        assert.ok(!verifyInclusion(leaf, index, size, [...proof, EMPTY_ROOT], root(size)))
        if (size > 1) {
          assert.ok(!verifyInclusion(leaf, (index + 1) % size, size, proof, root(size)))
          assert.ok(!verifyInclusion(leaf, index, size, proof.slice(1), root(size)))
        }
      }
    await assert.rejects(inclusionProof(3, 3, subtree), RangeError)
    assert.ok(!verifyInclusion(leaves[0] ?? EMPTY_ROOT, 1, 1, [], root(1)))
  })

  test('proves that it goes on from every earlier size, and refuses a history that was changed', async () => {
    for (let to = 1; to <= LARGEST; to++)
      for (let from = 1; from <= to; from++) {
        const proof = await consistencyProof(from, to, subtree)
        assert.ok(verifyConsistency(from, to, root(from), root(to), proof), `${from} and ${to}`)
        const changed = leaves.with(Math.min(from, to) - 1, leafHash('rewritten')).slice(0, to)
        assert.ok(!verifyConsistency(from, to, root(from), merkleRoot(changed), proof))
        assert.ok(!verifyConsistency(from, to, leafHash('other'), root(to), proof))
        assert.ok(!verifyConsistency(from, to, root(from), root(to), [...proof, EMPTY_ROOT]))
      }
    await assert.rejects(consistencyProof(0, 3, subtree), RangeError)
    await assert.rejects(consistencyProof(4, 3, subtree), RangeError)
    assert.ok(!verifyConsistency(0, 3, EMPTY_ROOT, root(3), []))
  })
})

describe('a checkpoint', () => {
  const log = generateKeyPairSync('ed25519')
  const witness = generateKeyPairSync('ed25519')
  const origin = 'fulcrum.example/audit'
  const checkpoint = { origin, size: 7, root: root(7) }
  const note = signCheckpoint(checkpoint, origin, log.privateKey)
  const key = rawPublicKey(log.publicKey)

  test('is believed for its key and name alone', () => {
    assert.deepEqual(verifyCheckpoint(note, origin, key), checkpoint)
    assert.throws(() => verifyCheckpoint(note, 'other.example/audit', key), /no valid signature/)
    assert.throws(() => verifyCheckpoint(note, origin, rawPublicKey(witness.publicKey)), /no valid signature/)
  })

  test('is not believed when anything of it was changed', () => {
    for (const forged of [note.replace('\n7\n', '\n8\n'), note.replace('fulcrum.example/audit\n7', 'x/audit\n7')])
      assert.throws(() => verifyCheckpoint(forged, origin, key), /no valid signature/)
    for (const broken of ['', note.slice(0, -1), note.replace('— ', '- '), 'a\n1\n'])
      assert.throws(() => verifyCheckpoint(broken, origin, key), Error)
  })

  test('carries the word of a witness beside its own', () => {
    const both = cosign(note, 'peer.example', witness.privateKey)
    assert.deepEqual(verifyCheckpoint(both, 'peer.example', rawPublicKey(witness.publicKey)), checkpoint)
    assert.deepEqual(verifyCheckpoint(both, origin, key), checkpoint)
  })

  test('that is signed and names no root is refused', () => {
    const odd = signCheckpoint({ origin, size: 7, root: Buffer.of(1, 2) }, origin, log.privateKey)
    assert.throws(() => verifyCheckpoint(odd, origin, key), /does not name/)
  })
})

describe('an entry', () => {
  const payload = { patient: 'somebody', n: 1 }
  const entry: AuditEntry = {
    v: 1,
    seq: 1,
    time: '2026-11-23T12:00:00Z',
    instance: 'fulcrum.example',
    type: 't',
    initiatorType: 'user',
    initiatorId: 'u',
    entityId: 'e',
    commit: commitTo(Buffer.from('salt'), payload),
    alg: 'sha-256',
  }

  test('is bound to its payload by a salt, and stays in the tree without it', () => {
    assert.equal(commitTo(Buffer.from('salt'), { n: 1, patient: 'somebody' }), entry.commit)
    assert.notEqual(commitTo(Buffer.from('pepper'), payload), entry.commit)
    assert.notEqual(commitTo(Buffer.from('salt'), { ...payload, n: 2 }), entry.commit)
    assert.notDeepEqual(entryHash({ ...entry, seq: 2 }), entryHash(entry))
  })
})

test('canonical JSON orders members by code units, and refuses what JSON cannot hold', () => {
  assert.equal(
    canonicalJson({
      b: [1, 1e21, 0.5, null, true],
      a: { '\u20ac': '"\n', '\ud83d\ude00': 1, '\ufb33': 2 },
      gone: undefined,
    }),
    '{"a":{"\u20ac":"\\"\\n","\ud83d\ude00":1,"\ufb33":2},"b":[1,1e+21,0.5,null,true]}',
  )
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, '\ud800', 1n, () => 1])
    assert.throws(() => canonicalJson(value), /canonical form/)
})
