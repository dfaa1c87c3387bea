/**
 * A plan of how services leave, by the rules of `@fulcrum/sovereignty`, from what is known of this federation. Those rules know
 * providers; here a provider of theirs is an offering, a service type at an agent, because that is what takes a service. Pure.
 */
import type {
  EvacuationAssumption,
  EvacuationPlan,
  EvacuationPlanItem,
  EvacuationRequest,
  PlannedScenario,
} from '@fulcrum/contract'
import {
  type EvacuatedService,
  type EvacuationStep,
  expose,
  isHit,
  type Offering,
  type Profile,
  planEvacuation,
  type Scenario,
  ZONE_GROUPS,
} from '@fulcrum/sovereignty'
import { placedOf } from '../placement/index.ts'
import { timestamp } from '../platform/wire.ts'
import { ASSUMED, createSecondsOf, rateOf } from './throughput.ts'
import type { PlannedOffering, PlannedService, World } from './world.ts'

const MIB_PER_GIB = 1_024
const BYTES_PER_GIB = MIB_PER_GIB * 1_048_576
export const EXPORTS_AT_ONCE = 2

type Key = { agentId: string; serviceTypeId: string }
const keyOf = ({ agentId, serviceTypeId }: Key) => `${agentId} ${serviceTypeId}`

export function planOf(request: EvacuationRequest, scenario: PlannedScenario, world: World): EvacuationPlan {
  const assumptions: (EvacuationAssumption & { about: string })[] = []
  const assume: Assume = (about, what, value, because) => assumptions.push({ about, what, value, because })
  const profiles = new Map<string, Profile>(world.offerings.map((one) => [keyOf(one), one.profile]))
  const rules = rulesScenario(scenario, world)
  const services = world.services.map((service) => evacuated(service, world, assume))
  const exposure = expose(rules, services, profiles)
  const impacts = new Map(exposure.services.map((impact) => [impact.service, impact]))
  const hit = world.services.filter(({ id }) => isHit(impacts.get(id)?.impact ?? 'none'))
  const barred = new Map(hit.flatMap((service) => obstacleOf(service, request, world) ?? []))
  const offerings = world.offerings.map((one) => offered(one, request, world, assume))
  const { plan } = planEvacuation(
    rules,
    exposure,
    {
      services: services.filter(({ id }) => !barred.has(id)),
      offerings,
      profiles,
      policies: world.policies,
      holdings: {
        owned: world.owned,
        placedAt: new Map(world.offerings.map((one) => [keyOf(one), placedOf(one.profile, one.providerId)])),
      },
    },
    {
      exportConcurrencyPerProvider: request.exportsAtOnce ?? EXPORTS_AT_ONCE,
      verifyS: ASSUMED.verifyS,
      cutoverS: ASSUMED.cutOverS,
    },
    { at: rules.at, groups: ZONE_GROUPS, waivers: world.waivers },
  )
  const about = (id: string) => ({
    impact: impacts.get(id)?.impact ?? 'none',
    service: services.find((s) => s.id === id),
  })
  const known = new Map(world.services.map((service) => [service.id, service]))
  const items = [
    ...plan.map((step) => itemOf(step, known.get(step.service), about(step.service), world)),
    ...hit.flatMap((service) => {
      const obstacle = barred.get(service.id)
      return obstacle ? [{ ...base(service, about(service.id)), feasible: false, ...obstacle, steps: [] }] : []
    }),
  ].map((item, at): EvacuationPlanItem => ({ ...item, position: at + 1 }))
  const feasible = items.filter((item) => item.feasible)
  return {
    scenario,
    deadlineAt: timestamp(new Date(Date.parse(scenario.at) + scenario.graceHours * 3_600_000)),
    items,
    notHit: world.services.filter((service) => !hit.includes(service)).map(({ id }) => id),
    assumptions: usedBy(items, assumptions),
    totals: {
      services: items.length,
      feasible: feasible.length,
      fromVault: feasible.filter(({ from }) => from === 'vault').length,
      rtoMissed: feasible.filter(({ rtoMet }) => rtoMet === false).length,
      rpoMissed: feasible.filter(({ rpoMet }) => rpoMet === false).length,
      longestRtoSeconds: Math.max(0, ...feasible.map(({ rtoSeconds }) => rtoSeconds ?? 0)),
    },
  }
}

function rulesScenario({ type, jurisdictions, providerIds, at, graceHours }: PlannedScenario, world: World): Scenario {
  const named = new Set(providerIds)
  const keys = world.offerings.filter(({ providerId }) => named.has(providerId)).map(keyOf)
  return { type, jurisdictions, ...(providerIds.length > 0 && { providers: keys }), at, graceHours }
}

/** @param about  what it is about: a service by its id, or a direction at an agent */
type Assume = (about: string, what: string, value: string, because: string) => void

/** What is assumed of others than those who are in the plan is nobody's concern. Each is said once, in the order of the alphabet. */
function usedBy(
  items: readonly EvacuationPlanItem[],
  assumptions: readonly (EvacuationAssumption & { about: string })[],
): EvacuationAssumption[] {
  const used = new Set(
    items.flatMap(({ serviceId, sourceAgentId, targetAgentId }) => [
      serviceId,
      `export ${sourceAgentId}`,
      ...(targetAgentId === undefined ? [] : [`import ${targetAgentId}`]),
    ]),
  )
  const said = assumptions.filter(({ about }) => used.has(about)).map(({ about: _, ...assumption }) => assumption)
  const once = [...new Map(said.map((assumption) => [assumption.what, assumption])).values()]
  return once.toSorted((a, b) => (a.what < b.what ? -1 : 1))
}

function evacuated(service: PlannedService, world: World, assume: Assume): EvacuatedService {
  const said = world.classifications.get(service.id)
  const copy = world.copies.get(service.id)
  const offering = world.offerings.find((one) => keyOf(one) === keyOf(service))
  const size = world.sizes.get(service.id)
  const sizeBytes = size?.sizeBytes ?? ASSUMED.sizeBytes
  if (size?.metric !== null)
    assume(
      service.id,
      `size of ${service.name}`,
      size ? `${size.sizeBytes} bytes` : `${ASSUMED.sizeBytes / BYTES_PER_GIB} GiB`,
      `${size ? `its metric ${size.metric} says so, and ` : ''}it was never exported: a vault copy or a drill would make it known`,
    )
  return {
    id: service.id,
    // policies are looked up by it
    consumer: service.id,
    owner: service.consumerId,
    provider: keyOf(service),
    exporter: service.providerId,
    serviceType: service.serviceTypeId,
    criticality: said?.criticality ?? 'normal',
    monthlySpend: said?.monthlySpend?.amount ?? 0,
    sizeGiB: sizeBytes / BYTES_PER_GIB,
    units: offering?.units ?? 1,
    rtoTargetS: said?.rtoTargetSeconds ?? Number.POSITIVE_INFINITY,
    rpoTargetS: said?.rpoTargetSeconds ?? Number.POSITIVE_INFINITY,
    ...(copy && { vaultCopyAt: copy.takenAt.toISOString() }),
  }
}

function offered(one: PlannedOffering, request: EvacuationRequest, world: World, assume: Assume): Offering {
  const portability = world.portability.get(one.serviceTypeId) ?? null
  const declared = one.profile.portability
  const both = (own: readonly string[] = [], said?: readonly string[]) =>
    own.filter((name) => said?.includes(name) ?? true)
  const [exports, imports] = [rateOf(one.samples, 'export'), rateOf(one.samples, 'import')]
  for (const [direction, rate] of [
    ['export', exports],
    ['import', imports],
  ] as const)
    if (!rate.measured)
      assume(
        `${direction} ${one.agentId}`,
        `${direction} throughput of ${one.agentName}`,
        `${rate.mibPerS} MiB/s after ${rate.fixedS} s`,
        'nothing was measured yet: a drill or a migration makes it known',
      )
  const wanted = request.targetAgentIds === undefined || request.targetAgentIds.includes(one.agentId)
  return {
    provider: keyOf(one),
    serviceType: one.serviceTypeId,
    free: wanted && one.connected && one.enabled ? (one.free ?? Number.POSITIVE_INFINITY) : 0,
    exportFormats: both(portability?.exportFormats, declared?.exportFormats),
    importFormats: both(portability?.importFormats, declared?.importFormats),
    exportMiBps: exports.mibPerS,
    importMiBps: imports.mibPerS,
    // what nobody answers for is never exported in time
    exportFixedS: one.connected ? exports.fixedS : Number.POSITIVE_INFINITY,
    importFixedS: imports.fixedS + createSecondsOf(one.samples),
  }
}

/** What keeps a service from leaving, whatever the plan. */
function obstacleOf(
  service: PlannedService,
  request: EvacuationRequest,
  world: World,
): [string, { reason: string; detail: string }][] | null {
  const portability = world.portability.get(service.serviceTypeId) ?? null
  const told = (reason: string, detail: string): [string, { reason: string; detail: string }][] => [
    [service.id, { reason, detail }],
  ]
  if (service.moving) return told('ALREADY_MOVING', 'a migration of it has not ended: it goes on by itself')
  if (!portability) return told('NOT_PORTABLE', 'its service type declares no export and import')
  if (portability.quiesceAction === null && !request.acceptWriteLoss)
    return told('CANNOT_BE_QUIESCED', 'writes during the move would be lost: say acceptWriteLoss if that is acceptable')
  if (!service.exportable && !world.copies.has(service.id))
    return told('NOT_RUNNING', 'it cannot be exported in its state, and there is no vault copy')
  return null
}

type About = { impact: string; service: EvacuatedService | undefined }

function base(service: PlannedService, { impact, service: known }: About) {
  return {
    serviceId: service.id,
    serviceName: service.name,
    consumerId: service.consumerId,
    sourceProviderId: service.providerId,
    sourceAgentId: service.agentId,
    position: 0,
    impact,
    criticality: known?.criticality ?? 'normal',
  }
}

const REASONS = {
  NO_ELIGIBLE_TARGET:
    'no connected agent that the event does not touch offers its type with room and within the policies',
  NO_COMMON_FORMAT: 'none of those that could take it imports what its agent exports',
  NO_EXPORT_BEFORE_CUTOFF_AND_NO_VAULT_COPY:
    'its export would not end in time, and there is no vault copy: make one, or give more time',
} as const

function itemOf(
  step: EvacuationStep,
  service: PlannedService | undefined,
  about: About,
  world: World,
): EvacuationPlanItem {
  if (!service) throw new Error(`the plan names service ${step.service}, which nobody asked about`)
  const common = base(service, about)
  if (!step.feasible)
    return { ...common, feasible: false, reason: step.reason, detail: REASONS[step.reason], steps: [] }
  const target = world.offerings.find((one) => keyOf(one) === step.target)
  const said = world.classifications.get(service.id)
  const copy = world.copies.get(service.id)
  const size = world.sizes.get(service.id)
  return {
    ...common,
    feasible: true,
    from: step.source,
    ...(target && { targetAgentId: target.agentId, targetProviderId: target.providerId }),
    format: step.format,
    ...(size && { sizeBytes: size.sizeBytes }),
    ...(copy && { vaultCopyTakenAt: timestamp(copy.takenAt) }),
    waitSeconds: step.waitS,
    exportSeconds: step.exportS,
    importSeconds: step.importS,
    rtoSeconds: step.rtoS,
    rpoSeconds: step.rpoS,
    ...(said?.rtoTargetSeconds !== undefined && { rtoTargetSeconds: said.rtoTargetSeconds }),
    ...(said?.rpoTargetSeconds !== undefined && { rpoTargetSeconds: said.rpoTargetSeconds }),
    rtoMet: step.rtoMet,
    rpoMet: step.rpoMet,
    steps:
      step.source === 'live'
        ? ['create', 'quiesce', 'export', 'import', 'verify', 'cut over', 'delete the source after its time']
        : ['create', 'import from the vault', 'verify', 'cut over', 'stop the source when it comes back'],
  }
}
