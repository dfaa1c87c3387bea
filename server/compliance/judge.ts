/** Judges many services by one reading of policies, waivers and profiles; the same question is decided once. */
import {
  applies,
  type Decision,
  type DecisionContext,
  decide,
  type Placed,
  type Policy,
  ZONE_GROUPS,
} from '@fulcrum/sovereignty'
import { placedOf } from '../placement/index.ts'
import type { Db } from '../platform/db.ts'
import { policiesInForce, waiversOf } from '../sovereignty-policies/index.ts'
import { type OfferingProfile, offeringProfiles } from '../sovereignty-profiles/index.ts'
import { liveUnits } from './compliance-store.ts'

export type JudgedService = {
  id: string
  providerId: string
  consumerId: string
  groupId: string
  serviceTypeId: string
  agentId: string
}

export type Judgement = { decision: Decision; policies: readonly Policy[] }

export type Judge = (service: JudgedService) => Judgement

/**
 * A handful of statements, however many services are judged afterwards.
 *
 * @param only  judge by these policies alone, without waivers; null: by all in force
 */
export async function readJudge(db: Db, at: Date, only: readonly Policy[] | null = null): Promise<Judge> {
  const policies = only ?? (await policiesInForce(db, at))
  const waivers = only ? [] : await waiversOf(db, policies)
  const units = await liveUnits(db)
  const keys = new Map(
    units.map(({ agentId, serviceTypeId }) => [`${agentId} ${serviceTypeId}`, { agentId, serviceTypeId }]),
  )
  const profiles = new Map(
    (keys.size > 0 ? await offeringProfiles(db, [...keys.values()], at) : []).map((offering) => [
      `${offering.agentId} ${offering.serviceTypeId}`,
      offering,
    ]),
  )
  const placed = (key: string): Placed => {
    const offering = profiles.get(key)
    return offering ? placedOf(offering.profile, offering.providerId) : {}
  }
  const ofConsumer = Map.groupBy(units, ({ consumerId }) => consumerId)
  /** What the consumer has, less one service of this offering: the one that is judged. */
  const others = (consumerId: string, key: string): Placed[] =>
    (ofConsumer.get(consumerId) ?? []).flatMap(({ agentId, serviceTypeId, count }) => {
      const own = `${agentId} ${serviceTypeId}`
      return Array.from({ length: own === key ? count - 1 : count }, () => placed(own))
    })
  const context: DecisionContext = { at: at.toISOString(), groups: ZONE_GROUPS, waivers }
  const decided = new Map<string, Judgement>()

  return (service) => {
    const key = `${service.agentId} ${service.serviceTypeId}`
    const inScope = policies.filter((policy) => applies(policy, subjectOf(service)))
    // how much a consumer has elsewhere matters to this kind alone
    const counts = inScope.some(({ constraints }) => constraints.some(({ type }) => type === 'concentration.max'))
    const question = [key, counts ? service.consumerId : '', ...inScope.map(({ id }) => id)].join(' ')
    const known = decided.get(question)
    if (known) return known
    const profile = profileOf(profiles.get(key), service)
    const decision = decide(profile, inScope, {
      ...context,
      candidate: placed(key),
      current: counts ? others(service.consumerId, key) : [],
    })
    const judgement = { decision, policies: inScope }
    decided.set(question, judgement)
    return judgement
  }
}

/** Nothing is known of an offering without a profile. */
function profileOf(offering: OfferingProfile | undefined, { providerId }: JudgedService) {
  return offering?.profile ?? { id: providerId }
}

function subjectOf({ id, consumerId, groupId, serviceTypeId }: JudgedService) {
  return { serviceId: id, consumerId, groupId, serviceTypeId }
}
