/** Drills as reports: what was rehearsed, what was measured, against which targets, and what did not pass. */
import type { Drill, MigrationStep } from '@fulcrum/contract'
import { size } from './output/format.ts'
import { bullets, keyFigures, notice, paragraph, type Report } from './report/document.ts'
import type { Html } from './report/html.ts'
import { durationOr, isMissed, targetText, verdict } from './report/recovery.ts'
import { reportTable } from './report/table.ts'
import type { NameOf } from './report-names.ts'

/** Of the classification of a service; `criticality` is there for those who may see it. */
export type RecoveryTargets = { criticality?: string; rtoTargetSeconds?: number; rpoTargetSeconds?: number }
export type TargetsOf = (serviceId: string) => RecoveryTargets

const DAY_MS = 86_400_000
/** A drill that is older proves nothing any more. */
const VALID_DAYS = 365
const OUTCOMES = {
  running: 'It goes on: these figures are not the last.',
  passed: 'It passed: the contents at the target are those of the source.',
  unverified: 'It ran to its end, but an agent reported no digest: whether the contents are the same is not known.',
  failed: 'It failed.',
  cancelled: 'It was cancelled.',
} as const
const RESTS_ON = [
  'Measured RTO: export, creation, import and comparison, into a scratch service. Measured RPO: how old the data was when it could be used.',
  'Targets are those of the classification of each service. They are seen by its consumer and by administrators alone.',
  `A drill counts for ${VALID_DAYS} days.`,
]

export function drillReport(drill: Drill, nameOf: NameOf, targetsOf: TargetsOf, generatedAt: string): Report {
  const { outcome, waiting, failure } = drill
  return {
    title: 'Report of a drill',
    subtitle: `${nameOf(drill.consumerId)} · ${nameOf(drill.serviceId)} · drill ${drill.id}`,
    generatedAt,
    sections: [
      {
        title: 'In short',
        blocks: [
          outcome === 'passed'
            ? paragraph(OUTCOMES.passed)
            : notice(OUTCOMES[outcome], outcome === 'running' ? 'info' : 'warning'),
          keyFigures([
            { label: 'Outcome', value: outcome },
            {
              label: 'RTO',
              value: durationOr('not measured', drill.rtoSeconds),
              detail: verdictOf(drill, targetsOf).rto,
            },
            {
              label: 'RPO',
              value: durationOr('not measured', drill.rpoSeconds),
              detail: verdictOf(drill, targetsOf).rpo,
            },
            { label: 'Data', value: drill.sizeBytes === undefined ? 'not measured' : size(drill.sizeBytes) },
            { label: 'Export', value: rate(drill.exportMibPerSecond) },
            { label: 'Import', value: rate(drill.importMibPerSecond) },
          ]),
          ...(failure
            ? [notice(`At ${failure.at}, ${failure.step}: ${failure.reason}`, 'warning'), bullets(failure.helps)]
            : []),
          ...(waiting
            ? [notice(`It waits since ${waiting.since}: ${waiting.summary} Unblocked by ${waiting.unblockedBy}.`)]
            : []),
        ],
      },
      { title: 'Recovery, measured against targets', blocks: [recoveryTable([drill], nameOf, targetsOf)] },
      { title: 'What was rehearsed', blocks: [aboutTable(drill, nameOf)] },
      { title: 'Steps', blocks: [stepTable(drill.steps)] },
      { title: 'What is missing', blocks: [missing(drill, targetsOf)] },
      { title: 'What this rests on', blocks: [bullets(RESTS_ON)] },
    ],
  }
}

/** @param drills  newest first */
export function drillsReport(
  drills: readonly Drill[],
  nameOf: NameOf,
  targetsOf: TargetsOf,
  generatedAt: string,
): Report {
  const services = [...new Set(drills.map(({ serviceId }) => serviceId))]
  const valid = new Set(drills.filter((drill) => isValid(drill, generatedAt)).map(({ serviceId }) => serviceId))
  const missed = newestOf(drills).filter((drill) => missesTarget(drill, targetsOf)).length
  const count = (outcome: Drill['outcome']) => drills.filter((drill) => drill.outcome === outcome).length
  const [newest] = drills
  return {
    title: 'Drills',
    subtitle: [
      ...new Set(drills.map(({ consumerId }) => nameOf(consumerId))),
      ...(newest ? [`${drills.at(-1)?.createdAt} to ${newest.createdAt}`] : []),
    ].join(' · '),
    generatedAt,
    sections: [
      {
        title: 'In short',
        blocks: [
          keyFigures([
            { label: 'Drills', value: `${drills.length}` },
            { label: 'Passed', value: `${count('passed')}` },
            { label: 'Unverified', value: `${count('unverified')}` },
            { label: 'Failed', value: `${count('failed')}` },
            {
              label: 'Services with a valid drill',
              value: `${valid.size} of ${services.length}`,
              detail: `passed within ${VALID_DAYS} days`,
            },
            { label: 'Targets missed', value: `${missed}`, detail: 'by the newest drill of a service' },
          ]),
          ...(valid.size < services.length
            ? [notice(`${services.length - valid.size} of ${services.length} services have no valid drill.`, 'warning')]
            : []),
        ],
      },
      {
        title: 'Newest drill of each service, against targets',
        blocks: [recoveryTable(newestOf(drills), nameOf, targetsOf)],
      },
      { title: 'All drills', blocks: [drillTable(drills, nameOf)] },
      {
        title: 'What is missing',
        blocks: [
          reportTable(
            ['Service', 'Missing'],
            services.flatMap((id) => {
              const { rtoTargetSeconds, rpoTargetSeconds } = targetsOf(id)
              return [
                ...(valid.has(id) ? [] : [[nameOf(id), `No drill has passed within ${VALID_DAYS} days.`]]),
                ...(rtoTargetSeconds === undefined ? [[nameOf(id), NO_RTO]] : []),
                ...(rpoTargetSeconds === undefined ? [[nameOf(id), NO_RPO]] : []),
              ]
            }),
            { empty: 'Nothing is missing.' },
          ),
          paragraph('Services that were never rehearsed are not in this report: the exit plan names them.'),
        ],
      },
      { title: 'What this rests on', blocks: [bullets(RESTS_ON)] },
    ],
  }
}

const NO_RTO = 'No target for RTO is known.'
const NO_RPO = 'No target for RPO is known.'

/** The first of each service: lists are newest first. */
function newestOf(drills: readonly Drill[]): Drill[] {
  const seen = new Set<string>()
  return drills.filter(({ serviceId, outcome }) => outcome !== 'running' && seen.size < seen.add(serviceId).size)
}

function isValid({ outcome, createdAt, endedAt }: Drill, now: string): boolean {
  return outcome === 'passed' && Date.parse(now) - Date.parse(endedAt ?? createdAt) <= VALID_DAYS * DAY_MS
}

function missesTarget({ serviceId, rtoSeconds, rpoSeconds }: Drill, targetsOf: TargetsOf): boolean {
  const { rtoTargetSeconds, rpoTargetSeconds } = targetsOf(serviceId)
  return isMissed(rtoSeconds, rtoTargetSeconds) || isMissed(rpoSeconds, rpoTargetSeconds)
}

function verdictOf({ serviceId, rtoSeconds, rpoSeconds }: Drill, targetsOf: TargetsOf): { rto: string; rpo: string } {
  const { rtoTargetSeconds, rpoTargetSeconds } = targetsOf(serviceId)
  return { rto: verdict(rtoSeconds, rtoTargetSeconds), rpo: verdict(rpoSeconds, rpoTargetSeconds) }
}

function recoveryTable(drills: readonly Drill[], nameOf: NameOf, targetsOf: TargetsOf): Html {
  return reportTable(
    ['Service', 'Criticality', 'Outcome', 'When', 'RTO', 'Target', 'RPO', 'Target'],
    drills.map((drill) => {
      const targets = targetsOf(drill.serviceId)
      return [
        nameOf(drill.serviceId),
        targets.criticality ?? 'not known',
        drill.outcome,
        drill.endedAt ?? drill.createdAt,
        durationOr('not measured', drill.rtoSeconds),
        targetText('not known', drill.rtoSeconds, targets.rtoTargetSeconds),
        durationOr('not measured', drill.rpoSeconds),
        targetText('not known', drill.rpoSeconds, targets.rpoTargetSeconds),
      ]
    }),
    { empty: 'No drill has ended.' },
  )
}

function aboutTable(drill: Drill, nameOf: NameOf): Html {
  return reportTable(
    ['What', 'Value'],
    [
      ['Service', `${nameOf(drill.serviceId)} (${drill.serviceId})`],
      ['From', `${nameOf(drill.sourceProviderId)}, ${nameOf(drill.sourceAgentId)}`],
      ['To', `${nameOf(drill.targetProviderId)}, ${nameOf(drill.targetAgentId)}`],
      ['Data', drill.from === 'vault' ? 'the newest vault copy' : 'exported from the running service'],
      ['Contents', drill.verification],
      ['State', drill.state],
      ['Began', drill.createdAt],
      ['Ended', drill.endedAt ?? 'goes on'],
      ['Evidence that it left', drill.evidenceIds.join(', ') || 'none'],
    ],
  )
}

function stepTable(steps: readonly MigrationStep[]): Html {
  return reportTable(
    [
      'Step',
      'Status',
      'Started',
      'Ended',
      { title: 'Took', number: true },
      { title: 'Size', number: true },
      { title: 'Rate', number: true },
      'Detail',
    ],
    steps.map((step) => [
      step.step,
      step.status,
      step.startedAt ?? '-',
      step.endedAt ?? '-',
      durationOr('-', step.seconds),
      step.sizeBytes === undefined ? '-' : size(step.sizeBytes),
      step.mibPerSecond === undefined ? '-' : rate(step.mibPerSecond),
      step.detail ?? '',
    ]),
    { empty: 'No step has begun.' },
  )
}

function drillTable(drills: readonly Drill[], nameOf: NameOf): Html {
  return reportTable(
    ['Began', 'Service', 'From', 'To', 'Data', 'Outcome', 'Reason', 'Id'],
    drills.map((drill) => [
      drill.createdAt,
      nameOf(drill.serviceId),
      nameOf(drill.sourceProviderId),
      nameOf(drill.targetProviderId),
      drill.from === 'vault' ? 'vault copy' : 'live',
      drill.outcome,
      drill.failure?.reason ?? '',
      drill.id,
    ]),
    { empty: 'Nothing was rehearsed.' },
  )
}

function missing(drill: Drill, targetsOf: TargetsOf): Html {
  const { rtoTargetSeconds, rpoTargetSeconds } = targetsOf(drill.serviceId)
  const points = [
    ...(drill.outcome === 'passed' ? [] : ['A drill that passed: this one did not.']),
    ...(rtoTargetSeconds === undefined ? [NO_RTO] : []),
    ...(rpoTargetSeconds === undefined ? [NO_RPO] : []),
    ...(drill.rtoSeconds === undefined ? ['RTO was not measured.'] : []),
    ...(drill.rpoSeconds === undefined ? ['RPO was not measured.'] : []),
    ...(drill.evidenceIds.length === 0 ? ['It left no evidence.'] : []),
  ]
  return points.length > 0 ? bullets(points) : paragraph('Nothing is missing.')
}

function rate(mibPerSecond: number | undefined): string {
  return mibPerSecond === undefined ? 'not measured' : `${Math.round(mibPerSecond * 10) / 10} MiB/s`
}
