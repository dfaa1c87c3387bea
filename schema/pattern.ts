// Regular expressions of the languages. They are RE2 (https://github.com/google/re2/wiki/Syntax) and run in linear time;
// JavaScript's own engine accepts another language and can be made to hang by a pattern and a text from two strangers.

import { RE2JS } from 're2js'
import { SchemaError } from './schema-error.ts'

/** Compiled patterns kept for reuse. Each takes some kilobytes; types rarely have more than a few patterns. */
const CACHE_SIZE = 500
const cache = new Map<string, (text: string) => boolean>()

/**
 * Compiles an RE2 pattern.
 *
 * @returns does the pattern occur in the text? The search is not anchored.
 * @throws SchemaError with the compiler's text, as `error parsing regexp: missing closing ]: …`
 */
export function compilePattern(pattern: string): (text: string) => boolean {
  const cached = cache.get(pattern)
  if (cached !== undefined) return cached
  const compiled = compile(pattern)
  const oldest = cache.keys().next()
  if (cache.size >= CACHE_SIZE && oldest.done !== true) cache.delete(oldest.value)
  const search = (text: string): boolean => compiled.test(text)
  cache.set(pattern, search)
  return search
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern)
  } catch (error) {
    throw new SchemaError(error instanceof Error ? error.message : String(error))
  }
}
