/** What was considered when a service was placed, as far as who asks may know. */
import type { Why } from '@fulcrum/contract'
import { decisionView, getDecisionRow, nameOf, reducedTo, servicePlacement, verdictOf } from '../placement/index.ts'
import type { Db } from '../platform/db.ts'
import type { Identity } from '../platform/identity.ts'
import type { Service } from './service.ts'

/** Nothing where no policy spoke. Its provider and its agent are told of the provider's own agents only. */
export async function placesConsidered(db: Db, service: Service, identity: Identity): Promise<Why['considered']> {
  const placement = await servicePlacement(db, service.id)
  if (!placement) return []
  const decision = await decisionView(db, await getDecisionRow(db, placement.decisionId))
  const inFull = identity.participantId === null || identity.participantId === service.consumerId
  const { candidates } = inFull ? decision : reducedTo(decision, service.providerId)
  return candidates.map((candidate) => ({
    what: nameOf(candidate),
    verdict: candidate.agentId === decision.agentId ? `was chosen: ${verdictOf(candidate)}` : verdictOf(candidate),
  }))
}
