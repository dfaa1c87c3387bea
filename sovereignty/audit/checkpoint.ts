/**
 * Signed statements of the size and root of an audit log: checkpoints in the form of C2SP's tlog-checkpoint, notes signed with
 * Ed25519. A key's id is the first four bytes of SHA-256 over its name, a line feed, the algorithm 1 and the raw public key.
 */
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'

export type Checkpoint = {
  /** Names the log, for example `fulcrum.example/audit`. */
  origin: string
  size: number
  root: Uint8Array
}

const ED25519 = 1
const KEY_ID_BYTES = 4
/** In front of the raw 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

export function keyId(name: string, publicKey: Uint8Array): Buffer {
  return createHash('sha256')
    .update(name)
    .update(Buffer.of(0x0a, ED25519))
    .update(publicKey)
    .digest()
    .subarray(0, KEY_ID_BYTES)
}

/** The raw 32 bytes of an Ed25519 public key, or of the one that belongs to a private key. */
export function rawPublicKey(key: KeyObject): Buffer {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  return publicKey.export({ type: 'spki', format: 'der' }).subarray(SPKI_PREFIX.length)
}

/** @param name  of the signer; the log's own is its origin, a witness has another */
export function signCheckpoint(checkpoint: Checkpoint, name: string, privateKey: KeyObject): string {
  const text = bodyOf(checkpoint)
  return `${text}\n${signatureLine(text, name, privateKey)}`
}

/** Adds another signer's word to a note. */
export function cosign(note: string, name: string, privateKey: KeyObject): string {
  return note + signatureLine(split(note).text, name, privateKey)
}

/**
 * @returns the checkpoint, when one of its signatures is by this key
 * @throws Error that says what is wrong with it
 */
export function verifyCheckpoint(note: string, name: string, publicKey: Uint8Array): Checkpoint {
  const { text, signatures } = split(note)
  const wanted = keyId(name, publicKey)
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' })
  const signed = signatures.some(
    (signature) =>
      signature.name === name &&
      signature.bytes.subarray(0, KEY_ID_BYTES).equals(wanted) &&
      verify(null, Buffer.from(text), key, signature.bytes.subarray(KEY_ID_BYTES)),
  )
  if (!signed) throw new Error(`the checkpoint has no valid signature of ${name}`)
  return parseBody(text)
}

function bodyOf({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`
}

function signatureLine(text: string, name: string, privateKey: KeyObject): string {
  const bytes = Buffer.concat([keyId(name, rawPublicKey(privateKey)), sign(null, Buffer.from(text), privateKey)])
  return `— ${name} ${bytes.toString('base64')}\n`
}

const SIGNATURE = /^— (\S+) ([A-Za-z0-9+/]+=*)$/

function split(note: string): { text: string; signatures: { name: string; bytes: Buffer }[] } {
  const end = note.lastIndexOf('\n\n')
  if (end < 0 || !note.endsWith('\n')) throw new Error('the checkpoint is not a signed note')
  const signatures = note
    .slice(end + 2, -1)
    .split('\n')
    .map((line) => {
      const [, name, base64] = SIGNATURE.exec(line) ?? []
      if (name === undefined || base64 === undefined) throw new Error('the checkpoint has a line that is no signature')
      return { name, bytes: Buffer.from(base64, 'base64') }
    })
  return { text: note.slice(0, end + 1), signatures }
}

function parseBody(text: string): Checkpoint {
  const [origin, size, root] = text.split('\n')
  const bytes = Buffer.from(root ?? '', 'base64')
  if (!origin || !/^(0|[1-9]\d*)$/.test(size ?? '') || bytes.length !== 32)
    throw new Error('the checkpoint does not name origin, size and root')
  return { origin, size: Number(size), root: bytes }
}
