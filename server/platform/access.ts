/**
 * Who may do what to which object. The rules themselves stand with the operations in `contract/`; this is the one place that
 * applies them, to single objects and to lists alike.
 */
import type { Operation, OwnerField } from '@fulcrum/contract'
import { Refusal } from './errors.ts'
import type { Identity } from './identity.ts'

/** To whom an object belongs. A field that is absent or null belongs to nobody. */
export type Owners = { readonly [F in OwnerField]?: string | null }

/** What a caller may see in a list: everything, or rows of which at least one of these fields has this value. */
export type Scope = 'all' | readonly { field: OwnerField; id: string }[]

/** @throws Refusal `forbidden` when callers of this role may not use the operation at all */
export function requireRole(operation: Operation, identity: Identity): void {
  if (scopeOf(operation, identity) === null)
    throw new Refusal('forbidden', `${identity.role}s may not use ${operation.id}`)
  if (identity.onlyFor !== undefined && identity.onlyFor !== operation.id)
    throw new Refusal('forbidden', `this token is good for ${identity.onlyFor} only`)
  if (identity.disabled && !SELF_READS.has(operation.id))
    throw new Refusal('forbidden', 'this participant or agent is disabled: it can only read itself')
}

/** What a disabled caller may still do: look at itself. */
const SELF_READS = new Set(['participants.get', 'agents.get', 'agents.me'])

/** @throws Refusal `forbidden` when the object is none of the caller's; the text tells nothing about the object */
export function requireOwner(operation: Operation, identity: Identity, owners: Owners): void {
  const scope = scopeOf(operation, identity)
  if (scope === 'all') return
  if (!scope?.some(({ field, id }) => owners[field] === id))
    throw new Refusal('forbidden', `${operation.id}: the object is not within your scope`)
}

/** The caller's scope for this operation; null when the role may not use it. */
export function scopeOf(operation: Operation, identity: Identity): Scope | null {
  if (operation.access === 'public') return 'all'
  const rule = operation.access[identity.role]
  if (rule === undefined) return null
  if (rule === 'any') return 'all'
  return rule.flatMap((field) => {
    const id = field === 'agentId' ? identity.agentId : identity.participantId
    return id === null ? [] : [{ field, id }]
  })
}
