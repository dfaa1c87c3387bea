/** `fulcrum create`: any resource that can be created. */
import type { Command } from 'commander'
import { readBody } from '../body.ts'
import { addInputOptions, type InputFlags, type OutputFlags, outputOption } from '../command.ts'
import { usage } from '../errors.ts'
import { toFormat } from '../output/format.ts'
import { printOne } from '../output/resource.ts'
import { note, print } from '../output/terminal.ts'
import { callAny, findResource, operationsOf, type Row } from '../resource-lookup.ts'
import type { Resource } from '../resources.ts'
import { withSession } from '../session.ts'

type Flags = OutputFlags & InputFlags

export function declare(command: Command): void {
  addInputOptions(command.argument('<resource>', 'plural, singular or short name'))
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nNames of other things are accepted instead of their ids:\n  fulcrum create agent --set name=pg-1 --set provider=ACME --set agentType=postgres',
    )
    .action(async (name: string) => await run(findResource(name), command.optsWithGlobals<Flags>()))
}

async function run(resource: Resource, flags: Flags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async (session) => {
    const { create } = operationsOf(session.contract, resource)
    if (create === undefined) throw usage(`${resource.name} cannot be created with this command.`)
    const body = await readBody(session, resource, create, flags)
    // What a create answers is the new object.
    const created = (await callAny(session.client, create, { body })) as Row
    await printOne(resource, created, format)
    const clear = resource.name === 'tokens' && (format === 'table' || format === 'wide') ? created.value : undefined
    if (typeof clear !== 'string') return
    note('The token, shown this once:')
    print(clear)
  })
}
