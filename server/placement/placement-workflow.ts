/**
 * Decides where an order goes. Orders and dry runs come through here alike: what differs is that an order locks what it counts, so
 * that what was decided still holds when it commits.
 */
import { randomUUID } from 'node:crypto'
import type { CustomerKey, PlacementDecision, PlacementRequirements } from '@fulcrum/contract'
import type { JsonObject, PropertySchema, Violation } from '@fulcrum/schema'
import {
  decide,
  type PlacementInputs,
  type Policy,
  placeRecorded,
  type RecordedCandidate,
  ZONE_GROUPS,
  ZONE_GROUPS_AS_OF,
} from '@fulcrum/sovereignty'
import { appendEvent } from '../events/index.ts'
import type { Command } from '../platform/command.ts'
import type { Db } from '../platform/db.ts'
import { invalidInput, Refusal } from '../platform/errors.ts'
import { blockedProviders, policiesFor, waiversOf } from '../sovereignty-policies/index.ts'
import { type OfferingProfile, offeringProfiles } from '../sovereignty-profiles/index.ts'
import { candidateOf, currencyOf, type Offered, placedOf, usualOrder } from './candidate.ts'
import { violationsAt } from './candidate-properties.ts'
import { type Held, heldBy, lockCounts, offeredBy, type Ruled, servicesAt } from './candidate-store.ts'
import { candidatesOf, counterfactualsOf, type Decided, explanationOf, helpOf, nameOf, verdictOf } from './decision.ts'
import { insertDecision } from './decision-store.ts'
import {
  checkCustomerKey,
  checkRequirements,
  keyPolicies,
  keyProblem,
  rankingOf,
  requirementsPolicy,
} from './requirements.ts'
import { quotaProblem } from './terms.ts'
import { type OfferingTerms, offeringTerms, quotasOf } from './terms-store.ts'

/** An order, as far as it matters for where it goes. */
export type PlacementRequest = {
  consumerId: string
  groupId: string
  serviceTypeId: string
  /** Of the service that will be; absent in a dry run. */
  serviceId?: string
  /**
   * The service whose place it takes. The policies that speak of that one hold for the order, and its requirements are one of
   * them; what it is itself counts for no share.
   */
  insteadOf?: { id: string; agentId: string } | undefined
  /** The one agent that may take it; absent: any. */
  agentId?: string | undefined
  agentTags?: readonly string[] | undefined
  requirements?: PlacementRequirements | undefined
  customerKey?: CustomerKey | undefined
  /** Absent: not looked at. */
  properties?: { schema: PropertySchema; input: JsonObject; vaultAvailable: boolean } | undefined
  at: Date
}

export type DecidedOrder = Decided & {
  /** The policy that the requirements are; null when they are none. */
  policy: Policy | null
  /** What is wrong with the properties, by agent. */
  violations: ReadonlyMap<string, readonly Violation[]>
}

/**
 * Locks nothing when `lock` is null; else it must be what `ruledBy` said, and `db` a transaction.
 *
 * @throws Refusal `invalid` for requirements or a key that are none
 */
export async function decideWhere(
  db: Db,
  request: PlacementRequest,
  lock: { c: Command; ruled: Ruled } | null,
): Promise<DecidedOrder> {
  const { requirements, customerKey, serviceTypeId, consumerId, groupId, insteadOf, at } = request
  if (requirements) checkRequirements(requirements, ZONE_GROUPS)
  if (customerKey) checkCustomerKey(customerKey)
  const moment = at.toISOString()
  const own = insteadOf ? null : requirementsPolicy(requirements, randomUUID(), request.serviceId, moment)
  const subject = { serviceTypeId, consumerId, groupId, ...(insteadOf && { serviceId: insteadOf.id }) }
  const inForce = await policiesFor(db, subject, at)
  const policies = own ? [...inForce, own] : inForce
  const agentId = request.agentId ?? null
  const dimensions = sharesOf(policies)
  if (lock)
    await lockCounts(lock.c.tx, { ...lock.ruled, consumerId, serviceTypeId, agentId, shares: dimensions.length > 0 })

  const offered = await offeredBy(db, serviceTypeId, agentId)
  const providers = new Set(offered.map(({ providerId }) => providerId))
  // the record is read by whoever reads the decision: exceptions for others are none of its business
  const waivers = (await waiversOf(db, policies)).filter(({ subjectId }) => providers.has(subjectId))
  const held = await heldBy(db, consumerId)
  const facts = await readFacts(db, request, offered, policies.length > 0)
  const current = await placedNow(
    db,
    insteadOf ? without(held, insteadOf.agentId, serviceTypeId) : held,
    dimensions,
    at,
  )
  const ranking = rankingOf(requirements, policies)
  const tags = [...new Set([...(request.agentTags ?? []), ...(requirements?.agentTags ?? [])])]
  const currency = currencyOf([...facts.terms.values()])
  const violations = await violationsOf(db, request, offered)
  const usual = offered.toSorted(usualOrder).map((one) => one.agentId)
  const asUsual = ranking.preferences.length === 0 && request.agentTags !== undefined
  const candidates = offered.map((place): RecordedCandidate => {
    const profile = facts.profiles.get(place.agentId)
    return candidateOf(place, {
      profile: profile?.profile ?? { id: place.providerId },
      versions: profile?.versions ?? [],
      terms: facts.terms.get(place.agentId) ?? null,
      services: facts.services.get(place.agentId) ?? 0,
      tags,
      blocked: facts.blocked.has(place.providerId),
      quota: quotaProblem(facts.quotas, serviceTypeId, held),
      properties:
        violations
          .get(place.agentId)
          ?.map(({ message }) => message)
          .join('; ') || null,
      currency,
      region: ranking.region,
      standing: asUsual ? usual.indexOf(place.agentId) : Number(!place.connected),
    })
  })
  const inputs: PlacementInputs = {
    v: 1,
    at: moment,
    subject: {
      consumerId,
      groupId,
      serviceTypeId,
      ...(request.serviceId !== undefined && { serviceId: request.serviceId }),
    },
    zones: { asOf: ZONE_GROUPS_AS_OF, groups: ZONE_GROUPS },
    policies,
    waivers,
    preferences: ranking.preferences,
    current,
    candidates,
  }
  const withKeys = { ...inputs, candidates: demandKeys(inputs, customerKey) }
  return { inputs: withKeys, placement: placeRecorded(withKeys), currency, policy: own, violations }
}

/** Dimensions of which policies limit the share. */
function sharesOf(policies: readonly Policy[]): unknown[] {
  return policies.flatMap(({ constraints }) =>
    constraints.flatMap(({ type, params }) => (type === 'concentration.max' ? [params?.dimension] : [])),
  )
}

async function readFacts(db: Db, request: PlacementRequest, offered: readonly Offered[], ruled: boolean) {
  const { serviceTypeId, consumerId, groupId, insteadOf, at } = request
  const keys = offered.map(({ agentId }) => ({ agentId, serviceTypeId }))
  const terms = await offeringTerms(db, keys)
  const limited = terms.filter(({ capacityUnits }) => capacityUnits !== null).map(({ agentId }) => agentId)
  const profiles = await offeringProfiles(db, keys, at)
  const subject = { serviceTypeId, consumerId, groupId, ...(insteadOf && { serviceId: insteadOf.id }) }
  const byAgent = <T extends { agentId: string }>(rows: readonly T[]) => new Map(rows.map((row) => [row.agentId, row]))
  return {
    quotas: await quotasOf(db, consumerId, serviceTypeId),
    terms: byAgent<OfferingTerms>(terms),
    services: await servicesAt(db, serviceTypeId, limited),
    profiles: byAgent<OfferingProfile>(profiles),
    blocked: ruled ? await blockedProviders(db, subject) : new Set<string>(),
  }
}

function without(held: readonly Held[], agentId: string, serviceTypeId: string): Held[] {
  return held.flatMap((one) => {
    if (one.agentId !== agentId || one.serviceTypeId !== serviceTypeId) return [one]
    return one.count > 1 ? [{ ...one, count: one.count - 1 }] : []
  })
}

/** What the consumer has, equal ones counted. Facts of where it is are only looked at when a policy asks for them. */
async function placedNow(
  db: Db,
  held: readonly Held[],
  dimensions: readonly unknown[],
  at: Date,
): Promise<PlacementInputs['current']> {
  const needsFacts = dimensions.some((dimension) => dimension !== 'provider')
  const profiles = needsFacts ? await offeringProfiles(db, held, at) : []
  const keyOf = (one: { agentId: string; serviceTypeId: string }) => `${one.agentId} ${one.serviceTypeId}`
  const known = new Map(profiles.map((one) => [keyOf(one), one.profile]))
  const placed = held.map((one) => {
    const profile = known.get(keyOf(one))
    return { placed: profile ? placedOf(profile, one.providerId) : { provider: one.providerId }, count: one.count }
  })
  return [...Map.groupBy(placed, (one) => JSON.stringify(one.placed))].flatMap(([, same]) => {
    const [first] = same
    return first ? [{ placed: first.placed, count: same.reduce((sum, { count }) => sum + count, 0) }] : []
  })
}

async function violationsOf(
  db: Db,
  { properties, consumerId, groupId }: PlacementRequest,
  offered: readonly Offered[],
) {
  if (!properties) return new Map<string, readonly Violation[]>()
  const takers = offered.filter(({ disabled }) => !disabled)
  return violationsAt(db, { ...properties, consumerId, groupId }, takers)
}

/** Candidates that would oblige to a key of the customer, when there is none that fits, are in nobody's reach. */
function demandKeys(inputs: PlacementInputs, key: CustomerKey | undefined): RecordedCandidate[] {
  const { at, zones, policies, waivers, current } = inputs
  if (keyPolicies(policies).length === 0) return [...inputs.candidates]
  const context = {
    at,
    groups: zones.groups,
    waivers,
    current: current.flatMap(({ placed, count }) => Array.from({ length: count }, () => placed)),
  }
  return inputs.candidates.map((candidate) => {
    const { obligations } = decide(candidate.profile, policies, { ...context, candidate: candidate.placed })
    const problem = keyProblem(obligations, key, policies, zones.groups)
    if (problem === null) return candidate
    return {
      ...candidate,
      obstacles: [...candidate.obstacles, 'CUSTOMER_KEY'],
      details: { ...candidate.details, CUSTOMER_KEY: problem },
    }
  })
}

/** An order that nothing qualifies for. It carries the decision, because the order's transaction, and with it a record, is undone. */
export class PlacementRefusal extends Refusal {
  readonly decided: Decided
  readonly request: PlacementRequest

  constructor(decided: Decided, request: PlacementRequest, message: string, violations?: readonly Violation[]) {
    super('invalid', message, violations && { violations })
    this.name = 'PlacementRefusal'
    this.decided = decided
    this.request = request
  }
}

/**
 * @returns the agent that was chosen
 * @throws PlacementRefusal that says of each candidate why not, and what would help
 */
export function chosenOf(decided: DecidedOrder, request: PlacementRequest): string {
  const { inputs, placement, violations } = decided
  if (placement.chosen !== null) return placement.chosen
  const { agentTags } = request
  const open = inputs.candidates.filter(
    ({ obstacles }) => !obstacles.includes('TAGS') && !obstacles.includes('DISABLED'),
  )
  if (open.length === 0 && agentTags !== undefined)
    throw invalidInput(`no agent found for service type ${request.serviceTypeId} with tags [${agentTags.join(' ')}]`)
  const faulty = placement.candidates.find(
    ({ decision, obstacles }) => decision.outcome !== 'deny' && obstacles.every((code) => code === 'PROPERTIES'),
  )
  const faults = faulty && violations.get(faulty.id)
  const [only] = candidatesOf(decided)
  const text =
    request.agentId !== undefined && only
      ? `${nameOf(only)} cannot take this order: ${[verdictOf(only), ...counterfactualsOf(decided).map(({ text: hint }) => hint)].join('. ')}`
      : explanationOf(decided)
  throw new PlacementRefusal(decided, request, invalidInput(text).message, faults)
}

/** Keeps a decision that an order was placed by, together with the order. */
export async function recordOrder(c: Command, decided: Decided, serviceId: string): Promise<string> {
  const id = await insertDecision(c, 'order', decided)
  const { inputs, placement } = decided
  const chosen = inputs.candidates.find((candidate) => candidate.id === placement.chosen)
  await appendEvent(c, {
    type: 'placement.decided',
    entityId: id,
    consumerId: inputs.subject.consumerId,
    providerId: chosen?.providerId ?? null,
    agentId: chosen?.id ?? null,
    properties: { serviceId, explanation: explanationOf(decided) },
  })
  return id
}

/**
 * Runs an order; when nothing qualifies, keeps that decision in a transaction of its own and refuses with its id and content.
 *
 * @param command  of the caller
 */
export async function keepingRefusals<T>(
  command: <R>(run: (c: Command) => Promise<R>) => Promise<R>,
  order: () => Promise<T>,
): Promise<T> {
  try {
    return await order()
  } catch (error) {
    if (!(error instanceof PlacementRefusal)) throw error
    const { decided, request } = error
    const { decisionId, instead } = await command(async (c) => {
      const id = await insertDecision(c, 'refused', decided)
      const { consumerId } = decided.inputs.subject
      const properties = { explanation: explanationOf(decided) }
      await appendEvent(c, { type: 'placement.refused', entityId: id, consumerId, properties })
      return { decisionId: id, instead: await insteadOf(c.tx, request) }
    })
    const told: Pick<PlacementDecision, 'candidates' | 'counterfactuals'> = {
      candidates: candidatesOf(decided),
      counterfactuals: counterfactualsOf(decided),
    }
    throw new Refusal('invalid', [error.message, ...instead].join('. '), {
      ...(error.violations && { violations: error.violations }),
      details: { placement: { decisionId, ...told, possibleIf: [...helpOf(told), ...instead] } },
    })
  }
}

/** The best of all offerings for an order whose own agent cannot take it; nothing when it named none, or none qualifies. */
async function insteadOf(db: Db, { agentId, serviceId: _, ...order }: PlacementRequest): Promise<string[]> {
  if (agentId === undefined) return []
  const others = await decideWhere(db, { ...order, agentTags: order.agentTags ?? [] }, null)
  const [best] = candidatesOf(others)
  return best?.qualifies ? [`Ordered without this agent it goes to ${nameOf(best)}`] : []
}
