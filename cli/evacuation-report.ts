/** Evacuations as reports: what was measured, against the targets of the services, what failed, and what could not leave. */
import type { EvacuationDetail, EvacuationItem } from '@fulcrum/contract'
import {
  placeOf,
  recoveryTable,
  scenarioTable,
  scenarioText,
  stayTable,
  TARGETS,
  type Times,
  unknownBlocks,
  wayOf,
  whose,
} from './evacuation-tables.ts'
import { type Bar, barChart } from './report/bar-chart.ts'
import { bullets, keyFigures, notice, paragraph, type Report } from './report/document.ts'
import type { Html } from './report/html.ts'
import { durationText } from './report/recovery.ts'
import { reportTable } from './report/table.ts'
import type { NameOf } from './report-names.ts'

/** What a list of evacuations tells of each. */
export type ListedEvacuation = Omit<EvacuationDetail, 'items' | 'assumptions'>

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
            ? [notice(`Of ${progress.services} services, ${progress.failed} failed to leave.`, 'warning')]
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
const VERIFIED = 'Contents are verified when the digest of the import equals that of the export.'

function ownerOf({ consumerId }: ListedEvacuation, nameOf: NameOf): string {
  return consumerId === undefined ? 'several consumers' : nameOf(consumerId)
}

function measuredOf({ measuredRtoSeconds, measuredRpoSeconds }: EvacuationItem): Times {
  return {
    ...(measuredRtoSeconds !== undefined && { rtoSeconds: measuredRtoSeconds }),
    ...(measuredRpoSeconds !== undefined && { rpoSeconds: measuredRpoSeconds }),
  }
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
