/** Evacuations as reports: what a plan expects, and what was measured, against the targets of the services. */
import type {
  EvacuationAssumption,
  EvacuationDetail,
  EvacuationItem,
  EvacuationPlan,
  PlannedScenario,
} from '@fulcrum/contract'
import { impactWord } from './output/exposure.ts'
import { size } from './output/format.ts'
import { type Bar, barChart } from './report/bar-chart.ts'
import { bullets, keyFigures, notice, paragraph, type Report } from './report/document.ts'
import type { Html } from './report/html.ts'
import { durationOr, durationText, verdict } from './report/recovery.ts'
import { reportTable } from './report/table.ts'
import type { NameOf } from './report-names.ts'

type PlanItem = EvacuationPlan['items'][number]
/** What a list of evacuations tells of each. */
export type ListedEvacuation = Omit<EvacuationDetail, 'items' | 'assumptions'>

const SCENARIOS = {
  'data-access-order': 'An order to hand over data',
  'cut-off': 'A cut-off',
  tariff: 'A tariff',
  'provider-cut-off': 'The end of a provider',
} as const
const WAYS = { live: 'exported live', vault: 'vault copy' } as const
const NOT_SAID = 'none said'

export function evacuationPlanReport(plan: EvacuationPlan, nameOf: NameOf, generatedAt: string): Report {
  const { items, totals, notHit, assumptions } = plan
  const stay = items.filter(({ feasible }) => !feasible)
  return {
    title: 'Plan of an evacuation',
    subtitle: `${whose(items, nameOf)} · ${scenarioText(plan.scenario, nameOf)}`,
    generatedAt,
    sections: [
      {
        title: 'In short',
        blocks: [
          paragraph(
            `${totals.feasible} of ${totals.services} services can leave by ${plan.deadlineAt}. Nothing has been moved.`,
          ),
          keyFigures([
            { label: 'Can leave', value: `${totals.feasible} of ${totals.services}` },
            { label: 'From vault copies', value: `${totals.fromVault}` },
            { label: 'RTO targets missed', value: `${totals.rtoMissed}` },
            { label: 'RPO targets missed', value: `${totals.rpoMissed}` },
            { label: 'Longest RTO', value: durationText(totals.longestRtoSeconds), detail: 'expected' },
            { label: 'Assumed figures', value: `${assumptions.length}` },
          ]),
          ...(stay.length > 0
            ? [notice(`${stay.length} of ${totals.services} services cannot leave.`, 'warning')]
            : []),
        ],
      },
      { title: 'Scenario', blocks: [scenarioTable(plan.scenario, plan.deadlineAt, nameOf)] },
      { title: 'What cannot leave', blocks: [stayTable(stay, nameOf)] },
      { title: 'Order in which they leave', blocks: [orderTable(items, nameOf)] },
      { title: 'Recovery to expect, against targets', blocks: [recoveryTable(items, (item) => item)] },
      { title: 'What is not known', blocks: unknownBlocks(items, assumptions) },
      { title: 'What this rests on', blocks: [bullets(restsOn(notHit.length))] },
    ],
  }
}

export function evacuationReport(evacuation: EvacuationDetail, nameOf: NameOf, generatedAt: string): Report {
  const { id, state, paused, items, progress, createdAt, endedAt, assumptions } = evacuation
  const failed = items.filter((item) => item.state === 'failed' || item.state === 'cancelled')
  const measured = items.map(({ measuredRtoSeconds }) => measuredRtoSeconds).filter((one) => one !== undefined)
  const back = items.filter(({ fellBackToVault }) => fellBackToVault).length
  const of = evacuation.consumerId === undefined ? whose(items, nameOf) : nameOf(evacuation.consumerId)
  return {
    title: 'Report of an evacuation',
    subtitle: `${of} · ${scenarioText(evacuation.scenario, nameOf)} · evacuation ${id}`,
    generatedAt,
    sections: [
      {
        title: 'In short',
        blocks: [
          paragraph(
            `${progress.moved} of ${progress.services} services have moved. It began at ${createdAt} and ${endedAt === undefined ? 'has not ended' : `ended at ${endedAt}`}.`,
          ),
          keyFigures([
            { label: 'State', value: paused ? `${state}, paused` : state },
            { label: 'Moved', value: `${progress.moved} of ${progress.services}` },
            { label: 'Failed', value: `${progress.failed}` },
            { label: 'Could not leave', value: `${progress.infeasible}` },
            { label: 'RTO targets missed', value: `${progress.rtoMissed}`, detail: 'measured' },
            { label: 'RPO targets missed', value: `${progress.rpoMissed}`, detail: 'measured' },
            {
              label: 'Longest RTO',
              value: measured.length > 0 ? durationText(Math.max(...measured)) : 'not measured',
              detail: `${measured.length} measured`,
            },
            { label: 'Fell back to vault copies', value: `${back}` },
          ]),
          ...(endedAt === undefined ? [notice('It goes on: these figures are not the last.')] : []),
          ...(progress.failed > 0
            ? [notice(`${progress.failed} services that could leave have failed to.`, 'warning')]
            : []),
        ],
      },
      { title: 'Progress', blocks: [barChart('Services by state', bars(progress), progress.services)] },
      { title: 'Scenario', blocks: [scenarioTable(evacuation.scenario, evacuation.deadlineAt, nameOf)] },
      { title: 'Recovery measured, against targets', blocks: [recoveryTable(items, measuredOf)] },
      { title: 'Services', blocks: [itemTable(items, nameOf)] },
      { title: 'What failed or was cancelled', blocks: [failureTable(failed)] },
      {
        title: 'What could not leave',
        blocks: [
          stayTable(
            items.filter((item) => item.state === 'infeasible'),
            nameOf,
          ),
        ],
      },
      { title: 'What is not known', blocks: unknownBlocks(items, assumptions) },
      { title: 'What this rests on', blocks: [bullets([MEASURED, TARGETS, VERIFIED])] },
    ],
  }
}

/** Several evacuations, in the order given. */
export function evacuationsReport(
  evacuations: readonly ListedEvacuation[],
  nameOf: NameOf,
  generatedAt: string,
): Report {
  const sum = (figure: (one: ListedEvacuation['progress']) => number) =>
    evacuations.reduce((total, { progress }) => total + figure(progress), 0)
  return {
    title: 'Evacuations',
    subtitle: [...new Set(evacuations.map((one) => ownerOf(one, nameOf)))].join(', '),
    generatedAt,
    sections: [
      {
        title: 'In short',
        blocks: [
          keyFigures([
            { label: 'Evacuations', value: `${evacuations.length}` },
            { label: 'Still going on', value: `${evacuations.filter(({ endedAt }) => endedAt === undefined).length}` },
            { label: 'Services moved', value: `${sum(({ moved }) => moved)} of ${sum(({ services }) => services)}` },
            { label: 'Services failed', value: `${sum(({ failed }) => failed)}` },
            { label: 'RTO targets missed', value: `${sum(({ rtoMissed }) => rtoMissed)}`, detail: 'measured' },
            { label: 'RPO targets missed', value: `${sum(({ rpoMissed }) => rpoMissed)}`, detail: 'measured' },
          ]),
        ],
      },
      {
        title: 'Evacuations',
        blocks: [
          reportTable(
            ['Began', 'Ended', 'Whose', 'Scenario', 'State', 'Moved', 'Failed', 'Stayed', 'RTO / RPO missed', 'Id'],
            evacuations.map((one) => [
              one.createdAt,
              one.endedAt ?? 'goes on',
              ownerOf(one, nameOf),
              scenarioText(one.scenario, nameOf),
              one.paused ? `${one.state}, paused` : one.state,
              `${one.progress.moved} of ${one.progress.services}`,
              `${one.progress.failed}`,
              `${one.progress.infeasible}`,
              `${one.progress.rtoMissed} / ${one.progress.rpoMissed}`,
              one.id,
            ]),
            { empty: 'There was no evacuation.' },
          ),
        ],
      },
      {
        title: 'What this rests on',
        blocks: [bullets([MEASURED, TARGETS, 'Each evacuation has a report of its own.'])],
      },
    ],
  }
}

const MEASURED =
  'Measured RTO: from the start of the evacuation to the cut-over of the service. Measured RPO: how old its data was then.'
const TARGETS =
  'Targets are those of the classification of each service. A service without one can neither meet nor miss it.'
const VERIFIED = 'Contents are verified when the digest of the import equals that of the export.'

function restsOn(notHit: number): string[] {
  return [
    'Times are expected from measurements of earlier migrations and drills, or assumed where the plan says so.',
    TARGETS,
    `${notHit} services were looked at and are not hit by the scenario.`,
  ]
}

function ownerOf({ consumerId }: ListedEvacuation, nameOf: NameOf): string {
  return consumerId === undefined ? 'several consumers' : nameOf(consumerId)
}

function whose(items: readonly PlanItem[], nameOf: NameOf): string {
  return [...new Set(items.map(({ consumerId }) => nameOf(consumerId)))].join(', ') || 'nobody'
}

function scenarioText({ type, jurisdictions, providerIds }: PlannedScenario, nameOf: NameOf): string {
  const by = [...jurisdictions, ...providerIds.map(nameOf)].join(', ')
  return by === '' ? SCENARIOS[type] : `${SCENARIOS[type]}: ${by}`
}

function scenarioTable(
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

function stayTable(items: readonly PlanItem[], nameOf: NameOf): Html {
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

function orderTable(items: readonly PlanItem[], nameOf: NameOf): Html {
  return reportTable(
    [
      { title: '#', number: true },
      'Service',
      'Criticality',
      'Impact',
      'From',
      'To',
      'Way',
      { title: 'Size', number: true },
    ],
    items.map((item) => [
      `${item.position}`,
      item.serviceName,
      item.criticality,
      impactWord(item.impact),
      nameOf(item.sourceProviderId),
      placeOf(item, nameOf),
      wayOf(item),
      item.sizeBytes === undefined ? 'not known' : size(item.sizeBytes),
    ]),
    { empty: 'No service is hit.' },
  )
}

function placeOf({ feasible, targetAgentId, targetProviderId }: PlanItem, nameOf: NameOf): string {
  if (!feasible || targetAgentId === undefined) return 'stays'
  return targetProviderId === undefined
    ? nameOf(targetAgentId)
    : `${nameOf(targetProviderId)}, ${nameOf(targetAgentId)}`
}

function wayOf({ from, vaultCopyTakenAt }: PlanItem): string {
  if (from === undefined) return '-'
  return from === 'vault' && vaultCopyTakenAt !== undefined ? `${WAYS.vault} of ${vaultCopyTakenAt}` : WAYS[from]
}

type Times = { rtoSeconds?: number; rpoSeconds?: number }

function measuredOf({ measuredRtoSeconds, measuredRpoSeconds }: EvacuationItem): Times {
  return {
    ...(measuredRtoSeconds !== undefined && { rtoSeconds: measuredRtoSeconds }),
    ...(measuredRpoSeconds !== undefined && { rpoSeconds: measuredRpoSeconds }),
  }
}

function recoveryTable<Item extends PlanItem>(items: readonly Item[], timesOf: (item: Item) => Times): Html {
  return reportTable(
    ['Service', 'Criticality', 'RTO', 'Target', '', 'RPO', 'Target', ''],
    items.map((item) => {
      const { rtoSeconds, rpoSeconds } = timesOf(item)
      return [
        item.serviceName,
        item.criticality,
        durationOr('-', rtoSeconds),
        durationOr(NOT_SAID, item.rtoTargetSeconds),
        verdict(rtoSeconds, item.rtoTargetSeconds),
        durationOr('-', rpoSeconds),
        durationOr(NOT_SAID, item.rpoTargetSeconds),
        verdict(rpoSeconds, item.rpoTargetSeconds),
      ]
    }),
    { empty: 'There are no services.' },
  )
}

function itemTable(items: readonly EvacuationItem[], nameOf: NameOf): Html {
  return reportTable(
    [{ title: '#', number: true }, 'Service', 'From', 'To', 'State', 'Way', 'Contents', 'Started', 'Cut over'],
    items.map((item) => [
      `${item.position}`,
      item.serviceName,
      nameOf(item.sourceProviderId),
      placeOf(item, nameOf),
      item.state,
      item.fellBackToVault ? `${wayOf({ ...item, from: 'vault' })}, because the live way failed` : wayOf(item),
      item.verification ?? '-',
      item.startedAt ?? '-',
      item.cutOverAt ?? '-',
    ]),
    { empty: 'There are no services.' },
  )
}

function failureTable(items: readonly EvacuationItem[]): Html {
  return reportTable(
    ['Service', 'Criticality', 'State', 'Why', 'Migration'],
    items.map(({ serviceName, criticality, state, failure, migrationId }) => [
      serviceName,
      criticality,
      state,
      failure ?? 'not told',
      migrationId ?? 'none',
    ]),
    { empty: 'Nothing failed, and nothing was cancelled.' },
  )
}

function unknownBlocks(items: readonly PlanItem[], assumptions: readonly EvacuationAssumption[]): Html[] {
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

function bars({ moved, moving, waiting, failed, infeasible, cancelled }: EvacuationDetail['progress']): Bar[] {
  return [
    { label: 'moved', value: moved },
    { label: 'moving', value: moving },
    { label: 'waiting', value: waiting },
    { label: 'failed', value: failed, warning: true },
    { label: 'could not leave', value: infeasible, warning: true },
    { label: 'cancelled', value: cancelled, warning: true },
  ]
}
