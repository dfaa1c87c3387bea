/** What a token is: a secret value that proves an identity until it expires. */
import { createHash, randomBytes } from 'node:crypto'
import type { Role } from '@fulcrum/contract'
import { invalidInput } from '../platform/errors.ts'

export type Token = {
  id: string
  name: string
  role: Role
  hash: string
  expireAt: Date
  participantId: string | null
  agentId: string | null
  createdAt: Date
  updatedAt: Date
}

/** How long a token lives when nobody said otherwise, in milliseconds (contract, API.md 2.2). */
export const DEFAULT_LIFETIME_MS = 24 * 3_600_000

const VALUE_BYTES = 32

/** A new value: 32 random bytes as padded base64url, 44 characters. It is shown once and never stored. */
export function newTokenValue(): string {
  return randomBytes(VALUE_BYTES).toString('base64url').padEnd(44, '=')
}

/** What is stored instead of the value: base64 of its SHA-256 (contract, vectors/token-hash). */
export function hashToken(value: string): string {
  return createHash('sha256').update(value).digest('base64')
}

/** @throws Refusal `invalid` when the name is empty */
export function checkToken(token: Token): Token {
  if (token.name === '') throw invalidInput('token name cannot be empty')
  return token
}
