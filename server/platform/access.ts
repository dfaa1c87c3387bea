/**
 * Who may do what to which object. The rules themselves stand with the operations in `contract/`; this is the one place that
 * applies them, to single objects and to lists alike.
 */
import { type Access, type Operation, type OwnerField, operations } from '@fulcrum/contract'
import { Refusal } from './errors.ts'
import type { Identity } from './identity.ts'

/** To whom an object belongs. A field that is absent or null belongs to nobody. */
export type Owners = { readonly [F in OwnerField]?: string | null }

/** What a caller may see in a list: everything, or rows of which at least one of these fields has this value. */
export type Scope = 'all' | readonly { field: OwnerField; id: string }[]

/** @throws Refusal `forbidden` when callers of this role may not use the operation at all */
export function requireRole(operation: Operation, identity: Identity): void {
  if (scopeOf(operation, identity) === null)
    throw new Refusal(
      'forbidden',
      `${identity.role}s ${isNarrowed(identity) ? 'of one participant or agent ' : ''}may not use ${operation.id}`,
    )
  if (identity.onlyFor !== undefined && identity.onlyFor !== operation.id)
    throw new Refusal('forbidden', `this token is good for ${identity.onlyFor} only`)
  if (identity.disabled && !SELF_READS.has(operation.id)) throw new Refusal('forbidden', DISABLED)
}

const DISABLED = 'this participant or agent is disabled: it can only read itself'

/** What a disabled caller may still do: look at itself. */
const SELF_READS = new Set(['participants.get', 'agents.get', 'agents.me'])

/**
 * @param owners  empty: the operation concerns everybody, and only who sees everything may go on
 * @throws Refusal `forbidden` when the object is none of the caller's; the text tells nothing about the object
 */
export function requireOwner(operation: Operation, identity: Identity, owners: Owners): void {
  const scope = scopeOf(operation, identity)
  if (scope !== 'all' && !scope?.some(({ field, id }) => owners[field] === id))
    throw new Refusal('forbidden', `${operation.id}: the object is not within your scope`)
  if (identity.disabled && !isItself(identity, owners)) throw new Refusal('forbidden', DISABLED)
}

/** A participant is the object's owner, an agent the agent: a provider is not its agents, an agent not its siblings. */
function isItself({ agentId, participantId }: Identity, owners: Owners): boolean {
  return agentId === null ? owners.participantId === participantId : owners.agentId === agentId
}

/** The caller's scope for this operation; null when the role may not use it. */
export function scopeOf(operation: Operation, identity: Identity): Scope | null {
  if (operation.access === 'public') return 'all'
  const rule = isNarrowed(identity) ? narrowedRule(operation) : operation.access[identity.role]
  if (rule === undefined) return null
  if (rule === 'any') return 'all'
  return rule.flatMap((field) => {
    const id = field === 'agentId' ? identity.agentId : identity.participantId
    return id === null ? [] : [{ field, id }]
  })
}

/** An admin that its identity provider narrows to one participant or agent; admins with API tokens never are. */
export function isNarrowed({ role, participantId, agentId }: Identity): boolean {
  return role === 'admin' && (participantId !== null || agentId !== null)
}

type Rule = Exclude<Access, 'public'>[keyof Exclude<Access, 'public'>]

/**
 * The rule for a narrowed admin: it may use what an admin may, on what belongs to its participant or agent (contract, API.md
 * section 3). Whose an object is say the fields of the other roles; where only admins may call, those of the operations beside
 * it that read. `any` when these are open to everybody, as with types, which belong to nobody. Nothing when there are none: then
 * the objects are the whole federation's.
 */
function narrowedRule(operation: Operation): Rule {
  if (operation.access === 'public' || operation.access.admin === undefined) return undefined
  const own = rulesOfOthers(operation)
  const rules =
    own.length > 0 ? own : operations.filter((other) => readsBeside(operation, other)).flatMap(rulesOfOthers)
  if (rules.length === 0) return undefined
  const fields = rules.flatMap((rule) => (rule === 'any' ? [] : rule))
  return fields.length > 0 ? [...new Set(fields)] : 'any'
}

function rulesOfOthers({ access }: Operation) {
  if (access === 'public') return []
  return [access.participant, access.agent].filter((rule) => rule !== undefined)
}

function readsBeside({ id }: Operation, other: Operation): boolean {
  return other.method === 'GET' && groupOf(other.id) === groupOf(id)
}

/** `participants` of `participants.delete`. */
function groupOf(operationId: string): string {
  return operationId.slice(0, operationId.lastIndexOf('.'))
}
