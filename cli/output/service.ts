/** One service as text: where it is, what is in it, how to connect, what can be done, what happened and why. */
import type { Job, JsonObject, Service, Why } from '@fulcrum/contract'
import { connectionHint } from '../connection.ts'
import { allowedActions } from '../lifecycle.ts'
import { shellWord } from '../wait.ts'
import { age } from './format.ts'
import { describeRow } from './resource.ts'
import { pairs, table } from './table.ts'
import { paint, printable } from './terminal.ts'
import { whyText } from './why.ts'

export function serviceText(service: Service, jobs: readonly Job[], why: Why | undefined): string {
  return [overview(service), ...sections(service, jobs, why)].join('\n')
}

function overview(service: Service): string {
  return pairs([
    ['Name', printable(service.name)],
    ['Id', service.id],
    ['Type', named(service.serviceType?.name, service.serviceTypeId)],
    ['Status', paint('bold', printable(service.status))],
    ['Agent', named(service.agent?.name, service.agentId)],
    ['Provider', service.providerId],
    ['Consumer', service.consumerId],
    ['Group', service.groupId],
    ...(service.agentInstanceId ? [['Instance', printable(service.agentInstanceId)] as const] : []),
    ['Created', `${service.createdAt} (${age(service.createdAt)})`],
    ['Actions', allowedActions(service)?.join(', ') || 'none'],
  ])
}

function sections(service: Service, jobs: readonly Job[], why: Why | undefined): string[] {
  const conditions = service.conditions ?? []
  return [
    ...connection(service),
    ...(conditions.length > 0 ? [titled('Conditions', conditions.map(conditionLine).join(''))] : []),
    titled('Properties', properties(service.properties)),
    ...(why && why.state !== 'done' ? [titled('Why', indented(whyText(why)))] : []),
    ...(jobs.length > 0 ? [titled('Last jobs', indented(jobTable(jobs)))] : []),
  ]
}

/** Lines to copy, while there is something to connect to. */
function connection(service: Service): string[] {
  const hint = connectionHint(service)
  if (hint === undefined || service.serviceType?.lifecycleSchema.terminalStates?.includes(service.status)) return []
  const name = shellWord(service.name)
  return [
    titled('Connect', indented(`${printable(hint)}\n`)),
    titled('Password', indented(`fulcrum reveal ${name} password\n`)),
    titled('Or both', indented(`fulcrum psql ${name}\n`)),
  ]
}

function conditionLine({ type, message, since }: { type: string; message: string; since: string }): string {
  return `  ${paint('yellow', printable(type))} since ${age(since)}: ${printable(message)}\n`
}

function properties(value: JsonObject | undefined): string {
  return value && Object.keys(value).length > 0 ? indented(describeRow(value)) : '  none\n'
}

function jobTable(jobs: readonly Job[]): string {
  return table(
    ['ACTION', 'STATUS', 'AGE', 'ERROR', 'ID'],
    jobs.map((job) => [job.action, job.status, age(job.createdAt), job.errorMessage ?? '-', job.id]),
  )
}

function titled(title: string, body: string): string {
  return `${paint('bold', title)}:\n${body}`
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ')
}

function named(name: string | undefined, id: string): string {
  return name === undefined ? id : `${printable(name)} (${id})`
}
