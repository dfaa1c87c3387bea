/**
 * Whether a checkpoint of another control plane goes on from the last one that was seen of it. Pure. What is accepted is cosigned, so
 * that nothing may be accepted that contradicts what was cosigned before.
 */
import { type Checkpoint, verifyCheckpoint, verifyConsistency } from '@fulcrum/sovereignty/audit'

export type Seen = { origin: string; publicKey: Buffer; size: number; root: Buffer }

/** `stale`: not newer, and nothing is wrong with it. `unproven`: there is no proof to look at. */
export type PeerVerdict =
  | { state: 'accepted'; checkpoint: Checkpoint }
  | { state: 'invalid' | 'stale' | 'unproven' | 'inconsistent'; problem: string }

/** A signed note is short; a long one would be kept, too. */
const MOST_NOTE_BYTES = 8_192
const KEY_BYTES = 32
const HASH = /^[0-9a-f]{64}$/i
/** Longer than any proof about 2^53 entries. */
const MOST_PROOF = 128

export type Presented = { note: string; publicKey?: string; proof?: readonly string[] }

/**
 * @param seen  null: the first checkpoint of this peer, whose key is taken from `publicKey`
 * @param ownOrigin  the log of this control plane, which is signed here and never cosigned
 */
export function judgePeer(presented: Presented, seen: Seen | null, ownOrigin: string): PeerVerdict {
  const { note, proof = [] } = presented
  if (Buffer.byteLength(note) > MOST_NOTE_BYTES) return invalid(`note may have ${MOST_NOTE_BYTES} bytes at most`)
  const origin = note.slice(0, note.indexOf('\n'))
  if (origin === ownOrigin) return invalid('this is the log of this control plane: another one has to cosign it')
  if (seen && origin !== seen.origin) return invalid(`the checkpoint is of ${origin}, and this peer is ${seen.origin}`)
  const key = readKey(presented.publicKey)
  if (key === 'bad') return invalid('publicKey must be the 32 bytes of an Ed25519 key, base64')
  if (seen && key && !key.equals(seen.publicKey)) return invalid('publicKey is not the one that this peer began with')
  const publicKey = seen?.publicKey ?? key
  if (!publicKey) return invalid('publicKey is required with the first checkpoint of a peer')

  let checkpoint: Checkpoint
  try {
    checkpoint = verifyCheckpoint(note, origin, publicKey)
  } catch (error) {
    return invalid(error instanceof Error ? error.message : String(error))
  }
  return seen ? goesOn(checkpoint, seen, proof) : { state: 'accepted', checkpoint }
}

function goesOn(checkpoint: Checkpoint, seen: Seen, proof: readonly string[]): PeerVerdict {
  const { size, root } = checkpoint
  if (size < seen.size)
    return { state: 'stale', problem: `it covers ${size} entries, and one of ${seen.size} was seen already` }
  if (size === seen.size)
    return seen.root.equals(root)
      ? { state: 'accepted', checkpoint }
      : { state: 'inconsistent', problem: `another tree of ${size} entries was seen before` }
  if (seen.size === 0) return { state: 'accepted', checkpoint }
  if (proof.length === 0 || proof.length > MOST_PROOF || !proof.every((hash) => HASH.test(hash)))
    return {
      state: 'unproven',
      problem: `give the proof that it goes on from ${seen.size} entries: hashes in hexadecimal`,
    }
  const hashes = proof.map((hash) => Buffer.from(hash, 'hex'))
  if (verifyConsistency(seen.size, size, seen.root, root, hashes)) return { state: 'accepted', checkpoint }
  return {
    state: 'inconsistent',
    problem: `the proof does not show that it goes on from the ${seen.size} entries seen before`,
  }
}

function readKey(text: string | undefined): Buffer | null | 'bad' {
  if (text === undefined) return null
  const key = Buffer.from(text, 'base64')
  return key.length === KEY_BYTES && /^[A-Za-z0-9+/]+=*$/.test(text) ? key : 'bad'
}

function invalid(problem: string): PeerVerdict {
  return { state: 'invalid', problem }
}
