/** `fulcrum drill`: rehearse leaving, and see what earlier drills have shown. */
import type { Drill, DrillCreate } from '@fulcrum/contract'
import type { Command } from 'commander'
import { addReportOptions, collect, type OutputFlags, outputOption, type ReportFlags } from '../command.ts'
import { drillReport, drillsReport } from '../drill-report.ts'
import { CliError, usage } from '../errors.ts'
import { follow } from '../follow.ts'
import { type Format, serialize, toFormat } from '../output/format.ts'
import { drillText } from '../output/migration.ts'
import { table } from '../output/table.ts'
import { note, print, printable } from '../output/terminal.ts'
import { resolveAgent, resolveProvider } from '../provider-lookup.ts'
import { readTargets } from '../recovery-targets.ts'
import { reportIfAsked } from '../report/write-report.ts'
import { type NameOf, readNames } from '../report-names.ts'
import { findResource, listRows, resolveId } from '../resource-lookup.ts'
import { type Session, withSession } from '../session.ts'

type RunFlags = OutputFlags & {
  service?: string[]
  group?: string
  provider?: string
  to?: string
  vault?: true
  detach?: true
}

export function declare(command: Command): void {
  const run = command.command('run').summary('move data into scratch services, compare, measure, clear away')
  run
    .argument('[service...]', 'services, by name or id')
    .option('--group <group>', 'all services of this group')
    .option('--provider <provider>', 'all services at this provider')
    .option('--service <service>', 'the same as naming it', collect)
    .option('--to <agent>', 'where to, by name or id; without it the best of another provider')
    .option('--vault', 'rehearse with the newest vault copy')
    .option('--detach', 'do not follow them')
    .addOption(outputOption())
    .action(async (services: string[]) => {
      const flags = run.optsWithGlobals<RunFlags>()
      await runDrills([...services, ...(flags.service ?? [])], flags)
    })

  const list = command.command('list').summary('list drills').addOption(outputOption())
  addReportOptions(list).action(async () => {
    const flags = list.optsWithGlobals<ReportFlags>()
    await withSession(flags, async (session) => {
      const { rows } = await listRows(session.client, session.contract.drills.list, { sort: '-createdAt' })
      // rows of this list are drills
      const drills = rows as unknown as readonly Drill[]
      await reportIfAsked(flags, async (generatedAt) =>
        drillsReport(drills, ...(await aboutServices(session, drills)), generatedAt),
      )
      await printDrills(session, drills, toFormat(flags.output))
    })
  })

  for (const [name, summary, operation] of [
    ['show', 'show what a drill measured', 'get'],
    ['cancel', 'end a drill early', 'cancel'],
  ] as const) {
    const one = command.command(name).summary(summary).argument('<id>').addOption(outputOption())
    if (operation === 'get') addReportOptions(one)
    one.action(async (id: string) => {
      const flags = one.optsWithGlobals<ReportFlags>()
      const format = toFormat(flags.output)
      await withSession(flags, async (session) => {
        const drill = await session.client.call(session.contract.drills[operation], { params: { id } })
        await reportIfAsked(flags, async (generatedAt) =>
          drillReport(drill, ...(await aboutServices(session, [drill])), generatedAt),
        )
        print(format === 'json' || format === 'yaml' ? await serialize(format, drill) : drillText(drill))
      })
    })
  }
}

async function aboutServices(session: Session, drills: readonly Drill[]) {
  const services = drills.map(({ serviceId }) => serviceId)
  const consumers = drills.map(({ consumerId }) => consumerId)
  return [await readNames(session, services, consumers), await readTargets(session, services)] as const
}

async function namesOf(session: Session, drills: readonly Drill[]): Promise<NameOf> {
  return await readNames(
    session,
    drills.map(({ serviceId }) => serviceId),
  )
}

async function runDrills(services: readonly string[], flags: RunFlags): Promise<void> {
  const format = toFormat(flags.output)
  if (services.length === 0 && flags.group === undefined && flags.provider === undefined)
    throw usage('Say what to rehearse: services, --group or --provider.')
  await withSession(flags, async (session) => {
    const { items, refused } = await session.client.call(session.contract.drills.create, {
      body: await bodyOf(session, services, flags),
    })
    for (const { serviceId, reason } of refused) note(`${serviceId} cannot be rehearsed: ${printable(reason)}`)
    const last = flags.detach ? items : await watch(session, items, format)
    await printDrills(session, last, format)
    const bad = last.filter(({ outcome }) => outcome === 'failed' || outcome === 'cancelled').length + refused.length
    if (bad > 0) throw new CliError('failed', `${bad} of ${items.length + refused.length} drill(s) did not pass.`)
  })
}

async function bodyOf(session: Session, services: readonly string[], flags: RunFlags): Promise<DrillCreate> {
  const id = (resource: string, name: string) => resolveId(session, findResource(resource), name)
  return {
    ...(services.length > 0 && { serviceIds: await Promise.all(services.map((name) => id('services', name))) }),
    ...(flags.group !== undefined && { groupId: await id('service-groups', flags.group) }),
    ...(flags.provider !== undefined && { providerId: await resolveProvider(session, flags.provider) }),
    ...(flags.to !== undefined && { agentId: await resolveAgent(session, flags.to) }),
    ...(flags.vault && { from: 'vault' }),
  }
}

async function watch(session: Session, started: readonly Drill[], format: Format): Promise<Drill[]> {
  const { client, contract } = session
  const machine = format === 'json' || format === 'yaml'
  const nameOf = await namesOf(session, machine ? [] : started)
  return await follow({
    read: async () => {
      const drills: Drill[] = []
      for (const { id } of started) drills.push(await client.call(contract.drills.get, { params: { id } }))
      return drills
    },
    lines: (drills) =>
      machine ? [] : drills.map(({ serviceId, state, outcome }) => `${nameOf(serviceId)}  ${outcome}  ${state}`),
    done: (drills) => drills.every(({ outcome }) => outcome !== 'running'),
  })
}

async function printDrills(session: Session, drills: readonly Drill[], format: Format): Promise<void> {
  if (format === 'json' || format === 'yaml') return print(await serialize(format, drills))
  if (format === 'name') return print(drills.map(({ id }) => `${id}\n`).join(''))
  const nameOf = await namesOf(session, drills)
  const number = (value: number | undefined, unit: string) =>
    value === undefined ? '-' : `${value.toFixed(1)} ${unit}`
  print(
    table(
      ['ID', 'SERVICE', 'OUTCOME', 'RTO', 'RPO', 'EXPORT', 'IMPORT', 'WHEN', 'REASON'],
      drills.map((drill) => [
        drill.id,
        printable(nameOf(drill.serviceId)),
        drill.outcome,
        number(drill.rtoSeconds, 's'),
        number(drill.rpoSeconds, 's'),
        number(drill.exportMibPerSecond, 'MiB/s'),
        number(drill.importMibPerSecond, 'MiB/s'),
        drill.createdAt,
        printable(drill.failure?.reason ?? ''),
      ]),
    ),
  )
}
