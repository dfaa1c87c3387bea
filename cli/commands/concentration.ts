/** `fulcrum concentration`: how much hangs on few providers, countries and suppliers, and what remains without the largest. */
import type { Concentration, ConcentrationMeasure } from '@fulcrum/contract'
import type { Command } from 'commander'
import { type OutputFlags, outputOption } from '../command.ts'
import { amounts, percent } from '../output/exposure.ts'
import { serialize, toFormat } from '../output/format.ts'
import { table } from '../output/table.ts'
import { note, print, printable } from '../output/terminal.ts'
import { findResource, resolveId } from '../resource-lookup.ts'
import { withSession } from '../session.ts'
import { toTime } from './exposure.ts'

type Flags = OutputFlags & { consumer?: string; group?: string; at?: string }

export function declare(command: Command): void {
  command
    .option('--consumer <consumer>', 'only services of this consumer, by name or id')
    .option('--group <group>', 'only services of this group, by name or id')
    .option('--at <time>', 'facts count as they hold then: 2027-01-31, or with a time; default: now')
    .addOption(outputOption())
    .addHelpText('after', '\nThe index goes from 0 to 10,000; above 2,000 much hangs on few.')
    .action(async () => await run(command.optsWithGlobals<Flags>()))
}

async function run(flags: Flags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async (session) => {
    const { consumer, group, at } = flags
    const query = {
      ...(consumer !== undefined && { consumerId: await resolveId(session, findResource('participants'), consumer) }),
      ...(group !== undefined && { groupId: await resolveId(session, findResource('service-groups'), group) }),
      ...(at !== undefined && { at: toTime(at) }),
    }
    const answer = await session.client.call(session.contract.exposures.concentration, { query })
    if (format === 'json' || format === 'yaml') return print(await serialize(format, answer))
    show(answer, format === 'wide')
  })
}

const DIMENSIONS: Readonly<Record<string, string>> = {
  'provider-group': 'provider',
  'controller-country': 'control',
  'location-country': 'location',
  'critical-supplier': 'supplier',
}

function show(
  { summary, services, measures, largestFails, suppliers, groups, unknownSpend }: Concentration,
  wide: boolean,
): void {
  print(printable(summary))
  if (services === 0) return
  const shown = measures.filter(({ shares }) => shares.length > 0)
  print(
    `\n${table(
      ['OF', 'BY', 'INDEX', 'BAND', 'AS MANY AS', 'LARGEST', 'SHARE'],
      shown.map((one) => measureRow(one, wide)),
    )}`,
  )
  print(
    `\n${table(
      ['IF IT FAILS', 'SERVICES LEFT', 'CRITICAL LEFT', 'SPEND LEFT A MONTH', 'COULD TAKE THEM'],
      largestFails.map((one) => [
        one.name,
        `${one.servicesRemaining} of ${one.servicesRemaining + one.servicesLost}`,
        `${one.criticalRemaining} of ${one.criticalRemaining + one.criticalLost}`,
        one.spend
          .map(({ remaining, lost, currency }) => `${amounts(remaining)} of ${amounts(remaining + lost)} ${currency}`)
          .join(', ') || '?',
        takersText(one.takers),
      ]),
    )}`,
  )
  for (const { name, providers, services: count } of suppliers)
    note(
      printable(
        `${name} stands behind ${providers.map((one) => one.name).join(', ')}: ${count} services depend on it.`,
      ),
    )
  for (const { name, because } of groups) note(printable(`${name} count as one: ${because.join(' ')}`))
  if (unknownSpend > 0) note(`What ${unknownSpend} of the services cost is not known; they are in no sum of spend.`)
}

function measureRow(one: ConcentrationMeasure, wide: boolean): string[] {
  const [largest] = one.shares
  const shares = wide
    ? one.shares.map(({ name, share }) => `${name} ${percent(share)}`).join(', ')
    : percent(one.maxShare)
  return [
    DIMENSIONS[one.dimension] ?? one.dimension,
    one.currency ?? one.weight,
    amounts(Math.round(one.hhi)),
    one.band,
    one.effectiveNumber.toFixed(1),
    largest?.name ?? '-',
    shares,
  ]
}

function takersText(takers: Concentration['largestFails'][number]['takers']): string {
  return takers
    .map(({ serviceTypeName, offerings }) => {
      const names = [...new Set(offerings.map(({ providerName }) => providerName))]
      return `${serviceTypeName}: ${names.join(', ') || 'nobody'}`
    })
    .join('; ')
}
