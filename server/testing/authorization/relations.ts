/** Embedded relations: an answer carries only those that its reader could fetch by itself. */

type Reader = { participantId: string; agentId: string | null }
type Embedded = Readonly<Record<string, unknown>>

/** By the key under which something is embedded: whether this reader may read it. */
const MAY_READ: Readonly<Record<string, (object: Embedded, reader: Reader) => boolean>> = {
  // an agent reads its provider in `/agents/me` (API 1.4), so it may see it elsewhere
  participant: isReader,
  provider: isReader,
  consumer: isReader,
  agent: (object, { participantId }) => object.providerId === participantId,
  service: ({ providerId, consumerId, agentId }, reader) =>
    reader.agentId === null ? [providerId, consumerId].includes(reader.participantId) : agentId === reader.agentId,
  // the event that an entry of the audit log commits to
  payload: ({ providerId, consumerId }, { participantId }) => [providerId, consumerId].includes(participantId),
  configPool: (object, reader) => object.participantId === reader.participantId,
  // they belong to whom the value belongs, which names them
  servicePool: () => true,
  agentType: () => true,
  serviceType: () => true,
  type: () => true,
  // what a provider has published of itself, in the inputs of a decision
  profile: () => true,
  // names what a policy is about
  scope: () => true,
}

/** Free JSON: what is in there is no relation. */
const FREE = new Set([
  'facts',
  ...['properties', 'configuration', 'agentInstanceData', 'params', 'value', 'generatorConfig'],
  ...['propertySchema', 'lifecycleSchema', 'configurationSchema'],
  // credentials as they are written elsewhere
  'document',
])

function isReader(object: Embedded, reader: Reader): boolean {
  return object.id === reader.participantId
}

/** @returns the paths of what is embedded and may not be read, or is of a kind that this file does not know */
export function strayRelations(answer: unknown, reader: Reader, path = ''): string[] {
  if (Array.isArray(answer)) return answer.flatMap((item, at) => strayRelations(item, reader, `${path}[${at}]`))
  if (!isObject(answer)) return []
  return Object.entries(answer).flatMap(([key, value]) => {
    if (FREE.has(key)) return []
    const here = path === '' ? key : `${path}.${key}`
    const inside = strayRelations(value, reader, here)
    if (!isObject(value) || Array.isArray(value) || typeof value.id !== 'string') return inside
    const mayRead = MAY_READ[key]
    if (!mayRead) return [`${here} is of a kind that has no rule here`, ...inside]
    return mayRead(value, reader) ? inside : [`${here} is not the reader's`, ...inside]
  })
}

function isObject(value: unknown): value is Embedded {
  return value !== null && typeof value === 'object'
}
