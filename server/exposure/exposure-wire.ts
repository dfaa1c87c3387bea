/** Results of an exposure as the API shows them. What only a consumer knows is left out where the caller is another. */
import type {
  ConsumerExposure,
  ServiceExposure,
  Exposure as WireExposure,
  Scenario as WireScenario,
} from '@fulcrum/contract'
import { timestamp } from '../platform/wire.ts'
import type { ExposureResult, ImpactOnService, Sums } from './exposure.ts'
import type { Portfolio } from './portfolio.ts'
import type { AskedScenario } from './scenario.ts'
import { assumptionsOf, reasonText, summaryOf, unknownText } from './words.ts'

/** Without the list of services. */
export function exposureToWire(scenario: AskedScenario, portfolio: Portfolio, result: ExposureResult): WireExposure {
  const codes = new Set(result.impacts.flatMap(({ reasons }) => reasons))
  const closed = portfolio.services.reduce((count, { open }) => count + (open ? 0 : 1), 0)
  return {
    scenario: scenarioToWire(scenario),
    summary: summaryOf(scenario, result.totals),
    totals: { ...sumsToWire(result.totals), byImpact: { ...result.totals.byImpact } },
    consumers: result.consumers.map(({ consumerId, ...sums }): ConsumerExposure => {
      const consumerName = portfolio.consumerNames.get(consumerId)
      return { consumerId, ...(consumerName !== undefined && { consumerName }), ...sumsToWire(sums) }
    }),
    reasonTexts: Object.fromEntries([...codes].toSorted().map((code) => [code, reasonText(code)])),
    offerings: result.offerings.map(({ key: _, profile: _facts, profileVersions, ...offering }) => ({
      ...offering,
      profileVersions: [...profileVersions],
    })),
    unknown: result.unknown.map((unknown) => ({
      code: unknown.code,
      ...(unknown.path !== undefined && { path: unknown.path }),
      text: unknownText(unknown),
      services: unknown.services,
      ...(unknown.providerIds.length > 0 && { providerIds: [...unknown.providerIds] }),
    })),
    assumptions: assumptionsOf(scenario, result, closed),
  }
}

function scenarioToWire({ at, jurisdictions, providers, ...rest }: AskedScenario): WireScenario {
  return {
    ...rest,
    ...(jurisdictions && { jurisdictions: [...jurisdictions] }),
    ...(providers && { providers: [...providers] }),
    at: timestamp(at),
  }
}

function sumsToWire({ services, hit, blastRadius, open, firstImpactDays }: Sums) {
  return {
    services,
    hit,
    blastRadius,
    ...open,
    ...(firstImpactDays !== null && { firstImpactDays }),
  }
}

/** @param portfolio  where the service is from */
export function serviceToWire(one: ImpactOnService, { offerings }: Portfolio): ServiceExposure {
  const { service, impact, hit, timeToImpactDays, costDelta, reasons } = one
  const offering = offerings.get(service.offering)
  const { spend, spendSource, customerKeyCountry } = service
  return {
    serviceId: service.id,
    name: service.name,
    consumerId: service.consumerId,
    groupId: service.groupId,
    providerId: offering?.providerId ?? '',
    agentId: offering?.agentId ?? '',
    serviceTypeId: offering?.serviceTypeId ?? '',
    impact,
    hit,
    ...(timeToImpactDays !== null && { timeToImpactDays }),
    reasons: [...reasons],
    ...(service.open && {
      criticality: service.criticality,
      ...(spend && spendSource && { monthlySpend: spend, spendSource, costDelta }),
    }),
    ...(customerKeyCountry !== null && { customerKeyCountry }),
  }
}
