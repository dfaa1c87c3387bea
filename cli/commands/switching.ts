/** `fulcrum switching`: leave a provider as the Data Act orders it, and keep the record. */
import type { SwitchingEntryCreate, SwitchingRecord, Switching as WireSwitching } from '@fulcrum/contract'
import type { Command } from 'commander'
import { addReportOptions, collect, type OutputFlags, outputOption, type ReportFlags } from '../command.ts'
import { usage } from '../errors.ts'
import { ownOrNamed } from '../identity.ts'
import { type Format, serialize, size, toFormat } from '../output/format.ts'
import { pairs, table } from '../output/table.ts'
import { note, print, printable } from '../output/terminal.ts'
import { resolveProvider } from '../provider-lookup.ts'
import { reportIfAsked } from '../report/write-report.ts'
import { readNames } from '../report-names.ts'
import { findResource, listRows, resolveId } from '../resource-lookup.ts'
import { type Session, withSession } from '../session.ts'
import { switchingReport } from '../switching-report.ts'

type StartFlags = OutputFlags & {
  provider: string
  consumer?: string
  service?: string[]
  to?: string
  erase?: true
  contract?: string
  from?: string
  noticeMonths?: string
}
type RecordFlags = OutputFlags & {
  text?: string
  endsOn?: string
  amount?: string
  directCost?: string
  currency?: string
  earlyErasure?: true
  proof?: string
}

export function declare(command: Command): void {
  const list = command.command('list').summary('list switchings').addOption(outputOption())
  list.action(async () => await runList(list.optsWithGlobals<OutputFlags>()))

  const show = command.command('show').summary('show the clocks, entries and assets').argument('<id>')
  addReportOptions(show.addOption(outputOption()))
  show.action(async (id: string) => await runShow(id, show.optsWithGlobals<ReportFlags>()))

  const start = command
    .command('start')
    .summary('ask a provider for the switch; its notice begins')
    .requiredOption('--provider <provider>', 'who is left, by name or id')
    .option('--consumer <consumer>', 'who leaves, by name or id; yourself when not given')
    .option('--service <service>', 'only this service, by name or id; repeatable', collect)
    .option('--to <provider>', 'the provider to switch to; without it, to own premises')
    .option('--erase', 'take nothing along: have everything erased')
    .option('--contract <reference>', 'how the contract is found')
    .option('--from <date>', 'first day of the notice, 2026-12-31; today when not given')
    .option('--notice-months <months>', 'of the contract: 0, 1 or 2')
    .addOption(outputOption())
  start.action(async () => await runStart(start.optsWithGlobals<StartFlags>()))

  const record = command
    .command('record')
    .summary('add an entry')
    .argument('<id>')
    .argument(
      '<kind>',
      'unfeasibility, charge, erasure (provider); extension, completion, closure (customer); incident, dispute, settlement',
    )
    .option('--text <text>', 'justification, basis of a charge, what happened')
    .option('--ends-on <date>', 'unfeasibility and extension: new last day of the transition')
    .option('--amount <amount>', 'charge: how much')
    .option('--direct-cost <amount>', 'charge: what the switch cost the provider directly')
    .option('--currency <code>', 'charge: of both amounts', 'EUR')
    .option('--early-erasure', 'completion: the retrieval period is not needed')
    .option('--proof <sha256>', 'erasure: digest of its proof')
    .addOption(outputOption())
  record.action(async (id: string, kind: string) => await runRecord(id, kind, record.optsWithGlobals<RecordFlags>()))
}

async function runList(flags: OutputFlags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async ({ client, contract }) => {
    const { rows } = await listRows(client, contract.switchings.list, { sort: '-createdAt' })
    // rows of this list are switchings
    const switchings = rows as unknown as readonly WireSwitching[]
    if (format === 'json' || format === 'yaml') return print(await serialize(format, switchings))
    if (format === 'name') return print(switchings.map(({ id }) => `${id}\n`).join(''))
    print(
      table(
        ['ID', 'STATE', 'SERVICES', 'NOTICE ENDS', 'TRANSITION ENDS', 'RETRIEVAL ENDS', 'LATE'],
        switchings.map(({ id, state, serviceIds, clocks, overdue }) => [
          id,
          state,
          `${serviceIds.length}`,
          clocks.noticeEndsOn,
          clocks.transitionEndsOn,
          clocks.retrievalEndsOn,
          overdue.join(', ') || '-',
        ]),
      ),
    )
  })
}

async function runShow(id: string, flags: ReportFlags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async (session) => {
    const record = await session.client.call(session.contract.switchings.get, { params: { id } })
    await reportIfAsked(flags, async (generatedAt) => {
      const { serviceIds, consumerId, providerId, destinationProviderId = providerId } = record
      const nameOf = await readNames(session, serviceIds, [consumerId, providerId, destinationProviderId])
      return switchingReport(record, nameOf, generatedAt)
    })
    await show(record, format)
  })
}

async function runStart(flags: StartFlags): Promise<void> {
  const format = toFormat(flags.output)
  if (flags.erase && flags.to !== undefined) throw usage('--erase takes nothing along: leave --to out.')
  await withSession(flags, async (session) => {
    const consumerId = await ownOrNamed(session, flags.consumer, '--consumer')
    const switching = await session.client.call(session.contract.switchings.create, {
      body: {
        consumerId,
        providerId: await resolveProvider(session, flags.provider),
        ...(flags.service && { serviceIds: await servicesOf(session, flags.service) }),
        ...(flags.to === undefined
          ? { destination: flags.erase ? 'erase' : 'on-premises' }
          : { destination: 'provider', destinationProviderId: await resolveProvider(session, flags.to) }),
        ...(flags.contract !== undefined && { contractRef: flags.contract }),
        ...(flags.from !== undefined && { requestedOn: flags.from }),
        ...(flags.noticeMonths !== undefined && { noticeMonths: Number(flags.noticeMonths) }),
      },
    })
    if (format === 'json' || format === 'yaml') return print(await serialize(format, switching))
    if (format === 'name') return print(switching.id)
    print(summary(switching))
    note(`Follow it: fulcrum switching show ${switching.id}`)
  })
}

async function servicesOf(session: Session, services: readonly string[]): Promise<string[]> {
  return await Promise.all(services.map((service) => resolveId(session, findResource('services'), service)))
}

async function runRecord(id: string, kind: string, flags: RecordFlags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async ({ client, contract }) => {
    const kinds = contract.SwitchingEntryKind.enum
    const known = kinds.find((one) => one === kind)
    if (known === undefined) throw usage(`There is no entry "${kind}".`, [`Known: ${kinds.join(', ')}`])
    const body: SwitchingEntryCreate = {
      kind: known,
      ...(flags.text !== undefined && { text: flags.text }),
      ...(flags.endsOn !== undefined && { endsOn: flags.endsOn }),
      ...(flags.amount !== undefined && {
        charge: { amount: amount(flags.amount, '--amount'), currency: flags.currency ?? 'EUR' },
      }),
      ...(flags.directCost !== undefined && { directCost: amount(flags.directCost, '--direct-cost') }),
      ...(flags.earlyErasure && { earlyErasure: true }),
      ...(flags.proof !== undefined && { proofSha256: flags.proof }),
    }
    await show(await client.call(contract.switchings.record, { params: { id }, body }), format)
  })
}

function amount(text: string, flag: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) throw usage(`${flag} must be a number from 0 on.`)
  return value
}

async function show(record: SwitchingRecord, format: Format): Promise<void> {
  if (format === 'json' || format === 'yaml') return print(await serialize(format, record))
  if (format === 'name') return print(record.id)
  print(summary(record))
  if (record.entries.length > 0)
    print(
      `\n${table(
        ['ENTERED', 'BY', 'KIND', 'WHAT'],
        record.entries.map((entry) => [entry.at, entry.by, entry.kind, detail(entry)]),
      )}`,
    )
  print(
    `\n${table(
      ['TAKE ALONG', 'FORMAT', 'SIZE', 'SHA-256', 'WHERE'],
      record.assets.map(({ kind, format: how, sizeBytes, sha256, path }) => [
        kind,
        how,
        size(sizeBytes),
        sha256 ?? '-',
        path,
      ]),
    )}`,
  )
}

function summary({ id, state, clocks, overdue, serviceIds, destination }: WireSwitching): string {
  return pairs([
    ['Switching', id],
    ['State', overdue.length > 0 ? `${state}; late: ${overdue.join(', ')}` : state],
    ['Services', `${serviceIds.length}`],
    ['Destination', destination],
    ['Notice ends', clocks.noticeEndsOn],
    ['Transition ends', clocks.transitionEndsOn],
    ['Data can be fetched until', `${clocks.retrievalEndsOn} at least`],
    ['Charges', `at most the direct cost; none from ${clocks.noChargesFrom} on`],
  ])
}

function detail({ text, endsOn, charge, directCost, earlyErasure, proofSha256 }: SwitchingEntryCreate): string {
  return printable(
    [
      text,
      endsOn && `until ${endsOn}`,
      charge && `${charge.amount} ${charge.currency}, direct cost ${directCost}`,
      earlyErasure && 'may be erased at once',
      proofSha256 && `proof ${proofSha256}`,
    ]
      .filter((part) => typeof part === 'string')
      .join('; '),
  )
}
