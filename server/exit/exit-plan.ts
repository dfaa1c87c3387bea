/**
 * The exit plan that DORA asks for (Article 28(8)): for every service who could take it, how, what was rehearsed, and what is missing.
 * Pure.
 */
import type { ExitAlternative, ExitPlan, ExitPlanItem } from '@fulcrum/contract'
import { CRITICALITIES } from '@fulcrum/sovereignty'
import { timestamp } from '../platform/wire.ts'

const DAY_MS = 86_400_000
/** A drill that is older proves nothing any more. */
const DRILL_DAYS = 365

export type PlannedService = Omit<
  ExitPlanItem,
  'alternatives' | 'steps' | 'contingency' | 'gaps' | 'lastDrill' | 'vaultCopy'
> & {
  /** Those before others that an evacuation would choose. */
  alternatives: readonly ExitAlternative[]
  /** Null where the service type names no way to take data out. */
  portability: { exportAction: string; importAction: string; quiesceAction: string | null } | null
  lastDrill: { migrationId: string; at: Date; outcome: string; rtoSeconds?: number; rpoSeconds?: number } | null
  vaultCopy: { takenAt: Date; store: string; outside: boolean } | null
}

export function exitPlan(
  consumer: { id: string; name: string },
  services: readonly PlannedService[],
  now: Date,
): ExitPlan {
  const items = services.toSorted(
    (a, b) =>
      CRITICALITIES.indexOf(a.criticality) - CRITICALITIES.indexOf(b.criticality) ||
      (a.rtoTargetSeconds ?? Number.POSITIVE_INFINITY) - (b.rtoTargetSeconds ?? Number.POSITIVE_INFINITY) ||
      (a.serviceId < b.serviceId ? -1 : 1),
  )
  const tested = items.filter((service) => isTested(service, now))
  const oldest = tested.map(({ lastDrill }) => lastDrill?.at.getTime() ?? 0)
  const reviewBy = new Date(Math.min(now.getTime(), ...oldest) + DRILL_DAYS * DAY_MS)
  return {
    consumerId: consumer.id,
    consumerName: consumer.name,
    asOf: timestamp(now),
    reviewBy: timestamp(reviewBy),
    items: items.map((service) => planItem(service, now)),
    ready: tested.filter((service) => service.portability && qualifying(service).length > 0).length,
    sufficientlyTested: items.every((service) => service.criticality === 'normal' || isTested(service, now)),
  }
}

function planItem(service: PlannedService, now: Date): ExitPlanItem {
  const { portability, lastDrill, vaultCopy, alternatives, ...about } = service
  return {
    ...about,
    alternatives: alternatives.toSorted((a, b) => Number(b.qualifies) - Number(a.qualifies)),
    steps: stepsOf(service),
    ...(lastDrill && { lastDrill: { ...lastDrill, at: timestamp(lastDrill.at) } }),
    ...(vaultCopy && {
      vaultCopy: { takenAt: timestamp(vaultCopy.takenAt), store: vaultCopy.store, outside: vaultCopy.outside },
    }),
    contingency: contingencyOf(service),
    gaps: gapsOf(service, now),
  }
}

function stepsOf({ portability, providerName, alternatives }: PlannedService): string[] {
  if (!portability) return []
  const target = alternatives.find(({ qualifies }) => qualifies)?.providerName ?? 'another provider'
  return [
    `Export at ${providerName} (${portability.exportAction}) while the service goes on`,
    `Order the same service at ${target}`,
    `Import there (${portability.importAction}) and compare the digests`,
    portability.quiesceAction
      ? `Stop writes at ${providerName} (${portability.quiesceAction}), move what came since, compare again`
      : 'Agree on a time without writes: the type has no way to stop them',
    `Cut over to ${target}`,
    `Delete at ${providerName} when the retrieval window is over`,
  ]
}

function contingencyOf({ vaultCopy, portability, providerName }: PlannedService): string {
  if (!portability) return `Nothing: the data cannot be taken out of ${providerName} by Fulcrum.`
  if (!vaultCopy) return `Nothing: there is no copy of the data outside ${providerName}.`
  const where = `The copy of ${timestamp(vaultCopy.takenAt)} in store ${vaultCopy.store}`
  return vaultCopy.outside
    ? `${where}, outside the provider's control, is restored at another provider.`
    : `${where} is restored at another provider, if the store is still there: it is not known to be outside the provider's control.`
}

function gapsOf(service: PlannedService, now: Date): string[] {
  const { portability, vaultCopy, lastDrill, rtoTargetSeconds, rpoTargetSeconds } = service
  const checks: [boolean, string][] = [
    [
      portability === null,
      'The service type names no export and import actions: the operator declares its portability.',
    ],
    [
      qualifying(service).length === 0,
      'No other provider qualifies: ask which demand keeps them out (fulcrum placement), or win another provider.',
    ],
    [vaultCopy === null, 'No vault copy: schedule one (fulcrum vault schedule).'],
    [
      vaultCopy !== null && !vaultCopy.outside,
      "The vault copy is not known to be outside the provider's control: choose another store.",
    ],
    [!isTested(service, now), 'No drill has passed within a year: rehearse it (fulcrum drill).'],
    [
      rtoTargetSeconds !== undefined && (lastDrill?.rtoSeconds ?? 0) > rtoTargetSeconds,
      `The last drill took ${lastDrill?.rtoSeconds} s, the target is ${rtoTargetSeconds} s.`,
    ],
    [
      rpoTargetSeconds !== undefined &&
        vaultCopy !== null &&
        now.getTime() - vaultCopy.takenAt.getTime() > rpoTargetSeconds * 1_000,
      `The vault copy is older than the target of ${rpoTargetSeconds} s: make copies more often.`,
    ],
  ]
  return checks.filter(([isMissing]) => isMissing).map(([, text]) => text)
}

function qualifying({ alternatives }: PlannedService): readonly ExitAlternative[] {
  return alternatives.filter(({ qualifies }) => qualifies)
}

function isTested({ lastDrill }: PlannedService, now: Date): boolean {
  return lastDrill?.outcome === 'passed' && now.getTime() - lastDrill.at.getTime() <= DRILL_DAYS * DAY_MS
}
