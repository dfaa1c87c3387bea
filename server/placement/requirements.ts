/** What an order demands, as the rules read it: a policy of its own, and preferences. Pure. */
import type { CustomerKey, PlacementConstraint, PlacementRequirements } from '@fulcrum/contract'
import {
  ASSURANCES,
  inZone,
  type Policy,
  PREFERENCES,
  type Preference,
  paramFault,
  RULES,
  SCOPE_KINDS,
  type Zone,
  type ZoneGroups,
} from '@fulcrum/sovereignty'
import { invalidInput } from '../platform/errors.ts'

const MOST = 50
const MOST_TEXT = 100
const COUNTRY = /^[A-Z]{2}$/
const DEFAULT_ZONE: Zone = { groups: ['EEA'] }

/** @throws Refusal `invalid` that names the member */
export function checkRequirements(requirements: PlacementRequirements, groups: ZoneGroups): void {
  const { constraints = [], preferences = [], agentTags = [], trustedZone } = requirements
  for (const [name, list] of Object.entries({ constraints, preferences, agentTags }))
    if (list.length > MOST) throw invalidInput(`requirements.${name} has more than ${MOST} entries`)
  if (constraints.length + preferences.length + agentTags.length === 0)
    throw invalidInput('requirements demand and prefer nothing: constraints, preferences or agentTags are needed')
  for (const [at, constraint] of constraints.entries()) checkConstraint(constraint, `requirements.constraints[${at}]`)
  const ids = namedConstraints(requirements).map(({ id }) => id)
  const twice = ids.find((id, at) => ids.indexOf(id) !== at)
  if (twice !== undefined) throw invalidInput(`requirements.constraints: the id '${twice}' is there twice`)
  for (const { type, weight } of preferences)
    if (!Number.isFinite(weight) || weight <= 0)
      throw invalidInput(`requirements.preferences: the weight of ${type} must be above 0`)
  for (const group of trustedZone?.groups ?? [])
    if (!Object.hasOwn(groups, group))
      throw invalidInput(
        `requirements.trustedZone: there is no group '${group.slice(0, MOST_TEXT)}'; there are ${Object.keys(groups).join(', ')}`,
      )
  for (const country of [...(trustedZone?.countries ?? []), ...(trustedZone?.except ?? [])])
    checkCountry(country, 'requirements.trustedZone')
}

const MEMBERS: Readonly<Record<string, readonly unknown[] | null>> = {
  id: null,
  type: null,
  params: null,
  minAssurance: ASSURANCES,
  onUnknown: ['deny', 'warn'],
  severity: ['hard', 'soft'],
}
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

function checkConstraint(constraint: PlacementConstraint, where: string): void {
  for (const [name, value] of Object.entries(constraint)) {
    const allowed = Object.hasOwn(MEMBERS, name) ? MEMBERS[name] : undefined
    if (allowed === undefined) throw invalidInput(`${where} has no member '${name.slice(0, MOST_TEXT)}'`)
    if (allowed && !allowed.includes(value)) throw invalidInput(`${where}.${name} must be one of ${allowed.join(', ')}`)
  }
  const { id, type, params }: { id?: unknown; type?: unknown; params?: unknown } = constraint
  if (typeof type !== 'string') throw invalidInput(`${where}.type is required`)
  if (!RULES.has(type))
    throw invalidInput(
      `${where}: there is no constraint type '${type.slice(0, MOST_TEXT)}'; there are ${[...RULES.keys()].toSorted().join(', ')}`,
    )
  if (id !== undefined && (typeof id !== 'string' || !ID.test(id)))
    throw invalidInput(`${where}.id must be 1 to 64 letters, digits, dots, hyphens and underscores`)
  if (params !== undefined && (params === null || typeof params !== 'object' || Array.isArray(params)))
    throw invalidInput(`${where}.params must be an object`)
  const fault = paramFault(type, constraint.params)
  if (fault) throw invalidInput(`${where}.params${fault.param === '' ? '' : `.${fault.param}`}: ${fault.message}`)
}

/** @throws Refusal `invalid` */
export function checkCustomerKey({ reference, country }: CustomerKey): void {
  if (reference === '' || reference.length > 500)
    throw invalidInput('customerKey.reference must have 1 to 500 characters')
  checkCountry(country, 'customerKey.country')
}

function checkCountry(country: string, where: string): void {
  if (!COUNTRY.test(country))
    throw invalidInput(`${where}: '${country.slice(0, MOST_TEXT)}' is no country of two capital letters`)
}

/** Constraints without an id are called by their type, the second of a type `type.2`. */
function namedConstraints({ constraints = [] }: PlacementRequirements) {
  const seen = new Map<string, number>()
  return constraints.map((constraint) => {
    const count = (seen.get(constraint.type) ?? 0) + 1
    seen.set(constraint.type, count)
    return { ...constraint, id: constraint.id ?? (count === 1 ? constraint.type : `${constraint.type}.${count}`) }
  })
}

/**
 * The policy that an order brings along and that keeps holding for its service; null when it demands nothing.
 *
 * @param serviceId  of the service that will be; absent in a dry run
 */
export function requirementsPolicy(
  requirements: PlacementRequirements | undefined,
  id: string,
  serviceId: string | undefined,
  effectiveFrom: string,
): Policy | null {
  if (!requirements?.constraints?.length) return null
  const { trustedZone = DEFAULT_ZONE, minAssurance = 'self-declared', onUnknown = 'deny' } = requirements
  return {
    id,
    version: 1,
    scope: { kind: 'service', ...(serviceId !== undefined && { id: serviceId }) },
    mode: 'enforce',
    trustedZone,
    onUnknown,
    minAssurance,
    constraints: namedConstraints(requirements),
    breach: { action: 'alert', graceDays: 0 },
    effectiveFrom,
  }
}

export type Ranking = { preferences: Preference[]; region: string | null }

/**
 * What ranks the candidates: what the order prefers, else what the policies of the narrowest scope that prefers anything do; weights
 * of the same kind add up.
 */
export function rankingOf(requirements: PlacementRequirements | undefined, policies: readonly Policy[]): Ranking {
  const own = requirements?.preferences ?? []
  if (own.length > 0) return { preferences: united(own), region: own.find(({ region }) => region)?.region ?? null }
  const narrowest = SCOPE_KINDS.toReversed()
    .map((kind) => policies.filter(({ scope, preferences = [] }) => scope.kind === kind && preferences.length > 0))
    .find((some) => some.length > 0)
  const preferred = (narrowest ?? []).flatMap(({ preferences = [] }) =>
    preferences.flatMap(({ type, weight, params }) => {
      const known = PREFERENCES.find((name) => name === type)
      if (known === undefined) return []
      return [{ type: known, weight, countries: strings(params?.countries), region: params?.region }]
    }),
  )
  const region = preferred.find((one) => typeof one.region === 'string')?.region
  return { preferences: united(preferred), region: typeof region === 'string' ? region : null }
}

function united(preferences: readonly (Pick<Preference, 'type' | 'weight'> & { countries?: readonly string[] })[]) {
  return [...Map.groupBy(preferences, ({ type }) => type)].map(([type, same]): Preference => {
    const countries = [...new Set(same.flatMap((one) => one.countries ?? []))]
    const weight = same.reduce((sum, one) => sum + one.weight, 0)
    return { type, weight, ...(countries.length > 0 && { countries }) }
  })
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

const KEYS = 'OBL_CUSTOMER_HELD_KEYS'

/** The policies by which a key of the customer may be demanded: its country has to be in the zone of each. */
export function keyPolicies(policies: readonly Policy[]): Policy[] {
  return policies.filter(
    ({ mode, constraints }) =>
      mode === 'enforce' &&
      constraints.some(({ type, params }) => type === 'exposure.max' && params?.effect === 'data-access'),
  )
}

/**
 * @param obligations  what the policies oblige to
 * @returns why the order cannot be carried out with this key; null when it can
 */
export function keyProblem(
  obligations: readonly string[],
  key: CustomerKey | undefined,
  policies: readonly Policy[],
  groups: ZoneGroups,
): string | null {
  if (!obligations.includes(KEYS)) return null
  if (!key) return 'a key that you hold is needed: customerKey with its reference and country'
  const strict = keyPolicies(policies).find(({ trustedZone }) => !inZone(key.country, trustedZone, groups))
  return strict ? `the key must be kept in ${zoneText(strict.trustedZone)}, not in ${key.country}` : null
}

function zoneText({ groups = [], countries = [], except = [] }: Zone): string {
  return `${[...groups, ...countries].join(', ') || 'no country at all'}${except.length > 0 ? ` without ${except.join(', ')}` : ''}`
}
