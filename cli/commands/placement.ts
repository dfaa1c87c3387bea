/** `fulcrum placement`: where an order could run, best first, why not elsewhere, and what a smaller demand would bring. */
import type { PlacementCreate } from '@fulcrum/contract'
import type { Command } from 'commander'
import { type OutputFlags, outputOption, readObject } from '../command.ts'
import { usage } from '../errors.ts'
import { serialize, toFormat } from '../output/format.ts'
import { placementText } from '../output/placement.ts'
import { note, print } from '../output/terminal.ts'
import { findResource, resolveId } from '../resource-lookup.ts'
import { withSession } from '../session.ts'

type Flags = OutputFlags & {
  group?: string
  requirements?: string
  properties?: string
  key?: string
  keyCountry?: string
  at?: string
}

export function declare(command: Command): void {
  command
    .argument('<service-type>', 'name or id')
    .requiredOption('--group <group>', 'the service group of the order, by name or id')
    .option('-r, --requirements <file>', 'what the order demands and prefers, YAML or JSON, - for standard input')
    .option('--properties <file>', 'properties of the order, YAML or JSON')
    .option('--key <reference>', 'a key that you hold, by its reference')
    .option('--key-country <country>', 'where it is kept: DE')
    .option('--at <time>', 'look at policies, facts and evidence of this moment')
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nNothing is ordered. The decision is kept: fulcrum decision show ID, fulcrum sovereignty replay ID.',
    )
    .action(async (type: string) => await run(type, command.optsWithGlobals<Flags>()))
}

async function run(type: string, flags: Flags): Promise<void> {
  const format = toFormat(flags.output)
  if ((flags.key === undefined) !== (flags.keyCountry === undefined))
    throw usage('--key and --key-country go together.')
  const { requirements, properties, key, keyCountry, at } = flags
  await withSession(flags, async (session) => {
    const { client, contract } = session
    const body: PlacementCreate = {
      serviceTypeId: await resolveId(session, findResource('service-types'), type),
      groupId: await resolveId(session, findResource('service-groups'), flags.group ?? ''),
      // the server checks what is in it and names what is wrong
      ...(requirements !== undefined && {
        requirements: (await readObject(requirements)) as NonNullable<PlacementCreate['requirements']>,
      }),
      ...(properties !== undefined && { properties: await readObject(properties) }),
      ...(key !== undefined && keyCountry !== undefined && { customerKey: { reference: key, country: keyCountry } }),
      ...(at !== undefined && { at }),
    }
    const decision = await client.call(contract.placements.create, { body })
    if (format === 'json' || format === 'yaml') return print(await serialize(format, decision))
    if (format === 'name')
      return print(
        decision.candidates
          .filter((one) => one.qualifies)
          .map((one) => `${one.agentName}\n`)
          .join(''),
      )
    print(placementText(decision, format === 'wide'))
    if (decision.outcome === 'refused') note('Nothing qualifies.')
  })
}
