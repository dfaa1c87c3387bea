/** Tables that the plan and the report of an evacuation have in common. */
import type { EvacuationAssumption, EvacuationPlan, PlannedScenario } from '@fulcrum/contract'
import { paragraph } from './report/document.ts'
import type { Html } from './report/html.ts'
import { durationOr, durationText, targetText } from './report/recovery.ts'
import { reportTable } from './report/table.ts'
import type { NameOf } from './report-names.ts'

export type PlanItem = EvacuationPlan['items'][number]

const SCENARIOS = {
  'data-access-order': 'An order to hand over data',
  'cut-off': 'A cut-off',
  tariff: 'A tariff',
  'provider-cut-off': 'The end of a provider',
} as const
const WAYS = { live: 'exported live', vault: 'vault copy' } as const
export const TARGETS =
  'Targets are those of the classification of each service. A service without one can neither meet nor miss it.'

export function whose(items: readonly PlanItem[], nameOf: NameOf): string {
  return [...new Set(items.map(({ consumerId }) => nameOf(consumerId)))].join(', ') || 'nobody'
}

export function scenarioText({ type, jurisdictions, providerIds }: PlannedScenario, nameOf: NameOf): string {
  const by = [...jurisdictions, ...providerIds.map(nameOf)].join(', ')
  return by === '' ? SCENARIOS[type] : `${SCENARIOS[type]}: ${by}`
}

export function scenarioTable(
  { type, jurisdictions, providerIds, at, graceHours }: PlannedScenario,
  deadlineAt: string,
  nameOf: NameOf,
) {
  return reportTable(
    ['What', 'As it was understood'],
    [
      ['Event', SCENARIOS[type]],
      ['Jurisdictions', jurisdictions.join(', ') || 'none'],
      ['Providers', providerIds.map(nameOf).join(', ') || 'none named'],
      ['It happens at', at],
      ['Time to leave', durationText(graceHours * 3_600)],
      ['Everything has to have left by', deadlineAt],
    ],
  )
}

export function stayTable(items: readonly PlanItem[], nameOf: NameOf): Html {
  return reportTable(
    ['Service', 'Criticality', 'At', 'Reason', 'What that means'],
    items.map(({ serviceName, criticality, sourceProviderId, reason, detail }) => [
      serviceName,
      criticality,
      nameOf(sourceProviderId),
      reason ?? 'not told',
      detail ?? '',
    ]),
    { empty: 'Every service can leave.' },
  )
}

export function placeOf({ feasible, targetAgentId, targetProviderId }: PlanItem, nameOf: NameOf): string {
  if (!feasible || targetAgentId === undefined) return 'stays'
  return targetProviderId === undefined
    ? nameOf(targetAgentId)
    : `${nameOf(targetProviderId)}, ${nameOf(targetAgentId)}`
}

export function wayOf({ feasible, from, vaultCopyTakenAt }: PlanItem): string {
  if (!feasible || from === undefined) return '-'
  return from === 'vault' && vaultCopyTakenAt !== undefined ? `${WAYS.vault} of ${vaultCopyTakenAt}` : WAYS[from]
}

export type Times = { rtoSeconds?: number; rpoSeconds?: number }

export function recoveryTable<Item extends PlanItem>(items: readonly Item[], timesOf: (item: Item) => Times): Html {
  return reportTable(
    ['Service', 'Criticality', 'RTO', 'Target', 'RPO', 'Target'],
    items.map((item) => {
      const { rtoSeconds, rpoSeconds } = timesOf(item)
      return [
        item.serviceName,
        item.criticality,
        durationOr('not measured', rtoSeconds),
        targetText('none said', rtoSeconds, item.rtoTargetSeconds),
        durationOr('not measured', rpoSeconds),
        targetText('none said', rpoSeconds, item.rpoTargetSeconds),
      ]
    }),
    { empty: 'There are no services.' },
  )
}

export function unknownBlocks(items: readonly PlanItem[], assumptions: readonly EvacuationAssumption[]): Html[] {
  const without = items.filter(
    ({ rtoTargetSeconds, rpoTargetSeconds }) => rtoTargetSeconds === undefined || rpoTargetSeconds === undefined,
  )
  return [
    reportTable(
      ['What was assumed', 'As', 'Because'],
      assumptions.map(({ what, value, because }) => [what, value, because]),
      { empty: 'Nothing had to be assumed: everything that was needed is measured.' },
    ),
    ...(without.length > 0
      ? [
          paragraph(
            `Without a target for RTO or RPO: ${without.map(({ serviceName }) => serviceName).join(', ')}. Targets are set when a service is classified.`,
          ),
        ]
      : []),
  ]
}
