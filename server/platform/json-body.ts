/**
 * Reads the JSON text of a request the way clients of API v1 have always been read: text after the first value is ignored,
 * an empty body is the error `EOF`. What PostgreSQL cannot store (NUL) and what no double can hold is refused.
 */
import { isUtf8 } from 'node:buffer'
import { Refusal } from './errors.ts'

/** Deeper nesting is refused: nobody needs it, and every later walk may then recurse safely. */
const MAX_DEPTH = 200

const AFTER_VALUE = /after JSON at position (\d+)/

/** @throws Refusal `invalid` instead of a text with other characters than were sent */
export function utf8(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new Refusal('invalid', 'the body is not valid UTF-8')
  return bytes.toString('utf8')
}

/** @throws Refusal `invalid` with a text that names the fault */
export function parseJson(text: string): unknown {
  if (text.trim() === '') throw new Refusal('invalid', 'EOF: a JSON body is required')
  const value = parse(text)
  check(value, 0)
  return value
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const end = error instanceof Error ? AFTER_VALUE.exec(error.message)?.[1] : undefined
    if (end !== undefined) return JSON.parse(text.slice(0, Number(end)))
    throw new Refusal('invalid', 'the body is not valid JSON')
  }
}

function check(value: unknown, depth: number): void {
  if (depth > MAX_DEPTH) throw new Refusal('invalid', `the body is nested deeper than ${MAX_DEPTH} levels`)
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Refusal('invalid', 'a number is out of range')
  if (typeof value === 'string') checkText(value)
  if (Array.isArray(value)) for (const item of value) check(item, depth + 1)
  else if (value !== null && typeof value === 'object')
    for (const [key, member] of Object.entries(value)) {
      checkText(key)
      check(member, depth + 1)
    }
}

function checkText(text: string): void {
  if (text.includes('\0')) throw new Refusal('invalid', 'text must not contain NUL')
  if (!text.isWellFormed())
    throw new Refusal('invalid', 'text must be well-formed Unicode: it contains a lone surrogate')
}
