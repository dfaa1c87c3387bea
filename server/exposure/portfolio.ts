/**
 * What exposure and concentration look at: services with what their consumers say of them, and the offerings that they run at
 * with the facts that hold there.
 */
import { type Country, type Criticality, type Profile, round } from '@fulcrum/sovereignty'
import type { Money } from './classification.ts'

export type PortfolioService = {
  id: string
  name: string
  consumerId: string
  groupId: string
  /** Key of its offering. */
  offering: string
  criticality: Criticality
  classified: boolean
  /** Per month; null when nobody said what it costs. */
  spend: Money | null
  spendSource: 'classification' | 'offering' | null
  /** Where the customer keeps the key of this service; null when it holds none. */
  customerKeyCountry: Country | null
  /** Whether another service took its place: it is stopped, but its data is still there. Its spend is null and it is in no sum of what counts. */
  kept: boolean
  /** Whether the caller may see what only the consumer knows. */
  open: boolean
}

export type PortfolioOffering = {
  key: string
  agentId: string
  agentName: string
  serviceTypeId: string
  serviceTypeName: string
  providerId: string
  providerName: string
  /** Null when nothing is published about it: not even a fact that is missing can be told from one that is not. */
  profile: Profile | null
  profileVersions: readonly { profileId: string; version: number }[]
}

export type Portfolio = {
  services: readonly PortfolioService[]
  offerings: ReadonlyMap<string, PortfolioOffering>
  /** Names of consumers that the caller may see. */
  consumerNames: ReadonlyMap<string, string>
}

/** A service type at an agent. */
export function offeringKey({ agentId, serviceTypeId }: { agentId: string; serviceTypeId: string }): string {
  return `${agentId}/${serviceTypeId}`
}

/** Amounts by currency. Different currencies are never added. */
export class Amounts {
  readonly #byCurrency = new Map<string, number>()

  add({ amount, currency }: Money): void {
    this.#byCurrency.set(currency, (this.#byCurrency.get(currency) ?? 0) + amount)
  }

  /** To the cent. */
  of(currency: string): number {
    return round(this.#byCurrency.get(currency) ?? 0, 2)
  }

  /** In the order of the alphabet. */
  get currencies(): string[] {
    return [...this.#byCurrency.keys()].toSorted()
  }
}
