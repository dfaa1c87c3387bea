/** `fulcrum patch`: changes some members of any resource that can be changed. */
import type { Command } from 'commander'
import { readBody } from '../body.ts'
import { addInputOptions, type InputFlags, type OutputFlags, outputOption } from '../command.ts'
import { usage } from '../errors.ts'
import { toFormat } from '../output/format.ts'
import { printOne } from '../output/resource.ts'
import { callAny, findResource, operationsOf, type Row, resolveId } from '../resource-lookup.ts'
import type { Resource } from '../resources.ts'
import { withSession } from '../session.ts'

type Flags = OutputFlags & InputFlags

export function declare(command: Command): void {
  addInputOptions(command.argument('<resource>', 'plural, singular or short name').argument('<id-or-name>'))
    .addOption(outputOption())
    .action(async (name: string, idOrName: string) => {
      await run(findResource(name), idOrName, command.optsWithGlobals<Flags>())
    })
}

async function run(resource: Resource, idOrName: string, flags: Flags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async (session) => {
    const { update } = operationsOf(session.contract, resource)
    if (update === undefined) throw usage(`${resource.name} cannot be changed.`)
    const body = await readBody(session, resource, update, flags)
    const id = await resolveId(session, resource, idOrName)
    // What an update answers is the changed object.
    await printOne(resource, (await callAny(session.client, update, { params: { id }, body })) as Row, format)
  })
}
