// Regular expressions of the languages. They are RE2 (https://github.com/google/re2/wiki/Syntax) and run in linear time;
// JavaScript's own engine accepts another language and can be made to hang by a pattern and a text from two strangers.
// Linear is the size of the pattern times the length of the text, so both are bounded here.

import { RE2JS } from 're2js'
import { byteLength } from './json.ts'
import { SchemaError } from './schema-error.ts'

/** Does the pattern occur in the text? The search is not anchored. `size` counts the instructions of its program. */
export type Pattern = ((text: string) => boolean) & { readonly size: number }

/** Compiling takes up to 50 microseconds a byte. A complete pattern for IPv6 addresses has about 1,000. */
const MAX_BYTES = 2_000
/** Each takes some 10 microseconds to make; `a{1000}` has 1,002. */
const MAX_SIZE = 5_000
/** All patterns of one definition. */
const MAX_TOTAL_BYTES = 8_192
/** Compiled patterns kept for reuse. Each takes some kilobytes; types rarely have more than a few patterns. */
const CACHE_SIZE = 500
const cache = new Map<string, Pattern>()

/**
 * Compiles an RE2 pattern.
 *
 * @throws SchemaError with the compiler's text, as `error parsing regexp: missing closing ]: …`, or that it is too large
 */
export function compilePattern(pattern: string): Pattern {
  const cached = cache.get(pattern)
  if (cached !== undefined) return cached
  const compiled = compile(pattern)
  const oldest = cache.keys().next()
  if (cache.size >= CACHE_SIZE && oldest.done !== true) cache.delete(oldest.value)
  const search = Object.assign((text: string): boolean => compiled.test(text), { size: compiled.programSize() })
  cache.set(pattern, search)
  return search
}

function compile(pattern: string): RE2JS {
  if (byteLength(pattern) > MAX_BYTES) throw new SchemaError(`a pattern may have ${MAX_BYTES} bytes at most`)
  if (roughSize(pattern) > MAX_SIZE) throw tooLarge()
  const compiled = parse(pattern)
  if (compiled.programSize() > MAX_SIZE) throw tooLarge()
  return compiled
}

function parse(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern)
  } catch (error) {
    throw new SchemaError(error instanceof Error ? error.message : String(error))
  }
}

function tooLarge(): SchemaError {
  return new SchemaError(
    `a pattern may have ${MAX_SIZE} elements at most, repeated ones counted as often as they may occur`,
  )
}

const ELEMENT = /\\.|\[\^?\]?(?:\\.|\[:\w*:\]|[^\]\\])*\]|\{(\d+)(?:,(\d*))?\}|[\s\S]/g

/** About how large its program becomes, without making it: repetitions within repetitions multiply. */
function roughSize(pattern: string): number {
  const outer: number[] = []
  let [sum, last] = [0, 0]
  for (const [element, least, most] of pattern.matchAll(ELEMENT)) {
    if (element === '(') {
      outer.push(sum)
      ;[sum, last] = [0, 0]
    } else if (element === ')') {
      last = sum + 1
      sum += 1 + (outer.pop() ?? 0)
    } else if (least !== undefined) {
      const times = Math.max(Number(least), Number(most ?? 0), 1)
      sum += last * (times - 1)
      last *= times
    } else {
      last = 1
      sum += 1
    }
  }
  return sum
}

/** What all patterns of one definition may cost together: they are compiled in one go. */
export class PatternBudget {
  readonly #maxSize: number
  #bytes = 0
  #size = 0

  constructor(maxSize: number) {
    this.#maxSize = maxSize
  }

  /** @throws SchemaError when it is too much with this one, or the pattern is not acceptable */
  add(pattern: string): void {
    this.#bytes += byteLength(pattern)
    if (this.#bytes > MAX_TOTAL_BYTES)
      throw new SchemaError(`all patterns together may have ${MAX_TOTAL_BYTES} bytes at most`)
    this.#size += compilePattern(pattern).size
    if (this.#size > this.#maxSize)
      throw new SchemaError(`all patterns together may have ${this.#maxSize} elements at most`)
  }
}
