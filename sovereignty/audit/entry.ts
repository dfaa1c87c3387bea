/**
 * One entry of the audit log: what happened, without the content. The content is bound by a salted commitment, so that it can be
 * erased without breaking the tree.
 */
import { createHash } from 'node:crypto'
import { canonicalJson } from './canonical-json.ts'
import { leafHash } from './merkle.ts'

export type AuditEntry = {
  v: 1
  seq: number
  /** RFC 3339, UTC. */
  time: string
  /** Which control plane. */
  instance: string
  type: string
  initiatorType: string
  initiatorId: string
  entityId: string
  /** Hexadecimal. */
  commit: string
  alg: 'sha-256'
}

/** SHA-256 over the salt and the canonical payload, hexadecimal. */
export function commitTo(salt: Uint8Array, payload: unknown): string {
  return createHash('sha256').update(salt).update(canonicalJson(payload)).digest('hex')
}

export function entryHash(entry: AuditEntry): Buffer {
  return leafHash(canonicalJson(entry))
}
