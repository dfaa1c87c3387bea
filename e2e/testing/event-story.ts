/**
 * Whether the events of a service tell all that happened to it: from what it is now, every change is undone, newest first, and
 * each must find exactly what it says it left behind.
 */
import { isDeepStrictEqual } from 'node:util'
import type { AnyJson, Event, Service } from '@fulcrum/contract'

type Change = { op: string; path: string; value?: AnyJson }
type JsonObject = { [key: string]: AnyJson }

/**
 * @param story         the events about this service in their order
 * @param initialState  in which the service's type begins
 * @returns what does not fit, one sentence each
 */
export function gapsInStory(service: Service, story: readonly Event[], initialState: string): string[] {
  const problems: string[] = []
  const say = (text: string) => problems.push(`the events of service ${service.name} (${service.id}): ${text}`)
  const created = story.filter(({ type }) => type === 'service.created').length
  if (created !== 1) say(`service.created is there ${created} times`)
  if (story[0]?.type !== 'service.created') say(`they begin with ${story[0]?.type ?? 'nothing'}`)

  const shape = shapeOf(service)
  try {
    for (const event of story.toReversed())
      if (event.type === 'service.transitioned' || event.type === 'service.updated') undo(shape, changesOf(event))
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    return problems
  }
  if (shape.status !== initialState) say(`undone to the first, they leave the state ${JSON.stringify(shape.status)}`)
  return problems
}

/** The members that events compare. */
function shapeOf(service: Service): JsonObject {
  const { id, name, status, properties, agentInstanceId, agentInstanceData } = service
  const { providerId, consumerId, groupId, agentId, serviceTypeId } = service
  return structuredClone({
    ...{ id, name, status, providerId, consumerId, groupId, agentId, serviceTypeId },
    ...(properties && { properties }),
    ...(agentInstanceId !== undefined && { agentInstanceId }),
    ...(agentInstanceData && { agentInstanceData }),
  })
}

function changesOf({ sequenceNumber, properties }: Event): Change[] {
  const diff = properties?.diff ?? null
  if (diff === null) return []
  if (!Array.isArray(diff) || !diff.every(isChange)) throw new Error(`event ${sequenceNumber} has no readable diff`)
  return diff
}

function isChange(value: unknown): value is Change {
  return value !== null && typeof value === 'object' && 'op' in value && 'path' in value
}

/** Undoes a patch in which every replace and remove follows a test of the old value (RFC 6902). */
function undo(document: JsonObject, patch: readonly Change[]): void {
  for (const [index, change] of [...patch.entries()].toReversed()) {
    if (change.op === 'test') continue
    const before = patch[index - 1]
    const old = before?.op === 'test' && before.path === change.path ? before.value : undefined
    if (change.op !== 'add' && old === undefined) throw new Error(`${change.op} ${change.path} has no test before it`)
    const place = placeOf(document, change.path)
    if (change.op === 'remove') place.insert(old ?? null)
    else {
      if (!isDeepStrictEqual(place.value(), change.value))
        throw new Error(
          `${change.path} became ${JSON.stringify(change.value)}, but then is ${JSON.stringify(place.value())}`,
        )
      if (change.op === 'add') place.remove()
      else place.set(old ?? null)
    }
  }
}

function placeOf(document: JsonObject, path: string) {
  const keys = path
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  const last = keys.pop() ?? ''
  let parent: AnyJson | undefined = document
  for (const key of keys)
    parent = Array.isArray(parent) ? parent[Number(key)] : isObject(parent) ? parent[key] : undefined
  if (Array.isArray(parent)) {
    const list = parent
    const index = last === '-' ? list.length - 1 : Number(last)
    return {
      value: () => list[index],
      set: (value: AnyJson) => void list.splice(index, 1, value),
      insert: (value: AnyJson) => void list.splice(index, 0, value),
      remove: () => void list.splice(index, 1),
    }
  }
  if (!isObject(parent)) throw new Error(`${path} leads nowhere`)
  const object = parent
  const set = (value: AnyJson) => {
    object[last] = value
  }
  return { value: () => object[last], set, insert: set, remove: () => delete object[last] }
}

function isObject(value: AnyJson | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
