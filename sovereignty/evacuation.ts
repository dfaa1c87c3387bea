/** How to leave: for every service that an event hits, the target, the way and the time, or the reason why there is none. */
import { type DecisionContext, decide } from './decide.ts'
import {
  CRITICALITIES,
  type ExposedService,
  type Exposure,
  isHit,
  type Profiles,
  providerImpact,
  type Scenario,
} from './exposure.ts'
import { DIMENSIONS, type Placed, type Policy } from './policy.ts'

export type EvacuatedService = ExposedService & {
  sizeGiB: number
  /** Of the target's capacity. */
  units: number
  rtoTargetS: number
  rpoTargetS: number
  /** When the newest copy outside the source's control was made. */
  vaultCopyAt?: string
  /** Whose export slots it takes; its provider's, where an offering is not simply a provider's. */
  exporter?: string
  /** Whose holdings it is part of; its consumer's, where policies are not looked up by something else. */
  owner?: string
}

/** What a provider offers of a service type; rates and fixed times are measured ones. */
export type Offering = {
  provider: string
  serviceType: string
  /** Free units. */
  free: number
  exportFormats: readonly string[]
  importFormats: readonly string[]
  exportMiBps: number
  importMiBps: number
  exportFixedS: number
  importFixedS: number
}

export type EvacuationOptions = { exportConcurrencyPerProvider: number; verifyS: number; cutoverS: number }

export type EvacuationStep =
  | {
      service: string
      feasible: true
      target: string
      format: string
      /** `vault`: from the copy outside the source's control. */
      source: 'live' | 'vault'
      waitS: number
      exportS: number
      importS: number
      rtoS: number
      rpoS: number
      rtoMet: boolean
      rpoMet: boolean
      steps: readonly string[]
    }
  | { service: string; feasible: false; reason: InfeasibleReason }

export type InfeasibleReason = 'NO_ELIGIBLE_TARGET' | 'NO_COMMON_FORMAT' | 'NO_EXPORT_BEFORE_CUTOFF_AND_NO_VAULT_COPY'

export type EvacuationPlan = { plan: readonly EvacuationStep[]; order: readonly string[] }

export type EvacuationWorld = {
  services: readonly EvacuatedService[]
  offerings: readonly Offering[]
  profiles: Profiles
  /** Of each consumer. */
  policies: Readonly<Record<string, readonly Policy[]>>
  /** For limits of shares; without it, everybody has what the context says. */
  holdings?: Holdings
}

/** What each owner has already, these services among it, and what one service adds to that at each provider. */
export type Holdings = {
  owned: Readonly<Record<string, readonly Placed[]>>
  placedAt: ReadonlyMap<string, Placed>
}

const MIB_PER_GIB = 1_024
const DAY_S = 86_400

/**
 * @param exposure  of the same scenario, over the same services
 * @param context  for the decisions about targets; its moment is the scenario's
 */
export function planEvacuation(
  scenario: Scenario,
  exposure: Exposure,
  world: EvacuationWorld,
  options: EvacuationOptions,
  context: DecisionContext,
): EvacuationPlan {
  const impacts = new Map(exposure.services.map((impact) => [impact.service, impact]))
  const hit = (id: string) => isHit(impacts.get(id)?.impact ?? 'none')
  const queue = world.services
    .filter(({ id }) => hit(id))
    .map((service) => ({ service, days: impacts.get(service.id)?.timeToImpactDays ?? 0 }))
    .toSorted((a, b) => a.days - b.days || byUrgency(a.service, b.service))
  const state: PlanState = {
    free: new Map(world.offerings.map((offering) => [offering, offering.free])),
    exporters: new Map(),
    unaffected: (provider) => providerImpact(scenario, provider, world.profiles.get(provider)) === 'none',
    options,
    context: { ...context, at: scenario.at },
    owned: new Map(Object.entries(world.holdings?.owned ?? {})),
  }
  const plan = queue.map(({ service, days }) => {
    const deadlineS = days > 0 ? days * DAY_S : (scenario.graceHours ?? 0) * 3_600
    return planOne(service, deadlineS, world, state)
  })
  return { plan, order: plan.map(({ service }) => service) }
}

type PlanState = {
  free: Map<Offering, number>
  /** When each of a provider's export slots is free again, in seconds from the start. */
  exporters: Map<string, number[]>
  unaffected: (provider: string) => boolean
  options: EvacuationOptions
  context: DecisionContext
  /** What each owner has when what is planned already has moved. */
  owned: Map<string, readonly Placed[]>
}

function byUrgency(a: EvacuatedService, b: EvacuatedService): number {
  return (
    CRITICALITIES.indexOf(a.criticality) - CRITICALITIES.indexOf(b.criticality) ||
    a.rtoTargetS - b.rtoTargetS ||
    (a.id < b.id ? -1 : 1)
  )
}

function planOne(
  service: EvacuatedService,
  deadlineS: number,
  world: EvacuationWorld,
  state: PlanState,
): EvacuationStep {
  const from = world.offerings.find(
    ({ provider, serviceType }) => provider === service.provider && serviceType === service.serviceType,
  )
  const eligible = eligibleTargets(service, world, state)
  if (eligible.length === 0) return { service: service.id, feasible: false, reason: 'NO_ELIGIBLE_TARGET' }
  const target = eligible
    .map((offering) => ({
      offering,
      format: from?.exportFormats.find((name) => offering.importFormats.includes(name)),
    }))
    .find(({ format }) => format !== undefined)
  if (!target?.format || !from) return { service: service.id, feasible: false, reason: 'NO_COMMON_FORMAT' }

  const { exportConcurrencyPerProvider, verifyS, cutoverS } = state.options
  const exporter = service.exporter ?? service.provider
  const slots = state.exporters.get(exporter) ?? Array.from({ length: exportConcurrencyPerProvider }, () => 0)
  const soonest = slots.indexOf(Math.min(...slots))
  const waitS = slots[soonest] ?? 0
  const exportS = seconds(service.sizeGiB, from.exportMiBps, from.exportFixedS)
  const importS = seconds(service.sizeGiB, target.offering.importMiBps, target.offering.importFixedS)
  const live = waitS + exportS <= deadlineS
  if (!live && service.vaultCopyAt === undefined)
    return { service: service.id, feasible: false, reason: 'NO_EXPORT_BEFORE_CUTOFF_AND_NO_VAULT_COPY' }

  state.free.set(target.offering, (state.free.get(target.offering) ?? 0) - service.units)
  if (live) state.exporters.set(exporter, slots.with(soonest, waitS + exportS))
  const there = world.holdings?.placedAt.get(target.offering.provider) ?? {}
  if (world.holdings) state.owned.set(ownerOf(service), [...others(service, world.holdings, state), there])
  const times = live ? { waitS, exportS } : { waitS: 0, exportS: 0 }
  const rtoS = times.waitS + times.exportS + importS + verifyS + cutoverS
  const rpoS = live ? 0 : Math.max(0, (Date.parse(state.context.at) - Date.parse(service.vaultCopyAt ?? '')) / 1_000)
  const to = target.offering.provider
  return {
    service: service.id,
    feasible: true,
    target: to,
    format: target.format,
    source: live ? 'live' : 'vault',
    ...times,
    importS,
    rtoS,
    rpoS,
    rtoMet: rtoS <= service.rtoTargetS,
    rpoMet: rpoS <= service.rpoTargetS,
    steps: [
      live ? `${service.provider}:export` : 'vault:restore',
      `${to}:create`,
      `${to}:import`,
      'verify',
      'cutover',
      live ? `${service.provider}:delete-after-retrieval-window` : 'revoke-credentials',
    ],
  }
}

/** Offerings of the same type that the event does not touch, with room, which the consumer's policies allow; the best first. */
function eligibleTargets(service: EvacuatedService, world: EvacuationWorld, state: PlanState): Offering[] {
  const policies = world.policies[service.consumer] ?? []
  const { holdings } = world
  const current = holdings ? { current: others(service, holdings, state) } : {}
  const verified = ({ provider }: Offering) => world.profiles.get(provider)?.assessments?.['ec-csf']?.verifiedScore ?? 0
  return world.offerings
    .filter(
      (offering) =>
        offering.serviceType === service.serviceType &&
        offering.provider !== service.provider &&
        state.unaffected(offering.provider) &&
        (state.free.get(offering) ?? 0) >= service.units,
    )
    .filter(({ provider }) => {
      const profile = world.profiles.get(provider)
      const candidate = holdings?.placedAt.get(provider)
      const context = { ...state.context, ...current, ...(candidate && { candidate }) }
      return profile !== undefined && decide(profile, policies, context).outcome !== 'deny'
    })
    .toSorted((a, b) => verified(b) - verified(a) || (a.provider < b.provider ? -1 : 1))
}

/** What the owner has besides this service, where it is now. */
function others(service: EvacuatedService, { placedAt }: Holdings, { owned }: PlanState): readonly Placed[] {
  const all = owned.get(ownerOf(service)) ?? []
  const here = placedAt.get(service.provider)
  const own = all.findIndex((placed) => here !== undefined && DIMENSIONS.every((name) => placed[name] === here[name]))
  return own < 0 ? all : all.toSpliced(own, 1)
}

function ownerOf({ owner, consumer }: EvacuatedService): string {
  return owner ?? consumer
}

function seconds(sizeGiB: number, mibPerS: number, fixedS: number): number {
  return Math.ceil((sizeGiB * MIB_PER_GIB) / mibPerS) + fixedS
}
