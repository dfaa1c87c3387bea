/** What a policy may say, and whose it is. Evaluation fails closed; so that nobody is surprised by it, writing is strict. */
import { SovereigntyConstraint, type SovereigntyPolicyCreate, type SovereigntyPolicyUpdate } from '@fulcrum/contract'
import {
  isCountry,
  paramFault,
  preferenceFault,
  type ScopeKind,
  ZONE_GROUPS,
  type ZoneGroups,
} from '@fulcrum/sovereignty'
import { Compile } from 'typebox/compile'
import { conflict, invalidInput } from '../platform/errors.ts'
import type { PolicyDocument } from '../platform/sovereignty-tables.ts'

export type PolicyScope = { kind: ScopeKind; id?: string }

export type PolicyVersion = {
  id: string
  version: number
  name: string
  scope: PolicyScope
  /** Null: the federation's. */
  consumerId: string | null
  document: PolicyDocument
  effectiveFrom: Date
  withdrawnAt: Date | null
  createdAt: Date
}

const CONSTRAINT = Compile(SovereigntyConstraint)
const MAX_CONSTRAINTS = 100
const MAX_PREFERENCES = 20
const MAX_GRACE_DAYS = 365

/**
 * What a policy says, checked whole.
 *
 * @throws Refusal `invalid` that names the constraint and its parameter
 */
export function checkDocument(body: SovereigntyPolicyUpdate | SovereigntyPolicyCreate): PolicyDocument {
  if (body.name === '' || body.name.length > 200) throw invalidInput('name must have 1 to 200 characters')
  checkZone(body.trustedZone, ZONE_GROUPS)
  checkConstraints(body.constraints)
  const { preferences = [], breach } = body
  if (preferences.length > MAX_PREFERENCES) throw invalidInput(`at most ${MAX_PREFERENCES} preferences are allowed`)
  for (const [index, { type, weight, params }] of preferences.entries()) {
    if (!(weight > 0 && weight <= 100))
      throw invalidInput(`preferences/${index}/weight must be above 0 and at most 100`)
    const fault = preferenceFault(type, params)
    if (fault) throw invalidInput(`preferences/${index}/params/${fault.param}: ${fault.message}`)
  }
  if (breach && (breach.graceDays < 0 || breach.graceDays > MAX_GRACE_DAYS))
    throw invalidInput(`breach/graceDays must be 0 to ${MAX_GRACE_DAYS}`)
  return {
    mode: body.mode,
    trustedZone: body.trustedZone,
    onUnknown: body.onUnknown,
    minAssurance: body.minAssurance,
    constraints: body.constraints,
    preferences,
    ...(breach && { breach }),
  }
}

function checkZone(zone: SovereigntyPolicyUpdate['trustedZone'], groups: ZoneGroups): void {
  const { groups: named = [], countries = [], except = [] } = zone
  const strange = named.find((group) => !Object.hasOwn(groups, group))
  if (strange !== undefined)
    throw invalidInput(
      `trustedZone/groups: there is no group ${strange.slice(0, 50)}; known are ${Object.keys(groups).join(', ')}`,
    )
  const wrong = [...countries, ...except].find((country) => !isCountry(country))
  if (wrong !== undefined) throw invalidInput(`trustedZone: ${wrong.slice(0, 50)} is no ISO 3166-1 alpha-2 code`)
  if (named.length === 0 && countries.length === 0)
    throw invalidInput('trustedZone: name a group or a country at least, or nothing is trusted')
}

function checkConstraints(constraints: readonly unknown[]): void {
  if (constraints.length === 0 || constraints.length > MAX_CONSTRAINTS)
    throw invalidInput(`a policy has 1 to ${MAX_CONSTRAINTS} constraints`)
  const ids = new Set<string>()
  for (const [index, constraint] of constraints.entries()) {
    if (!CONSTRAINT.Check(constraint)) {
      const fault = CONSTRAINT.Errors(constraint).find(({ keyword }) => keyword !== 'additionalProperties')
      const text = fault?.keyword === 'boolean' ? 'there is no such member' : fault?.message
      throw invalidInput(`constraints/${index}${fault?.instancePath ?? ''}: ${text ?? 'does not fit'}`)
    }
    const { id, type, params } = constraint
    const fault = paramFault(type, params)
    if (fault)
      throw invalidInput(
        `constraints/${index}${fault.param === '' ? '' : `/params/${fault.param}`} (${id}): ${fault.message}`,
      )
    if (ids.has(id)) throw invalidInput(`constraints/${index}: the id ${id} is there twice`)
    ids.add(id)
  }
}

/** Participants that constraints name; whether they are there says the database. */
export function namedParticipants({ constraints }: Pick<PolicyDocument, 'constraints'>): string[] {
  const named = constraints
    .filter(({ type }) => type === 'participant.allow' || type === 'participant.deny')
    .flatMap(({ params }) => (Array.isArray(params?.ids) ? params.ids : []))
  return [...new Set(named.filter((id) => typeof id === 'string'))]
}

/** @throws Refusal `conflict` when it was withdrawn */
export function requireInForce({ withdrawnAt }: Pick<PolicyVersion, 'withdrawnAt'>): void {
  if (withdrawnAt !== null) throw conflict('the policy was withdrawn: set a new one')
}

/**
 * The versions by which a policy gets another scope: one that holds from now on, and those that were to come after it. Older ones
 * stay what they were.
 *
 * @param versions  all of them, the newest first
 * @returns those to be added, in order
 */
export function movedVersions(
  versions: readonly [PolicyVersion, ...PolicyVersion[]],
  scope: PolicyScope,
  now: Date,
): [PolicyVersion, ...PolicyVersion[]] {
  const [newest] = versions
  const at = versions.findIndex(({ effectiveFrom }) => effectiveFrom <= now)
  const [first = newest, ...toCome] = (at < 0 ? versions : versions.slice(0, at + 1)).toReversed()
  const moved = (version: PolicyVersion, index: number): PolicyVersion => ({
    ...version,
    version: newest.version + 1 + index,
    scope,
    effectiveFrom: version.effectiveFrom > now ? version.effectiveFrom : now,
    createdAt: now,
  })
  return [moved(first, 0), ...toCome.map((version, index) => moved(version, index + 1))]
}
