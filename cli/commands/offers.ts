/** `fulcrum offers`: who offers a service type, with which tags and options. */
import type { Offer } from '@fulcrum/contract'
import type { Command } from 'commander'
import { collect, type OutputFlags, outputOption } from '../command.ts'
import { CliError } from '../errors.ts'
import { fittingOffers, readOffers, unknownTags, type Wanted } from '../offers.ts'
import { type Format, inline, serialize, toFormat } from '../output/format.ts'
import { table } from '../output/table.ts'
import { note, print, printable } from '../output/terminal.ts'
import { findResource, resolveId } from '../resource-lookup.ts'
import { withSession } from '../session.ts'

type Flags = OutputFlags & Wanted

export function declare(command: Command): void {
  command
    .argument('<service-type>', 'name or id')
    .option('--tag <tag>', 'only agents that carry this tag; repeatable, all must fit', collect)
    .option('--provider <provider>', 'only of this provider, by name or id')
    .addOption(outputOption())
    .addHelpText('after', '\nThe names of the options are what order takes; -o wide shows their values too.')
    .action(async (type: string) => await run(type, command.optsWithGlobals<Flags>()))
}

async function run(type: string, flags: Flags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async (session) => {
    const { client, contract } = session
    const id = await resolveId(session, findResource('service-types'), type)
    const { name } = await client.call(contract.serviceTypes.get, { params: { id } })
    const all = await readOffers(session, id)
    if (all === undefined)
      throw new CliError('notFound', 'This server cannot list offers.', [
        'See: fulcrum get agents, fulcrum get service-options',
      ])
    const offers = fittingOffers(all, flags)
    await show(offers, format)
    for (const tag of unknownTags(all, flags)) note(`No offer of ${printable(name)} has the tag ${printable(tag)}.`)
    if (offers.length === 0) note(all.length === 0 ? `Nobody offers ${printable(name)} now.` : 'No offer fits.')
  })
}

async function show(offers: readonly Offer[], format: Format): Promise<void> {
  if (format === 'json' || format === 'yaml') return print(await serialize(format, offers))
  if (format === 'name') {
    for (const { agentName } of offers) print(printable(agentName))
    return
  }
  const wide = format === 'wide'
  const types = [...new Set(offers.flatMap(({ options }) => options.map(({ type }) => type)))]
  const rows = offers.map((offer) => [
    offer.providerName,
    offer.agentName,
    offer.tags.join(',') || '-',
    offer.connected ? 'yes' : 'no',
    ...types.map((type) => optionsCell(offer, type, wide)),
    ...(wide ? [offer.agentId] : []),
  ])
  print(
    table(
      [
        'PROVIDER',
        'AGENT',
        'TAGS',
        'CONNECTED',
        ...types.map((t) => printable(t).toUpperCase()),
        ...(wide ? ['AGENT ID'] : []),
      ],
      rows,
    ),
  )
}

function optionsCell({ options }: Offer, wanted: string, wide: boolean): string {
  const shown = options
    .filter(({ type }) => type === wanted)
    .map(({ name, value }) => (wide ? `${name} (${inline(value)})` : name))
  return shown.join(', ') || '-'
}
