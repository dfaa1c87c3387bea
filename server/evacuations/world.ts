/** What a plan is made from: services, who could take them, and what is known of both. */
import type { Placed, Policy, Waiver } from '@fulcrum/sovereignty'
import type { Classification } from '../exposure/index.ts'
import type { Portability, VaultCopy } from '../portability/index.ts'
import type { OfferingProfile } from '../sovereignty-profiles/index.ts'
import type { Sample } from './throughput.ts'

export type PlannedService = {
  id: string
  name: string
  consumerId: string
  providerId: string
  agentId: string
  groupId: string
  serviceTypeId: string
  /** Whether its lifecycle lets it be exported in its state. */
  exportable: boolean
  moving: boolean
}

export type PlannedOffering = OfferingProfile & {
  agentName: string
  connected: boolean
  enabled: boolean
  /** Units; null: without limit. */
  free: number | null
  units: number
  samples: readonly Sample[]
}

/** `metric`: the name of the one that says so; null: that of the newest export or copy. */
export type KnownSize = { sizeBytes: number; metric: string | null }

export type World = {
  services: readonly PlannedService[]
  offerings: readonly PlannedOffering[]
  portability: ReadonlyMap<string, Portability | null>
  classifications: ReadonlyMap<string, Classification>
  copies: ReadonlyMap<string, VaultCopy>
  /** By service. */
  sizes: ReadonlyMap<string, KnownSize>
  /** By service. */
  policies: Readonly<Record<string, readonly Policy[]>>
  waivers: readonly Waiver[]
  /** What each consumer has, by consumer; empty where no policy limits shares. */
  owned: Readonly<Record<string, readonly Placed[]>>
}

export type Selection = {
  serviceIds: readonly string[] | null
  groupId: string | null
  providerId: string | null
  consumerId: string | null
}
