/** The exit plan as a report: for auditors, and for those who would have to carry it out. */
import type { ExitPlan, ExitPlanItem } from '@fulcrum/contract'
import { amounts } from './output/exposure.ts'
import { bullets, keyFigures, notice, paragraph, type Report, type Section } from './report/document.ts'
import type { Html } from './report/html.ts'
import { durationOr, isMissed, targetText } from './report/recovery.ts'
import { reportTable } from './report/table.ts'

export function exitPlanReport(plan: ExitPlan, generatedAt: string): Report {
  const { consumerName, asOf, reviewBy, items } = plan
  const providers = [...new Set(items.map(({ providerName }) => providerName))]
  return {
    title: 'Exit plan',
    subtitle: `${consumerName} · as of ${asOf} · to be reviewed by ${reviewBy}`,
    generatedAt,
    sections: [
      { title: 'In short', blocks: inShort(plan, providers) },
      { title: 'What is missing', blocks: [gapTable(items)] },
      { title: 'Services', blocks: [serviceTable(items)] },
      { title: 'Recovery, measured against targets', blocks: [drillTable(items)] },
      ...items.map(serviceSection),
      { title: 'What this rests on', blocks: [bullets(RESTS_ON)] },
    ],
  }
}

const RESTS_ON = [
  'Ready to leave: another provider is allowed by the policies, the data can be moved there, and a drill has passed within a year.',
  'Sufficiently tested: every critical and important service has a drill that passed within a year.',
  'Recovery times are those of the last drill. Targets, functions and spend are what was said when services were classified.',
  'It was calculated from what is known at its date. It is not legal advice.',
]

function inShort({ items, ready, sufficientlyTested, reviewBy }: ExitPlan, providers: readonly string[]): Html[] {
  const critical = items.filter(({ criticality }) => criticality !== 'normal')
  const gaps = items.reduce((sum, item) => sum + item.gaps.length, 0)
  const missed = items.filter(missesTarget).length
  return [
    paragraph(
      `${ready} of ${items.length} services are ready to leave. ${providers.length === 1 ? 'Their provider is' : 'Their providers are'} ${providers.join(', ') || 'nobody'}.`,
    ),
    keyFigures([
      { label: 'Ready to leave', value: `${ready} of ${items.length}` },
      {
        label: 'Sufficiently tested',
        value: sufficientlyTested ? 'yes' : 'no',
        detail: `${critical.length} critical or important`,
      },
      { label: 'Somebody could take them', value: `${countOf(items, (item) => targetsOf(item).length > 0)}` },
      {
        label: 'Copies outside',
        value: `${countOf(items, ({ vaultCopy }) => vaultCopy?.outside === true)} of ${items.length}`,
      },
      { label: 'Never rehearsed', value: `${countOf(items, ({ lastDrill }) => lastDrill === undefined)}` },
      { label: 'Targets missed', value: `${missed}` },
      { label: 'Gaps', value: `${gaps}` },
      { label: 'Review by', value: reviewBy.slice(0, 10) },
    ]),
    ...(sufficientlyTested
      ? []
      : [notice('A critical or important service has no drill that passed within a year.', 'warning')]),
    ...(missed > 0
      ? [notice(`Targets are missed by the last drill of ${missed} of ${items.length} services.`, 'warning')]
      : []),
  ]
}

function countOf(items: readonly ExitPlanItem[], holds: (item: ExitPlanItem) => boolean): number {
  return items.filter(holds).length
}

function missesTarget({ lastDrill, rtoTargetSeconds, rpoTargetSeconds }: ExitPlanItem): boolean {
  return isMissed(lastDrill?.rtoSeconds, rtoTargetSeconds) || isMissed(lastDrill?.rpoSeconds, rpoTargetSeconds)
}

/** Names of providers that may take it, each once. */
function targetsOf({ alternatives }: ExitPlanItem): string[] {
  return [...new Set(alternatives.filter(({ qualifies }) => qualifies).map(({ providerName }) => providerName))]
}

function gapTable(items: readonly ExitPlanItem[]): Html {
  return reportTable(
    ['Service', 'Criticality', 'Missing'],
    items.flatMap(({ serviceName, criticality, gaps }) => gaps.map((gap) => [serviceName, criticality, gap])),
    { empty: 'Nothing is missing.' },
  )
}

function serviceTable(items: readonly ExitPlanItem[]): Html {
  return reportTable(
    ['Service', 'Provider', 'Function', 'Criticality', { title: 'A month', number: true }, 'To', 'Vault copy'],
    items.map((item) => [
      item.serviceName,
      item.providerName,
      item.function ?? 'not said',
      item.criticality,
      item.monthlySpend ? `${amounts(item.monthlySpend.amount)} ${item.monthlySpend.currency}` : 'not known',
      targetsOf(item).join(', ') || 'nobody',
      item.vaultCopy?.takenAt ?? 'none',
    ]),
    { empty: 'There are no services.' },
  )
}

function drillTable(items: readonly ExitPlanItem[]): Html {
  return reportTable(
    ['Service', 'Last drill', 'Outcome', 'RTO', 'Target', 'RPO', 'Target'],
    items.map(({ serviceName, lastDrill, rtoTargetSeconds, rpoTargetSeconds }) => [
      serviceName,
      lastDrill?.at ?? 'never',
      lastDrill?.outcome ?? '',
      durationOr('not measured', lastDrill?.rtoSeconds),
      targetText('none said', lastDrill?.rtoSeconds, rtoTargetSeconds),
      durationOr('not measured', lastDrill?.rpoSeconds),
      targetText('none said', lastDrill?.rpoSeconds, rpoTargetSeconds),
    ]),
    { empty: 'There are no services.' },
  )
}

function serviceSection({ vaultCopy, ...item }: ExitPlanItem): Section {
  const copy = vaultCopy
    ? `The newest vault copy is of ${vaultCopy.takenAt}, in store ${vaultCopy.store}, ${vaultCopy.outside ? 'outside' : 'not known to be outside'} the provider’s control.`
    : 'There is no vault copy.'
  return {
    title: `${item.serviceName}: ${item.serviceTypeName} at ${item.providerName}`,
    blocks: [
      paragraph(`Group ${item.groupName}, service ${item.serviceId}. ${copy}`),
      notice(`If the provider is gone from one moment to the next: ${item.contingency}`),
      reportTable(
        [{ title: 'Step', number: true }, 'What is done'],
        item.steps.map((step, index) => [`${index + 1}`, step]),
        { caption: 'How it leaves', empty: 'There is no way to take its data out.' },
      ),
      reportTable(
        ['Provider', 'Agent', 'May take it', 'Formats', 'Why not'],
        item.alternatives.map(({ providerName, agentName, qualifies, formats, failed }) => [
          providerName,
          agentName,
          qualifies ? 'yes' : 'no',
          formats.join(', ') || 'none in common',
          failed.join(', '),
        ]),
        { caption: 'Who else offers it', empty: 'Nobody else offers it.' },
      ),
    ],
  }
}
