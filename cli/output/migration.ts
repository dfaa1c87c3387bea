/** Migrations, drills and evacuations as text. */
import type { Drill, EvacuationDetail, EvacuationPlan, Migration, MigrationStep } from '@fulcrum/contract'
import { size } from './format.ts'
import { pairs, table } from './table.ts'
import { printable } from './terminal.ts'

const ENDS = ['done', 'failed', 'cancelled', 'rolled-back', 'retaining']

/** Whether there is nothing to be watched any more: the rest is time, or the word of a person. */
export function isSettled({ state }: { state: string }): boolean {
  return ENDS.includes(state) || state === 'ready'
}

/** One line. */
export function migrationLine({ state, paused, waiting, failure, sizeBytes }: Migration): string {
  const why = failure ? `${failure.step}: ${failure.reason}` : (waiting?.summary ?? '')
  const bytes = sizeBytes === undefined ? '' : `  ${size(sizeBytes)}`
  return `${state}${paused ? ' (paused)' : ''}${bytes}${why === '' ? '' : `  ${printable(why)}`}`
}

export function migrationText(migration: Migration): string {
  return `${pairs([
    ['ID', migration.id],
    ['State', migration.paused ? `${migration.state}, paused` : migration.state],
    ['From', `${migration.serviceId} at agent ${migration.sourceAgentId} (${migration.from})`],
    ['To', `${migration.targetServiceId ?? 'not ordered yet'} at agent ${migration.targetAgentId}`],
    ['Counts now', migration.primaryServiceId === migration.serviceId ? 'the source' : 'the target'],
    ['Contents', migration.verification],
    ...optional('Fence', migration.fence === 'none' ? undefined : migration.fence),
    ...optional('RTO', seconds(migration.rtoSeconds)),
    ...optional('RPO', seconds(migration.rpoSeconds)),
    ...optional('Interruption', seconds(migration.interruptionSeconds)),
    ...optional('Source kept until', migration.retainUntil),
    ...explained(migration),
    ...optional('Possible now', migration.actions.join(', ')),
  ])}${stepsTable(migration.steps)}`
}

export function drillText(drill: Drill): string {
  return `${pairs([
    ['ID', drill.id],
    ['Outcome', drill.outcome],
    ['State', drill.state],
    ['Service', drill.serviceId],
    ['To agent', drill.targetAgentId],
    ['Contents', drill.verification],
    ...optional('RTO', seconds(drill.rtoSeconds)),
    ...optional('RPO', seconds(drill.rpoSeconds)),
    ...optional('Export', rate(drill.exportMibPerSecond)),
    ...optional('Import', rate(drill.importMibPerSecond)),
    ...optional('Evidence', drill.evidenceIds.join(', ')),
    ...explained(drill),
  ])}${stepsTable(drill.steps)}`
}

function explained({ waiting, failure }: Pick<Migration, 'waiting' | 'failure'>): [string, string][] {
  return [
    ...optional('Waits', waiting && `${printable(waiting.summary)} (since ${waiting.since})`),
    ...optional('Unblocked by', waiting && printable(waiting.unblockedBy)),
    ...optional('Failed', failure && `${failure.step}: ${printable(failure.reason)}`),
    ...optional('What helps', failure?.helps.map(printable).join('; ')),
  ]
}

function stepsTable(steps: readonly MigrationStep[]): string {
  return `\n${table(
    ['STEP', 'STATUS', 'SECONDS', 'SIZE', 'RATE', 'DETAIL'],
    steps.map((step) => [
      step.step,
      step.status,
      step.seconds === undefined ? '-' : `${step.seconds}`,
      step.sizeBytes === undefined ? '-' : size(step.sizeBytes),
      rate(step.mibPerSecond) ?? '-',
      printable(step.detail ?? ''),
    ]),
  )}`
}

/** @param agents  names of agents by their ids */
export function planText(plan: EvacuationPlan, agents: ReadonlyMap<string, string>): string {
  const { totals, notHit } = plan
  if (plan.items.length === 0)
    return `Nothing is hit${notHit.length > 0 ? `, of ${notHit.length} ${notHit.length === 1 ? 'service' : 'services'}` : ''}: there is nothing to move.\n`
  const nameOf = (id: string | undefined) => (id === undefined ? '-' : printable(agents.get(id) ?? id))
  const rows = plan.items.map((item) => [
    `${item.position}`,
    printable(item.serviceName),
    item.criticality,
    item.feasible ? (item.from ?? '-') : 'stays',
    item.feasible ? nameOf(item.targetAgentId) : printable(item.reason ?? ''),
    seconds(item.rtoSeconds) ?? '-',
    item.rtoMet === false ? 'MISSED' : '',
    seconds(item.rpoSeconds) ?? '-',
    item.rpoMet === false ? 'MISSED' : '',
  ])
  const assumed = plan.assumptions.map(({ what, value, because }) => `  ${printable(what)}: ${value} (${because})\n`)
  return [
    `${totals.feasible} of ${totals.services} services can leave by ${plan.deadlineAt}, ${totals.fromVault} from the vault.\n`,
    table(['#', 'SERVICE', 'CRITICALITY', 'WAY', 'TO', 'RTO', '', 'RPO', ''], rows),
    ...(assumed.length > 0 ? ['\nAssumed, because nothing was measured:\n', ...assumed] : []),
  ].join('')
}

/** A head and one line for each service. */
export function evacuationLines({ state, paused, progress, items }: EvacuationDetail): string[] {
  const head = `${state}${paused ? ' (paused)' : ''}: ${progress.moved} of ${progress.services} moved, ${progress.moving} moving, ${progress.waiting} waiting, ${progress.failed} failed, ${progress.infeasible} stay`
  return [
    head,
    ...items.map((item) => {
      const times = item.measuredRtoSeconds === undefined ? '' : `  RTO ${seconds(item.measuredRtoSeconds)}`
      const why = item.failure === undefined ? '' : `  ${printable(item.failure)}`
      return `  ${printable(item.serviceName)}  ${item.state}${item.migrationState ? ` ${item.migrationState}` : ''}${times}${why}`
    }),
  ]
}

export function evacuationText(evacuation: EvacuationDetail): string {
  const rows = evacuation.items.map((item) => [
    `${item.position}`,
    printable(item.serviceName),
    item.state,
    item.fellBackToVault ? 'vault (fell back)' : (item.from ?? '-'),
    seconds(item.measuredRtoSeconds) ?? '-',
    target(item.rtoTargetSeconds),
    seconds(item.measuredRpoSeconds) ?? '-',
    target(item.rpoTargetSeconds),
    printable(item.failure ?? ''),
  ])
  const [head = ''] = evacuationLines(evacuation)
  return `${evacuation.id}  ${head}\n${table(
    ['#', 'SERVICE', 'STATE', 'WAY', 'RTO', 'TARGET', 'RPO', 'TARGET', 'REASON'],
    rows,
  )}`
}

function optional(name: string, value: string | undefined): [string, string][] {
  return value === undefined || value === '' ? [] : [[name, value]]
}

function seconds(value: number | undefined): string | undefined {
  return value === undefined ? undefined : `${Math.round(value * 10) / 10} s`
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
] as const

/** In the units of people, and exact, as it was said when the service was classified: `4h`. */
function target(value: number | undefined): string {
  if (value === undefined) return '-'
  const unit = UNITS.find(([, seconds]) => value >= seconds && value % seconds === 0)
  return unit ? `${value / unit[1]}${unit[0]}` : `${value}s`
}

function rate(value: number | undefined): string | undefined {
  return value === undefined ? undefined : `${Math.round(value * 10) / 10} MiB/s`
}
