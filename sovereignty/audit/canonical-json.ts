/** JSON in its one canonical form, RFC 8785: the same value gives the same bytes everywhere. */

import { createHash } from 'node:crypto'

/** The SHA-256, in hex, of a value's canonical JSON. @throws Error as `canonicalJson` */
export function jsonDigest(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex')
}

/** @throws Error for what JSON cannot hold: numbers that are not finite, lone surrogates, values of other types */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new Error('a number that is not finite has no canonical form')
    return JSON.stringify(value)
  }
  if (typeof value === 'string') return text(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object') throw new Error(`a ${typeof value} has no canonical form`)
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    // by UTF-16 code units, as JavaScript compares
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${text(name)}:${canonicalJson(member)}`).join(',')}}`
}

function text(value: string): string {
  if (!value.isWellFormed()) throw new Error('a lone surrogate has no canonical form')
  return JSON.stringify(value)
}
