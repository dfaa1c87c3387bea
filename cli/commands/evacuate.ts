/** `fulcrum evacuate`: plan how many services leave a provider or a jurisdiction, and do it. */
import type { EvacuationDetail, EvacuationPlan, EvacuationRequest } from '@fulcrum/contract'
import type { Command } from 'commander'
import { addReportOptions, collect, type OutputFlags, outputOption, positive, type ReportFlags } from '../command.ts'
import { CliError, usage } from '../errors.ts'
import { evacuationPlanReport } from '../evacuation-plan-report.ts'
import { evacuationReport, evacuationsReport, type ListedEvacuation } from '../evacuation-report.ts'
import { follow } from '../follow.ts'
import { type Format, parseDurationMs, serialize, toFormat } from '../output/format.ts'
import { evacuationLines, evacuationText, planText } from '../output/migration.ts'
import { table } from '../output/table.ts'
import { note, print } from '../output/terminal.ts'
import { agentNames, resolveAgent, resolveProvider } from '../provider-lookup.ts'
import { reportIfAsked } from '../report/write-report.ts'
import { type NameOf, readNames } from '../report-names.ts'
import { findResource, listRows, resolveId } from '../resource-lookup.ts'
import { type Session, withSession } from '../session.ts'

type Flags = ReportFlags & {
  service?: string[]
  group?: string
  provider?: string
  consumer?: string
  jurisdiction?: string[]
  grace?: string
  to?: string[]
  atOnce?: string
  manual?: true
  precopy?: true
  vaultFallback: boolean
  acceptWriteLoss?: true
  keepHours?: string
  detach?: true
}
type StatusFlags = ReportFlags & { watch?: true }

const HOUR_MS = 3_600_000

export function declare(command: Command): void {
  const plan = about(command.command('plan').summary('say how services would leave; nothing is done'))
  addReportOptions(plan).action(async () => await runPlan(plan.optsWithGlobals<Flags>()))

  const run = about(command.command('run').summary('plan, and go'))
  run.option('--detach', 'do not follow it').action(async () => await runRun(run.optsWithGlobals<Flags>()))

  const status = command.command('status').summary('show one, or list all').argument('[id]')
  addReportOptions(status.option('--watch', 'follow it to its end'))
    .addOption(outputOption())
    .action(async (id?: string) => await runStatus(id, status.optsWithGlobals<StatusFlags>()))

  for (const [name, summary] of [
    ['pause', 'start nothing further, and pause what moves'],
    ['resume', 'go on after a pause'],
    ['cancel', 'move nothing further; what was not cut over goes back'],
  ] as const) {
    const steer = command.command(name).summary(summary).argument('<id>').addOption(outputOption())
    steer.action(async (id: string) => {
      const flags = steer.optsWithGlobals<OutputFlags>()
      await withSession(flags, async ({ client, contract }) =>
        show(await client.call(contract.evacuations[name], { params: { id } }), toFormat(flags.output)),
      )
    })
  }
}

function about(command: Command): Command {
  return command
    .option('--service <service>', 'this service, by name or id; repeatable', collect)
    .option('--group <group>', 'the services of this group')
    .option('--provider <provider>', 'the services at this provider')
    .option('--consumer <consumer>', 'only services of this consumer')
    .option('--jurisdiction <country>', 'a state that cuts off: US; repeatable', collect)
    .option('--grace <duration>', 'how long there is to leave: 2h, 7d')
    .option('--to <agent>', 'only to this agent, by name or id; repeatable', collect)
    .option('--at-once <number>', 'exports of one provider at once')
    .option('--manual', 'each cut-over waits for your word')
    .option('--precopy', 'a first round while services are written to')
    .option('--no-vault-fallback', 'never use vault copies for what fails live')
    .option('--accept-write-loss', 'also move what cannot be quiesced')
    .option('--keep-hours <hours>', 'keep sources for so long after the cut-over')
    .addOption(outputOption())
}

async function requestOf(session: Session, flags: Flags): Promise<EvacuationRequest> {
  const id = (resource: string, name: string) => resolveId(session, findResource(resource), name)
  const ids = async (resource: string, names: readonly string[]) =>
    await Promise.all(names.map((name) => id(resource, name)))
  const { service, group, provider, consumer, jurisdiction, grace, to, atOnce, keepHours } = flags
  const providerId = provider === undefined ? undefined : await resolveProvider(session, provider)
  const graceHours = grace === undefined ? undefined : parseDurationMs(grace) / HOUR_MS
  const keep = keepHours === undefined ? undefined : Number(keepHours)
  if (keep !== undefined && !(Number.isSafeInteger(keep) && keep >= 0))
    throw usage('--keep-hours must be a whole number.')
  if (graceHours !== undefined && !jurisdiction && providerId === undefined)
    throw usage('--grace needs --jurisdiction or --provider: it says what gives the time.')
  return {
    ...(service && { serviceIds: await ids('services', service) }),
    ...(group !== undefined && { groupId: await id('service-groups', group) }),
    ...(providerId !== undefined && { providerId }),
    ...(consumer !== undefined && { consumerId: await id('participants', consumer) }),
    ...((jurisdiction || graceHours !== undefined) && {
      scenario: {
        ...(jurisdiction
          ? { type: 'cut-off' as const, jurisdictions: jurisdiction }
          : { type: 'provider-cut-off' as const, providerIds: [providerId ?? ''] }),
        ...(graceHours !== undefined && { graceHours }),
      },
    }),
    ...(to && { targetAgentIds: await Promise.all(to.map((name) => resolveAgent(session, name))) }),
    ...(atOnce !== undefined && { exportsAtOnce: positive(atOnce, '--at-once') }),
    ...(flags.manual && { cutOver: 'manual' }),
    ...(flags.precopy && { precopy: true }),
    vaultFallback: flags.vaultFallback,
    ...(flags.acceptWriteLoss && { acceptWriteLoss: true }),
    ...(keep !== undefined && { retrievalHours: keep }),
  }
}

async function runPlan(flags: Flags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async (session) => {
    const body = await requestOf(session, flags)
    const plan = await session.client.call(session.contract.evacuations.plan, { body })
    await reportIfAsked(flags, async (generatedAt) =>
      evacuationPlanReport(plan, await namesIn(session, plan), generatedAt),
    )
    if (format === 'json' || format === 'yaml') return print(await serialize(format, plan))
    print(planText(plan, await agentNames(session)))
  })
}

async function runRun(flags: Flags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async (session) => {
    const body = await requestOf(session, flags)
    const started = await session.client.call(session.contract.evacuations.create, { body })
    if (flags.detach) {
      await show(started, format)
      if (format === 'table') note(`Follow it: fulcrum evacuate status ${started.id} --watch`)
      return
    }
    await watch(session, started.id, flags)
  })
}

async function runStatus(id: string | undefined, flags: StatusFlags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async (session) => {
    const { client, contract } = session
    if (id !== undefined && flags.watch) return await watch(session, id, flags)
    if (id !== undefined) {
      const evacuation = await client.call(contract.evacuations.get, { params: { id } })
      await report(session, evacuation, flags)
      return await show(evacuation, format)
    }
    const { rows } = await listRows(client, contract.evacuations.list, { sort: '-createdAt' })
    // rows of this list are evacuations
    const all = rows as unknown as readonly ListedEvacuation[]
    await reportIfAsked(flags, async (generatedAt) => {
      const consumers = all.flatMap(({ consumerId }) => (consumerId === undefined ? [] : [consumerId]))
      const providers = all.flatMap(({ scenario }) => scenario.providerIds)
      return evacuationsReport(all, await readNames(session, [], [...consumers, ...providers]), generatedAt)
    })
    if (format === 'json' || format === 'yaml') return print(await serialize(format, all))
    if (format === 'name') return print(all.map(({ id: own }) => `${own}\n`).join(''))
    print(
      table(
        ['ID', 'STATE', 'MOVED', 'FAILED', 'STAY', 'DEADLINE'],
        all.map(({ id: own, state, paused, progress, deadlineAt }) => [
          own,
          paused ? `${state}, paused` : state,
          `${progress.moved} of ${progress.services}`,
          `${progress.failed}`,
          `${progress.infeasible}`,
          deadlineAt,
        ]),
      ),
    )
  })
}

/** @throws CliError `failed` when something that could leave did not */
async function watch(session: Session, id: string, flags: ReportFlags): Promise<void> {
  const format = toFormat(flags.output)
  const { client, contract } = session
  const machine = format === 'json' || format === 'yaml'
  const last = await follow({
    read: () => client.call(contract.evacuations.get, { params: { id } }),
    lines: (evacuation) => (machine ? [] : evacuationLines(evacuation)),
    done: ({ state }) => state !== 'running' && state !== 'cancelling',
  })
  await report(session, last, flags)
  await show(last, format)
  if (last.state === 'failed')
    throw new CliError('failed', `${last.progress.failed + last.progress.cancelled} service(s) did not leave.`, [
      `More: fulcrum migration list --state failed`,
    ])
}

async function report(session: Session, evacuation: EvacuationDetail, flags: ReportFlags): Promise<void> {
  await reportIfAsked(flags, async (generatedAt) =>
    evacuationReport(evacuation, await namesIn(session, evacuation), generatedAt),
  )
}

/** One service of each way is enough to know what its agents are called. */
async function namesIn(session: Session, { items, scenario }: EvacuationPlan | EvacuationDetail): Promise<NameOf> {
  const ways = new Map(items.map((item) => [`${item.sourceAgentId} ${item.targetAgentId}`, item.serviceId]))
  const consumers = items.map(({ consumerId }) => consumerId)
  return await readNames(session, [...ways.values()], [...consumers, ...scenario.providerIds])
}

async function show(evacuation: EvacuationDetail, format: Format): Promise<void> {
  if (format === 'json' || format === 'yaml') return print(await serialize(format, evacuation))
  print(format === 'name' ? evacuation.id : evacuationText(evacuation))
}
