/** The cells of the matrix: who calls, on whose object, and which status that has to be. */
import type { Operation } from '@fulcrum/contract'
import { RELATIONS, type Relation, type Rule } from './rules.ts'

/**
 * Callers of the first federation and of the second, which must not see each other; of a third, in which somebody is disabled;
 * and those whom nobody knows. `installer`: who holds the install token of an agent instead of a token.
 */
export const CALLERS = {
  nobody: { stranger: true },
  unknown: { stranger: true },
  expired: { stranger: true },
  deleted: { stranger: true },
  admin: { relation: 'admin', side: 'first' },
  provider: { relation: 'provider', side: 'first' },
  consumer: { relation: 'consumer', side: 'first' },
  agent: { relation: 'agent', side: 'first' },
  sibling: { relation: 'agent2', side: 'first' },
  installer: { relation: 'agent', side: 'first', onlyFor: 'agents.installConfig' },
  otherProvider: { relation: 'provider', side: 'second' },
  otherConsumer: { relation: 'consumer', side: 'second' },
  otherAgent: { relation: 'agent', side: 'second' },
  disabledProvider: { relation: 'provider', side: 'third', disabled: true },
  agentOfDisabledProvider: { relation: 'agent', side: 'third', disabled: true },
  disabledConsumer: { relation: 'consumer', side: 'third', disabled: true },
  disabledAgent: { relation: 'agent', side: 'third', disabled: true },
} as const satisfies Record<string, Described>

type Described = {
  stranger?: true
  relation?: Relation
  side?: Side
  disabled?: true
  onlyFor?: string
}
export type Side = 'first' | 'second' | 'third'
export type CallerName = keyof typeof CALLERS
// the names are those of the table
export const CALLER_NAMES = Object.keys(CALLERS) as CallerName[]

export function describeCaller(name: CallerName): Described {
  return CALLERS[name]
}

/**
 * Of the caller's own federation, of another, of nobody (an admin's token, a global pool), or not there at all. `none`: the
 * operation names no object: a list, the caller itself, a kind that belongs to nobody.
 */
export type ObjectKind = 'own' | 'foreign' | 'ownerless' | 'missing' | 'none'

/** Operations on kinds of which some belong to no participant. */
export const OWNERLESS: readonly string[] = [
  ...['get', 'update', 'delete', 'regenerate'].map((name) => `tokens.${name}`),
  ...['create', 'get', 'update', 'delete'].map((name) => `configPools.${name}`),
  ...['create', 'get', 'delete'].map((name) => `configPoolValues.${name}`),
]

/** The caller names what it makes, so that no id is missing. */
const MAKES_ITS_ID = ['artifacts.upload', 'audit.witness']
/** Out of reach is an empty series, and so is what there is not (API 2.12). */
const EMPTY_INSTEAD = ['metricEntries.aggregate']
/** What a disabled caller may still do, if the object is itself. */
const OF_ITSELF: Readonly<Record<string, readonly Relation[]>> = {
  'participants.get': ['provider'],
  'agents.get': ['agent'],
  'agents.me': ['agent'],
}

export function objectsOf(operation: Operation, rule: Rule): readonly ObjectKind[] {
  const ownerless: ObjectKind[] = OWNERLESS.includes(operation.id) ? ['ownerless'] : []
  if (operation.path.includes('{'))
    return ['own', 'foreign', ...ownerless, ...(MAKES_ITS_ID.includes(operation.id) ? [] : ['missing' as const])]
  if (Object.values(rule.outcomes).includes('scope')) return ['own', 'foreign', ...ownerless]
  return ['none']
}

/** @returns the status that the call has to have, refusals without their text */
export function expectedStatus(id: string, rule: Rule, caller: CallerName, object: ObjectKind): number {
  const { stranger, relation, side, disabled, onlyFor } = describeCaller(caller)
  if (stranger || relation === undefined || side === undefined) return 401
  if (onlyFor !== undefined && onlyFor !== id) return 403
  if (!rolesOf(rule).has(roleOf(relation))) return 403
  if (disabled && OF_ITSELF[id] === undefined) return 403
  if (disabled && object !== 'missing' && (object === 'foreign' || !OF_ITSELF[id]?.includes(relation))) return 403
  if (object === 'missing') return EMPTY_INSTEAD.includes(id) ? rule.success : 404
  if (object === 'ownerless') return relation === 'admin' ? rule.success : 403
  switch (rule.outcomes[object === 'foreign' ? abroad(relation) : relation]) {
    case 'allowed':
      return rule.success
    case 'hidden':
      return 404
    default:
      return 403
  }
}

/** What a caller is to objects of a federation that is not its own. */
function abroad(relation: Relation): Relation {
  if (relation === 'admin') return relation
  return roleOf(relation) === 'agent' ? 'agentX' : 'other'
}

function roleOf(relation: Relation): string {
  if (relation === 'admin') return relation
  return relation.startsWith('agent') ? 'agent' : 'participant'
}

/** A role may use an operation when there is any object on which it may. */
function rolesOf({ outcomes }: Rule): ReadonlySet<string> {
  return new Set(RELATIONS.filter((relation) => outcomes[relation] === 'allowed').map(roleOf))
}
