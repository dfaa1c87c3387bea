/** `fulcrum classify`: say what a service is to you: how critical, what it costs, under which contract. */
import type { ServiceClassification, ServiceClassificationPut } from '@fulcrum/contract'
import { type Command, Option } from 'commander'
import { collect, type OutputFlags, outputOption } from '../command.ts'
import { usage } from '../errors.ts'
import { amounts } from '../output/exposure.ts'
import { parseDurationMs, serialize, shortDuration, toFormat } from '../output/format.ts'
import { pairs } from '../output/table.ts'
import { print, printable } from '../output/terminal.ts'
import { findResource, resolveId } from '../resource-lookup.ts'
import { withSession } from '../session.ts'

const CRITICALITIES = ['critical', 'important', 'normal'] as const
const DAY_MS = 86_400_000

type Flags = OutputFlags & {
  criticality?: (typeof CRITICALITIES)[number]
  function?: string
  rto?: string
  rpo?: string
  spend?: string
  contract?: string
  contractStart?: string
  contractEnd?: string
  notice?: string
  dataClass?: string[]
  reset?: true
}

export function declare(command: Command): void {
  command
    .argument('<service>', 'name or id')
    .addOption(new Option('--criticality <word>', 'how much hangs on it').choices(CRITICALITIES))
    .option('--function <text>', 'the business function that it supports')
    .option('--rto <duration>', 'it may be away for so long: 4h')
    .option('--rpo <duration>', 'restored data may be so old: 1h, or 0')
    .option('--spend <amount>', 'what it costs a month: "4000 EUR"')
    .option('--contract <reference>', 'how the contract is found')
    .option('--contract-start <day>', 'for example 2026-01-31')
    .option('--contract-end <day>', 'for example 2027-01-31')
    .option('--notice <duration>', 'notice period of the contract: 60d')
    .option('--data-class <word>', 'a kind of data in it; repeatable, all together', collect)
    .option('--reset', 'forget what was said before')
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nWhat is not named stays as it was. Without options it is shown. Its provider sees none of it.',
    )
    .action(async (service: string) => await run(service, command.optsWithGlobals<Flags>()))
}

async function run(service: string, flags: Flags): Promise<void> {
  const format = toFormat(flags.output)
  const said = toBody(flags)
  await withSession(flags, async (session) => {
    const { client, contract } = session
    const params = { id: await resolveId(session, findResource('services'), service) }
    const before = await client.call(contract.serviceClassifications.get, { params })
    const { serviceId: _, consumerId: _consumer, updatedAt: _updated, ...known } = before
    const changes = flags.reset || Object.keys(said).length > 0
    const body = flags.reset ? said : { ...known, ...said }
    const shown = changes ? await client.call(contract.serviceClassifications.put, { params, body }) : before
    print(format === 'json' || format === 'yaml' ? await serialize(format, shown) : text(shown))
  })
}

function toBody(flags: Flags): ServiceClassificationPut {
  return {
    ...(flags.criticality && { criticality: flags.criticality }),
    ...(flags.function !== undefined && { function: flags.function }),
    ...(flags.rto !== undefined && { rtoTargetSeconds: seconds(flags.rto) }),
    ...(flags.rpo !== undefined && { rpoTargetSeconds: seconds(flags.rpo) }),
    ...(flags.spend !== undefined && { monthlySpend: money(flags.spend) }),
    ...(flags.contract !== undefined && { contractRef: flags.contract }),
    ...(flags.contractStart !== undefined && { contractStart: flags.contractStart }),
    ...(flags.contractEnd !== undefined && { contractEnd: flags.contractEnd }),
    ...(flags.notice !== undefined && { noticePeriodDays: Math.ceil((seconds(flags.notice) * 1_000) / DAY_MS) }),
    ...(flags.dataClass && { dataClasses: flags.dataClass }),
  }
}

function seconds(text: string): number {
  return text === '0' ? 0 : Math.round(parseDurationMs(text) / 1_000)
}

/** Reads `4000 EUR`, `4000EUR`, `1234.56 eur`. @throws CliError (usage) */
function money(text: string): { amount: number; currency: string } {
  const [, amount = '', currency = ''] = /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]{3})\s*$/.exec(text) ?? []
  if (amount === '') throw usage(`"${text}" is no amount of money: write "4000 EUR".`)
  return { amount: Number(amount), currency: currency.toUpperCase() }
}

function text(said: ServiceClassification): string {
  const { monthlySpend } = said
  const entries: [string, string | undefined][] = [
    ['Criticality', said.criticality],
    ['Function', said.function],
    ['May be away for', duration(said.rtoTargetSeconds)],
    ['Data may be old', duration(said.rpoTargetSeconds)],
    ['A month', monthlySpend && `${amounts(monthlySpend.amount)} ${monthlySpend.currency}`],
    ['Contract', said.contractRef],
    ['From', said.contractStart],
    ['Until', said.contractEnd],
    ['Notice', said.noticePeriodDays === undefined ? undefined : `${said.noticePeriodDays} days`],
    ['Data', said.dataClasses.join(', ') || undefined],
    ['Said', said.updatedAt ?? 'never'],
  ]
  return pairs(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, printable(value)] as const])))
}

function duration(value: number | undefined): string | undefined {
  return value === undefined ? undefined : shortDuration(value)
}
