/** The body of a generic create or patch: a file, then `--set`, typed by the operation and with names turned into ids. */
import type { AnyJson, JsonObject, Operation } from '@fulcrum/contract'
import { type InputFlags, readObject } from './command.ts'
import { usage } from './errors.ts'
import { parseDurationMs } from './output/format.ts'
import { splitAssignment } from './properties.ts'
import { findResource, isRow, resolveId } from './resource-lookup.ts'
import type { Resource } from './resources.ts'
import type { Session } from './session.ts'

/**
 * Members of the body by their names in the API (`providerId=<id or name>`) or by the short keys of the resource (`provider=ACME`);
 * `expires=30d` is `expireAt`.
 *
 * @throws CliError (usage) for unknown members and wrong types, with the known ones
 */
export async function readBody(
  session: Session,
  resource: Resource,
  operation: Operation,
  flags: InputFlags,
): Promise<JsonObject> {
  const assignments = flags.set ?? []
  if (flags.file === undefined && assignments.length === 0)
    throw usage('Nothing to send: give -f FILE or --set key=value.')
  const schema = membersOf(operation)
  const body: JsonObject = {}
  for (const [key, value] of Object.entries(flags.file === undefined ? {} : await readObject(flags.file)))
    await put(session, resource, schema, body, [key], value)
  for (const assignment of assignments) {
    const [key, text] = splitAssignment(assignment)
    const path = key.split('.')
    await put(session, resource, schema, body, path, typed(text, path.length > 1 ? undefined : schema[key]))
  }
  return body
}

async function put(
  session: Session,
  resource: Resource,
  schema: Record<string, unknown>,
  body: JsonObject,
  path: readonly string[],
  value: AnyJson,
): Promise<void> {
  const [first = '', ...rest] = path
  const references = Object.entries(resource.references ?? {})
  const [, reference] = references.find(([key, { field }]) => key === first || field === first) ?? []
  const member = reference && rest.length === 0 ? reference.field : first
  if (first === 'expires' && 'expireAt' in schema && typeof value === 'string') {
    body.expireAt = new Date(Date.now() + parseDurationMs(value)).toISOString()
    return
  }
  if (!Object.hasOwn(schema, member))
    throw usage(`${first} cannot be set on a ${resource.singular}.`, [
      `Known: ${knownKeys(resource, schema).join(', ')}`,
    ])
  const wanted = reference && typeof value === 'string' && rest.length === 0
  // A scopeId is of one or the other resource: only the short keys say which, so the field itself takes ids alone.
  const ambiguous = references.filter(([, { field }]) => field === member).length > 1 && first === member
  const resolved = wanted && !ambiguous ? await resolveId(session, findResource(reference.resource), value) : value
  nest(body, [member, ...rest], resolved)
}

function nest(body: JsonObject, path: readonly string[], value: AnyJson): void {
  let place = body
  for (const name of path.slice(0, -1)) {
    const next = Object.hasOwn(place, name) ? place[name] : undefined
    const inner: JsonObject = typeof next === 'object' && next !== null && !Array.isArray(next) ? next : {}
    define(place, name, inner)
    place = inner
  }
  define(place, path.at(-1) ?? '', value)
}

/** Also `__proto__` is an ordinary name. */
function define(place: JsonObject, name: string, value: AnyJson): void {
  Object.defineProperty(place, name, { value, enumerable: true, writable: true, configurable: true })
}

/** Text stays text where the operation wants text; elsewhere it is read as JSON if it is JSON, and commas make a list of texts. */
function typed(text: string, schema: unknown): AnyJson {
  const type = isRow(schema) ? schema.type : undefined
  const words = isRow(schema) && Array.isArray(schema.enum)
  if (type === 'string' || words) return text
  if (type === 'array' && !text.trimStart().startsWith('['))
    return text === '' ? [] : text.split(',').map((s) => s.trim())
  try {
    // JSON.parse answers JSON and nothing else.
    return JSON.parse(text) as AnyJson
  } catch {
    return text
  }
}

function membersOf(operation: Operation): Record<string, unknown> {
  const body: unknown = operation.body
  return isRow(body) && isRow(body.properties) ? { ...body.properties } : {}
}

function knownKeys(resource: Resource, schema: Record<string, unknown>): string[] {
  const short = Object.entries(resource.references ?? {}).filter(([, { field }]) => Object.hasOwn(schema, field))
  return [...Object.keys(schema), ...short.map(([key]) => key), ...('expireAt' in schema ? ['expires'] : [])]
}
