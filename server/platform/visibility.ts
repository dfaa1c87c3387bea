/**
 * Embedded relations show only what their reader could fetch by itself: a consumer's service does not carry the configuration of
 * the provider's agent. One rule for every answer, applied where answers leave.
 */
import { agents, type Operation, participants, services } from '@fulcrum/contract'
import { isNarrowed, type Owners, scopeOf } from './access.ts'
import type { Identity } from './identity.ts'

type Embedded = { readonly [key: string]: unknown }

/** By the key under which a relation is embedded: the operation that reads it, and to whom it belongs. */
const RELATIONS: Readonly<Record<string, { read: Operation; owners: (object: Embedded) => Owners }>> = {
  agent: { read: agents.get, owners: ({ id, providerId }) => ({ agentId: text(id), providerId: text(providerId) }) },
  service: {
    read: services.get,
    owners: ({ providerId, consumerId, agentId }) => ({
      providerId: text(providerId),
      consumerId: text(consumerId),
      agentId: text(agentId),
    }),
  },
  participant: { read: participants.get, owners: ({ id }) => ({ participantId: text(id) }) },
  provider: { read: participants.get, owners: ({ id }) => ({ participantId: text(id) }) },
  consumer: { read: participants.get, owners: ({ id }) => ({ participantId: text(id) }) },
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** The answer without the relations that this caller may not read; looks at the answer itself and at the items of a page. */
export function onlyReadable<T>(answer: T, identity: Identity): T {
  if (identity.role === 'admin' && !isNarrowed(identity)) return answer
  if (!isObject(answer)) return answer
  if (Array.isArray(answer)) return answer.map((item) => onlyReadable(item, identity)) as T // the same items, with fewer members
  if (Array.isArray(answer.items)) return { ...answer, items: answer.items.map((item) => onlyReadable(item, identity)) }
  const hidden = Object.keys(RELATIONS).filter((key) => isObject(answer[key]) && !mayRead(key, answer[key], identity))
  if (hidden.length === 0) return answer
  return Object.fromEntries(Object.entries(answer).filter(([key]) => !hidden.includes(key))) as T // relations are optional members
}

function mayRead(key: string, object: Embedded, identity: Identity): boolean {
  const relation = RELATIONS[key]
  if (!relation) return true
  const owners = relation.owners(object)
  // an agent may see its own provider's name
  if (owners.participantId != null && owners.participantId === identity.participantId) return true
  const scope = scopeOf(relation.read, identity)
  if (scope === null) return false
  return scope === 'all' || scope.some(({ field, id }) => owners[field] === id)
}

function isObject(value: unknown): value is Embedded {
  return value !== null && typeof value === 'object'
}
