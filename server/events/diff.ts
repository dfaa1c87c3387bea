/**
 * What changed between two states of an entity, as a JSON Patch (RFC 6902) that can be inverted: every replace and remove is
 * preceded by a `test` with the old value (source: contract, DOMAIN.md section 10).
 */
import { isJsonObject, type Json, type JsonObject, jsonEqual } from '@fulcrum/schema'

export type PatchOperation =
  | { op: 'add' | 'replace' | 'test'; path: string; value: Json }
  | { op: 'remove'; path: string }

/** @returns null when nothing changed */
export function diff(before: Json, after: Json): PatchOperation[] | null {
  if (isContainer(before) !== isContainer(after) || Array.isArray(before) !== Array.isArray(after))
    return jsonEqual(before, after) ? null : [{ op: 'add', path: '', value: after }]
  const patch: PatchOperation[] = []
  compare(before, after, '', patch)
  return patch.length === 0 ? null : patch
}

function compare(before: Json, after: Json, path: string, patch: PatchOperation[]): void {
  if (jsonEqual(before, after)) return
  if (Array.isArray(before) && Array.isArray(after)) compareArrays(before, after, path, patch)
  else if (isJsonObject(before) && isJsonObject(after)) compareObjects(before, after, path, patch)
  else patch.push({ op: 'test', path, value: before }, { op: 'replace', path, value: after })
}

function compareObjects(before: JsonObject, after: JsonObject, path: string, patch: PatchOperation[]): void {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted(byBytes)
  for (const key of keys) {
    const at = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
    const [old, now] = [own(before, key), own(after, key)]
    if (old === undefined) patch.push({ op: 'add', path: at, value: now ?? null })
    else if (now === undefined) patch.push({ op: 'test', path: at, value: old }, { op: 'remove', path: at })
    else compare(old, now, at, patch)
  }
}

function compareArrays(before: Json[], after: Json[], path: string, patch: PatchOperation[]): void {
  for (const surplus of before.slice(after.length)) {
    const at = `${path}/${after.length}`
    patch.push({ op: 'test', path: at, value: surplus }, { op: 'remove', path: at })
  }
  for (const [index, now] of after.entries()) {
    const old = before[index]
    if (old === undefined) patch.push({ op: 'add', path: `${path}/-`, value: now })
    else compare(old, now, `${path}/${index}`, patch)
  }
}

function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

function isContainer(value: Json): boolean {
  return value !== null && typeof value === 'object'
}

/** The order of UTF-8 bytes, which is the order of code points, not of UTF-16 units. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
