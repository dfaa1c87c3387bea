/** Which other offerings a consumer's policies would allow for a service that it has. Pure. */
import type { ExitAlternative } from '@fulcrum/contract'
import {
  applies,
  type Decision,
  decide,
  type Placed,
  type Policy,
  type Waiver,
  ZONE_GROUPS,
} from '@fulcrum/sovereignty'
import type { OfferingWithProfile, ReportedService } from './report-store.ts'

export type Demands = {
  policies: readonly Policy[]
  waivers: readonly Waiver[]
  /** Of every service that the consumer has, by its id. */
  placed: ReadonlyMap<string, Placed>
  /** RFC 3339. */
  at: string
}

/** Decides once for all services that are under the same policies: most of a group share the answers. */
export class Alternatives {
  readonly #demands: Demands
  readonly #offerings: ReadonlyMap<string, OfferingWithProfile[]>
  readonly #known = new Map<string, Decision>()

  constructor(demands: Demands, offerings: readonly OfferingWithProfile[]) {
    this.#demands = demands
    this.#offerings = Map.groupBy(offerings, ({ serviceTypeId }) => serviceTypeId)
  }

  /**
   * The highest verified score first, then by agent: as an evacuation chooses among them.
   *
   * @param formats  in which the type's data can be moved
   */
  of(service: ReportedService & { consumerId: string }, formats: readonly string[]): ExitAlternative[] {
    const { policies } = this.#demands
    const inScope = policies.filter((policy) =>
      applies(policy, {
        serviceTypeId: service.serviceTypeId,
        consumerId: service.consumerId,
        groupId: service.groupId,
        serviceId: service.id,
      }),
    )
    return (this.#offerings.get(service.serviceTypeId) ?? [])
      .filter(({ providerId }) => providerId !== service.providerId)
      .toSorted((a, b) => verified(b) - verified(a) || (a.agentId < b.agentId ? -1 : 1))
      .map((offering) => {
        const { outcome, failed } = this.#decide(service, offering, inScope)
        const { agentId, agentName, providerId, providerName } = offering
        return {
          agentId,
          agentName,
          providerId,
          providerName,
          qualifies: outcome !== 'deny',
          failed: [...failed],
          formats: [...formats],
        }
      })
  }

  #decide(service: ReportedService, offering: OfferingWithProfile, policies: readonly Policy[]): Decision {
    const { placed, waivers, at } = this.#demands
    const concentrated = policies.some(({ constraints }) =>
      constraints.some(({ type }) => type === 'concentration.max'),
    )
    const ids = policies.map(({ id, version }) => `${id}@${version}`).join()
    const key = `${offering.agentId} ${offering.serviceTypeId} ${ids} ${concentrated ? service.id : ''}`
    const known = this.#known.get(key)
    if (known) return known
    // what is moved away does not count where it was
    const current = concentrated ? [...placed].filter(([id]) => id !== service.id).map(([, one]) => one) : []
    const decision = decide(offering.profile, policies, { at, groups: ZONE_GROUPS, waivers, current })
    this.#known.set(key, decision)
    return decision
  }
}

function verified({ profile }: OfferingWithProfile): number {
  return profile.assessments?.['ec-csf']?.verifiedScore ?? 0
}
