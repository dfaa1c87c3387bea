/** Test vectors of the contract: facts measured on the Go control plane, with marks where this one answers differently. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { Json, JsonObject } from '@fulcrum/schema'

/** `keep` asserts `expect`, `replace` asserts the members of `recommend` instead, `differ` has a test of its own. */
export type Vector = {
  name: string
  given: JsonObject
  expect: JsonObject
  quirk?: { id: string; follow: 'keep' | 'replace' | 'differ'; recommend: JsonObject }
}

export function readVectors(kind: string): { world?: JsonObject; vectors: Vector[] } {
  // the files are ours and have this form
  return JSON.parse(readFileSync(new URL(`../testdata/${kind}.json`, import.meta.url), 'utf8'))
}

/** Holds an answer against what its vector wants; see the contract's `vectors/README.md`. */
export function assertVector(vector: Vector, actual: JsonObject): void {
  assert.notEqual(vector.quirk?.follow, 'differ', 'a vector to differ from needs a test of its own')
  if (vector.quirk?.follow === 'replace') assertSubset(actual, withoutNote(vector.quirk.recommend), '')
  else assert.deepEqual(actual, vector.expect)
}

function withoutNote({ note: _note, ...wanted }: JsonObject): JsonObject {
  return wanted
}

/** An object with numbers as keys speaks of these entries of a list. */
function assertSubset(actual: Json | undefined, wanted: Json, path: string): void {
  if (!isObject(wanted)) {
    assert.deepEqual(actual, wanted, path)
    return
  }
  for (const [key, value] of Object.entries(wanted)) {
    const found = Array.isArray(actual) ? actual[Number(key)] : isObject(actual) ? actual[key] : undefined
    assertSubset(found, value, `${path}/${key}`)
  }
}

export function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

const STATUS_KIND: Readonly<Record<number, string>> = {
  400: 'invalid_input',
  404: 'not_found',
  409: 'conflict',
  403: 'unauthorized',
}

/** An error answer in the form of the vectors: ids are `<uuid>`, violations are a list. */
export function vectorError(
  status: number,
  body: { error?: string; errors?: { path: string; message: string }[] },
): JsonObject {
  if (body.errors) return { kind: 'validation', errors: body.errors.filter(({ path }) => !/[.[]/.test(path)) }
  return { kind: STATUS_KIND[status] ?? 'internal', message: withoutIds(body.error ?? '') }
}

export function withoutIds(text: string): string {
  return text.replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uuid>')
}
