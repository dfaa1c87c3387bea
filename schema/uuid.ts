// UUIDs in every form that the API accepts on input.

import { byteLength } from './json.ts'

const PLAIN = /^[0-9a-f]{32}$/
const DASHED = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const LENGTHS = [32, 36, 38, 45]

/**
 * Reads a UUID: with or without dashes, in braces, or with `urn:uuid:` before it; upper or lower case.
 *
 * @returns the lower-case form with dashes, or why the text is none (the contract's text)
 */
export function parseUuid(text: string): { id: string } | { error: string } {
  const length = byteLength(text)
  if (!LENGTHS.includes(length)) return { error: `invalid UUID length: ${length}` }
  const lower = text.toLowerCase()
  if (PLAIN.test(lower)) {
    const parts = [lower.slice(0, 8), lower.slice(8, 12), lower.slice(12, 16), lower.slice(16, 20), lower.slice(20)]
    return { id: parts.join('-') }
  }
  const id = lower.startsWith('urn:uuid:') ? lower.slice(9) : lower.replace(/^\{(.*)\}$/, '$1')
  return DASHED.test(id) ? { id } : { error: 'invalid UUID format' }
}
