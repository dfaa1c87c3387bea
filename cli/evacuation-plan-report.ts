/** The plan of an evacuation as a report: who can leave, in which order, and which times are to be expected. */
import type { EvacuationPlan } from '@fulcrum/contract'
import {
  type PlanItem,
  placeOf,
  recoveryTable,
  scenarioTable,
  scenarioText,
  stayTable,
  TARGETS,
  unknownBlocks,
  wayOf,
  whose,
} from './evacuation-tables.ts'
import { impactWord } from './output/exposure.ts'
import { size } from './output/format.ts'
import { bullets, keyFigures, notice, paragraph, type Report } from './report/document.ts'
import type { Html } from './report/html.ts'
import { durationText } from './report/recovery.ts'
import { reportTable } from './report/table.ts'
import type { NameOf } from './report-names.ts'

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

function restsOn(notHit: number): string[] {
  return [
    'Times are expected from measurements of earlier migrations and drills, or assumed where the plan says so.',
    TARGETS,
    `Services that were looked at and that the scenario does not hit: ${notHit}.`,
  ]
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
