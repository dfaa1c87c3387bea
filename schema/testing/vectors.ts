// Test vectors of the contract: facts measured on the Go control plane, with marks where this one answers differently.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { goValue } from '../go-format.ts'
import { isJsonObject, type Json, type JsonObject, ownMember } from '../json.ts'

/** `keep` asserts `expect`, `replace` asserts the members of `recommend` instead, `differ` has a test of its own. */
type Quirk = { id: string; follow: 'keep' | 'replace' | 'differ'; recommend: JsonObject }
export type Vector = { name: string; given: JsonObject; expect: JsonObject; quirk?: Quirk }
type VectorFile = { world?: JsonObject; vectors: Vector[] }

export function readVectors(kind: string): VectorFile {
  const text = readFileSync(new URL(`../testdata/${kind}.json`, import.meta.url), 'utf8')
  return JSON.parse(text) as VectorFile // the files are ours and have this form
}

/** Holds an answer against what its vector wants. Lists called `errors` are compared without order. */
export function assertVector(vector: Vector, actual: JsonObject): void {
  assert.notEqual(vector.quirk?.follow, 'differ', 'a vector to differ from needs a test of its own')
  if (vector.quirk?.follow !== 'replace') {
    assert.deepEqual(inOrder(actual), inOrder(vector.expect))
    return
  }
  const { note: _note, ...wanted } = vector.quirk.recommend
  assertSubset(inOrder(actual), inOrder(wanted))
}

function inOrder(answer: JsonObject): JsonObject {
  const { errors } = answer
  if (!Array.isArray(errors)) return answer
  return { ...answer, errors: errors.toSorted((a, b) => (goValue(a) < goValue(b) ? -1 : 1)) }
}

function assertSubset(actual: Json, wanted: Json): void {
  if (!isJsonObject(wanted)) {
    assert.deepEqual(actual, wanted)
    return
  }
  assert.ok(isJsonObject(actual), `expected an object with ${Object.keys(wanted)}`)
  for (const [name, value] of Object.entries(wanted)) {
    const found = ownMember(actual, name)
    assert.notEqual(found, undefined, `${name} is missing`)
    assertSubset(found ?? null, value)
  }
}

export function textOf(given: JsonObject, name: string): string {
  const value = ownMember(given, name)
  assert.equal(typeof value, 'string', `${name} must be a string`)
  return String(value)
}
