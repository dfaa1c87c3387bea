/**
 * Encryption of secrets: AES-256-GCM over the JSON text, a random 12-byte nonce in front, the 16-byte tag behind. The owner's
 * id is associated data, so that a ciphertext moved to another owner does not open.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import type { Json } from '@fulcrum/schema'

const NONCE_BYTES = 12
const TAG_BYTES = 16
const ALGORITHM = 'aes-256-gcm'

/** @param key 32 bytes @param ownerId bound into the ciphertext; empty for ciphertexts of the Go control plane */
export function seal(key: Buffer, value: Json, ownerId: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(ALGORITHM, key, nonce)
  if (ownerId !== '') cipher.setAAD(Buffer.from(ownerId))
  const text = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()])
  return Buffer.concat([nonce, text, cipher.getAuthTag()])
}

/** @throws Error when the key, the owner or the ciphertext is not the right one */
export function open(key: Buffer, stored: Buffer, ownerId: string): Json {
  if (stored.length < NONCE_BYTES + TAG_BYTES) throw new Error('ciphertext is too short')
  const decipher = createDecipheriv(ALGORITHM, key, stored.subarray(0, NONCE_BYTES))
  if (ownerId !== '') decipher.setAAD(Buffer.from(ownerId))
  decipher.setAuthTag(stored.subarray(-TAG_BYTES))
  const text = Buffer.concat([decipher.update(stored.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
  return JSON.parse(text.toString('utf8'))
}

/** Names a key without telling anything about it: the first 16 hex digits of its SHA-256. */
export function keyId(key: Buffer): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 16)
}
